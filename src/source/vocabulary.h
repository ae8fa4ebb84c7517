// The site's vocabulary as a source asks for it: from a code to concepts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "warehouse/sql_engine.h"

namespace essaim {

struct Concept {
  std::int64_t concept_id = 0;  // 0: none
  std::string domain_id, vocabulary_id, concept_code;
  bool standard = false;
};

struct MappedCode {
  Concept source;                // concept_id 0 if the code is in no vocabulary of that name
  std::vector<Concept> targets;  // valid "Maps to" targets; the source itself if it is standard
  std::vector<Concept> values;   // valid "Maps to value" targets
};

class Vocabulary {
 public:
  virtual ~Vocabulary() = default;
  // The answer is good until kCodesKept further codes were asked for. The engine's errors.
  virtual absl::StatusOr<const MappedCode*> Map(std::string_view vocabulary_id,
                                                std::string_view code) = 0;
  // By its number; concept_id 0 if there is none.
  virtual absl::StatusOr<Concept> Find(std::int64_t concept_id) = 0;
};

// Over the CDM's concept and concept_relationship; answers are kept, at most kCodesKept of them.
// The engine must be another connection than the one that a load writes through, and outlive this.
inline constexpr std::size_t kCodesKept = 1'000'000;
std::unique_ptr<Vocabulary> OpenSqlVocabulary(SqlEngine& engine);

}  // namespace essaim
