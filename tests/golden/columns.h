// Reads the data sets that stand in a golden file as columns, and deals their rows to sites.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "algo/algorithm.h"
#include "base/testing/status_matchers.h"

namespace essaim::golden {

using Json = nlohmann::json;

inline Json ReadGolden(const std::string& name) {
  return Json::parse(std::ifstream(std::string(ESSAIM_SOURCE_DIR) + "/tests/golden/" + name));
}

inline double NumberOrNan(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

struct Data {
  Schema schema;
  std::vector<std::vector<double>> columns;
};

inline Data ReadColumns(const Json& json) {
  Data data;
  std::vector<Variable> variables;
  for (const Json& column : json) {
    const std::string kind = column.at("kind");
    Variable v{.name = column.at("name")};
    if (kind == "category") v.kind = VariableKind::kCategory;
    if (kind == "boolean") v.kind = VariableKind::kBoolean;
    v.lower = column.value("lower", 0.0);
    v.upper = column.value("upper", 1.0);
    v.levels = column.value("levels", std::vector<std::string>());
    variables.push_back(std::move(v));
    std::vector<double> values;
    for (const Json& x : column.at("values")) values.push_back(NumberOrNan(x));
    data.columns.push_back(std::move(values));
  }
  auto schema = Schema::Make(std::move(variables));
  EXPECT_OK(schema);
  data.schema = *std::move(schema);
  return data;
}

// Row i goes to site (i * 7 + i / 5) % n_sites: uneven, and no site keeps the rows' order.
inline std::vector<PersonTable> Deal(const Data& data, std::size_t n_sites) {
  std::vector<std::vector<std::vector<double>>> parts(
      n_sites, std::vector<std::vector<double>>(data.columns.size()));
  for (std::size_t i = 0; i < data.columns[0].size(); ++i) {
    auto& part = parts[(i * 7 + i / 5) % n_sites];
    for (std::size_t v = 0; v < data.columns.size(); ++v) part[v].push_back(data.columns[v][i]);
  }
  std::vector<PersonTable> tables;
  for (std::size_t site = 0; site < n_sites; ++site) {
    auto table = PersonTable::Make(data.schema, std::move(parts[site]), site);
    EXPECT_OK(table);
    tables.push_back(*std::move(table));
  }
  return tables;
}

inline Params ReadParams(const Json& json) {
  Params params;
  for (const auto& [name, value] : json.items()) {
    if (value.is_boolean()) {
      params.values[name] = value.get<bool>();
    } else if (value.is_number()) {
      params.values[name] = value.get<double>();
    } else if (value.is_string()) {
      params.values[name] = value.get<std::string>();
    } else {
      params.values[name] = value.get<std::vector<std::string>>();
    }
  }
  return params;
}

// NaN for a cell that is empty.
inline double CellNumber(const Cell& cell) {
  if (const auto* x = std::get_if<double>(&cell)) return *x;
  if (const auto* k = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*k);
  return std::numeric_limits<double>::quiet_NaN();
}

inline std::size_t ColumnIndex(const ResultTable& table, const std::string& name) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].name == name) return i;
  }
  ADD_FAILURE() << "no column " << name << " in " << table.id;
  return 0;
}

}  // namespace essaim::golden
