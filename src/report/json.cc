#include "report/json.h"

#include <cmath>
#include <exception>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "report/cell_text.h"

namespace essaim {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kKinds[] = {"text", "number", "count", "share", "p_value"};

Json Number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

Json Numbers(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(Number(value));
  return list;
}

Json CellJson(const ResultTable& table, std::size_t row, std::size_t column, int minimum_cell) {
  if (IsHidden(table, row, column)) {
    return {{"hidden", CellText(table, row, column, {.minimum_cell = minimum_cell})}};
  }
  const Cell& cell = table.rows[row][column];
  if (const auto* number = std::get_if<double>(&cell)) return Number(*number);
  if (const auto* count = std::get_if<std::int64_t>(&cell)) return *count;
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  return nullptr;
}

Json TableJson(const ResultTable& table, int minimum_cell) {
  Json columns = Json::array(), rows = Json::array();
  for (const ResultColumn& column : table.columns) {
    columns.push_back({{"name", column.name},
                       {"title", column.title},
                       {"kind", kKinds[static_cast<int>(column.kind)]}});
  }
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    Json row = Json::array();
    for (std::size_t c = 0; c < table.rows[r].size() && c < table.columns.size(); ++c) {
      row.push_back(CellJson(table, r, c, minimum_cell));
    }
    rows.push_back(std::move(row));
  }
  return {{"id", table.id},
          {"title", table.title},
          {"columns", std::move(columns)},
          {"rows", std::move(rows)}};
}

Json CurveJson(const Curve& curve) {
  Json list = Json::array();
  for (const Series& series : curve.series) {
    Json one = {{"name", series.name},
                {"step", series.step},
                {"x", Numbers(series.x)},
                {"y", Numbers(series.y)}};
    if (!series.lower.empty()) one["lower"] = Numbers(series.lower);
    if (!series.upper.empty()) one["upper"] = Numbers(series.upper);
    if (!series.n.empty()) one["n"] = Numbers(series.n);
    list.push_back(std::move(one));
  }
  return {{"id", curve.id},
          {"title", curve.title},
          {"x_title", curve.x_title},
          {"y_title", curve.y_title},
          {"series", std::move(list)}};
}

}  // namespace

std::string ResultJson(const Result& result, int minimum_cell, int indent) {
  Json tables = Json::array(), curves = Json::array();
  for (const ResultTable& table : result.tables) tables.push_back(TableJson(table, minimum_cell));
  for (const Curve& curve : result.curves) curves.push_back(CurveJson(curve));
  const bool exact = result.label.exactness == Exactness::kExact;
  const Json json = {{"algorithm", result.algorithm},
                     {"label",
                      {{"exactness", exact ? "exact" : "approximate"},
                       {"tolerance", Number(result.label.tolerance)},
                       {"reference", result.label.reference}}},
                     {"rounds", result.rounds},
                     {"tables", std::move(tables)},
                     {"curves", std::move(curves)},
                     {"notes", result.notes}};
  // Text that is not UTF-8 is shown with replacement characters rather than thrown at.
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace essaim
