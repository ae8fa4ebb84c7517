#include "node/quality_command.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/exit_codes.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "node/sql_session.h"
#include "quality/characteristics.h"
#include "quality/dqd_json.h"
#include "quality/label.h"
#include "quality/report_html.h"
#include "quality/run_checks.h"
#include "warehouse/cdm_load.h"
#include "warehouse/row_source.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kFailedShown = 20;

struct QualityArguments {
  std::string dir, format = "table", as_of, out, reference, html, language = "en";
  bool history = false;
};

int Fail(const absl::Status& status) { return essaim::Fail("essaim-node", status); }

std::string Today() { return DayOf(SystemClock().NowMs()); }

// What stands beside a failed check: "person.gender_concept_id = 8507".
std::string SubjectOf(const Check& check) {
  std::string text(check.table);
  if (!check.field.empty()) absl::StrAppend(&text, ".", Av(check.field));
  if (!check.concept_ids.empty()) absl::StrAppend(&text, " = ", Av(check.concept_ids));
  return text;
}

void Print(const CheckRun& run) {
  std::printf("Data quality as of %s: %zu checks of the OHDSI Data Quality Dashboard 2.8.4\n\n",
              run.as_of.c_str(), run.results.size());
  std::printf("%-14s %8s %8s %15s %8s\n", "", "passed", "failed", "not applicable", "errors");
  for (const char* category : {"Conformance", "Completeness", "Plausibility", ""}) {
    const CheckTotals t = TotalsOf(run, category);
    std::printf("%-14s %8zu %8zu %15zu %8zu\n", *category == '\0' ? "all" : category, t.passed,
                t.failed, t.not_applicable, t.errors);
  }
  std::vector<const CheckResult*> failed;
  for (const CheckResult& r : run.results) {
    if (r.failed || r.error) failed.push_back(&r);
  }
  std::ranges::stable_sort(failed, std::greater<>(), &CheckResult::share);
  if (!failed.empty()) std::printf("\n%-34s %-48s %s\n", "failed", "", "violating rows");
  for (std::size_t i = 0; i < std::min(failed.size(), kFailedShown); ++i) {
    const CheckResult& r = *failed[i];
    std::printf("%-34s %-48s %lld of %lld (%.1f %%)\n",
                std::string(InfoOf(r.check->kind).name).c_str(), SubjectOf(*r.check).c_str(),
                static_cast<long long>(r.violated), static_cast<long long>(r.denominator),
                100 * r.share());
  }
  if (failed.size() > kFailedShown)
    std::printf("... and %zu more; --format json or --out FILE has them all\n",
                failed.size() - kFailedShown);
}

// "stratum,share" lines: the population that the site should stand for.
absl::StatusOr<std::map<std::string, double>> ReadReference(const std::string& path) {
  std::map<std::string, double> reference;
  if (path.empty()) return reference;
  ESSAIM_ASSIGN_OR_RETURN(const auto rows, OpenRowSource(path, nullptr));
  if (rows->header() != std::vector<std::string>{"stratum", "share"}) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": line 1: the columns stratum,share were expected"));
  }
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(const CsvScanner::Event event, rows->Next());
    if (event == CsvScanner::Event::kEnd) return reference;
    double share = 0;
    if (event == CsvScanner::Event::kBad || !absl::SimpleAtod(Av(rows->cells()[1]), &share) ||
        !(share >= 0 && share <= 1)) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": line ", rows->line(),
                       ": a stratum as 'F 40-59' and a share of 0 to 1 were expected"));
    }
    reference[std::string(rows->cells()[0])] = share;
  }
}

