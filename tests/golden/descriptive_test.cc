// The descriptive analyses against R 4.2.2 (tests/golden/descriptive.json, made by
// tools/reference/descriptive.R): the pooled rows are dealt to four sites, and the federated result
// must be R's.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "algorithms/registry.h"
#include "base/testing/status_matchers.h"
#include "tests/conformance/plain_run.h"

namespace essaim {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kSites = 4;

std::string Path(const std::string& name) {
  return std::string(ESSAIM_SOURCE_DIR) + "/tests/golden/" + name;
}

const Json& Golden() {
  static const Json* const golden = new Json(Json::parse(std::ifstream(Path("descriptive.json"))));
  return *golden;
}

Variable ReadVariable(const Json& json) {
  const std::string kind = json.at("kind");
  Variable v{.name = json.at("name")};
  v.kind = kind == "category"  ? VariableKind::kCategory
           : kind == "boolean" ? VariableKind::kBoolean
           : kind == "integer" ? VariableKind::kInteger
                               : VariableKind::kNumber;
  v.lower = json.value("lower", 0.0);
  v.upper = json.value("upper", 1.0);
  v.levels = json.value("levels", std::vector<std::string>());
  return v;
}

double ReadCell(const Variable& v, const std::string& text) {
  if (text.empty()) return std::numeric_limits<double>::quiet_NaN();
  if (v.kind != VariableKind::kCategory) return std::stod(text);
  const auto it = std::find(v.levels.begin(), v.levels.end(), text);
  EXPECT_NE(it, v.levels.end()) << text;
  return static_cast<double>(it - v.levels.begin());
}

Schema ReadSchema(const std::string& data) {
  std::vector<Variable> variables;
  for (const Json& v : Golden().at("schemas").at(data)) variables.push_back(ReadVariable(v));
  auto schema = Schema::Make(std::move(variables));
  EXPECT_OK(schema);
  return *schema;
}

// Row i goes to site (i * i) % 7 % 4: sites of unequal size, every one with rows.
std::vector<PersonTable> ReadSites(const Schema& schema, const std::string& data) {
  std::ifstream file(Path("data/descriptive_" + data + ".csv"));
  std::vector<std::vector<std::vector<double>>> sites(
      kSites, std::vector<std::vector<double>>(schema.size()));
  std::string line;
  std::getline(file, line);  // names, in the schema's order
  for (std::size_t row = 0; std::getline(file, line); ++row) {
    std::istringstream cells(line);
    for (std::size_t v = 0; v < schema.size(); ++v) {
      std::string cell;
      std::getline(cells, cell, ',');
      sites[row * row % 7 % kSites][v].push_back(ReadCell(schema.variables()[v], cell));
    }
  }
  std::vector<PersonTable> tables;
  for (std::size_t site = 0; site < kSites; ++site) {
    auto table = PersonTable::Make(schema, std::move(sites[site]), site);
    EXPECT_OK(table);
    tables.push_back(*std::move(table));
  }
  return tables;
}

ParamValue ReadParam(const Json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (json.at(0).is_number()) return json.get<std::vector<double>>();
  return json.get<std::vector<std::string>>();
}

bool Matches(const Cell& cell, const Json& value) {
  if (value.is_string()) {
    const auto* text = std::get_if<std::string>(&cell);
    return text != nullptr && *text == value.get<std::string>();
  }
  const auto* number = std::get_if<double>(&cell);
  return number != nullptr && *number == value.get<double>();
}

std::size_t ColumnOf(const ResultTable& table, const std::string& name) {
  const auto it = std::find_if(table.columns.begin(), table.columns.end(),
                               [&](const ResultColumn& c) { return c.name == name; });
  EXPECT_NE(it, table.columns.end()) << table.id << " has no column " << name;
  return static_cast<std::size_t>(it - table.columns.begin());
}

// The cell of the only row that has the values of `where`.
const Cell* FindCell(const Result& result, const Json& expected) {
  const ResultTable* table = result.Find(expected.at("table").get<std::string>());
  if (table == nullptr) return nullptr;
  const Cell* found = nullptr;
  for (const auto& row : table->rows) {
    bool matches = true;
    for (const auto& [column, value] : expected.at("where").items()) {
      matches = matches && Matches(row[ColumnOf(*table, column)], value);
    }
    if (!matches) continue;
    EXPECT_EQ(found, nullptr) << "two rows match " << expected;
    found = &row[ColumnOf(*table, expected.at("column"))];
  }
  return found;
}

class DescriptiveGolden : public ::testing::TestWithParam<std::size_t> {};

TEST_P(DescriptiveGolden, EqualsR) {
  const Json& golden = Golden().at("cases").at(GetParam());
  SCOPED_TRACE(golden.at("name").get<std::string>());
  const Schema schema = ReadSchema(golden.at("data"));
  essaim::Setup setup{.schema = schema, .sites = {"a", "b", "c", "d"}};
  for (const auto& [name, value] : golden.at("params").items()) {
    setup.params.values[name] = ReadParam(value);
  }
  Registry registry;
  RegisterAll(registry);
  ASSERT_OK_AND_ASSIGN(const auto algorithm,
                       registry.Make(golden.at("algorithm").get<std::string>(), setup));
  const std::vector<PersonTable> sites = ReadSites(schema, golden.at("data"));
  ASSERT_OK_AND_ASSIGN(const Result result, conformance::PlainRun(*algorithm, sites));
  EXPECT_LE(result.rounds, golden.at("rounds_max").get<int>());
  ASSERT_FALSE(golden.at("expect").empty());
  for (const Json& expected : golden.at("expect")) {
    const Cell* cell = FindCell(result, expected);
    ASSERT_NE(cell, nullptr) << expected;
    const double want = expected.at("value"), tolerance = expected.at("tolerance");
    const auto* count = std::get_if<std::int64_t>(cell);
    const auto* number = std::get_if<double>(cell);
    ASSERT_TRUE(count != nullptr || number != nullptr) << expected;
    const double got = count != nullptr ? static_cast<double>(*count) : *number;
    EXPECT_LE(std::fabs(got - want), tolerance * std::fabs(want)) << got << " for " << expected;
  }
}

INSTANTIATE_TEST_SUITE_P(All, DescriptiveGolden,
                         ::testing::Range(std::size_t{0}, Golden().at("cases").size()));

}  // namespace
}  // namespace essaim
