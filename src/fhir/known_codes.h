// What codes become, as resources ask for it: the same few codes come again and again.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "base/text_hash.h"
#include "source/vocabulary.h"

namespace essaim::fhir {

// Remembers the vocabulary's answers in one place of a table each. Threads: one.
class KnownCodes {
 public:
  explicit KnownCodes(Vocabulary& vocabulary) : vocabulary_(vocabulary), known_(kPlaces) {}

  // Good until the next call. `vocabulary_id` is one of VocabularyOf's. The engine's errors.
  absl::StatusOr<const MappedCode*> Map(std::string_view vocabulary_id, std::string_view code) {
    if (code.size() > kCodeBytes) return vocabulary_.Map(vocabulary_id, code);
    Known& known = known_[(TextHash()(code) + vocabulary_id.size()) % kPlaces];
    if (known.mapped == nullptr || known.size != code.size() ||
        known.vocabulary_id != vocabulary_id ||
        std::memcmp(known.code.data(), code.data(), code.size()) != 0) {
      // An answer that the vocabulary may have given up is not kept.
      if (++n_asked_ % (kCodesKept / 2) == 0) known_.assign(kPlaces, {});
      known.mapped = nullptr;
      ESSAIM_ASSIGN_OR_RETURN(known.mapped, vocabulary_.Map(vocabulary_id, code));
      known.vocabulary_id = vocabulary_id;
      known.size = static_cast<std::uint8_t>(code.size());
      code.copy(known.code.data(), code.size());
    }
    return known.mapped;
  }

 private:
  static constexpr std::size_t kPlaces = 1'024, kCodeBytes = 39;

  struct alignas(64) Known {
    const MappedCode* mapped = nullptr;
    std::string_view vocabulary_id;
    std::array<char, kCodeBytes> code;
    std::uint8_t size = 0;
  };

  Vocabulary& vocabulary_;
  std::vector<Known> known_;
  std::uint64_t n_asked_ = 0;
};

}  // namespace essaim::fhir
