#include "report/terminal.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "report/text_width.h"

namespace essaim {
namespace {

constexpr std::size_t kColumnWidthMax = 44;

struct Lines {
  const char *across, *down, *top, *cross, *bottom;
};

constexpr Lines kBox = {"─", " ", "┬", "┼", "┴"};
constexpr Lines kPlain = {"-", " ", "-", "-", "-"};

std::string Repeat(std::string_view piece, std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += piece;
  return out;
}

bool RightAligned(const ResultColumn& column) { return column.kind != ColumnKind::kText; }

}  // namespace

std::string TableText(const ResultTable& table, const TerminalStyle& style) {
  const Lines& lines = style.unicode ? kBox : kPlain;
  const CellStyle cells = {.minimum_cell = style.minimum_cell};
  const std::size_t n_columns = table.columns.size();
  std::vector<std::vector<std::string>> grid;
  std::vector<std::size_t> widths(n_columns);
  std::vector<std::string> head;
  for (const ResultColumn& column : table.columns) {
    head.push_back(Printable(column.title.empty() ? column.name : column.title, style.unicode));
  }
  grid.push_back(std::move(head));
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    std::vector<std::string> row;
    for (std::size_t c = 0; c < n_columns; ++c) {
      row.push_back(
          c < table.rows[r].size() ? Printable(CellText(table, r, c, cells), style.unicode) : "");
    }
    grid.push_back(std::move(row));
  }
  std::size_t total = n_columns == 0 ? 0 : 2 * (n_columns - 1);
  for (std::size_t c = 0; c < n_columns; ++c) {
    for (const auto& row : grid) widths[c] = std::max(widths[c], TextWidth(row[c]));
    widths[c] = std::min(widths[c], kColumnWidthMax);
    total += widths[c];
  }
  const std::string rule = Repeat(lines.across, total) + "\n";
  std::string out;
  if (!table.title.empty()) {
    const std::string title = Printable(table.title, style.unicode);
    absl::StrAppend(&out, style.colour ? "\x1b[1m" : "", title, style.colour ? "\x1b[0m" : "",
                    "\n");
  }
  out += rule;
  for (std::size_t r = 0; r < grid.size(); ++r) {
    std::string line;
    for (std::size_t c = 0; c < n_columns; ++c) {
      absl::StrAppend(&line, c == 0 ? "" : "  ",
                      Fit(grid[r][c], widths[c], RightAligned(table.columns[c]), style.unicode));
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    absl::StrAppend(&out, line, "\n", r == 0 ? rule : "");
  }
  return out + rule;
}

std::string ResultText(const Result& result, const TerminalStyle& style) {
  std::string out = absl::StrCat(Printable(LabelText(result.label), style.unicode), "; ",
                                 result.rounds, result.rounds == 1 ? " round" : " rounds", "\n");
  for (const ResultTable& table : result.tables) {
    absl::StrAppend(&out, "\n", TableText(table, style));
  }
  for (const Curve& curve : result.curves) absl::StrAppend(&out, "\n", CurveText(curve, style));
  for (const std::string& note : result.notes) {
    absl::StrAppend(&out, "\nNote: ", Printable(note, style.unicode), "\n");
  }
  return out;
}

}  // namespace essaim