void Print(const QualityReport& report) {
  std::printf("\nThe seven characteristics\n\n");
  for (int c = 0; c < kCharacteristics; ++c) {
    const auto characteristic = static_cast<Characteristic>(c);
    std::printf("%-30s %s\n", std::string(NameOf(characteristic)).c_str(),
                std::string(NameOf(report.labels[c])).c_str());
    for (const Metric& m : report.metrics) {
      if (m.info->characteristic != characteristic) continue;
      const std::string value = !m.value.has_value()    ? "-"
                                : m.info->is_proportion ? absl::StrFormat("%.1f %%", 100 * *m.value)
                                                        : absl::StrFormat("%.4g", *m.value);
      const std::string beside = m.interval.has_value()
                                     ? absl::StrFormat("%.1f to %.1f of %d", 100 * m.interval->low,
                                                       100 * m.interval->high, m.n)
                                     : m.missing;
      std::printf("  %-3s %-62s %9s  %-22s %s\n", std::string(m.info->id).c_str(),
                  std::string(m.info->title).c_str(), value.c_str(), beside.c_str(),
                  m.label == QualityLevel::kPassed ? "" : std::string(NameOf(m.label)).c_str());
    }
  }
}

// The labels of every report so far, beside the load that they were made after.
absl::Status ShowHistory(SqlEngine& engine, const std::string& format) {
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<QualityLabel> labels, Labels(engine));
  Json json = Json::array();
  if (format != "json") {
    std::printf("%-11s %6s", "made on", "load");
    for (int c = 0; c < kCharacteristics; ++c)
      std::printf("  %-18s", std::string(KeyOf(static_cast<Characteristic>(c))).c_str());
    std::printf("\n");
  }
  for (const QualityLabel& label : labels) {
    Json row = {
        {"made_on", DayOf(label.made_at_ms)}, {"as_of", label.as_of}, {"load", label.load_number}};
    if (format != "json")
      std::printf("%-11s %6lld", DayOf(label.made_at_ms).c_str(),
                  static_cast<long long>(label.load_number));
    for (int c = 0; c < kCharacteristics; ++c) {
      const std::string level(NameOf(label.levels[c]));
      row["labels"][std::string(KeyOf(static_cast<Characteristic>(c)))] = level;
      if (format != "json") std::printf("  %-18s", level.c_str());
    }
    if (format != "json") std::printf("\n");
    json.push_back(std::move(row));
  }
  if (format == "json") std::printf("%s\n", json.dump(2).c_str());
  return absl::OkStatus();
}

absl::Status WritePage(SqlEngine& engine, const QualityArguments& args, const CheckRun& run,
                       const QualityReport& report) {
  ESSAIM_ASSIGN_OR_RETURN(const Language language, ParseLanguage(args.language));
  ESSAIM_ASSIGN_OR_RETURN(const NodeFolder folder, OpenNodeFolder(args.dir));
  ESSAIM_ASSIGN_OR_RETURN(const SiteProfile profile, ProfileOf(engine, run.as_of));
  return WriteFile(
      args.html,
      QualityPage({.site = folder.config.site, .report = report, .checks = run, .profile = profile},
                  Words(language)));
}

int Quality(const QualityArguments& args) {
  SqlSession session;
  const absl::Status opened = session.Open(args.dir);
  if (!opened.ok()) return Fail(opened);
  const absl::Status made = CreateCdm(*session.engine);
  if (!made.ok()) return Fail(made);
  if (args.history) {
    const absl::Status shown = ShowHistory(*session.engine, args.format);
    return shown.ok() ? kOk : Fail(shown);
  }
  const bool terminal = isatty(STDERR_FILENO) == 1;
  const auto run =
      RunChecks(*session.engine, {.as_of = args.as_of.empty() ? Today() : args.as_of,
                                  .progress = [&](std::size_t done, std::size_t all) {
                                    if (terminal)
                                      std::fprintf(stderr, "\r\033[K%zu of %zu passes", done, all);
                                    return true;
                                  }});
  if (terminal) std::fprintf(stderr, "\r\033[K");
  if (!run.ok()) return Fail(run.status());
  const auto reference = ReadReference(args.reference);
  if (!reference.ok()) return Fail(reference.status());
  const auto report = Characteristics(
      *session.engine, *run, {.as_of = run->as_of, .reference = *reference, .thresholds = {}});
  if (!report.ok()) return Fail(report.status());
  const absl::Status kept = StoreLabel(*session.engine, *report, SystemClock().NowMs());
  if (!kept.ok()) return Fail(kept);
  if (!args.html.empty()) {
    const absl::Status written = WritePage(*session.engine, args, *run, *report);
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
    Print(*run);
    Print(*report);
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
                      "CSV file stratum,share of the population to stand for: F 40-59,0.13");
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
