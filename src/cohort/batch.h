// The work of RunCohorts, step by step.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cohort/cohort_sql.h"
#include "cohort/concept_sets.h"
#include "cohort/entry_sql.h"
#include "cohort/run_cohorts.h"

namespace essaim::cohort {

class Batch {
 public:
  Batch(SqlEngine& engine, const std::vector<NumberedDefinition>& definitions,
        const RunOptions& options)
      : engine_(engine), definitions_(definitions), options_(options) {}

  absl::StatusOr<RunReport> Run();  // within the caller's transaction
  absl::Status DropTables();

 private:
  using Part = std::span<const std::size_t>;  // definitions, by their places in the batch

  absl::Status NumberConceptSets();
  absl::Status ScanDomains();
  absl::Status Scan(const ScanKey& key, const std::set<int>& sets);
  bool MayHaveRows(std::size_t i, const Criterion& criterion) const;
  absl::Status RemoveOldRows();
  absl::Status RunSome(Part part);
  absl::Status MakeWorkTables();
  absl::Status FillParameters(Part part);
  absl::Status FillEvents(Part part);
  absl::Status ShareEntries(const std::vector<CohortEntry>& cohorts, bool with_rules);
  // Absent where the cohort's entry events need a statement of their own.
  std::optional<CohortEntry> SharedEntry(std::size_t i, const Definition& definition) const;
  absl::Status FillRows(Part part);
  absl::Status ReadCounts();
  SqlContext ContextOf(std::size_t i) const;

  SqlEngine& engine_;
  const std::vector<NumberedDefinition>& definitions_;
  const RunOptions& options_;
  ConceptSets sets_;
  std::vector<std::map<int, int>> numbers_;  // by definition: its set ids to the batch's
  std::map<ScanKey, std::string> scans_;
  std::set<ScanKey> small_scans_;            // where planning costs more than running
  std::map<ScanKey, std::set<int>> filled_;  // the sets that have rows at all
  std::map<int, std::size_t> index_of_;      // by cohort id
  RunReport report_;
};

// Calls `each` for every criterion of the definition, nested ones too.
template <typename F>
void ForEachCriterion(const Group& group, const F& each);

template <typename F>
void ForEachCriterion(const Criterion& criterion, const F& each) {
  each(criterion);
  for (const Group& group : criterion.correlated) ForEachCriterion(group, each);
}

template <typename F>
void ForEachCriterion(const Group& group, const F& each) {
  for (const CorrelatedCriterion& inner : group.criteria) ForEachCriterion(inner.criterion, each);
  for (const Group& inner : group.groups) ForEachCriterion(inner, each);
}

template <typename F>
void ForEachCriterion(const Definition& definition, const F& each) {
  for (const Criterion& criterion : definition.entry) ForEachCriterion(criterion, each);
  if (definition.additional.has_value()) ForEachCriterion(*definition.additional, each);
  for (const InclusionRule& rule : definition.rules) ForEachCriterion(rule.group, each);
  for (const Criterion& criterion : definition.censoring) ForEachCriterion(criterion, each);
}

}  // namespace essaim::cohort
