// A cohort definition, whatever format it came in: who enters, who stays, and when they leave.
//
// The semantics are those of OHDSI's Circe (OHDSI/circe-be, Apache-2.0); docs/cohorts.md tells
// them. Windows and offsets are in days; dates are calendar days, YYYY-MM-DD.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cohort/domains.h"

namespace essaim::cohort {

struct ConceptSetItem {
  std::int64_t concept_id = 0;
  bool excluded = false;     // takes its concepts out of the set
  bool descendants = false;  // with all below it in concept_ancestor
  bool mapped = false;       // with what maps to it in concept_relationship
};

struct ConceptSet {
  int id = 0;  // what the definition's criteria refer to
  std::string name;
  std::vector<ConceptSetItem> items;
};

enum class Comparison { kLess, kAtMost, kEqual, kNotEqual, kMore, kAtLeast, kBetween, kNotBetween };

struct NumberRange {
  Comparison comparison = Comparison::kEqual;
  double value = 0, extent = 0;  // extent: of kBetween and kNotBetween, inclusive
};

struct DateRange {
  Comparison comparison = Comparison::kEqual;
  std::string value, extent;
};

struct TextFilter {
  enum class Match { kStarts, kEnds, kContains } match = Match::kStarts;
  bool negated = false;
  std::string text;  // % and _ are wildcards, as in SQL's LIKE
};

struct ConceptList {
  std::vector<std::int64_t> concepts;
  bool excluded = false;
};

struct ConceptSetChoice {
  std::optional<int> concept_set;  // absent: any concept at all (none at all where excluded)
  bool excluded = false;
};

using FilterValue =
    std::variant<NumberRange, DateRange, TextFilter, ConceptList, ConceptSetChoice, bool>;

struct Filter {
  const DomainField* field = nullptr;  // of the criterion's domain; static
  FilterValue value;
};

struct DateAdjustment {
  bool start_from_end = false;  // the start is counted from the event's end
  int start_days = 0;
  bool end_from_end = true;
  int end_days = 0;
};

struct Group;

// Events of one domain.
struct Criterion {
  Domain domain = Domain::kConditionOccurrence;
  std::optional<int> concept_set, source_concept_set;  // absent: every row of the domain
  bool first = false;                                  // in the person's history, of the set's rows
  std::vector<Filter> filters;
  std::optional<DateAdjustment> adjustment;
  std::string period_start, period_end;  // of a period: the user's own dates, empty where none
  std::vector<Group> correlated;         // none, or one that holds for each event
};

// Days from the index; absent: the edge of the observation period on `sign`'s side.
struct Endpoint {
  std::optional<int> days;
  int sign = -1;  // of an absent `days`
};

struct Window {
  Endpoint start, end;
  bool from_index_end = false;       // counted from the index event's end, not its start
  std::optional<bool> on_event_end;  // whether the event's end, not its start, lies within
};

struct Occurrence {
  enum class Type { kExactly, kAtMost, kAtLeast } type = Type::kAtLeast;
  int count = 1;
  bool distinct = false;
  std::string_view column;  // what is counted where distinct; static, one of the domain's
};

struct CorrelatedCriterion {
  Criterion criterion;
  Window start;
  std::optional<Window> end;
  bool same_visit = false;
  bool beyond_observation = false;  // events outside the index's observation period count too
  Occurrence occurrence;
};

struct Demographic {
  std::vector<Filter> filters;  // fields of DemographicFields()
};

struct Group {
  enum class Type { kAll, kAny, kAtLeast, kAtMost } type = Type::kAll;
  int count = 0;  // of kAtLeast and kAtMost
  std::vector<CorrelatedCriterion> criteria;
  std::vector<Demographic> demographics;
  std::vector<Group> groups;

  bool empty() const { return criteria.empty() && demographics.empty() && groups.empty(); }
};

enum class Limit { kAll, kFirst, kLast };

struct InclusionRule {
  std::string name;
  Group group;
};

struct DateOffset {
  bool from_end = false;  // of the event
  int days = 0;
};

// The end of the era of drug exposures that the event lies in.
struct DrugEraExit {
  int concept_set = 0;
  int gap_days = 0, offset = 0;
  std::optional<int> days_supply;  // instead of the exposures' own ends
};

struct Definition {
  std::string name;
  std::vector<ConceptSet> concept_sets;
  std::vector<Criterion> entry;
  int days_before = 0, days_after = 0;  // of observation about the entry
  Limit entry_limit = Limit::kFirst;
  std::optional<Group> additional;        // of the entry events
  Limit qualified_limit = Limit::kFirst;  // only where `additional` is there
  std::vector<InclusionRule> rules;
  Limit limit = Limit::kFirst;                                 // of the events that pass every rule
  std::variant<std::monostate, DateOffset, DrugEraExit> exit;  // none: the observation's end
  std::vector<Criterion> censoring;
  int era_gap = 0;                       // cohort rows of a person this close are one
  std::string censor_start, censor_end;  // dates; empty where none
  std::vector<std::string> notes;        // what a reader found odd, as sentences for people

  const ConceptSet* FindConceptSet(int id) const;  // null if there is none of that id
};

// A text that is equal for two definitions exactly when they mean the same: names left out,
// concept sets written where they are used.
std::string CanonicalText(const Definition& definition);
std::string CanonicalText(const ConceptSet& set);

// SHA-256 of the canonical text, as hexadecimal.
std::string DefinitionHash(const Definition& definition);

}  // namespace essaim::cohort
