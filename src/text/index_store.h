// Where a site's full-text index lies: sealed files in a folder, opened in memory alone.
//
// Xapian cannot encrypt, and an index holds the words of the notes. So an index is segments, each a
// single-file Xapian database sealed as a whole (AES-256-GCM) under a key made from that of the
// category free_text, and a manifest, sealed too, that says which notes each segment has. A segment
// never changes: an update writes new ones and then, in one rename, the manifest. Killed at any
// moment the former index stays.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "base/secret_bytes.h"

namespace essaim::text {

struct IndexedNote {
  std::int64_t load = 0;      // the load that brought the row
  std::uint32_t segment = 0;  // where its words are
};

struct IndexManifest {
  std::vector<std::uint32_t> segments;                  // numbers, in the order of writing
  std::unordered_map<std::int64_t, IndexedNote> notes;  // by note_id
  std::uint64_t n_dead = 0;  // notes in segments that are not the note's last word
};

class IndexStore {
 public:
  // `key`: of the category free_text. `entropy` outlives this.
  IndexStore(std::string folder, const SecretBytes& key, Entropy& entropy);

  // Empty if there is no index. kDataLoss: sealed under another key, or changed.
  absl::StatusOr<IndexManifest> ReadManifest() const;
  // Then removes segments that it does not name.
  absl::Status WriteManifest(const IndexManifest& manifest) const;
  absl::StatusOr<SecretBytes> ReadSegment(std::uint32_t number) const;
  absl::Status WriteSegment(std::uint32_t number, std::string_view bytes) const;

 private:
  std::string PathOf(std::uint32_t number) const;

  std::string folder_;
  SecretBytes key_;
  Entropy& entropy_;
};

}  // namespace essaim::text
