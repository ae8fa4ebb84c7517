// Persons who are at several sites, as a linkage between the sites found them: tables
// essaim_linkage (which sites took part) and essaim_linked (who is at another site too).
//
// A study that says `count_once: PROJECT` leaves a person out at every site but the first of those
// of its own sites that have the person. Which site that is was drawn by chance when they were
// linked, and every site computes it alike.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cohort/run_cohorts.h"
#include "warehouse/sql_engine.h"

namespace essaim::cohort {

struct LinkedPerson {
  std::int64_t person_id = 0;
  std::string linkage_id;          // 32 hexadecimal digits, the same at every site
  std::vector<std::string> first;  // sites that count the person before this one
};

// In the place of what the project had before; all or nothing.
absl::Status StoreLinkage(SqlEngine& engine, const std::string& project,
                          const std::vector<std::string>& sites,
                          const std::vector<LinkedPerson>& persons, std::int64_t now_ms);
// 0 where the project is not known here.
absl::StatusOr<std::int64_t> RemoveLinkage(SqlEngine& engine, const std::string& project);

// kFailedPrecondition: a site of the study took no part in the linkage here, so that it cannot be
// known who is there too.
absl::Status CheckLinked(SqlEngine& engine, const CountOnce& count_once);

// SELECT person_id: whom another of the sites counts.
std::string CountedElsewhereSql(const CountOnce& count_once);

}  // namespace essaim::cohort
