#include "node/loads_command.h"

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/time/time.h"
#include "base/exit_codes.h"
#include "base/status_macros.h"
#include "node/sql_session.h"
#include "warehouse/load_manifest.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;
using Unsigned = unsigned long long;  // what printf knows

struct Sums {
  std::uint64_t read = 0, rejected = 0, loaded = 0, replaced = 0, closed = 0;
};

Sums SumsOf(const LoadEntry& load) {
  Sums s;
  for (const CdmFileReport& f : load.files) {
    s.read += f.n_read;
    s.rejected += f.n_rejected;
  }
  for (const CdmTableReport& t : load.tables) {
    s.loaded += t.n_loaded;
    s.replaced += t.n_replaced;
    s.closed += t.n_closed;
  }
  return s;
}

std::string WhenOf(const LoadEntry& load) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMillis(load.loaded_at_ms),
                          absl::UTCTimeZone());
}

Json JsonOf(const LoadEntry& load) {
  Json json = {{"number", load.number},     {"load_id", load.load_id}, {"kind", load.kind},
               {"loaded_at", WhenOf(load)}, {"files", Json::array()},  {"tables", Json::array()},
               {"retried", load.n_retried}};
  if (load.kind == "vocabulary") json["version"] = load.arguments;
  for (const CdmFileReport& f : load.files)
    json["files"].push_back(
        {{"file", f.path}, {"sha256", f.sha256}, {"read", f.n_read}, {"rejected", f.n_rejected}});
  for (const CdmTableReport& t : load.tables)
    json["tables"].push_back({{"table", t.table},
                              {"loaded", t.n_loaded},
                              {"replaced", t.n_replaced},
                              {"closed", t.n_closed},
                              {"rejected", t.n_rejected}});
  return json;
}

absl::Status Loads(const std::string& dir, const std::string& format) {
  SqlSession session;
  ESSAIM_RETURN_IF_ERROR(session.Open(dir));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<LoadEntry> loads, ReadLoads(*session.engine));
  if (format == "json") {
    Json json = Json::array();
    for (const LoadEntry& load : loads) json.push_back(JsonOf(load));
    std::printf("%s\n", json.dump(2).c_str());
    return absl::OkStatus();
  }
  std::printf("%4s %-20s %-10s %5s %11s %11s %9s %9s %9s %8s\n", "load", "when", "from", "files",
              "read", "loaded", "replaced", "closed", "rejected", "retried");
  for (const LoadEntry& load : loads) {
    const Sums s = SumsOf(load);
    std::printf("%4lld %-20s %-10s %5zu %11llu %11llu %9llu %9llu %9llu %8llu%s%s\n",
                static_cast<long long>(load.number), WhenOf(load).c_str(), load.kind.c_str(),
                load.files.size(), static_cast<Unsigned>(s.read), static_cast<Unsigned>(s.loaded),
                static_cast<Unsigned>(s.replaced), static_cast<Unsigned>(s.closed),
                static_cast<Unsigned>(s.rejected), static_cast<Unsigned>(load.n_retried),
                load.kind == "vocabulary" ? "  " : "",
                load.kind == "vocabulary" ? load.arguments.c_str() : "");
  }
  return absl::OkStatus();
}

}  // namespace

Command LoadsCommand(CLI::App& app) {
  struct LoadsArguments {
    std::string dir, format = "table";
  };

  auto args = std::make_shared<LoadsArguments>();
  CLI::App* loads = app.add_subcommand("loads", "The loads into the OMOP tables, the first first");
  AddDir(loads, args->dir);
  AddFormat(loads, args->format);
  return {loads, [args] {
            const absl::Status done = Loads(args->dir, args->format);
            return done.ok() ? kOk : essaim::Fail("essaim-node", done);
          }};
}

}  // namespace essaim::node
