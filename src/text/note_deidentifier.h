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
#include "text/surrogates.h"

namespace essaim::text {

struct NoteDeidentifierOptions {
  const Surrogates* surrogates = nullptr;  // null: tags. Outlives the deidentifier
  // Short texts of other tables too: value_as_string, value_source_value, sig, stop_reason, and
  // what was cut out of notes.
  bool values = false;
};

class NoteDeidentifier : public NoteFilter, public IdentitySink {
 public:
  // `store` outlives this. Its errors.
  static absl::StatusOr<std::unique_ptr<NoteDeidentifier>> Make(
      IdentityStore& store, const NoteDeidentifierOptions& options = {});

  // Remembers, and hands on to the store.
  absl::Status Put(const Identity& identity) override;

  std::string_view name() const override { return name_; }

  bool Passes(const CdmTable& table, const CdmField& field) const override;
  // Takes the names of care sites.
  void Saw(const CdmTable& table, std::span<const std::optional<std::string_view>> cells) override;
  absl::StatusOr<std::string> Filter(std::int64_t person_id, std::string_view text) override;

 private:
  NoteDeidentifier(IdentityStore& store, const NoteDeidentifierOptions& options);

  absl::StatusOr<const std::vector<Identity>*> PersonsOf(std::int64_t person_id);

  IdentityStore& store_;
  const NoteDeidentifierOptions options_;
  const std::string name_;
  KnownNames known_;
  std::unordered_map<std::int64_t, std::vector<Identity>> of_load_;
  std::unordered_map<std::int64_t, std::vector<Identity>> persons_;  // those asked for last
};

}  // namespace essaim::text
