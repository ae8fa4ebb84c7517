#include "hl7v2/known_rows.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "warehouse/sql_values.h"

namespace essaim::hl7v2 {
namespace {

constexpr std::size_t kOrdersMax = 500'000, kVisitsMax = 500'000;
constexpr int kVisitsAsked = 200;
constexpr char kVisits[] =
    "SELECT visit_occurrence_id, person_id, visit_start_datetime, visit_start_date FROM "
    "visit_occurrence";
constexpr char kOrders[] = " FROM procedure_occurrence WHERE procedure_type_concept_id = 32833";

}  // namespace

absl::StatusOr<bool> KnownRows::HasOrder(std::string_view table, std::int64_t id) {
  if (table == "drug_exposure") {
    ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows,
                            engine_.Query(absl::StrCat("SELECT COUNT(*) FROM drug_exposure WHERE "
                                                       "drug_type_concept_id = 32838 AND "
                                                       "drug_exposure_id = ",
                                                       id)));
    return WholeOf(rows.rows[0][0]) > 0;
  }
  if (!orders_read_) {
    ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows,
                            engine_.Query(absl::StrCat("SELECT procedure_occurrence_id", kOrders,
                                                       " LIMIT ", kOrdersMax + 1)));
    orders_read_ = true;
    has_all_ = rows.rows.size() <= kOrdersMax;
    for (const auto& row : rows.rows) {
      if (has_all_) orders_.insert(WholeOf(row[0]));
    }
  }
  if (has_all_) return orders_.contains(id);
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows,
                          engine_.Query(absl::StrCat("SELECT COUNT(*)", kOrders,
                                                     " AND procedure_occurrence_id = ", id)));
  return WholeOf(rows.rows[0][0]) > 0;
}

// As the source said it, without what is less than a second.
std::string KnownRows::StartOf(const SqlValue& time, const SqlValue& day,
                               std::int64_t person) const {
  std::string start = TextOf(time);
  if (start.empty()) start = TextOf(day) + " 00:00:00";
  start.resize(19, '0');
  if (shift_ != nullptr) AddDaysTo(start, -shift_->DaysOf(person));
  return start;
}

KnownVisit KnownRows::VisitOf(const std::vector<SqlValue>& row) const {
  return {.person_id = WholeOf(row[1]), .start = StartOf(row[2], row[3], WholeOf(row[1]))};
}

absl::Status KnownRows::ReadVisits() {
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows,
                          engine_.Query(absl::StrCat(kVisits, " LIMIT ", kVisitsMax + 1)));
  has_all_visits_ = rows.rows.size() <= kVisitsMax;
  for (const auto& row : rows.rows) {
    if (has_all_visits_) visits_.emplace(WholeOf(row[0]), VisitOf(row));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<KnownVisit>> KnownRows::Visit(std::int64_t id) {
  if (++n_visits_asked_ == kVisitsAsked) ESSAIM_RETURN_IF_ERROR(ReadVisits());
  if (has_all_visits_) {
    const auto at = visits_.find(id);
    return at == visits_.end() ? std::optional<KnownVisit>() : at->second;
  }
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine_.Query(absl::StrCat(kVisits, " WHERE visit_occurrence_id = ", id, " LIMIT 1")));
  if (rows.rows.empty()) return std::optional<KnownVisit>();
  return VisitOf(rows.rows[0]);
}

absl::StatusOr<std::vector<std::pair<std::int64_t, std::int64_t>>> KnownRows::VisitsOf(
    std::int64_t account) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine_.Query(absl::StrCat("SELECT visit_occurrence_id, person_id FROM essaim_visit_account "
                                 "WHERE account_id = ",
                                 account)));
  std::vector<std::pair<std::int64_t, std::int64_t>> visits;
  for (const auto& row : rows.rows) visits.emplace_back(WholeOf(row[0]), WholeOf(row[1]));
  return visits;
}

absl::StatusOr<std::vector<KnownPlace>> KnownRows::PlacesOf(
    const std::vector<std::int64_t>& visits) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine_.Query(absl::StrCat(
          "SELECT visit_occurrence_id, visit_detail_id, care_site_id, visit_detail_source_value, "
          "visit_detail_start_datetime, visit_detail_start_date, person_id FROM visit_detail WHERE "
          "care_site_id IS NOT NULL AND visit_occurrence_id IN (",
          absl::StrJoin(visits, ", "), ")")));
  std::vector<KnownPlace> places;
  for (const auto& row : rows.rows)
    places.push_back({.visit = WholeOf(row[0]),
                      .id = WholeOf(row[1]),
                      .site = WholeOf(row[2]),
                      .start = StartOf(row[4], row[5], WholeOf(row[6])),
                      .ward = TextOf(row[3])});
  return places;
}

absl::StatusOr<KnownHistory> KnownRows::History() {
  KnownHistory history;
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows persons,
      engine_.Query("SELECT from_id, into_id FROM essaim_merged ORDER BY number"));
  for (const auto& row : persons.rows)
    history.persons.emplace_back(WholeOf(row[0]), WholeOf(row[1]));
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows visits,
      engine_.Query("SELECT from_id, into_id FROM essaim_visit_joined ORDER BY number, step"));
  for (const auto& row : visits.rows) history.visits.emplace_back(WholeOf(row[0]), WholeOf(row[1]));
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows moves,
                          engine_.Query("SELECT visit_occurrence_id, from_id, into_id FROM "
                                        "essaim_visit_moved ORDER BY number, step"));
  for (const auto& row : moves.rows)
    history.moves.push_back(
        {.visit = WholeOf(row[0]), .from = WholeOf(row[1]), .into = WholeOf(row[2])});
  return history;
}

}  // namespace essaim::hl7v2
