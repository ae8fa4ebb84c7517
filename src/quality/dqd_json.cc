#include "quality/dqd_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "base/version.h"

namespace essaim {
namespace {

using Json = nlohmann::json;

Json ResultOf(const CheckResult& r) {
  const Check& check = *r.check;
  const KindInfo& info = InfoOf(check.kind);
  Json json = {{"numViolatedRows", r.violated},
               {"pctViolatedRows", r.share()},
               {"numDenominatorRows", r.denominator},
               {"checkName", info.name},
               {"checkLevel", info.level},
               {"cdmTableName", absl::AsciiStrToUpper(Av(check.table))},
               {"category", info.category},
               {"subcategory", info.subcategory},
               {"context", info.context},
               {"severity", info.severity},
               {"checkId", CheckId(check)},
               {"failed", r.failed ? 1 : 0},
               {"passed", r.passed() ? 1 : 0},
               {"isError", r.error ? 1 : 0},
               {"notApplicable", r.not_applicable ? 1 : 0}};
  if (!check.field.empty()) json["cdmFieldName"] = absl::AsciiStrToUpper(Av(check.field));
  if (!check.concept_ids.empty()) json["conceptId"] = check.concept_ids;
  if (!std::isnan(r.threshold)) json["thresholdValue"] = r.threshold;
  if (r.not_applicable) json["notApplicableReason"] = r.why;
  if (r.error) json["error"] = r.why;
  return json;
}

Json ValueOf(const SqlValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return nullptr;
}

Json OverviewOf(const CheckRun& run) {
  Json json;
  const auto add = [&](const std::string& stem, const CheckTotals& t) {
    const std::size_t all = t.passed + t.failed + t.not_applicable + t.errors;
    json[absl::StrCat("countTotal", stem)] = all;
    json[absl::StrCat("countPassed", stem)] = t.passed;
    json[absl::StrCat("countOverallFailed", stem)] = t.failed + t.errors;
    json[absl::StrCat("countNotApplicable", stem)] = t.not_applicable;
    const std::size_t told = t.passed + t.failed + t.errors;
    json[absl::StrCat("percentPassed", stem)] =
        told == 0 ? 0.0
                  : std::round(100.0 * static_cast<double>(t.passed) / static_cast<double>(told));
  };
  add("", TotalsOf(run, ""));
  for (const char* category : {"Plausibility", "Conformance", "Completeness"})
    add(category, TotalsOf(run, category));
  return json;
}

}  // namespace

CheckTotals TotalsOf(const CheckRun& run, std::string_view category) {
  CheckTotals totals;
  for (const CheckResult& r : run.results) {
    if (!category.empty() && InfoOf(r.check->kind).category != category) continue;
    totals.passed += r.passed() ? 1 : 0;
    totals.failed += r.failed ? 1 : 0;
    totals.not_applicable += r.not_applicable ? 1 : 0;
    totals.errors += r.error ? 1 : 0;
  }
  return totals;
}

absl::StatusOr<std::string> DqdJson(SqlEngine& engine, const CheckRun& run) {
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows source, engine.Query("SELECT * FROM cdm_source"));
  Json metadata = Json::array();
  for (const auto& row : source.rows) {
    Json entry;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string name = absl::AsciiStrToUpper(source.columns[c]);
      if (name != "ESSAIM_LOAD") entry[name] = ValueOf(row[c]);
    }
    entry["DQD_VERSION"] = "2.8.4";
    metadata.push_back(entry);
  }
  Json results = Json::array();
  for (const CheckResult& r : run.results) results.push_back(ResultOf(r));
  const Json json = {{"asOfDate", run.as_of},
                     {"madeBy", absl::StrCat("Essaim ", kVersion)},
                     {"Metadata", metadata},
                     {"Overview", OverviewOf(run)},
                     {"CheckResults", results}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace essaim
