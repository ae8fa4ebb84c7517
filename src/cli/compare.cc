#include "cli/compare.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace essaim::cli {
namespace {

std::optional<double> NumberIn(const Cell& cell) {
  if (const double* x = std::get_if<double>(&cell)) return *x;
  if (const std::int64_t* n = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*n);
  return std::nullopt;
}

void CompareCell(const Cell& a, const Cell& b, Difference& difference) {
  if (std::holds_alternative<std::monostate>(a)) return;  // hidden in the federated result
  const std::optional<double> x = NumberIn(a), y = NumberIn(b);
  if (!x.has_value() || !y.has_value()) {
    difference.same_shape = difference.same_shape && a == b;
    return;
  }
  if (std::isnan(*x) && std::isnan(*y)) return;
  ++difference.n_values;
  const double gap = *x == *y ? 0 : std::fabs(*x - *y) / std::max(1.0, std::fabs(*y));
  difference.largest = std::isnan(gap) ? INFINITY : std::max(difference.largest, gap);
}

}  // namespace

std::vector<Difference> Compare(const Result& federated, const Result& pooled) {
  std::vector<Difference> differences;
  for (const ResultTable& table : federated.tables) {
    Difference difference{.table = table.id, .n_values = 0, .largest = 0, .same_shape = true};
    const ResultTable* other = pooled.Find(table.id);
    difference.same_shape = other != nullptr && other->rows.size() == table.rows.size() &&
                            other->columns.size() == table.columns.size();
    for (std::size_t r = 0; difference.same_shape && r < table.rows.size(); ++r) {
      for (std::size_t c = 0; c < table.columns.size(); ++c)
        CompareCell(table.rows[r][c], other->rows[r][c], difference);
    }
    differences.push_back(std::move(difference));
  }
  return differences;
}

}  // namespace essaim::cli
