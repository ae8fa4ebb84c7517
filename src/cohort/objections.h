// Persons who object to a use of their data, as a site keeps them: table essaim_opt_out, which
// every cohort reads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cohort/run_cohorts.h"
#include "warehouse/sql_engine.h"

namespace essaim::cohort {

struct Objection {
  std::int64_t person_id = 0;
  // "all": no use at all; "ai": no fitting of models; "project:NAME": not that study.
  std::string scope = "all";
  std::string from, until;  // first and last day, YYYY-MM-DD; empty: no bound
};

// All or none; what is there already is not added again. kInvalidArgument with the position from 1:
// another scope, no date, an end before the start. kNotFound: no such person.
absl::Status AddObjections(SqlEngine& engine, const std::vector<Objection>& objections);
// Takes back those of the person and scope; how many there were.
absl::StatusOr<std::int64_t> RemoveObjections(SqlEngine& engine, std::int64_t person_id,
                                              const std::string& scope);
absl::StatusOr<std::vector<Objection>> Objections(SqlEngine& engine);
// What every cohort on a site's tables leaves out: the objections of these scopes (and 'all') that
// hold on the day, also of persons who were merged into others.
OptOut SiteOptOut(std::vector<std::string> scopes, std::string as_of);
// By person_source_value. kNotFound; kFailedPrecondition if several persons have it.
absl::StatusOr<std::int64_t> PersonOfSourceValue(SqlEngine& engine, const std::string& value);

}  // namespace essaim::cohort
