#include "node/opt_out_command.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/exit_codes.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cohort/objections.h"
#include "crypto/entropy.h"
#include "node/node_folder.h"
#include "warehouse/cdm_load.h"
#include "warehouse/row_source.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;

struct OptOutArguments {
  std::string dir, action, scope = "all", from, until, source_value, file, format = "table";
  std::int64_t person_id = 0;
};

// A file of the columns person_id or person_source_value, scope, from, until; the last three may be
// absent.
absl::StatusOr<std::vector<cohort::Objection>> ReadObjections(SqlEngine& engine,
                                                              const std::string& path) {
  ESSAIM_ASSIGN_OR_RETURN(const auto rows, OpenRowSource(path, nullptr));
  std::vector<cohort::Objection> objections;
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(const CsvScanner::Event event, rows->Next());
    if (event == CsvScanner::Event::kEnd) return objections;
    const auto wrong = [&](std::string_view what) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": line ", rows->line(), ": ", Av(what)));
    };
    if (event == CsvScanner::Event::kBad) return wrong(rows->reason());
    cohort::Objection o;
    bool has_person = false;
    for (std::size_t c = 0; c < rows->header().size(); ++c) {
      const std::string& name = rows->header()[c];
      const std::string cell(rows->cells()[c]);
      if (name == "person_id") {
        has_person = absl::SimpleAtoi(cell, &o.person_id);
      } else if (name == "person_source_value") {
        const auto person = cohort::PersonOfSourceValue(engine, cell);
        if (!person.ok()) return wrong(std::string(person.status().message()));
        o.person_id = *person;
        has_person = true;
      } else if (name == "scope") {
        if (!cell.empty()) o.scope = cell;
      } else if (name == "from") {
        o.from = cell;
      } else if (name == "until") {
        o.until = cell;
      } else {
        return wrong(absl::StrCat(
            "column '", name, "': expected person_id or person_source_value, scope, from, until"));
      }
    }
    if (!has_person) return wrong("expected a person_id or a person_source_value");
    objections.push_back(std::move(o));
  }
}

absl::Status List(SqlEngine& engine, const std::string& format) {
  ESSAIM_ASSIGN_OR_RETURN(const auto objections, cohort::Objections(engine));
  Json json = Json::array();
  for (const cohort::Objection& o : objections) {
    json.push_back(
        {{"person_id", o.person_id}, {"scope", o.scope}, {"from", o.from}, {"until", o.until}});
    if (format != "json") {
      std::printf("%-20lld %-24s %-10s %s\n", static_cast<long long>(o.person_id), o.scope.c_str(),
                  o.from.empty() ? "-" : o.from.c_str(), o.until.empty() ? "-" : o.until.c_str());
    }
  }
  if (format == "json") std::printf("%s\n", json.dump(2).c_str());
  return absl::OkStatus();
}

absl::Status Run(const OptOutArguments& args) {
  crypto::SystemEntropy entropy;
  StderrLog log(Severity::kWarning);
  ESSAIM_ASSIGN_OR_RETURN(const NodeFolder folder, OpenNodeFolder(args.dir));
  ESSAIM_ASSIGN_OR_RETURN(const auto engine, OpenNodeSql(folder, entropy, &log));
  ESSAIM_RETURN_IF_ERROR(CreateCdm(*engine));
  if (args.action == "list") return List(*engine, args.format);
  std::vector<cohort::Objection> objections;
  if (!args.file.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(objections, ReadObjections(*engine, args.file));
  } else {
    cohort::Objection o{
        .person_id = args.person_id, .scope = args.scope, .from = args.from, .until = args.until};
    if (!args.source_value.empty()) {
      ESSAIM_ASSIGN_OR_RETURN(o.person_id, cohort::PersonOfSourceValue(*engine, args.source_value));
    } else if (args.person_id == 0) {
      return absl::InvalidArgumentError(
          "whose? Give --person ID, --source-value VALUE or --file CSV");
    }
    objections.push_back(std::move(o));
  }
  if (args.action == "add") {
    ESSAIM_RETURN_IF_ERROR(cohort::AddObjections(*engine, objections));
    if (args.format == "json")
      std::printf("{\"kept\": %zu}\n", objections.size());
    else
      std::printf(
          "%zu kept. Uses of their scope leave these persons out, from their first day on.\n",
          objections.size());
    return absl::OkStatus();
  }
  std::int64_t removed = 0;
  for (const cohort::Objection& o : objections) {
    ESSAIM_ASSIGN_OR_RETURN(const std::int64_t n,
                            cohort::RemoveObjections(*engine, o.person_id, o.scope));
    removed += n;
  }
  std::printf(args.format == "json" ? "{\"removed\": %lld}\n" : "%lld taken back.\n",
              static_cast<long long>(removed));
  return absl::OkStatus();
}

}  // namespace

Command OptOutCommand(CLI::App& app) {
  auto args = std::make_shared<OptOutArguments>();
  CLI::App* opt_out = app.add_subcommand(
      "opt-out", "Persons who object to a use of their data: every cohort leaves them out");
  opt_out->add_option("ACTION", args->action, "add, remove or list")
      ->required()
      ->check(CLI::IsMember({"add", "remove", "list"}));
  opt_out->add_option("--person", args->person_id, "the person_id");
  opt_out->add_option("--source-value", args->source_value, "the person_source_value");
  opt_out->add_option("--file", args->file,
                      "CSV of person_id or person_source_value, scope, from, until");
  opt_out->add_option("--scope", args->scope, "all, ai (no fitting of models), project:NAME")
      ->capture_default_str();
  opt_out->add_option("--from", args->from, "first day, YYYY-MM-DD");
  opt_out->add_option("--until", args->until, "last day");
  AddFormat(opt_out, args->format);
  AddDir(opt_out, args->dir);
  return {opt_out, [args] {
            const absl::Status done = Run(*args);
            return done.ok() ? kOk : essaim::Fail("essaim-node", done);
          }};
}

}  // namespace essaim::node
