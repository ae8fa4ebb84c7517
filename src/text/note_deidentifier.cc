#include "text/note_deidentifier.h"

#include "base/status_macros.h"

namespace essaim::text {

absl::StatusOr<std::unique_ptr<NoteDeidentifier>> NoteDeidentifier::Make(IdentityStore& store) {
  std::unique_ptr<NoteDeidentifier> made(new NoteDeidentifier(store));
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

absl::StatusOr<std::string> NoteDeidentifier::Filter(std::int64_t person_id,
                                                     std::string_view text) {
  if (person_id != person_id_ || persons_.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(persons_, store_.OfPerson(person_id));
    const auto own = of_load_.find(person_id);
    if (own != of_load_.end())
      persons_.insert(persons_.end(), own->second.begin(), own->second.end());
    person_id_ = person_id;
  }
  return Deidentify(text, persons_, known_);
}

}  // namespace essaim::text
