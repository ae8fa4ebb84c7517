// A definition as SQL: its events, and the exits that need a statement of their own.
//
// Tables that the statements read beside the CDM's: kConceptTable (set_id, concept_id),
// kOptOutTable (person_id), kIncludedTable. Every statement that finds entry events leaves out the
// persons of kOptOutTable; there is no form of it without.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cohort/definition.h"
#include "warehouse/sql_dialect.h"

namespace essaim::cohort {

inline constexpr std::string_view kConceptTable = "essaim_cohort_concepts";
inline constexpr std::string_view kOptOutTable = "essaim_cohort_opted_out";
inline constexpr std::string_view kEventTable = "essaim_cohort_events";
inline constexpr std::string_view kIncludedTable = "essaim_cohort_included";
inline constexpr std::string_view kEndTable = "essaim_cohort_ends";

// Where a concept set's rows of a domain are found.
struct ScanKey {
  Domain domain;
  bool by_source = false;
  auto operator<=>(const ScanKey&) const = default;
};

struct SqlContext {
  const SqlDialect* dialect = nullptr;
  std::map<int, int> sets;  // the definition's concept set ids to those of kConceptTable
  std::map<ScanKey, std::string> scans;  // tables (set_id and the domain's columns); else the CDM's
};

// Rows of kEventTable for one definition: every entry event, with `passed`: -1 where the additional
// criteria do not hold, else the number of leading inclusion rules that it passes.
// `entry_events`: a SELECT of the entry events, if they are there already; else they are asked for.
std::string EventsSql(const Definition& definition, int cohort_id, const SqlContext& context,
                      const std::string& entry_events = "");

// Rows of kEndTable from the definition's drug eras and censoring criteria, for its events in
// kIncludedTable; one statement each.
std::vector<std::string> EndsSql(const Definition& definition, int cohort_id,
                                 const SqlContext& context);

// The columns of the domain's table that the statements read.
std::vector<std::string> ColumnsOf(const DomainInfo& info);

}  // namespace essaim::cohort
