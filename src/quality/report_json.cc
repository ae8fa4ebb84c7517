#include "quality/report_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/version.h"

namespace essaim {
namespace {

using Json = nlohmann::json;

Json JsonOf(const Threshold& threshold, const std::string& source) {
  Json json = {{"direction", threshold.at_least ? "at least" : "at most"}, {"source", source}};
  if (!std::isnan(threshold.watch)) json["watch"] = threshold.watch;
  if (!std::isnan(threshold.fail)) json["failed"] = threshold.fail;
  return json;
}

Json JsonOf(const Metric& m) {
  Json row = {{"id", m.info->id},
              {"characteristic", NameOf(m.info->characteristic)},
              {"title", m.info->title},
              {"n", m.n},
              {"weiskopf", m.info->weiskopf},
              {"kahn", m.info->kahn}};
  // Nothing was asked of a figure without a threshold.
  const bool unasked = m.label == QualityLevel::kPassed && !m.threshold.has_value();
  row["label"] = unasked ? Json(nullptr) : Json(NameOf(m.label));
  row["value"] = m.value.has_value() ? Json(*m.value) : Json(nullptr);
  if (m.interval.has_value()) row["interval"] = {m.interval->low, m.interval->high};
  if (!m.missing.empty()) row["missing"] = m.missing;
  if (!m.detail.empty()) row["detail"] = m.detail;
  if (m.threshold.has_value()) row["threshold"] = JsonOf(*m.threshold, m.source);
  return row;
}

Json JsonOf(const LoadComparison& c) {
  Json json = {{"load_before", c.load_before},
               {"load_now", c.load_now},
               {"vocabulary_before", c.vocabulary_before},
               {"vocabulary_now", c.vocabulary_now},
               {"tables", Json::array()},
               {"newly_failed", c.newly_failed},
               {"domains", Json::array()},
               {"mixes", Json::array()},
               {"nulls", Json::array()}};
  for (const TableChange& t : c.tables) {
    Json row = {{"table", t.table}, {"rows_before", t.rows_before}, {"rows_now", t.rows_now}};
    if (t.persons_before.has_value()) row["persons_before"] = *t.persons_before;
    if (t.persons_now.has_value()) row["persons_now"] = *t.persons_now;
    json["tables"].push_back(std::move(row));
  }
  for (const DomainChange& d : c.domains)
    json["domains"].push_back({{"concept", d.concept_id}, {"before", d.before}, {"now", d.now}});
  for (const MixChange& m : c.mixes) {
    json["mixes"].push_back({{"table", m.table},
                             {"stability_index", m.stability_index},
                             {"jensen_shannon", m.distance},
                             {"n", m.n}});
  }
  for (const NullChange& n : c.nulls) {
    if (n.now - n.before <= kNullRise) break;  // the largest rise is first
    json["nulls"].push_back(
        {{"table", n.table}, {"field", n.field}, {"before", n.before}, {"now", n.now}, {"n", n.n}});
  }
  return json;
}

Json JsonOf(const Representation& r) {
  Json json = {{"persons", r.n_persons}, {"strata", Json::array()}};
  for (const StratumFigures& f : r.strata) {
    json["strata"].push_back({{"stratum", f.stratum.name},
                              {"reference", f.stratum.share},
                              {"share", f.share},
                              {"persons", f.n_persons},
                              {"coverage", f.coverage},
                              {"standardised_difference", f.standardised_difference},
                              {"log_disparity", f.log_disparity}});
  }
  return json;
}

Json JsonOf(const Bias& bias) {
  Json json = {{"by", bias.by}, {"unknown_persons", bias.n_unknown}, {"groups", Json::array()}};
  for (const GroupFigures& g : bias.groups) {
    json["groups"].push_back({{"group", g.group},
                              {"persons", g.n_persons},
                              {"conditions", g.n_conditions},
                              {"without_condition", g.n_without_condition},
                              {"deaths", g.n_deaths},
                              {"days_observed", g.n_days},
                              {"complete", g.n_complete},
                              {"measurements", g.n_measurements},
                              {"measurements_without_value", g.n_without_value}});
  }
  return json;
}

}  // namespace

std::string ReportJson(const QualityReport& report) {
  Json json = {{"as_of", report.as_of}, {"made_by", absl::StrCat("Essaim ", kVersion)}};
  for (int c = 0; c < kCharacteristics; ++c) {
    json["labels"][std::string(NameOf(static_cast<Characteristic>(c)))] = NameOf(report.labels[c]);
  }
  json["metrics"] = Json::array();
  for (const Metric& m : report.metrics) json["metrics"].push_back(JsonOf(m));
  if (report.between_loads.has_value()) json["between_loads"] = JsonOf(*report.between_loads);
  if (report.representation.has_value()) json["representation"] = JsonOf(*report.representation);
  json["groups"] = JsonOf(report.bias);
  return json.dump(1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace essaim
