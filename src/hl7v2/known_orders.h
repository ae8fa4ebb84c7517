// The orders that the warehouse has, as messages ask for them.
#pragma once

#include <cstdint>
#include <set>

#include "absl/status/statusor.h"
#include "warehouse/sql_engine.h"

namespace essaim::hl7v2 {

class KnownOrders {
 public:
  // The engine is another connection than the one that a load writes through, and outlives this.
  explicit KnownOrders(SqlEngine& engine) : engine_(engine) {}

  // By procedure_occurrence_id. Up to 500,000 orders are read once; beyond that each is asked for.
  absl::StatusOr<bool> Has(std::int64_t id);

 private:
  SqlEngine& engine_;
  bool read_ = false, all_ = false;
  std::set<std::int64_t> ids_;
};

}  // namespace essaim::hl7v2
