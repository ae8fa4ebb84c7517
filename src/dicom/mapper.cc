#include "dicom/mapper.h"

#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "dicom/body_parts.h"
#include "dicom/deidentify.h"
#include "source/demographics.h"

namespace essaim::dicom {
namespace {

constexpr std::size_t kRowsRemembered = 1 << 16;
constexpr std::int64_t kEhr = 32817;  // "EHR", of the vocabulary Type Concept

bool IsNew(std::unordered_set<std::int64_t>& seen, std::int64_t id) {
  if (seen.size() >= kRowsRemembered) seen.clear();
  return seen.insert(id).second;
}

void SetNumber(CdmRow& row, std::string_view field, const std::optional<std::int64_t>& number) {
  if (number) row.Set(field, *number);
}

std::string_view GenderCode(std::string_view sex) {  // (0010,0040)
  return sex == "O" ? "OTH" : sex;
}

bool IsUid(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         text.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

std::pair<std::string_view, std::string_view> Missing(const Description& d) {
  if (d.patient_id.empty()) return {"PatientID", "no identifier of the patient"};
  if (!IsUid(d.study_uid)) return {"StudyInstanceUID", "no UID of the study"};
  if (!IsUid(d.series_uid)) return {"SeriesInstanceUID", "no UID of the series"};
  if (!IsUid(d.instance_uid)) return {"SOPInstanceUID", "no UID of the instance"};
  if (!IsUid(d.sop_class_uid)) return {"SOPClassUID", "no kind of object"};
  if (d.study_date.empty()) return {"StudyDate", "no date of the study"};
  return {};
}

std::int64_t Mapper::PersonOf(const Description& d) const {
  return options_.ids->IdOf("person", d.issuer.empty() ? options_.system : d.issuer, d.patient_id);
}

absl::Status Mapper::Map(const Description& d, const std::string& transfer_syntax_uid,
                         const Pixels& pixels, std::string_view file) {
  person_id_ = PersonOf(d);
  procedure_id_ = options_.ids->IdOf("procedure_occurrence", "dicom/study", d.study_uid);
  series_id_ = options_.ids->IdOf("image_occurrence", "dicom/series", d.series_uid);
  if (IsNew(persons_, person_id_)) ESSAIM_RETURN_IF_ERROR(Person(d, file));
  ESSAIM_RETURN_IF_ERROR(FindVisit(d));
  if (IsNew(studies_, procedure_id_)) ESSAIM_RETURN_IF_ERROR(Study(d, file));
  ESSAIM_RETURN_IF_ERROR(Device(d, file));
  ESSAIM_ASSIGN_OR_RETURN(site_, SiteConcept(d));
  if (IsNew(series_, series_id_)) ESSAIM_RETURN_IF_ERROR(Series(d, file));
  features_.Add({.series = series_id_,
                 .person = person_id_,
                 .procedure = procedure_id_,
                 .visit = visit_id_,
                 .anatomic_site = site_,
                 .date = d.series_date,
                 .file = std::string(file)},
                d.measured);
  return Instance(d, transfer_syntax_uid, pixels, file);
}

absl::StatusOr<std::int64_t> Mapper::ConceptOf(std::string_view vocabulary, std::string_view code,
                                               std::string_view domain) {
  ESSAIM_ASSIGN_OR_RETURN(const MappedCode* mapped, options_.vocabulary->Map(vocabulary, code));
  for (const Concept& target : mapped->targets) {
    if (domain.empty() || target.domain_id == domain) return target.concept_id;
  }
  return std::int64_t{0};
}

// A person is made of what a header says only where nobody knows better.
absl::Status Mapper::Person(const Description& d, std::string_view file) {
  if (options_.identities != nullptr) {
    ESSAIM_RETURN_IF_ERROR(
        options_.identities->Put({.person_id = person_id_,
                                  .system = d.issuer.empty() ? options_.system : d.issuer,
                                  .value = d.patient_id,
                                  .family_name = d.family_name,
                                  .given_names = d.given_names,
                                  .birth_date = d.birth_date,
                                  .sex = d.sex}));
  }
  ESSAIM_ASSIGN_OR_RETURN(const bool known, options_.person_known(person_id_));
  if (known) return absl::OkStatus();
  int study_year = 0;
  const bool by_age = d.birth_date.empty() && d.age_years &&
                      absl::SimpleAtoi(d.study_date.substr(0, 4), &study_year);
  if (d.birth_date.empty() && !by_age) {
    ++n_persons_without_birth_;
    return absl::OkStatus();
  }
  CdmRow row("person");
  row.Set("person_id", person_id_);
  if (by_age) {
    row.Set("year_of_birth", std::int64_t{study_year - *d.age_years});
  } else {
    const std::string_view birth(d.birth_date);
    row.Set("year_of_birth", birth.substr(0, 4));
    row.Set("month_of_birth", birth.substr(5, 2));
    row.Set("day_of_birth", birth.substr(8, 2));
  }
  row.Set("gender_concept_id", GenderConcept(GenderCode(d.sex)));
  row.SetCut("gender_source_value", d.sex);
  row.Set("gender_source_concept_id", GenderSourceConcept(GenderCode(d.sex)));
  for (const char* field : {"race_concept_id", "race_source_concept_id", "ethnicity_concept_id",
                            "ethnicity_source_concept_id"})
    row.Set(field, std::int64_t{0});
  const std::string pseudonym = options_.ids->PseudonymOf("person", std::to_string(person_id_));
  row.Set("person_source_value", std::string_view(pseudonym));
  return row.WriteTo(sink_, {.file = file});
}

absl::Status Mapper::Study(const Description& d, std::string_view file) {
  CdmRow row("procedure_occurrence");
  row.Set("procedure_occurrence_id", procedure_id_);
  row.Set("person_id", person_id_);
  row.Set("procedure_date", std::string_view(d.study_date));
  row.Set("procedure_type_concept_id", kEhr);
  if (visit_id_ != 0) row.Set("visit_occurrence_id", visit_id_);
  std::int64_t concept_id = 0, source_id = 0;
  std::string source = absl::StrCat(d.modality, d.body_part.empty() ? "" : " ", d.body_part);
  for (const CodedValue& code : d.procedures) {
    const std::string_view vocabulary = VocabularyOf(code.scheme);
    if (vocabulary.empty()) continue;
    ESSAIM_ASSIGN_OR_RETURN(const MappedCode* mapped,
                            options_.vocabulary->Map(vocabulary, code.value));
    source = code.value;
    source_id = mapped->source.concept_id;
    ESSAIM_ASSIGN_OR_RETURN(concept_id, ConceptOf(vocabulary, code.value, "Procedure"));
    if (concept_id != 0) break;
  }
  row.Set("procedure_concept_id", concept_id);
  row.Set("procedure_source_concept_id", source_id);
  row.SetCut("procedure_source_value", source);
  return row.WriteTo(sink_, {.file = file});
}

// A header names no visit that the warehouse would know: the one that was going on that day, if it
// is the only one.
absl::Status Mapper::FindVisit(const Description& d) {
  visit_id_ = 0;
  if (options_.visit_on == nullptr) return absl::OkStatus();
  const auto known = visits_.find(procedure_id_);
  if (known != visits_.end()) {
    visit_id_ = known->second;
    return absl::OkStatus();
  }
  ESSAIM_ASSIGN_OR_RETURN(const VisitOnDay found, options_.visit_on(person_id_, d.study_date));
  visit_id_ = found.visit;
  n_of_several_ += found.several ? 1 : 0;
  n_without_visit_ += found.visit == 0 && !found.several ? 1 : 0;
  if (visits_.size() >= kRowsRemembered) visits_.clear();
  visits_[procedure_id_] = visit_id_;
  return absl::OkStatus();
}

// What the study was made with: maker and model, once a study. Serial numbers are not kept.
absl::Status Mapper::Device(const Description& d, std::string_view file) {
  const std::string name = absl::StrCat(
      d.manufacturer, d.manufacturer.empty() || d.model_name.empty() ? "" : " ", d.model_name);
  if (name.empty()) return absl::OkStatus();
  const std::int64_t id = options_.ids->IdOf("device_exposure", "dicom/device",
                                             absl::StrCat(d.study_uid, "|", d.modality, "|", name));
  if (!IsNew(devices_, id)) return absl::OkStatus();
  CdmRow row("device_exposure");
  row.Set("device_exposure_id", id);
  row.Set("person_id", person_id_);
  std::int64_t device = 0;
  if (!d.modality.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(device, ConceptOf("DICOM", d.modality, "Device"));
  }
  row.Set("device_concept_id", device);
  row.Set("device_exposure_start_date", std::string_view(d.study_date));
  row.Set("device_exposure_end_date", std::string_view(d.study_date));
  row.Set("device_type_concept_id", kEhr);
  if (visit_id_ != 0) row.Set("visit_occurrence_id", visit_id_);
  row.SetCut("device_source_value", name);
  row.Set("device_source_concept_id", std::int64_t{0});
  return row.WriteTo(sink_, {.file = file});
}

absl::StatusOr<std::int64_t> Mapper::SiteConcept(const Description& d) {
  if (d.body_site && d.body_site->scheme == "SCT") {
    ESSAIM_ASSIGN_OR_RETURN(const std::int64_t site,
                            ConceptOf("SNOMED", d.body_site->value, "Spec Anatomic Site"));
    if (site != 0) return site;
  }
  const std::string_view code = SnomedOfBodyPart(d.body_part);
  if (code.empty()) return std::int64_t{0};
  return ConceptOf("SNOMED", code, "Spec Anatomic Site");
}

absl::Status Mapper::Series(const Description& d, std::string_view file) {
  const std::string study = NewUid(*options_.ids, d.study_uid);
  const std::string series = NewUid(*options_.ids, d.series_uid);
  const std::string path = absl::StrCat("images/", series);
  CdmRow row("image_occurrence");
  row.Set("image_occurrence_id", series_id_);
  row.Set("person_id", person_id_);
  row.Set("procedure_occurrence_id", procedure_id_);
  if (visit_id_ != 0) row.Set("visit_occurrence_id", visit_id_);
  row.Set("anatomic_site_concept_id", site_);
  row.Set("local_path", std::string_view(path));
  row.Set("image_occurrence_date", std::string_view(d.series_date));
  row.Set("image_study_uid", std::string_view(study));
  row.Set("image_series_uid", std::string_view(series));
  std::int64_t modality = 0;
  if (!d.modality.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(modality, ConceptOf("DICOM", d.modality, ""));
  }
  row.Set("modality_concept_id", modality);
  return row.WriteTo(sink_, {.file = file});
}

absl::Status Mapper::Instance(const Description& d, const std::string& transfer_syntax_uid,
                              const Pixels& pixels, std::string_view file) {
  CdmRow row("essaim_image_instance");
  row.Set("image_instance_id",
          options_.ids->IdOf("image_instance", "dicom/instance", d.instance_uid));
  row.Set("image_occurrence_id", series_id_);
  row.Set("person_id", person_id_);
  for (const auto& [field, uid] :
       {std::pair("image_study_uid", &d.study_uid), std::pair("image_series_uid", &d.series_uid),
        std::pair("image_instance_uid", &d.instance_uid)}) {
    const std::string replaced = NewUid(*options_.ids, *uid);
    row.Set(field, std::string_view(replaced));
  }
  for (const auto& [field, text] :
       {std::pair("sop_class_uid", &d.sop_class_uid),
        std::pair("transfer_syntax_uid", &transfer_syntax_uid),
        std::pair("modality_source_value", &d.modality),
        std::pair("body_site_source_value",
                  d.body_part.empty() && d.body_site ? &d.body_site->value : &d.body_part),
        std::pair("laterality", &d.laterality), std::pair("manufacturer", &d.manufacturer),
        std::pair("model_name", &d.model_name),
        std::pair("photometric_interpretation", &d.photometric), std::pair("pixels", &pixels.state),
        std::pair("pixel_file", &pixels.image.file),
        std::pair("pixel_sha256", &pixels.image.sha256_hex)})
    row.SetCut(field, *text);
  for (const auto& [field, number] :
       {std::pair("instance_number", &d.instance_number), std::pair("image_rows", &d.rows),
        std::pair("image_columns", &d.columns), std::pair("image_frames", &d.frames),
        std::pair("samples_per_pixel", &d.samples), std::pair("bits_allocated", &d.bits_allocated),
        std::pair("bits_stored", &d.bits_stored),
        std::pair("pixel_representation", &d.pixel_representation)})
    SetNumber(row, field, *number);
  if (!pixels.image.file.empty())
    row.Set("pixel_bytes", static_cast<std::int64_t>(pixels.image.bytes));
  return row.WriteTo(sink_, {.file = file});
}

}  // namespace essaim::dicom
