#include "node/quality_command.h"

#include <unistd.h>

#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/exit_codes.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "node/quality_print.h"
#include "node/sql_session.h"
#include "quality/characteristics.h"
#include "quality/dqd_json.h"
#include "quality/label.h"
#include "quality/load_record.h"
#include "quality/report_html.h"
#include "quality/report_json.h"
#include "quality/run_checks.h"
#include "quality/snapshot.h"
#include "warehouse/cdm_load.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;

struct QualityArguments {
  std::string dir, format = "table", as_of, out, reference, groups, thresholds, html,
                   language = "en";
  bool history = false;
};

int Fail(const absl::Status& status) { return essaim::Fail("essaim-node", status); }

std::string Today() { return DayOf(SystemClock().NowMs()); }

absl::Status WritePage(SqlEngine& engine, const QualityArguments& args, const CheckRun& run,
                       const QualityReport& report, const std::vector<Stratum>& reference) {
  ESSAIM_ASSIGN_OR_RETURN(const Language language, ParseLanguage(args.language));
  ESSAIM_ASSIGN_OR_RETURN(const NodeFolder folder, OpenNodeFolder(args.dir));
  ESSAIM_ASSIGN_OR_RETURN(const SiteProfile profile, ProfileOf(engine, run.as_of));
  ESSAIM_ASSIGN_OR_RETURN(std::vector<QualityLabel> history, Labels(engine));
  ESSAIM_ASSIGN_OR_RETURN(std::vector<QualitySnapshot> snapshots, Snapshots(engine));
  return WriteFile(args.html, QualityPage({.site = folder.config.site,
                                           .report = report,
                                           .checks = run,
                                           .profile = profile,
                                           .reference = reference,
                                           .history = std::move(history),
                                           .snapshots = std::move(snapshots)},
                                          Words(language)));
}

// Measures, compares with the load before, and keeps what the next report will be compared with.
absl::StatusOr<QualityReport> Report(SqlEngine& engine, const CheckRun& run,
                                     ReportOptions options) {
  const std::int64_t now_ms = SystemClock().NowMs();
  ESSAIM_ASSIGN_OR_RETURN(const QualitySnapshot now, SnapshotOf(engine, run, now_ms));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<QualitySnapshot> kept, Snapshots(engine));
  ESSAIM_ASSIGN_OR_RETURN(const auto before, LoadBefore(engine, kept, now.load_number));
  if (before.has_value()) options.between_loads = Compare(*before, now);
  ESSAIM_ASSIGN_OR_RETURN(
      options.between_figures,
      WorstSinceReport(engine, kept, now.load_number, FiguresOf(options.between_loads)));
  ESSAIM_ASSIGN_OR_RETURN(QualityReport report, Characteristics(engine, run, options));
  ESSAIM_RETURN_IF_ERROR(StoreReport(engine, report, now));
  return report;
}

// What the site declares, read before anything is measured.
struct Declared {
  ReportOptions options;
  std::map<std::string, double, std::less<>> check_thresholds;
};

absl::StatusOr<Declared> ReadDeclared(const QualityArguments& args) {
  Declared declared;
  declared.options.as_of = args.as_of.empty() ? Today() : args.as_of;
  if (!args.reference.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(declared.options.reference, ReadReference(args.reference));
  }
  ESSAIM_ASSIGN_OR_RETURN(declared.options.groups, ReadGroupRule(args.groups));
  ESSAIM_ASSIGN_OR_RETURN(SiteThresholds thresholds, ReadThresholds(args.thresholds));
  declared.options.thresholds = std::move(thresholds.metrics);
  declared.check_thresholds = std::move(thresholds.checks);
  return declared;
}

absl::StatusOr<CheckRun> Checks(SqlEngine& engine, const Declared& declared) {
  const bool terminal = isatty(STDERR_FILENO) == 1;
  auto run = RunChecks(engine, {.as_of = declared.options.as_of,
                                .thresholds = declared.check_thresholds,
                                .progress = [&](std::size_t done, std::size_t all) {
                                  if (terminal)
                                    std::fprintf(stderr, "\r\033[K%zu of %zu passes", done, all);
                                  return true;
                                }});
  if (terminal) std::fprintf(stderr, "\r\033[K");
  return run;
}

int Quality(const QualityArguments& args) {
  SqlSession session;
  const absl::Status opened = session.Open(args.dir, Processors::kAll);
  if (!opened.ok()) return Fail(opened);
  const absl::Status made = CreateCdm(*session.engine);
  if (!made.ok()) return Fail(made);
  if (args.history) {
    const absl::Status shown = PrintHistory(*session.engine, args.format);
    return shown.ok() ? kOk : Fail(shown);
  }
  const absl::StatusOr<Declared> declared = ReadDeclared(args);
  if (!declared.ok()) return Fail(declared.status());
  const absl::StatusOr<CheckRun> run = Checks(*session.engine, *declared);
  if (!run.ok()) return Fail(run.status());
  const auto report = Report(*session.engine, *run, declared->options);
  if (!report.ok()) return Fail(report.status());
  if (!args.html.empty()) {
    const absl::Status written =
        WritePage(*session.engine, args, *run, *report, declared->options.reference);
    if (!written.ok()) return Fail(written);
  }
  auto json = DqdJson(*session.engine, *run);
  if (!json.ok()) return Fail(json.status());
  Json both = Json::parse(*json);
  both["Characteristics"] = Json::parse(ReportJson(*report));
  *json = both.dump(1);
  if (!args.out.empty()) {
    const absl::Status written = WriteFile(args.out, *json);
    if (!written.ok()) return Fail(written);
  }
  if (args.format == "json") {
    std::printf("%s\n", json->c_str());
  } else {
    PrintChecks(*run);
    PrintReport(*report);
    if (!args.out.empty()) std::printf("\n%s\n", args.out.c_str());
  }
  return kOk;
}

}  // namespace

Command QualityCommand(CLI::App& app) {
  auto args = std::make_shared<QualityArguments>();
  CLI::App* quality =
      app.add_subcommand("quality", "Check the OMOP tables: the 2,374 checks of OHDSI's Dashboard");
  quality->add_option("--as-of", args->as_of, "the day that stands for today, YYYY-MM-DD");
  quality->add_option("--reference", args->reference,
                      "CSV file stratum,share of the population to stand for (F 40-59,0.13), or "
                      "sex,age_from,age_to,region,share");
  quality->add_option(
      "--groups", args->groups,
      "groups to look for bias between, else the sexes: a CSV file person_id,group, "
      "or YAML with field, region or ages");
  quality->add_option("--thresholds", args->thresholds,
                      "the site's own thresholds of figures and checks: YAML, or a CSV file "
                      "id,watch,fail,source");
  quality->add_option("--out", args->out, "also write the results there, in the Dashboard's JSON");
  quality->add_option("--html", args->html, "also write the report there, as one page");
  quality->add_option("--language", args->language, "of the page: en or fr")
      ->check(CLI::IsMember({"en", "fr"}));
  quality->add_flag("--history", args->history,
                    "measure nothing: the labels of the reports so far");
  AddFormat(quality, args->format);
  AddDir(quality, args->dir);
  return {quality, [args] { return Quality(*args); }};
}

}  // namespace essaim::node
