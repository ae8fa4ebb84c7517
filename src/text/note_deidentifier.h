// De-identification of the notes of a load, with the names that the site's identity store has and
// those that the load itself brings.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "source/identity_store.h"
#include "source/note_filter.h"
#include "text/deidentify.h"

namespace essaim::text {

class NoteDeidentifier : public NoteFilter, public IdentitySink {
 public:
  // `store` outlives this. Its errors.
  static absl::StatusOr<std::unique_ptr<NoteDeidentifier>> Make(IdentityStore& store);

  // Remembers, and hands on to the store.
  absl::Status Put(const Identity& identity) override;

  std::string_view name() const override { return "deidentified/1"; }

  // Takes the names of care sites.
  void Saw(const CdmTable& table, std::span<const std::optional<std::string_view>> cells) override;
  absl::StatusOr<std::string> Filter(std::int64_t person_id, std::string_view text) override;

 private:
  explicit NoteDeidentifier(IdentityStore& store) : store_(store) {}

  IdentityStore& store_;
  KnownNames known_;
  std::unordered_map<std::int64_t, std::vector<Identity>> of_load_;
  std::int64_t person_id_ = 0;  // whose identities these are: notes of one person come together
  std::vector<Identity> persons_;
};

}  // namespace essaim::text
