#include "hl7v2/known_orders.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace essaim::hl7v2 {
namespace {

constexpr std::size_t kOrdersMax = 500'000;
constexpr char kOrders[] = " FROM procedure_occurrence WHERE procedure_type_concept_id = 32833";

}  // namespace

absl::StatusOr<bool> KnownOrders::Has(std::int64_t id) {
  if (!read_) {
    ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows,
                            engine_.Query(absl::StrCat("SELECT procedure_occurrence_id", kOrders,
                                                       " LIMIT ", kOrdersMax + 1)));
    read_ = true;
    all_ = rows.rows.size() <= kOrdersMax;
    for (const auto& row : rows.rows) {
      if (all_) ids_.insert(std::get<std::int64_t>(row[0]));
    }
  }
  if (all_) return ids_.contains(id);
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows,
                          engine_.Query(absl::StrCat("SELECT COUNT(*)", kOrders,
                                                     " AND procedure_occurrence_id = ", id)));
  return std::get<std::int64_t>(rows.rows[0][0]) > 0;
}

}  // namespace essaim::hl7v2
