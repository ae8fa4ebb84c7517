// The visit during which a study was made, as far as the warehouse can tell.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "warehouse/date_shift.h"
#include "warehouse/sql_engine.h"

namespace essaim::dicom {

struct VisitOnDay {
  std::int64_t visit = 0;  // the only one; 0 if there is none, or more than one
  bool several = false;
};

class StudyVisits {
 public:
  // The engine is another connection than the one that a load writes through; `shift` is by which
  // the warehouse's dates are moved, null: they are not. Both outlive this.
  StudyVisits(SqlEngine& engine, const DateShift* shift) : engine_(engine), shift_(shift) {}

  // The person's visits that cover that day (YYYY-MM-DD, as the source says it).
  absl::StatusOr<VisitOnDay> On(std::int64_t person, const std::string& day);

 private:
  SqlEngine& engine_;
  const DateShift* shift_;
};

}  // namespace essaim::dicom
