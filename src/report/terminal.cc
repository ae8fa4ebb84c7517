#include "report/terminal.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "report/detail.h"
#include "report/text_width.h"

namespace essaim {
namespace {

constexpr std::size_t kColumnWidthMax = 44;

std::string Repeat(std::string_view piece, std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += piece;
  return out;
}

bool RightAligned(const ResultColumn& column) { return column.kind != ColumnKind::kText; }

std::string Heading(const std::string& title, const TerminalStyle& style) {
  if (title.empty()) return "";
  const std::string text = Printable(title, style.unicode);
  return absl::StrCat(style.colour ? "\x1b[1m" : "", text, style.colour ? "\x1b[0m" : "", "\n");
}

// The table as texts; the first row is the head.
struct Grid {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::size_t> widths;
  std::size_t n_hidden = 0;  // rows beyond style.rows_max
};

Grid GridOf(const ResultTable& table, const TerminalStyle& style) {
  const CellStyle cells = {.minimum_cell = style.minimum_cell};
  const std::size_t n_columns = table.columns.size();
  Grid grid{.rows = {{}}, .widths = std::vector<std::size_t>(n_columns)};
  for (const ResultColumn& column : table.columns) {
    const std::string& name = column.title.empty() ? column.name : column.title;
    grid.rows[0].push_back(Printable(name, style.unicode));
  }
  std::size_t n_rows = table.rows.size();
  // A table that is only a little too long is shown in full.
  if (style.rows_max > 0 && n_rows > style.rows_max + style.rows_max / 4) n_rows = style.rows_max;
  grid.n_hidden = table.rows.size() - n_rows;
  for (std::size_t r = 0; r < n_rows; ++r) {
    std::vector<std::string>& row = grid.rows.emplace_back();
    for (std::size_t c = 0; c < n_columns; ++c) {
      row.push_back(
          c < table.rows[r].size() ? Printable(CellText(table, r, c, cells), style.unicode) : "");
    }
  }
  for (std::size_t c = 0; c < n_columns; ++c) {
    for (const auto& row : grid.rows) grid.widths[c] = std::max(grid.widths[c], TextWidth(row[c]));
    grid.widths[c] = std::min(grid.widths[c], kColumnWidthMax);
  }
  return grid;
}

// One row too wide for the screen: a line for each column.
std::string UprightText(const Grid& grid, const TerminalStyle& style) {
  std::size_t width = 0;
  for (const std::string& name : grid.rows[0]) width = std::max(width, TextWidth(name));
  std::string out;
  for (std::size_t c = 0; c < grid.widths.size(); ++c) {
    absl::StrAppend(&out, Fit(grid.rows[0][c], width, false, style.unicode), "  ", grid.rows[1][c],
                    "\n");
  }
  return out;
}

// Some columns of the grid, with rules above, below and under the head.
std::string BlockText(const ResultTable& table, const Grid& grid,
                      const std::vector<std::size_t>& columns, const TerminalStyle& style) {
  std::size_t total = columns.empty() ? 0 : 2 * (columns.size() - 1);
  for (const std::size_t c : columns) total += grid.widths[c];
  const std::string rule = Repeat(style.unicode ? "─" : "-", total) + "\n";
  std::string out = rule;
  for (std::size_t r = 0; r < grid.rows.size(); ++r) {
    std::string line;
    for (const std::size_t c : columns) {
      absl::StrAppend(
          &line, c == columns.front() ? "" : "  ",
          Fit(grid.rows[r][c], grid.widths[c], RightAligned(table.columns[c]), style.unicode));
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    absl::StrAppend(&out, line, "\n", r == 0 ? rule : "");
  }
  return out + rule;
}

// The columns in blocks that fit the screen, each led by the table's leading texts.
std::vector<std::vector<std::size_t>> BlocksOf(const ResultTable& table, const Grid& grid,
                                               std::size_t screen) {
  std::vector<std::size_t> lead;
  std::size_t lead_width = 0;
  for (std::size_t c = 0; c < table.columns.size() && !RightAligned(table.columns[c]); ++c) {
    lead.push_back(c);
    lead_width += grid.widths[c] + 2;
  }
  std::vector<std::vector<std::size_t>> blocks = {lead};
  std::size_t width = lead_width;
  for (std::size_t c = lead.size(); c < table.columns.size(); ++c) {
    if (blocks.back().size() > lead.size() && width + grid.widths[c] > screen) {
      blocks.push_back(lead);
      width = lead_width;
    }
    blocks.back().push_back(c);
    width += grid.widths[c] + 2;
  }
  return blocks;
}

}  // namespace

std::string TableText(const ResultTable& table, const TerminalStyle& style) {
  const Grid grid = GridOf(table, style);
  const auto blocks = BlocksOf(table, grid, static_cast<std::size_t>(style.columns));
  std::string out = Heading(table.title, style);
  if (blocks.size() > 1 && grid.rows.size() == 2) return out + UprightText(grid, style);
  for (const auto& columns : blocks) {
    out += BlockText(table, grid, columns, style);
    if (grid.n_hidden > 0) break;
  }
  if (grid.n_hidden > 0) {
    absl::StrAppend(&out, "... ", grid.n_hidden, " more rows",
                    blocks.size() > 1 ? " and more columns" : "", ": --all shows them\n");
  }
  return out;
}

std::string ResultText(const Result& result, const TerminalStyle& style) {
  std::string out = absl::StrCat(Printable(LabelText(result.label), style.unicode), "; ",
                                 result.rounds, result.rounds == 1 ? " round" : " rounds", "\n");
  std::string left_out;
  for (const ResultTable& table : result.tables) {
    if (style.details || !IsDetail(result, table)) {
      absl::StrAppend(&out, "\n", TableText(table, style));
    } else {
      absl::StrAppend(&left_out, left_out.empty() ? "" : ", ", table.id);
    }
  }
  if (!left_out.empty()) absl::StrAppend(&out, "\nNot shown: ", left_out, " (--all shows them)\n");
  for (const Curve& curve : result.curves) absl::StrAppend(&out, "\n", CurveText(curve, style));
  for (const std::string& note : result.notes) {
    absl::StrAppend(&out, "\nNote: ", Printable(note, style.unicode), "\n");
  }
  return out;
}

}  // namespace essaim
