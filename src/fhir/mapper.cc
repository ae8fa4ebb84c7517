#include "fhir/mapper.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "fhir/code_maps.h"

namespace essaim::fhir {
namespace {

bool IsDrug(std::string_view type) {
  return type == "MedicationRequest" || type == "MedicationAdministration" ||
         type == "MedicationStatement" || type == "MedicationDispense" || type == "Immunization";
}

// All of it if there is none.
std::string_view AfterLast(std::string_view text, char separator) {
  const std::size_t at = text.rfind(separator);
  return at == std::string_view::npos ? text : text.substr(at + 1);
}

}  // namespace

Mapper::Mapper(const FhirOptions& options, CdmSink& sink)
    : options_(options),
      sink_(sink),
      codes_(*options.vocabulary),
      persons_(*options.ids, "person", options.system),
      visits_(*options.ids, "visit_occurrence", options.system),
      providers_(*options.ids, "provider", options.system),
      care_sites_(*options.ids, "care_site", options.system) {}

absl::Status Mapper::Map(Node resource, const RowOrigin& origin, std::string_view full_url) {
  origin_ = &origin;
  const std::string_view type = resource["resourceType"].Text();
  if (type.empty()) return Reject("resourceType", "missing");
  id_ = resource["id"].Text();
  if (id_.empty()) id_ = KeyOf(full_url);
  using Function = absl::Status (Mapper::*)(Node);

  static constexpr struct {
    std::string_view type;
    Function map;
  } kTypes[] = {
      {"Observation", &Mapper::Observation},
      {"Encounter", &Mapper::Encounter},
      {"Condition", &Mapper::Condition},
      {"Procedure", &Mapper::Procedure},
      {"DiagnosticReport", &Mapper::Report},
      {"DocumentReference", &Mapper::Document},
      {"AllergyIntolerance", &Mapper::Allergy},
      {"Patient", &Mapper::Patient},
      {"Device", &Mapper::Device},
      {"Coverage", &Mapper::Coverage},
      {"Practitioner", &Mapper::Practitioner},
      {"Organization", &Mapper::Organization},
      {"Location", &Mapper::Location},
      {"Specimen", &Mapper::Specimen},
  };

  const auto* found = std::ranges::find(kTypes, type, [](const auto& t) { return t.type; });
  const bool is_drug = found == std::end(kTypes) && IsDrug(type);
  if (found == std::end(kTypes) && !is_drug) {
    const auto known = unmapped_.find(type);
    ++(known == unmapped_.end() ? unmapped_[std::string(type)] : known->second);
    return absl::OkStatus();
  }
  if (id_.empty()) return Reject("id", "missing");
  resource.Index();
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
std::string_view Mapper::KeyOf(std::string_view reference) const {
  if (!names_.empty()) {
    const auto named = names_.find(reference);
    if (named != names_.end()) return named->second;
  }
  if (reference.starts_with("urn:")) return AfterLast(reference, ':');
  if (reference.starts_with("#") || reference.find('?') != std::string_view::npos) return {};
  return AfterLast(reference.substr(0, reference.find("/_history/")), '/');
}

std::int64_t Mapper::IdOf(std::string_view kind, std::string_view key) const {
  return options_.ids->IdOf(kind, options_.system, key);
}

std::string_view Mapper::KeyOf(Node reference, std::string_view type) const {
  const std::string_view text = reference["reference"].Text();
  // "Organization/1" is no Practitioner; "urn:uuid:1" may be one.
  const bool is_other = !type.empty() && !text.starts_with(type) && !text.starts_with("urn:") &&
                        text.find('/') != std::string_view::npos &&
                        text.find(type) == std::string_view::npos;
  return is_other ? std::string_view() : KeyOf(text);
}

std::string_view Mapper::Referred(KnownIds& ids, Node reference, std::string_view type) const {
  return ids.Of(KeyOf(reference, type));
}

bool Mapper::IsPractitioner(Node reference) const {
  return !KeyOf(reference, "Practitioner/").empty();
}

// These lend the row a number of their own table, of which a row has one.
bool Mapper::SetPerson(CdmRow& row, Node reference) {
  const std::string_view id = Referred(persons_, reference, "Patient/");
  row.SetView("person_id", id);
  return !id.empty();
}

void Mapper::SetVisit(CdmRow& row, Node reference) {
  row.SetView("visit_occurrence_id", Referred(visits_, reference, "Encounter/"));
}

void Mapper::SetProvider(CdmRow& row, Node reference) {
  row.SetView("provider_id", Referred(providers_, reference, "Practitioner/"));
}

void Mapper::SetCareSite(CdmRow& row, Node reference) {
  row.SetView("care_site_id", Referred(care_sites_, reference, ""));
}

std::string Mapper::Trace(std::string_view id) const {
  if (options_.keep_identifying) return std::string(id);
  return options_.ids->PseudonymOf(options_.system, id);
}

std::string_view Mapper::RowKey(const Resolved& code, int part) {
  key_ = id_;
  if (part > 0) absl::StrAppend(&key_, "/", part);
  absl::StrAppend(&key_, "|", code.standard);
  return key_;
}

Moment Mapper::FirstDay(std::initializer_list<Node> nodes) {
  for (const Node node : nodes) {
    if (const Moment moment = WallClock(node.Text())) return moment;
  }
  return {};
}

// As it stands there, if it is of a form that every engine reads.
void Mapper::SetNumber(CdmRow& row, const FieldName& field, Node number) {
  constexpr std::size_t kPlain = 24;  // characters
  const std::string_view text = number.NumberText();
  const bool plain = text.size() <= kPlain &&
                     std::ranges::none_of(text, [](char c) { return c == 'e' || c == 'E'; });
  plain ? row.SetView(field, text) : row.Set(field, number.Number());
}

CdmRow& Mapper::Anew(CdmRow& row) {
  row.Clear();
  return row;
}

CdmRow& Mapper::Anew(const EventFields& fields) {
  return Anew(&fields == &kMeasurementFields   ? measurement_
              : &fields == &kObservationFields ? observation_
              : &fields == &kProcedureFields   ? procedure_
                                               : condition_);
}

// Borrows the moment.
void Mapper::SetEvent(CdmRow& row, const EventFields& fields, const Resolved& code,
                      const Moment& at) {
  row.Set(fields.concept_id, code.standard);
  row.SetView(fields.date, at.date());
  row.SetView(fields.time, at.time());
  row.Set(fields.source_concept_id, code.source);
}

absl::Status Mapper::Resolve(Node codeable, std::initializer_list<std::string_view> preferred,
                             AllResolved& all) {
  std::optional<Resolved> unmapped;
  for (const Node coding : codeable["coding"].Items()) {
    Resolved r{.code = coding["code"].Text(),
               .vocabulary = VocabularyOf(coding["system"].Text()),
               .coding = coding};
    if (r.code.empty()) continue;
    if (!r.vocabulary.empty()) {
      ESSAIM_ASSIGN_OR_RETURN(const MappedCode* code, codes_.Map(r.vocabulary, r.code));
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
  if (all.size() > 1) KeepPreferred(preferred, all);
  if (all.empty() && !options_.drop_unmapped) {
    if (!unmapped.has_value() && !codeable["text"].Text().empty()) unmapped.emplace();
    if (unmapped.has_value()) all.push_back(*unmapped);
  }
  return absl::OkStatus();
}

// The most preferred first, and of one standard concept the first.
void Mapper::KeepPreferred(std::initializer_list<std::string_view> preferred, AllResolved& all) {
  const auto rank = [&](const Resolved& r) {
    return std::ranges::find(preferred, r.vocabulary) - preferred.begin();
  };
  std::ranges::stable_sort(all, {}, rank);
  AllResolved kept;
  for (const Resolved& r : all) {
    if (std::ranges::find(kept, r.standard, &Resolved::standard) == kept.end()) kept.push_back(r);
  }
  all = std::move(kept);
}

absl::StatusOr<Mapper::Resolved> Mapper::ResolveBest(
    Node codeable, std::initializer_list<std::string_view> vocabularies, std::string_view domain) {
  Resolved fallback;
  for (const std::string_view vocabulary : vocabularies) {
    for (const Node coding : codeable["coding"].Items()) {
      if (VocabularyOf(coding["system"].Text()) != vocabulary) continue;
      Resolved r{.code = coding["code"].Text(), .vocabulary = vocabulary, .coding = coding};
      if (r.code.empty()) continue;
      ESSAIM_ASSIGN_OR_RETURN(const MappedCode* code, codes_.Map(vocabulary, r.code));
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
    fallback.code = coding["code"].Text();
    fallback.coding = coding;
    if (fallback.code.empty()) fallback.code = codeable["text"].Text();
  }
  return fallback;
}

absl::StatusOr<std::int64_t> Mapper::StandardOf(std::string_view vocabulary,
                                                std::string_view code) {
  if (vocabulary.empty() || code.empty()) return 0;
  ESSAIM_ASSIGN_OR_RETURN(const MappedCode* mapped, codes_.Map(vocabulary, code));
  return mapped->targets.empty() ? 0 : mapped->targets[0].concept_id;
}

}  // namespace essaim::fhir
