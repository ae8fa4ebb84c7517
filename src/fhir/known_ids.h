// Numbers of rows of one kind by their identifiers, as references ask for them: a patient's comes
// with each of his records, and costs an HMAC.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/text_hash.h"
#include "source/id_maker.h"

namespace essaim::fhir {

// Remembers what was asked for of late, in one place of a table each: records of a patient or of a
// stay come near each other. Threads: one.
class KnownIds {
 public:
  KnownIds(const IdMaker& ids, std::string_view kind, std::string_view system)
      : ids_(ids), kind_(kind), system_(system), known_(kPlaces) {}

  // In digits, good until the next call. Empty if the key is.
  std::string_view Of(std::string_view key) {
    if (key.empty()) return {};
    Known& known = key.size() > kKeyBytes ? other_ : known_[TextHash()(key) % kPlaces];
    if (&known == &other_ || known.key_size != key.size() ||
        std::memcmp(known.key.data(), key.data(), key.size()) != 0) {
      const std::int64_t id = ids_.IdOf(kind_, system_, key);
      char* const begin = known.id.data();
      known.id_size =
          static_cast<std::uint8_t>(std::to_chars(begin, begin + known.id.size(), id).ptr - begin);
      known.key_size = static_cast<std::uint8_t>(std::min(key.size(), kKeyBytes));
      key.copy(known.key.data(), kKeyBytes);
    }
    return {known.id.data(), known.id_size};
  }

 private:
  static constexpr std::size_t kPlaces = 1'024, kKeyBytes = 43, kIdBytes = 19;

  struct alignas(64) Known {
    std::array<char, kKeyBytes> key;
    std::array<char, kIdBytes> id;
    std::uint8_t key_size = 0, id_size = 0;  // 0: free
  };

  const IdMaker& ids_;
  const std::string_view kind_, system_;
  std::vector<Known> known_;
  Known other_;  // of a key too long to be remembered
};

}  // namespace essaim::fhir
