#include "governance/disclosure.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "absl/strings/str_format.h"

namespace essaim {
namespace {

using Place = std::pair<int, int>;  // row, column

const std::int64_t* CountAt(const ResultTable& table, int row, int column) {
  return std::get_if<std::int64_t>(&table.rows[row][column]);
}

bool IsSmall(std::int64_t count, int minimum_cell) { return count > 0 && count < minimum_cell; }

// The next smallest count of each group that has exactly one hidden cell.
void HideComplements(const ResultTable& table, int column, std::set<Place>& hidden) {
  std::map<int, std::vector<int>> rows_of;
  for (int row = 0; row < static_cast<int>(table.groups.size()); ++row) {
    if (table.groups[row] >= 0) rows_of[table.groups[row]].push_back(row);
  }
  for (const auto& [group, rows] : rows_of) {
    int n_hidden = 0, next = -1;
    std::int64_t smallest = std::numeric_limits<std::int64_t>::max();
    for (const int row : rows) {
      const std::int64_t* count = CountAt(table, row, column);
      if (hidden.contains({row, column})) {
        ++n_hidden;
      } else if (count != nullptr && *count > 0 && *count < smallest) {
        smallest = *count;
        next = row;
      }
    }
    if (n_hidden == 1 && next >= 0) hidden.insert({next, column});
  }
}

void ProtectTable(ResultTable& table, int minimum_cell) {
  std::set<Place> hidden(table.hidden.begin(), table.hidden.end());
  for (int column = 0; column < static_cast<int>(table.columns.size()); ++column) {
    if (table.columns[column].kind != ColumnKind::kCount) continue;
    for (int row = 0; row < static_cast<int>(table.rows.size()); ++row) {
      const std::int64_t* count = CountAt(table, row, column);
      if (count != nullptr && IsSmall(*count, minimum_cell)) hidden.insert({row, column});
    }
    HideComplements(table, column, hidden);
  }
  const std::set<Place> counts = hidden;
  for (int column = 0; column < static_cast<int>(table.columns.size()); ++column) {
    for (int row = 0; row < static_cast<int>(table.rows.size()); ++row) {
      if (counts.contains({row, table.columns[column].of})) hidden.insert({row, column});
    }
  }
  for (const auto& [row, column] : hidden) table.rows[row][column] = std::monostate();
  table.hidden.assign(hidden.begin(), hidden.end());
}

// Drops the points of small numbers; gives how many.
std::size_t CutSeries(Series& series, int minimum_cell) {
  if (series.n.size() != series.x.size()) return 0;
  const auto keep = [&](std::size_t i) { return series.n[i] == 0 || series.n[i] >= minimum_cell; };
  Series cut{.name = series.name,
             .x = {},
             .y = {},
             .lower = {},
             .upper = {},
             .n = {},
             .step = series.step};
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (!keep(i)) continue;
    cut.x.push_back(series.x[i]);
    cut.y.push_back(series.y[i]);
    cut.n.push_back(series.n[i]);
    if (!series.lower.empty()) cut.lower.push_back(series.lower[i]);
    if (!series.upper.empty()) cut.upper.push_back(series.upper[i]);
  }
  const std::size_t dropped = series.x.size() - cut.x.size();
  series = std::move(cut);
  return dropped;
}

}  // namespace

void Protect(Result& result, int minimum_cell) {
  std::size_t cells = 0, points = 0;
  for (ResultTable& table : result.tables) {
    ProtectTable(table, minimum_cell);
    cells += table.hidden.size();
  }
  for (Curve& curve : result.curves) {
    for (Series& series : curve.series) points += CutSeries(series, minimum_cell);
  }
  if (cells + points > 0) {
    result.notes.push_back(absl::StrFormat(
        "Disclosure control (minimum cell %d) hid %d cells and %d points of curves.", minimum_cell,
        cells, points));
  }
}

}  // namespace essaim
