// A site's side of counting the persons that two sites have in common (linkage/shared_count.h). The
// asker's number stays in the identity store's file until the answer is there.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "node/link_people.h"
#include "warehouse/sql_engine.h"

namespace essaim::node {

// The question for another site, as bytes.
absl::StatusOr<std::string> AskSharedCount(SqlEngine& identity_sql,
                                           const std::vector<LinkablePerson>& people,
                                           const std::string& project, const std::string& site,
                                           Entropy& entropy);
absl::StatusOr<std::string> AnswerSharedCount(const std::string& question,
                                              const std::vector<LinkablePerson>& people,
                                              const std::string& site, Entropy& entropy);

struct SharedCount {
  std::string project, site;  // who answered
  std::size_t n = 0;
};

// Once a question: its number is then forgotten. kFailedPrecondition: nothing was asked.
absl::StatusOr<SharedCount> FinishSharedCount(SqlEngine& identity_sql, const std::string& answer);

}  // namespace essaim::node
