// The concept sets of a batch of definitions, each different one once, expanded with the
// vocabulary.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cohort/definition.h"
#include "warehouse/sql_engine.h"

namespace essaim::cohort {

// Statistics of a table that has just been filled: without them PostgreSQL takes it for tiny and
// plans nested loops. DuckDB gathers them as the rows come.
absl::Status Analyze(SqlEngine& engine, std::string_view table);

class ConceptSets {
 public:
  // The number of the set in kConceptTable; the same for sets with the same items.
  int Add(const ConceptSet& set);

  // Fills kConceptTable (a temporary table). What the vocabulary lacks, as sentences for people:
  // without `concept` a set has its own concepts as written; without `concept_ancestor` it has no
  // descendants, without `concept_relationship` no mapped ones.
  absl::StatusOr<std::vector<std::string>> Expand(SqlEngine& engine) const;

  std::size_t size() const { return sets_.size(); }

 private:
  std::map<std::string, int> numbers_;  // canonical text, number
  std::vector<ConceptSet> sets_;
};

}  // namespace essaim::cohort
