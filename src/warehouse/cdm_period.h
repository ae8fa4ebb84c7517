// Which rows of a table lie in a period, as a source's days say it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "omop/cdm.h"
#include "warehouse/date_shift.h"
#include "warehouse/sql_engine.h"

namespace essaim {

// Both days included; empty: without that end.
struct Period {
  std::string from, to;  // YYYY-MM-DD

  bool empty() const { return from.empty() && to.empty(); }
};

// The day by which a row lies in a period: the first date that its table requires, as
// visit_start_date. Null: the table has none, or is a vocabulary's, whose dates are of its codes.
const CdmField* DayFieldOf(const CdmTable& table);

// Where dates are moved, each person's days are compared as they were before: within the caller's
// transaction, in a table that lives as long as this object's work.
class PeriodRows {
 public:
  // `shift` may be null: dates stay.
  PeriodRows(SqlEngine& engine, const Period& period, const DateShift* shift)
      : engine_(engine), period_(period), shift_(shift) {}

  // A condition on the table's rows. The table has such a day.
  absl::StatusOr<std::string> Where(const CdmTable& table);
  absl::Status Done();

 private:
  absl::Status ReadPersons(const CdmTable& table);

  SqlEngine& engine_;
  const Period& period_;
  const DateShift* shift_;
};

}  // namespace essaim
