#include "node/rejected_command.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/exit_codes.h"
#include "base/files.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "node/genetic.h"
#include "node/load_setup.h"
#include "node/retry.h"
#include "node/sql_session.h"
#include "transport/json_text.h"
#include "warehouse/load_manifest.h"
#include "warehouse/rejected_rows.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;
using Unsigned = unsigned long long;  // what printf knows

struct RejectedArguments {
  std::string dir, action, file, format = "table";
  std::int64_t load = 0;
};

absl::Status List(const RejectedArguments& args) {
  SqlSession session;
  ESSAIM_RETURN_IF_ERROR(session.Open(args.dir));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<RejectedCount> counts, CountRejected(*session.engine));
  Json json = Json::array();
  if (args.format != "json")
    std::printf("%4s %8s %8s  %s\n", "load", "rejected", "retried", "file: field: reason");
  for (const RejectedCount& c : counts) {
    if (args.load != 0 && c.load != args.load) continue;
    json.push_back({{"load", c.load},
                    {"file", c.file},
                    {"field", c.field},
                    {"reason", c.reason},
                    {"rejected", c.n_rows},
                    {"retried", c.n_retried}});
    if (args.format == "json") continue;
    std::printf("%4lld %8llu %8llu  %s: %s%s%s\n", static_cast<long long>(c.load),
                static_cast<Unsigned>(c.n_rows), static_cast<Unsigned>(c.n_retried), c.file.c_str(),
                c.field.c_str(), c.field.empty() ? "" : ": ", c.reason.c_str());
  }
  if (args.format == "json") std::printf("%s\n", json.dump(2).c_str());
  return absl::OkStatus();
}

absl::Status Export(const RejectedArguments& args) {
  StderrLog log(Severity::kWarning);
  ESSAIM_ASSIGN_OR_RETURN(const auto setup, LoadSetup::Open(args.dir, false, log));
  if (setup->free_text.cipher == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("rejected rows' own text cannot be read: ", setup->free_text.rule.why));
  }
  SqlEngine& engine = *setup->sql.writing;
  ESSAIM_ASSIGN_OR_RETURN(std::vector<RejectedRow> rows,
                          ReadRejected(engine, *setup->free_text.cipher, args.load));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<LoadEntry> loads, ReadLoads(engine));
  ESSAIM_RETURN_IF_ERROR(FillVcfTexts({setup->folder, setup->entropy, log, engine}, loads, rows));
  const std::size_t n_without_text =
      std::erase_if(rows, [](const RejectedRow& row) { return row.raw.empty(); });
  if (rows.empty())
    return absl::NotFoundError(
        n_without_text == 0
            ? "no rejected row waits to be mended"
            : absl::StrCat(n_without_text,
                           " rejected rows wait, none with a text of its own: mend their files "
                           "and load them whole"));
  ESSAIM_RETURN_IF_ERROR(WriteFile(args.file, RejectedCsv(rows), 0600));
  if (args.format == "json") {
    const Json json = {
        {"file", args.file}, {"rows", rows.size()}, {"without_text", n_without_text}};
    std::printf("%s\n", json.dump(2).c_str());
    return absl::OkStatus();
  }
  std::printf("%zu rows are in %s, readable by you alone: patients' data, not encrypted.\n",
              rows.size(), args.file.c_str());
  if (n_without_text > 0)
    std::printf("%zu more have no text: mend their files and load them whole.\n", n_without_text);
  std::printf(
      "\nNext: mend the column 'raw', take out the lines that you did not mend, then\n"
      "  essaim node rejected retry %s %s\n",
      args.dir.c_str(), args.file.c_str());
  return absl::OkStatus();
}

// What a retry reads: the files, if there are any, live as long as the source.
struct Mended {
  std::unique_ptr<RetryFiles> files;
  std::unique_ptr<CdmSource> source;
  bool is_omop = false;
};

absl::StatusOr<Mended> OpenMended(const LoadEntry& load, const std::vector<RejectedRow>& rows,
                                  LoadSetup& setup, Log& log) {
  Mended mended;
  if (load.kind == "vcf") {
    const Json arguments = Json::parse(load.arguments, nullptr, false);
    ESSAIM_ASSIGN_OR_RETURN(
        mended.source,
        OpenVcfRows({setup.folder, setup.entropy, log, *setup.sql.reading}, load, rows,
                    arguments.is_object() ? JsonText(arguments, "reference") : ""));
    return mended;
  }
  ESSAIM_ASSIGN_OR_RETURN(mended.files,
                          RetryFiles::Write(setup.folder.path + "/retry", load, rows));
  mended.is_omop = mended.files->arguments().from == "omop";
  ESSAIM_ASSIGN_OR_RETURN(std::unique_ptr<CdmSource> source,
                          setup.OpenFor(mended.files->arguments(), false, log));
  mended.source = mended.files->Retold(std::move(source));
  return mended;
}

