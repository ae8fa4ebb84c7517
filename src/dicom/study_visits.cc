#include "dicom/study_visits.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "warehouse/sql_values.h"

namespace essaim::dicom {

absl::StatusOr<VisitOnDay> StudyVisits::On(std::int64_t person, const std::string& day) {
  // Whoever was found to be another person has the visits under that number.
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows merged,
      engine_.Query(absl::StrCat("SELECT into_id FROM essaim_merged WHERE from_id = ", person,
                                 " ORDER BY number DESC LIMIT 1")));
  if (!merged.rows.empty()) person = WholeOf(merged.rows[0][0]);
  std::string moved = day;
  if (shift_ != nullptr) AddDaysTo(moved, shift_->DaysOf(person));
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine_.Query(absl::StrCat(
          "SELECT visit_occurrence_id FROM visit_occurrence WHERE person_id = ", person,
          " AND visit_start_date <= DATE '", moved,
          "' AND COALESCE(visit_end_date, visit_start_date) >= DATE '", moved, "' LIMIT 2")));
  if (rows.rows.size() != 1) return VisitOnDay{.several = rows.rows.size() > 1};
  return VisitOnDay{.visit = WholeOf(rows.rows[0][0])};
}

}  // namespace essaim::dicom
