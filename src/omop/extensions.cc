#include "omop/extensions.h"

#include <algorithm>
#include <initializer_list>

namespace essaim {
namespace {

CdmField Key(std::string_view name) { return {name, CdmType::kInteger, 0, true, true}; }

CdmField Number(std::string_view name) { return {name, CdmType::kInteger, 0}; }

CdmField Text(std::string_view name, int length) { return {name, CdmType::kText, length}; }

CdmField Date(std::string_view name) { return {name, CdmType::kDate, 0, true}; }

CdmField Reference(std::string_view name, std::string_view table, bool required = false) {
  return {name, CdmType::kInteger, 0, required, false, true, table, {}, {}, {}};
}

CdmField ConceptOf(std::string_view name, std::string_view domain, bool required = false) {
  return {name, CdmType::kInteger, 0, required, false, true, "concept", "concept_id", domain, {}};
}

CdmTable ImageOccurrence() {
  return {"image_occurrence",
          CdmGroup::kClinical,
          {Key("image_occurrence_id"), Reference("person_id", "person", true),
           Reference("procedure_occurrence_id", "procedure_occurrence", true),
           Reference("visit_occurrence_id", "visit_occurrence"),
           ConceptOf("anatomic_site_concept_id", "Spec Anatomic Site"), Text("wadors_uri", 10000),
           Text("local_path", 10000), Date("image_occurrence_date"), Text("image_study_uid", 250),
           Text("image_series_uid", 250), ConceptOf("modality_concept_id", "", true)}};
}

CdmTable ImageFeature() {
  return {
      "image_feature",
      CdmGroup::kClinical,
      {Key("image_feature_id"), Reference("person_id", "person", true),
       Reference("image_occurrence_id", "image_occurrence", true),
       ConceptOf("image_feature_event_field_concept_id", ""), Number("image_feature_event_id"),
       ConceptOf("image_feature_concept_id", ""), ConceptOf("image_feature_type_concept_id", ""),
       ConceptOf("image_finding_concept_id", ""), Number("image_finding_id"),
       ConceptOf("anatomic_site_concept_id", "Spec Anatomic Site"), Text("alg_system", 1000),
       CdmField{"alg_datetime", CdmType::kDateTime, 0}}};
}

// One row a DICOM instance: what the extension has no place for.
CdmTable ImageInstance() {
  return {"essaim_image_instance",
          CdmGroup::kClinical,
          {Key("image_instance_id"),
           Reference("image_occurrence_id", "image_occurrence", true),
           Reference("person_id", "person", true),
           Text("image_study_uid", 64),
           Text("image_series_uid", 64),
           Text("image_instance_uid", 64),
           Text("sop_class_uid", 64),
           Text("transfer_syntax_uid", 64),
           Number("instance_number"),
           Text("modality_source_value", 16),
           Text("body_site_source_value", 50),
           Text("laterality", 16),
           Text("manufacturer", 64),
           Text("model_name", 64),
           Number("image_rows"),
           Number("image_columns"),
           Number("image_frames"),
           Number("samples_per_pixel"),
           Number("bits_allocated"),
           Number("bits_stored"),
           Number("pixel_representation"),
           Text("photometric_interpretation", 16),
           Text("pixels", 16),
           Text("pixel_file", 255),
           Number("pixel_bytes"),
           Text("pixel_sha256", 64)}};
}

CdmField Float(std::string_view name) { return {name, CdmType::kFloat, 0}; }

// One row a record of signals (WFDB), and one a signal of it: metadata, and where they lie.
CdmTable Waveform() {
  return {"essaim_waveform",
          CdmGroup::kClinical,
          {Key("waveform_id"), Reference("person_id", "person", true),
           Reference("procedure_occurrence_id", "procedure_occurrence", true),
           Date("waveform_start_date"), CdmField{"waveform_start_datetime", CdmType::kDateTime, 0},
           Float("sampling_frequency"), Number("n_samples"), Float("duration_seconds"),
           Number("n_signals"), Number("n_segments"), Text("age_source_value", 50),
           Text("sex_source_value", 50), Text("diagnosis_source_value", 250),
           Text("local_path", 4096), Text("header_sha256", 64)}};
}

CdmTable WaveformSignal() {
  return {"essaim_waveform_signal",
          CdmGroup::kClinical,
          {Key("waveform_signal_id"), Reference("waveform_id", "essaim_waveform", true),
           Reference("person_id", "person", true), Number("signal_number"),
           Text("signal_source_value", 250), Text("unit_source_value", 50), Number("signal_format"),
           Float("gain"), Number("resolution_bits"), Number("samples_per_frame"),
           Text("signal_file", 255), Number("signal_file_bytes")}};
}

// Under which account (a pseudonymous number) a visit stands: messages move accounts as a whole.
CdmTable VisitAccount() {
  return {"essaim_visit_account",
          CdmGroup::kClinical,
          {CdmField{"visit_occurrence_id",
                    CdmType::kInteger,
                    0,
                    true,
                    true,
                    true,
                    "visit_occurrence",
                    {},
                    {},
                    {}},
           Reference("person_id", "person", true), Number("account_id")}};
}

}  // namespace

std::span<const CdmTable> ExtensionTables() {
  static const std::vector<CdmTable> kTables = {ImageOccurrence(), ImageFeature(),
                                                ImageInstance(),   Waveform(),
                                                WaveformSignal(),  VisitAccount()};
  return kTables;
}

std::span<const CdmTable* const> LoadedTables() {
  static const std::vector<const CdmTable*> kTables = [] {
    std::vector<const CdmTable*> tables;
    for (const CdmTable& table : CdmTables()) tables.push_back(&table);
    for (const CdmTable& table : ExtensionTables()) tables.push_back(&table);
    return tables;
  }();
  return kTables;
}

const CdmTable* FindLoadedTable(std::string_view name) {
  const auto tables = LoadedTables();
  const auto at = std::ranges::find(tables, name, &CdmTable::name);
  return at == tables.end() ? nullptr : *at;
}

}  // namespace essaim
