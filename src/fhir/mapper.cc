#include "fhir/mapper.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "fhir/code_maps.h"

namespace essaim::fhir {

absl::Status Mapper::Map(Node resource, const RowOrigin& origin) {
  origin_ = &origin;
  const std::string_view type = resource["resourceType"].Text();
  if (type.empty()) return Reject("resourceType", "missing");
  id_ = std::string(resource["id"].Text());
  using Function = absl::Status (Mapper::*)(Node);

  static constexpr struct {
    std::string_view type;
    Function map;
  } kTypes[] = {
      {"Patient", &Mapper::Patient},
      {"Encounter", &Mapper::Encounter},
      {"Condition", &Mapper::Condition},
      {"Procedure", &Mapper::Procedure},
      {"Observation", &Mapper::Observation},
      {"AllergyIntolerance", &Mapper::Allergy},
      {"DiagnosticReport", &Mapper::Report},
      {"DocumentReference", &Mapper::Document},
      {"Device", &Mapper::Device},
      {"Coverage", &Mapper::Coverage},
      {"Practitioner", &Mapper::Practitioner},
      {"Organization", &Mapper::Organization},
      {"Location", &Mapper::Location},
      {"Specimen", &Mapper::Specimen},
  };

  const bool is_drug = type == "MedicationRequest" || type == "MedicationAdministration" ||
                       type == "MedicationStatement" || type == "MedicationDispense" ||
                       type == "Immunization";
  const auto* found = std::ranges::find(kTypes, type, [](const auto& t) { return t.type; });
  if (found == std::end(kTypes) && !is_drug) {
    ++unmapped_[std::string(type)];
    return absl::OkStatus();
  }
  if (id_.empty()) return Reject("id", "missing");
  return is_drug ? Drug(resource, type) : (this->*found->map)(resource);
}

absl::Status Mapper::Reject(std::string_view element, std::string_view reason) {
  return sink_.Reject({.file = std::string(origin_->file),
                       .line = origin_->line,
                       .column = std::string(element),
                       .reason = std::string(reason)},
                      origin_->raw == nullptr ? "" : (*origin_->raw)());
}

void Mapper::SetName(std::string_view full_url, std::string_view id) {
  if (!full_url.empty() && !id.empty()) names_.insert_or_assign(std::string(full_url), id);
}

// The id that a reference names: "Patient/1", "https://host/fhir/Patient/1/_history/2",
// "urn:uuid:1", or an entry of the bundle.
std::string Mapper::KeyOf(Node reference) const {
  std::string_view text = reference["reference"].Text();
  const auto named = names_.find(text);
  if (named != names_.end()) return named->second;
  const std::size_t history = text.find("/_history/");
  if (history != std::string_view::npos) text = text.substr(0, history);
  if (text.starts_with("#") || text.find('?') != std::string_view::npos) return "";
  if (text.starts_with("urn:")) return std::string(text.substr(text.rfind(':') + 1));
  return std::string(text.substr(text.rfind('/') + 1));
}

std::int64_t Mapper::IdOf(std::string_view kind, std::string_view key) const {
  constexpr std::size_t kKept = 1 << 16;
  std::string both(kind);
  both.push_back('\0');
  both.append(key);
  const auto known = known_ids_.find(both);
  if (known != known_ids_.end()) return known->second;
  if (known_ids_.size() >= kKept) known_ids_.clear();
  return known_ids_[both] = options_.ids->IdOf(kind, options_.system, key);
}

void Mapper::SetRef(CdmRow& row, std::string_view field, std::string_view kind, Node reference,
                    std::string_view type) const {
  const std::string_view text = reference["reference"].Text();
  const std::size_t slash = text.find('/');
  // "Organization/1" is no Practitioner; "urn:uuid:1" may be one.
  if (!type.empty() && slash != std::string_view::npos && !text.starts_with("urn:") &&
      text.find(absl::StrCat(Av(type), "/")) == std::string_view::npos)
    return;
  const std::string key = KeyOf(reference);
  if (!key.empty()) row.Set(field, IdOf(kind, key));
}

bool Mapper::SetPerson(CdmRow& row, Node reference) const {
  SetRef(row, "person_id", "person", reference, "Patient");
  return row.Get("person_id").has_value();
}

// "measurement" sets measurement_date and measurement_datetime.
void Mapper::SetMoment(CdmRow& row, std::string_view prefix, const Moment& moment) const {
  row.Set(absl::StrCat(Av(prefix), "_date"), std::string_view(moment.date));
  row.Set(absl::StrCat(Av(prefix), "_datetime"), std::string_view(moment.time));
}

std::string Mapper::Trace(std::string_view id) const {
  if (options_.keep_identifying) return std::string(id);
  return options_.ids->PseudonymOf(options_.system, id);
}

absl::StatusOr<std::vector<Mapper::Resolved>> Mapper::Resolve(
    Node codeable, std::initializer_list<std::string_view> preferred) {
  std::vector<Resolved> all;
  std::optional<Resolved> unmapped;
  for (const Node coding : codeable["coding"].Items()) {
    Resolved r{.code = std::string(coding["code"].Text()),
               .display = std::string(coding["display"].Text()),
               .vocabulary = std::string(VocabularyOf(coding["system"].Text()))};
    if (r.code.empty()) continue;
    if (!r.vocabulary.empty()) {
      ESSAIM_ASSIGN_OR_RETURN(const MappedCode* code,
                              options_.vocabulary->Map(r.vocabulary, r.code));
      r.source = code->source.concept_id;
      for (const Concept& target : code->targets) {
        r.standard = target.concept_id;
        r.domain = target.domain_id;
        all.push_back(r);
      }
      if (!code->targets.empty()) continue;
    }
    if (!unmapped.has_value()) unmapped = r;
  }
  const auto rank = [&](const Resolved& r) {
    return std::ranges::find(preferred, r.vocabulary) - preferred.begin();
  };
  std::ranges::stable_sort(all, {}, rank);
  std::vector<Resolved> kept;
  for (const Resolved& r : all) {
    if (std::ranges::find(kept, r.standard, &Resolved::standard) == kept.end()) kept.push_back(r);
  }
  if (kept.empty() && !options_.drop_unmapped) {
    if (!unmapped.has_value() && !codeable["text"].Text().empty()) unmapped.emplace();
    if (unmapped.has_value()) kept.push_back(*unmapped);
  }
  return kept;
}

absl::StatusOr<Mapper::Resolved> Mapper::ResolveBest(
    Node codeable, std::initializer_list<std::string_view> vocabularies, std::string_view domain) {
  Resolved fallback;
  for (const std::string_view vocabulary : vocabularies) {
    for (const Node coding : codeable["coding"].Items()) {
      if (VocabularyOf(coding["system"].Text()) != vocabulary) continue;
      Resolved r{.code = std::string(coding["code"].Text()),
                 .display = std::string(coding["display"].Text()),
                 .vocabulary = std::string(vocabulary)};
      if (r.code.empty()) continue;
      ESSAIM_ASSIGN_OR_RETURN(const MappedCode* code, options_.vocabulary->Map(vocabulary, r.code));
      r.source = code->source.concept_id;
      if (fallback.code.empty()) fallback = r;
      for (const Concept& target : code->targets) {
        if (!domain.empty() && target.domain_id != domain) continue;
        r.standard = target.concept_id;
        r.domain = target.domain_id;
        return r;
      }
    }
  }
  if (fallback.code.empty()) {
    const Node coding = codeable["coding"].First();
    fallback.code = std::string(coding["code"].Text());
    fallback.display = std::string(coding["display"].Text());
    if (fallback.code.empty()) fallback.code = std::string(codeable["text"].Text());
  }
  return fallback;
}

absl::StatusOr<std::int64_t> Mapper::StandardOf(std::string_view system, std::string_view code) {
  const std::string_view vocabulary = VocabularyOf(system);
  if (vocabulary.empty() || code.empty()) return 0;
  ESSAIM_ASSIGN_OR_RETURN(const MappedCode* mapped, options_.vocabulary->Map(vocabulary, code));
  return mapped->targets.empty() ? 0 : mapped->targets[0].concept_id;
}

}  // namespace essaim::fhir
