#include "dicom/series_features.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "source/cdm_row.h"

namespace essaim::dicom {
namespace {

constexpr std::int64_t kEhr = 32817;  // "EHR", of the vocabulary Type Concept
// The table measurement, as the extension names what image_feature_event_id is a row of.
constexpr std::int64_t kMeasurementTable = 1147330;
constexpr std::int64_t kProcedureField = 1147082;  // procedure_occurrence.procedure_occurrence_id

// As decimal strings they were rounded somewhere.
bool Same(double a, double b) {
  return std::fabs(a - b) <= 1e-6 * std::max(std::fabs(a), std::fabs(b));
}

}  // namespace

void SeriesFeatures::Add(const SeriesContext& context, const Measured& measured) {
  const auto [at, is_new] = series_.try_emplace(context.series);
  Series& series = at->second;
  if (is_new) series.context = context;
  for (std::size_t m = 0; m < kMeasures.size(); ++m) {
    if (!measured[m].has_value()) continue;
    if (!series.common[m].has_value()) series.common[m] = measured[m];
    if (!Same(*series.common[m], *measured[m])) series.differs[m] = true;
  }
}

absl::StatusOr<std::int64_t> SeriesFeatures::ConceptOf(const Measure& measure) {
  const std::string code(measure.code);
  for (const std::string& spelled :
       {code, absl::StrCat("(", code.substr(0, 4), ",", code.substr(4), ")")}) {
    ESSAIM_ASSIGN_OR_RETURN(const MappedCode* mapped, vocabulary_.Map("DICOM", spelled));
    if (!mapped->targets.empty()) return mapped->targets[0].concept_id;
  }
  return std::int64_t{0};
}

absl::Status SeriesFeatures::WriteOne(const Series& series, std::size_t m, CdmSink& sink) {
  const Measure& measure = kMeasures[m];
  const SeriesContext& context = series.context;
  const std::string key = absl::StrCat(context.series, "|", Av(measure.name));
  const std::int64_t measurement = ids_.IdOf("measurement", "dicom/measure", key);
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t concept_id, ConceptOf(measure));
  if (concept_id == 0) ++n_without_concept_;
  ESSAIM_ASSIGN_OR_RETURN(const MappedCode* unit, vocabulary_.Map("UCUM", measure.unit));
  CdmRow row("measurement");
  row.Set("measurement_id", measurement);
  row.Set("person_id", context.person);
  row.Set("measurement_concept_id", concept_id);
  row.Set("measurement_date", std::string_view(context.date));
  row.Set("measurement_type_concept_id", kEhr);
  row.Set("value_as_number", *series.common[m]);
  if (!unit->targets.empty()) row.Set("unit_concept_id", unit->targets[0].concept_id);
  if (context.visit != 0) row.Set("visit_occurrence_id", context.visit);
  row.Set("measurement_source_value", measure.name);
  row.Set("measurement_source_concept_id", std::int64_t{0});
  row.Set("unit_source_value", measure.unit);
  row.Set("measurement_event_id", context.procedure);
  row.Set("meas_event_field_concept_id", kProcedureField);
  const RowOrigin origin{.file = context.file};
  ESSAIM_RETURN_IF_ERROR(row.WriteTo(sink, origin));
  CdmRow feature("image_feature");
  feature.Set("image_feature_id", ids_.IdOf("image_feature", "dicom/measure", key));
  feature.Set("person_id", context.person);
  feature.Set("image_occurrence_id", context.series);
  feature.Set("image_feature_event_field_concept_id", kMeasurementTable);
  feature.Set("image_feature_event_id", measurement);
  feature.Set("image_feature_concept_id", concept_id);
  feature.Set("image_feature_type_concept_id", kEhr);
  feature.Set("anatomic_site_concept_id", context.anatomic_site);
  return feature.WriteTo(sink, origin);
}

absl::Status SeriesFeatures::Write(CdmSink& sink) {
  std::vector<const Series*> all;
  for (const auto& [id, series] : series_) all.push_back(&series);
  std::ranges::sort(all, {}, [](const Series* s) { return s->context.series; });
  std::uint64_t n_differ = 0;
  for (const Series* series : all) {
    for (std::size_t m = 0; m < kMeasures.size(); ++m) {
      if (series->differs[m]) {
        ++n_differ;
      } else if (series->common[m].has_value()) {
        ESSAIM_RETURN_IF_ERROR(WriteOne(*series, m, sink));
      }
    }
  }
  if (n_differ > 0) {
    sink.Notice(
        absl::StrCat("values of headers that differ within their series, and are no "
                     "feature of it: ",
                     n_differ));
  }
  if (n_without_concept_ > 0) {
    sink.Notice(
        absl::StrCat("values of headers whose attribute has no concept (the vocabulary "
                     "'DICOM' is not loaded, or does not have it): ",
                     n_without_concept_, "; they stand under concept 0 with their name"));
  }
  return absl::OkStatus();
}

}  // namespace essaim::dicom
