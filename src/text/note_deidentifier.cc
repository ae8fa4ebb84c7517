#include "text/note_deidentifier.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace essaim::text {

NoteDeidentifier::NoteDeidentifier(IdentityStore& store, const NoteDeidentifierOptions& options)
    : store_(store),
      options_(options),
      name_(absl::StrCat("deidentified/3", options.surrogates != nullptr ? "+surrogates" : "",
                         options.values ? "+values" : "")) {}

absl::StatusOr<std::unique_ptr<NoteDeidentifier>> NoteDeidentifier::Make(
    IdentityStore& store, const NoteDeidentifierOptions& options) {
  std::unique_ptr<NoteDeidentifier> made(new NoteDeidentifier(store, options));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<Identity> names, store.Names());
  for (const Identity& name : names) made->known_.AddPerson(name.family_name, name.given_names);
  return made;
}

absl::Status NoteDeidentifier::Put(const Identity& identity) {
  known_.AddPerson(identity.family_name, identity.given_names);
  of_load_[identity.person_id].push_back(identity);
  return store_.Put(identity);
}

void NoteDeidentifier::Saw(const CdmTable& table,
                           std::span<const std::optional<std::string_view>> cells) {
  if (table.name != "care_site") return;
  const CdmField* field = table.Field("care_site_name");
  if (field == nullptr) return;
  const auto& cell = cells[static_cast<std::size_t>(field - table.fields.data())];
  if (cell.has_value()) known_.AddHospital(*cell);
}

bool NoteDeidentifier::Passes(const CdmTable& table, const CdmField& field) const {
  if (NoteFilter::Passes(table, field)) return true;
  if (!options_.values || field.type != CdmType::kText || table.group != CdmGroup::kClinical)
    return false;
  return field.name == "value_as_string" || field.name == "value_source_value" ||
         field.name == "sig" || field.name == "stop_reason" || field.name == "snippet" ||
         field.name == "lexical_variant";
}

absl::StatusOr<const std::vector<Identity>*> NoteDeidentifier::PersonsOf(std::int64_t person_id) {
  constexpr std::size_t kPersonsMax = 10'000;
  if (const auto at = persons_.find(person_id); at != persons_.end()) return &at->second;
  ESSAIM_ASSIGN_OR_RETURN(std::vector<Identity> persons, store_.OfPerson(person_id));
  const auto own = of_load_.find(person_id);
  if (own != of_load_.end()) persons.insert(persons.end(), own->second.begin(), own->second.end());
  if (persons_.size() >= kPersonsMax) persons_.clear();
  return &persons_.emplace(person_id, std::move(persons)).first->second;
}

absl::StatusOr<std::string> NoteDeidentifier::Filter(std::int64_t person_id,
                                                     std::string_view text) {
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<Identity>* persons, PersonsOf(person_id));
  const std::vector<Span> spans = FindIdentifying(text, *persons, known_);
  return options_.surrogates == nullptr ? ReplaceSpans(text, spans)
                                        : options_.surrogates->Replace(text, spans, person_id);
}

}  // namespace essaim::text
