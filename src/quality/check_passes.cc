#include "quality/check_passes.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/strings.h"

namespace essaim {
namespace {

// Above it, planning a statement costs more than another pass over rows that are counted already.
constexpr std::size_t kCountsPerStatement = 500;

std::string KeyOf(const Rows& rows) { return absl::StrCat(rows.head, "\n", rows.tail); }

void AddOnce(const std::string& part, std::vector<std::string>& parts) {
  if (!part.empty() && std::ranges::find(parts, part) == parts.end()) parts.push_back(part);
}

}  // namespace

CheckPasses::Place CheckPasses::Add(const Cell& cell) {
  const auto [rows, is_new] = by_rows_.emplace(KeyOf(cell.rows), passes_.size());
  if (is_new) passes_.push_back({.rows = cell.rows, .counts = {}, .by_aggregate = {}});
  Pass& pass = passes_[rows->second];
  const auto [at, is_new_count] = pass.by_aggregate.emplace(cell.aggregate, pass.counts.size());
  if (is_new_count) {
    pass.counts.push_back(
        {.aggregate = cell.aggregate, .columns = cell.columns, .join = cell.join});
  }
  return {rows->second, at->second};
}

absl::Status CheckPasses::Ask(const std::function<bool(std::size_t, std::size_t)>& go_on) {
  for (std::size_t p = 0; p < passes_.size(); ++p) {
    if (go_on && !go_on(p, passes_.size())) return absl::CancelledError("cancelled");
    Counts open;
    for (Count& count : passes_[p].counts) {
      if (!std::exchange(count.asked, true)) open.push_back(&count);
    }
    for (std::size_t from = 0; from < open.size(); from += kCountsPerStatement) {
      const auto first = open.begin() + static_cast<std::ptrdiff_t>(from);
      const auto n = std::min(kCountsPerStatement, open.size() - from);
      const Counts some(first, first + static_cast<std::ptrdiff_t>(n));
      if (Answer(passes_[p].rows, some) || some.size() == 1) continue;
      for (Count* const count : some) Answer(passes_[p].rows, {count});
    }
  }
  return absl::OkStatus();
}

bool CheckPasses::Answer(const Rows& rows, const Counts& counts) {
  std::vector<std::string> aggregates, columns, joins;
  for (const Count* count : counts) {
    aggregates.push_back(count->aggregate);
    AddOnce(count->columns, columns);
    AddOnce(count->join, joins);
  }
  const absl::StatusOr<SqlRows> answer = engine_.Query(
      absl::StrCat("SELECT ", absl::StrJoin(aggregates, ", "), " FROM ", rows.head,
                   absl::StrJoin(columns, rows.between), rows.tail, absl::StrJoin(joins, "")));
  ++n_statements_;
  if (!answer.ok() || answer->rows.size() != 1) return false;
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i]->value = Integer(answer->rows[0][i]);
  return true;
}

std::optional<std::int64_t> CheckPasses::Value(Place place) const {
  return passes_[place.pass].counts[place.at].value;
}

std::optional<std::int64_t> CheckPasses::Value(const Cell& cell) const {
  const auto rows = by_rows_.find(KeyOf(cell.rows));
  if (rows == by_rows_.end()) return std::nullopt;
  const Pass& pass = passes_[rows->second];
  const auto at = pass.by_aggregate.find(cell.aggregate);
  return at == pass.by_aggregate.end() ? std::nullopt : pass.counts[at->second].value;
}

std::int64_t CheckPasses::Integer(const SqlValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  if (const auto* real = std::get_if<double>(&value)) return std::llround(*real);
  return 0;  // SUM over no row
}

}  // namespace essaim
