// Counts that are asked of a database together, a statement for all that are over the same rows.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "quality/check_cells.h"
#include "warehouse/sql_engine.h"

namespace essaim {

class CheckPasses {
 public:
  // Where a count's answer will be.
  struct Place {
    std::size_t pass = 0, at = 0;
  };

  explicit CheckPasses(SqlEngine& engine) : engine_(engine) {}

  // To be asked next, unless it was.
  Place Add(const Cell& cell);

  // All that was added since. One that the database cannot answer takes no other with it.
  // kCancelled: `go_on` gave false.
  absl::Status Ask(const std::function<bool(std::size_t done, std::size_t all)>& go_on);

  // nullopt: it was not asked, or the database could not answer.
  std::optional<std::int64_t> Value(Place place) const;
  std::optional<std::int64_t> Value(const Cell& cell) const;

  std::size_t n_statements() const { return n_statements_; }

  static std::int64_t Integer(const SqlValue& value);

 private:
  struct Count {
    std::string aggregate, columns, join;
    bool asked = false;
    std::optional<std::int64_t> value = std::nullopt;
  };

  struct Pass {
    Rows rows;
    std::vector<Count> counts;
    std::map<std::string, std::size_t> by_aggregate;
  };

  using Counts = std::vector<Count*>;

  bool Answer(const Rows& rows, const Counts& counts);

  SqlEngine& engine_;
  std::size_t n_statements_ = 0;
  std::vector<Pass> passes_;
  std::map<std::string, std::size_t> by_rows_;
};

}  // namespace essaim
