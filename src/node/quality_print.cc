#include "node/quality_print.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "quality/dqd_json.h"
#include "quality/label.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kFailedShown = 20;
constexpr std::size_t kChangesShown = 10;  // of each kind

// What stands beside a failed check: "person.gender_concept_id = 8507".
std::string SubjectOf(const Check& check) {
  std::string text(check.table);
  if (!check.field.empty()) absl::StrAppend(&text, ".", Av(check.field));
  if (!check.concept_ids.empty()) absl::StrAppend(&text, " = ", Av(check.concept_ids));
  return text;
}

// What is behind C7 to C13: losses, checks that fail now, domains, mixes, fields.
void PrintComparison(const LoadComparison& c) {
  std::printf("\nLoad %lld compared with load %lld (kept on %s)\n\n",
              static_cast<long long>(c.load_now), static_cast<long long>(c.load_before),
              DayOf(c.made_before_ms).c_str());
  if (c.vocabulary_before != c.vocabulary_now) {
    std::printf("vocabulary: %s, before %s\n",
                c.vocabulary_now.empty() ? "none" : c.vocabulary_now.c_str(),
                c.vocabulary_before.empty() ? "none" : c.vocabulary_before.c_str());
  }
  std::printf("%-24s %14s %14s %12s %12s\n", "table", "rows before", "now", "persons", "now");
  const auto persons = [](const std::optional<std::int64_t>& n) {
    return n.has_value() ? absl::StrCat(*n) : std::string();
  };
  for (const TableChange& t : c.tables) {
    std::printf("%-24s %14lld %14lld %12s %12s\n", t.table.c_str(),
                static_cast<long long>(t.rows_before), static_cast<long long>(t.rows_now),
                persons(t.persons_before).c_str(), persons(t.persons_now).c_str());
  }
  for (std::size_t i = 0; i < std::min(c.newly_failed.size(), kChangesShown); ++i)
    std::printf("fails now: %s\n", c.newly_failed[i].c_str());
  for (std::size_t i = 0; i < std::min(c.domains.size(), kChangesShown); ++i)
    std::printf("domain of concept %s: %s, before %s\n", c.domains[i].concept_id.c_str(),
                c.domains[i].now.c_str(), c.domains[i].before.c_str());
  for (const MixChange& m : c.mixes) {
    if (m.stability_index < 0.005 && m.distance < 0.005) continue;
    std::printf("concepts of %s: stability index %.2f, Jensen-Shannon distance %.2f\n",
                m.table.c_str(), m.stability_index, m.distance);
  }
  for (std::size_t i = 0; i < std::min(c.nulls.size(), kChangesShown); ++i) {
    const NullChange& n = c.nulls[i];
    if (n.now - n.before <= kNullRise) break;
    std::printf("NULL in %s.%s: %.1f %%, before %.1f %%\n", n.table.c_str(), n.field.c_str(),
                100 * n.now, 100 * n.before);
  }
}

}  // namespace

void PrintChecks(const CheckRun& run) {
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

void PrintReport(const QualityReport& report) {
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
                                     : m.missing + m.detail;
      std::printf("  %-3s %-78s %9s  %-22s %s\n", std::string(m.info->id).c_str(),
                  std::string(m.info->title).c_str(), value.c_str(), beside.c_str(),
                  m.label == QualityLevel::kPassed ? "" : std::string(NameOf(m.label)).c_str());
    }
  }
  if (report.bias.n_unknown > 0)
    std::printf("\n%llu persons of %s are not in this warehouse.\n",
                static_cast<unsigned long long>(report.bias.n_unknown), report.bias.by.c_str());
  if (report.between_loads.has_value()) PrintComparison(*report.between_loads);
}

// The labels of every report so far, beside the load that they were made after.
absl::Status PrintHistory(SqlEngine& engine, const std::string& format) {
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

}  // namespace essaim::node
