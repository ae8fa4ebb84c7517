// Circe's criteria, groups and filters to the internal form; circe.cc reads the rest of a
// definition.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cohort/definition.h"
#include "cohort/json_reader.h"

namespace essaim::cohort {

class CirceReader {
 public:
  // `concept_sets`: the ids that criteria may refer to.
  explicit CirceReader(std::set<int> concept_sets) : concept_sets_(std::move(concept_sets)) {}

  absl::StatusOr<Criterion> ReadCriterion(const JsonReader& json, int depth);
  absl::StatusOr<Group> ReadGroup(const JsonReader& json, int depth);
  absl::StatusOr<int> ReadConceptSetId(const JsonReader& json);

  // The ids that criteria refer to and the definition does not have, each with its first place.
  const std::map<int, std::string>& missing_sets() const { return missing_sets_; }

  // What has no effect, as sentences for people.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  absl::StatusOr<CorrelatedCriterion> ReadCorrelated(const JsonReader& json, int depth);
  absl::StatusOr<Demographic> ReadDemographic(const JsonReader& json);
  absl::StatusOr<std::vector<Filter>> ReadFilters(const JsonReader& json,
                                                  std::span<const DomainField> fields);
  absl::StatusOr<FilterValue> ReadFilter(const JsonReader& json, const DomainField& field,
                                         const JsonReader& parent);
  absl::Status Count(const JsonReader& json);  // one criterion more, within kCriteriaMax

  std::set<int> concept_sets_;
  std::map<int, std::string> missing_sets_;
  std::vector<std::string> notes_;
  std::size_t n_criteria_ = 0;
};

// A calendar day as YYYY-MM-DD (ATLAS writes 2010-1-5 and 2010-01-05T00:00:00.000Z too).
absl::StatusOr<std::string> ReadDate(const JsonReader& json);

}  // namespace essaim::cohort
