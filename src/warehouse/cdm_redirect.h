// Whose rows are whose: persons who were found to be one, visits that were, and visits of another
// person. What a source said once holds for every later load too, until the load is undone.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "omop/cdm.h"
#include "warehouse/date_shift.h"
#include "warehouse/id_links.h"
#include "warehouse/sql_engine.h"

namespace essaim {

// In the order in which a source said so.
struct Redirections {
  struct Move {
    std::int64_t visit, from, into;
  };

  std::vector<std::pair<std::int64_t, std::int64_t>> persons;  // from, into
  std::vector<std::pair<std::int64_t, std::int64_t>> visits;   // from, into
  std::vector<Move> moves;

  bool empty() const { return persons.empty() && visits.empty() && moves.empty(); }
};

// Within the transaction of load `number`, after its rows are in the CDM's tables.
class Redirect {
 public:
  // `shift` may be null: dates stay.
  Redirect(SqlEngine& engine, std::int64_t number, const DateShift* shift)
      : engine_(engine), number_(number), shift_(shift) {}

  // Keeps what this load said, and brings the rows of every load to what all loads said.
  absl::Status Run(const Redirections& said);

 private:
  absl::Status Keep(const Redirections& said);
  absl::Status JoinVisits();
  absl::Status MoveVisits(const IdLinks& persons);
  absl::Status FollowImages();
  absl::Status FindMoves(const IdLinks& owners);
  absl::Status MergePersons(const IdLinks& persons);
  absl::Status DropSecondDeaths();
  absl::Status JoinObservationPeriods();
  absl::Status KeepPriorOf(const CdmTable& table, const std::string& where);
  std::string MovedDates(const CdmTable& table, const std::string& days) const;
  int DaysBetween(std::int64_t from, std::int64_t into) const;

  SqlEngine& engine_;
  const std::int64_t number_;
  const DateShift* shift_;
};

}  // namespace essaim
