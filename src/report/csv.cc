#include "report/csv.h"

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "report/cell_text.h"

namespace essaim {
namespace {

// `text`: what a person may have written. A spreadsheet runs cells that begin with = + - @.
std::string Escape(std::string cell, bool text) {
  if (text && !cell.empty() &&
      std::string_view("=+-@\t\r").find(cell[0]) != std::string_view::npos) {
    cell.insert(0, "'");
  }
  if (cell.find_first_of(",\"\n\r") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (const char c : cell) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string Point(const std::vector<double>& values, std::size_t i) {
  ResultTable one;
  one.columns = {{"value", "", ColumnKind::kNumber, -1}};
  one.rows = {{i < values.size() ? Cell(values[i]) : Cell()}};
  return CellText(one, 0, 0, {.exact = true});
}

}  // namespace

std::string TableCsv(const ResultTable& table, int minimum_cell) {
  const CellStyle style = {.minimum_cell = minimum_cell, .exact = true};
  std::string out;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    absl::StrAppend(&out, c == 0 ? "" : ",", Escape(table.columns[c].name, true));
  }
  out += "\r\n";
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    for (std::size_t c = 0; c < table.rows[r].size() && c < table.columns.size(); ++c) {
      const bool text = std::holds_alternative<std::string>(table.rows[r][c]);
      absl::StrAppend(&out, c == 0 ? "" : ",", Escape(CellText(table, r, c, style), text));
    }
    out += "\r\n";
  }
  return out;
}

std::string ResultCsv(const Result& result, int minimum_cell) {
  std::string out;
  for (const ResultTable& table : result.tables) {
    absl::StrAppend(&out, Escape(absl::StrCat("# ", table.id, ": ", table.title), true), "\r\n",
                    TableCsv(table, minimum_cell), "\r\n");
  }
  for (const Curve& curve : result.curves) {
    absl::StrAppend(&out, Escape(absl::StrCat("# ", curve.id, ": ", curve.title), true),
                    "\r\nseries,x,y,lower,upper,n\r\n");
    for (const Series& series : curve.series) {
      for (std::size_t i = 0; i < series.x.size(); ++i) {
        absl::StrAppend(&out, Escape(series.name, true));
        for (const auto* values : {&series.x, &series.y, &series.lower, &series.upper, &series.n}) {
          absl::StrAppend(&out, ",", Point(*values, i));
        }
        out += "\r\n";
      }
    }
    out += "\r\n";
  }
  return out;
}

}  // namespace essaim
