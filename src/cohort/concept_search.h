// Concepts by name and code, for the staff who write concept sets.
//
// Names and synonyms are compared without case and accents. Threads: as SqlEngine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cohort/definition.h"
#include "warehouse/sql_engine.h"

namespace essaim::cohort {

struct ConceptQuery {
  std::string text;  // words, all of them in the name; or a code, or a concept's number
  std::string domain, vocabulary;  // as the vocabulary spells them; empty: any
  bool standard = false;           // standard concepts only
  std::size_t limit = 20;          // at most kConceptsMax
};

inline constexpr std::size_t kConceptsMax = 1'000;
inline constexpr std::size_t kSearchBytesMax = 1'000;

struct ConceptRow {
  std::int64_t concept_id = 0;
  std::string name, domain, vocabulary, concept_class, code;
  bool standard = false, valid = true;
  std::int64_t records = 0;      // in the site's own event tables, by standard and source columns
  std::int64_t descendants = 0;  // below it, itself not counted
  std::vector<std::int64_t> maps_to;  // other concepts
};

// The best first: the code itself, the name itself, names that begin with the text, that have it at
// a word's start, that have all words, then the same of synonyms; within these, concepts with
// records, standard ones, short names. kInvalidArgument: no words, or too long.
// kFailedPrecondition: the site has no vocabulary.
absl::StatusOr<std::vector<ConceptRow>> SearchConcepts(SqlEngine& engine,
                                                       const ConceptQuery& query);

struct ExpandedSet {
  std::string name;
  std::size_t n_concepts = 0;
  std::vector<ConceptRow> concepts;  // those with most records first, at most `limit`
};

// What concept sets stand for at the site. `notices`: what its vocabulary lacks.
absl::StatusOr<std::vector<ExpandedSet>> ExpandSets(SqlEngine& engine,
                                                    const std::vector<ConceptSet>& sets,
                                                    std::size_t limit,
                                                    std::vector<std::string>& notices);

}  // namespace essaim::cohort