absl::StatusOr<CdmLoadReport> RetryLoad(const LoadEntry& load, const std::vector<RejectedRow>& rows,
                                        LoadSetup& setup, Log& log) {
  ESSAIM_ASSIGN_OR_RETURN(const Mended mended, OpenMended(load, rows, setup, log));
  CdmLoadOptions options{.now_ms = SystemClock().NowMs()};
  // Those of a release are its version.
  if (load.kind != "vocabulary") options.arguments = load.arguments;
  for (const RejectedRow& row : rows) options.retries.push_back(row.id);
  setup.Apply(options);
  ESSAIM_ASSIGN_OR_RETURN(CdmLoadReport report,
                          LoadCdm(*setup.sql.writing, *mended.source, options));
  if (report.known) return report;
  if (!mended.is_omop) {
    ESSAIM_RETURN_IF_ERROR(setup.CommitIdentities(report));
    ESSAIM_RETURN_IF_ERROR(setup.TellOfNoVocabulary(report));
  }
  RecordForQuality(*setup.sql.writing, report);
  return report;
}

// The rows of a mended file by load, with the places that they had.
absl::StatusOr<std::map<std::int64_t, std::vector<RejectedRow>>> RowsToRetry(
    SqlEngine& engine, const std::string& path) {
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<RejectedRow> mended, ReadMendedCsv(path));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<RejectedRow> open, OpenRejected(engine));
  const auto key = [](const RejectedRow& r) { return std::pair(r.id.load, r.id.row_number); };
  std::map<std::int64_t, std::vector<RejectedRow>> by_load;
  std::size_t n_closed = 0;
  for (RejectedRow row : mended) {
    const auto at = std::ranges::lower_bound(open, key(row), {}, key);
    if (at == open.end() || key(*at) != key(row)) {
      ++n_closed;
      continue;
    }
    row.fault = at->fault;
    by_load[row.id.load].push_back(std::move(row));
  }
  if (n_closed > 0)
    std::fprintf(stderr, "%zu rows of the file wait no longer: loaded again before, or undone.\n",
                 n_closed);
  return by_load;
}

absl::Status Retry(const RejectedArguments& args) {
  StderrLog log(Severity::kWarning);
  ESSAIM_ASSIGN_OR_RETURN(const auto setup, LoadSetup::Open(args.dir, true, log));
  ESSAIM_ASSIGN_OR_RETURN(const auto by_load, RowsToRetry(*setup->sql.writing, args.file));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<LoadEntry> loads, ReadLoads(*setup->sql.writing));
  Json json = Json::array();
  for (const auto& [number, rows] : by_load) {
    const auto load = std::ranges::find(loads, number, &LoadEntry::number);
    if (load == loads.end())
      return absl::NotFoundError(absl::StrCat("there is no load ", number, " any more"));
    ESSAIM_ASSIGN_OR_RETURN(const CdmLoadReport report, RetryLoad(*load, rows, *setup, log));
    std::uint64_t n_rejected = 0;
    for (const CdmFileReport& f : report.files) n_rejected += f.n_rejected;
    json.push_back({{"load", number},
                    {"as_load", report.number},
                    {"retried", rows.size()},
                    {"rejected", n_rejected},
                    {"notices", report.notices}});
    if (args.format == "json") continue;
    std::printf("Load %lld: %zu rows of load %lld again, %llu rejected.\n",
                static_cast<long long>(report.number), rows.size(), static_cast<long long>(number),
                static_cast<Unsigned>(n_rejected));
    for (const std::string& notice : report.notices) std::printf("%s\n", notice.c_str());
    for (const BadRow& row : report.bad_rows) std::printf("rejected: %s\n", row.ToString().c_str());
  }
  if (args.format == "json") std::printf("%s\n", json.dump(2).c_str());
  return absl::OkStatus();
}

int Rejected(const RejectedArguments& args) {
  absl::Status done;
  if (args.action != "list" && args.file.empty()) {
    done = absl::InvalidArgumentError(
        absl::StrCat("which file? essaim node rejected ", args.action, " ", args.dir, " FILE"));
  } else {
    done = args.action == "list"     ? List(args)
           : args.action == "export" ? Export(args)
                                     : Retry(args);
  }
  return done.ok() ? kOk : essaim::Fail("essaim-node", done);
}

}  // namespace

Command RejectedCommand(CLI::App& app) {
  auto args = std::make_shared<RejectedArguments>();
  CLI::App* rejected = app.add_subcommand(
      "rejected", "Rows of OMOP loads that were kept apart: mend and load again");
  rejected->add_option("ACTION", args->action, "list, export or retry")
      ->required()
      ->check(CLI::IsMember({"list", "export", "retry"}));
  AddDir(rejected, args->dir);
  rejected->add_option("FILE", args->file, "of export and retry: a CSV file");
  rejected->add_option("--load", args->load, "of list and export: this load's rows alone");
  AddFormat(rejected, args->format);
  return {rejected, [args] { return Rejected(*args); }};
}

}  // namespace essaim::node
