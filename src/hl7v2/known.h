// What the warehouse had before a load, as messages refer to it: orders, visits, and who is who.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace essaim::hl7v2 {

struct KnownVisit {
  std::int64_t person_id = 0;
  std::string start;  // YYYY-MM-DD HH:MM:SS, as the source said it
};

// A visit_detail: a stay in one place.
struct KnownPlace {
  std::int64_t visit = 0, id = 0, site = 0;
  std::string start;  // as that of KnownVisit
  std::string ward;
};

// What was said so far of numbers that are one, the first first.
struct KnownHistory {
  struct Move {
    std::int64_t visit, from, into;
  };

  std::vector<std::pair<std::int64_t, std::int64_t>> persons, visits;  // from, into
  std::vector<Move> moves;
};

class Known {
 public:
  virtual ~Known() = default;
  // A procedure_occurrence of the type EHR order, or a drug_exposure of the type EHR prescription.
  virtual absl::StatusOr<bool> HasOrder(std::string_view table, std::int64_t id) = 0;
  virtual absl::StatusOr<std::optional<KnownVisit>> Visit(std::int64_t id) = 0;
  // Visit and person of what stands under an account.
  virtual absl::StatusOr<std::vector<std::pair<std::int64_t, std::int64_t>>> VisitsOf(
      std::int64_t account) = 0;
  // Those of these visits.
  virtual absl::StatusOr<std::vector<KnownPlace>> PlacesOf(
      const std::vector<std::int64_t>& visits) = 0;
  virtual absl::StatusOr<KnownHistory> History() = 0;
};

}  // namespace essaim::hl7v2
