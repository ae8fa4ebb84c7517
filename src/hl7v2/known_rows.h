// What messages refer to, in the warehouse's tables.
#pragma once

#include <set>
#include <unordered_map>

#include "hl7v2/known.h"
#include "warehouse/date_shift.h"
#include "warehouse/sql_engine.h"

namespace essaim::hl7v2 {

class KnownRows : public Known {
 public:
  // The engine is another connection than the one that a load writes through. `shift` is by which
  // the warehouse's dates are moved; null: they are not. Both outlive this.
  KnownRows(SqlEngine& engine, const DateShift* shift) : engine_(engine), shift_(shift) {}

  // Up to 500,000 orders of procedures are read once; beyond that each is asked for, as those of
  // drugs are.
  absl::StatusOr<bool> HasOrder(std::string_view table, std::int64_t id) override;
  // The first 200 are asked for one by one; then up to 500,000 are read at once, as a question of
  // its own costs half a millisecond.
  absl::StatusOr<std::optional<KnownVisit>> Visit(std::int64_t id) override;
  absl::StatusOr<std::vector<std::pair<std::int64_t, std::int64_t>>> VisitsOf(
      std::int64_t account) override;
  absl::StatusOr<std::vector<KnownPlace>> PlacesOf(
      const std::vector<std::int64_t>& visits) override;
  absl::StatusOr<KnownHistory> History() override;

 private:
  absl::Status ReadVisits();
  KnownVisit VisitOf(const std::vector<SqlValue>& row) const;
  std::string StartOf(const SqlValue& time, const SqlValue& day, std::int64_t person) const;

  SqlEngine& engine_;
  const DateShift* shift_;
  bool orders_read_ = false, has_all_ = false;
  std::set<std::int64_t> orders_;
  int n_visits_asked_ = 0;
  bool has_all_visits_ = false;
  std::unordered_map<std::int64_t, KnownVisit> visits_;
};

}  // namespace essaim::hl7v2
