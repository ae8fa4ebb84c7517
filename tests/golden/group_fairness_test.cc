// evaluation/group_fairness against tests/golden/group_fairness.json, which
// tools/reference/group_fairness.py counts row by row.
#include <gmock/gmock.h>

#include "algorithms/registry.h"
#include "governance/disclosure.h"
#include "tests/conformance/plain_run.h"
#include "tests/golden/columns.h"

namespace essaim {
namespace {

using golden::Json;
using ::testing::HasSubstr;

absl::StatusOr<Result> RunOver(const golden::Data& data, Params params) {
  const Setup setup{.schema = data.schema, .sites = {"a", "b", "c"}, .params = std::move(params)};
  Registry registry;
  RegisterAll(registry);
  ESSAIM_ASSIGN_OR_RETURN(const auto made, registry.Make("evaluation/group_fairness", setup));
  return conformance::PlainRun(*made, golden::Deal(data, 3));
}

// The rows of birthwt with the distorted score of evaluation.json.
golden::Data Birthwt() {
  Json columns = golden::ReadGolden("glm.json").at("datasets").at("birthwt");
  columns.push_back({{"name", "p"},
                     {"kind", "number"},
                     {"values", golden::ReadGolden("evaluation.json").at("distorted")}});
  return golden::ReadColumns(columns);
}

Params ByRace(double threshold) {
  return {{{"outcome", std::string("low")},
           {"by", std::string("race")},
           {"score", std::string("p")},
           {"threshold", threshold}}};
}

double Number(const ResultTable& table, const char* column, std::size_t row) {
  return golden::CellNumber(table.rows[row][golden::ColumnIndex(table, column)]);
}

std::string Text(const ResultTable& table, const char* column, std::size_t row) {
  return std::get<std::string>(table.rows[row][golden::ColumnIndex(table, column)]);
}

TEST(GroupFairnessGolden, EqualsACountRowByRow) {
  const Json want = golden::ReadGolden("group_fairness.json");
  ASSERT_OK_AND_ASSIGN(const Result result, RunOver(Birthwt(), ByRace(want.at("threshold"))));
  EXPECT_EQ(result.rounds, 1);
  const ResultTable &rates = *result.Find("rates"), &calibration = *result.Find("calibration");
  ASSERT_EQ(rates.rows.size(), 12u);
  for (std::size_t g = 0; g < 3; ++g) {
    const Json& group = want.at("groups").at(std::to_string(g));
    const char* const names[] = {"outcome", "selected", "true_positives", "false_positives"};
    for (std::size_t r = 0; r < 4; ++r) {
      const Json& rate = group.at(names[r]);
      const std::size_t row = 4 * g + r;
      EXPECT_EQ(Number(rates, "n", row), rate.at("n")) << names[r];
      EXPECT_NEAR(Number(rates, "value", row), rate.at("value"), 1e-14) << names[r];
      EXPECT_NEAR(Number(rates, "lower", row), rate.at("limits")[0], 1e-12) << names[r];
      EXPECT_NEAR(Number(rates, "upper", row), rate.at("limits")[1], 1e-12) << names[r];
    }
    EXPECT_NEAR(Number(calibration, "predicted", g), group.at("predicted"), 1e-12);
    EXPECT_NEAR(Number(calibration, "ratio", g), group.at("ratio")[0], 1e-12);
    EXPECT_NEAR(Number(calibration, "lower", g), group.at("ratio")[1], 1e-12);
    EXPECT_NEAR(Number(calibration, "upper", g), group.at("ratio")[2], 1e-12);
  }
}

TEST(GroupFairnessGolden, GapsAreBetweenGroupsWithEnoughPersons) {
  const Json want = golden::ReadGolden("group_fairness.json");
  const golden::Data data = Birthwt();
  ASSERT_OK_AND_ASSIGN(const Result result, RunOver(data, ByRace(want.at("threshold"))));
  const ResultTable& gaps = *result.Find("gaps");
  const Json& selected = want.at("gaps").at("selected");
  EXPECT_NEAR(Number(gaps, "difference", 0), selected.at("difference"), 1e-14);
  EXPECT_NEAR(Number(gaps, "ratio", 0), selected.at("ratio"), 1e-14);
  EXPECT_EQ(Text(gaps, "four_fifths", 0), "not met");
  const std::vector<std::string>& levels =
      data.schema.variables()[*data.schema.Find("race")].levels;
  EXPECT_EQ(Text(gaps, "lowest", 0), levels[std::stoul(selected.at("lowest").get<std::string>())]);
  for (std::size_t row = 0; row < gaps.rows.size(); ++row)
    EXPECT_GE(Number(gaps, "fewest", row), 10);
}

// Of 26 persons of the second race few are selected at a high threshold: nothing of them is told,
// and nothing that would tell it.
TEST(GroupFairnessGolden, WhatFewPersonsAreBehindIsHidden) {
  ASSERT_OK_AND_ASSIGN(Result result, RunOver(Birthwt(), ByRace(0.45)));
  const ResultTable before = *result.Find("rates");
  Protect(result, 10);
  const ResultTable& rates = *result.Find("rates");
  for (std::size_t row = 0; row < rates.rows.size(); ++row) {
    const double n = Number(before, "n", row), k = n * Number(before, "value", row);
    const bool is_small = (k > 0.5 && k < 9.5) || (n - k > 0.5 && n - k < 9.5);
    const std::size_t value = golden::ColumnIndex(rates, "value");
    if (is_small) {
      for (const char* column : {"fewest", "value", "lower", "upper"})
        EXPECT_TRUE(std::holds_alternative<std::monostate>(
            rates.rows[row][golden::ColumnIndex(rates, column)]))
            << row << " " << column;
    }
    // What is selected is the true and the false positives: never one of them alone.
    if (row % 4 == 2) {
      EXPECT_EQ(std::holds_alternative<std::monostate>(rates.rows[row][value]),
                std::holds_alternative<std::monostate>(rates.rows[row + 1][value]));
    }
  }
  for (std::size_t row = 0; row < result.Find("gaps")->rows.size(); ++row)
    EXPECT_GE(Number(*result.Find("gaps"), "fewest", row), 10);
}

TEST(GroupFairnessGolden, NeedsGroupsAndSomebody) {
  const golden::Data data = Birthwt();
  Params params = ByRace(0.5);
  params.values["by"] = std::string("lwt");
  EXPECT_THAT(RunOver(data, params), testing::HasCode(absl::StatusCode::kInvalidArgument));
  golden::Data nobody = data;
  for (auto& column : nobody.columns) column.clear();
  EXPECT_THAT(RunOver(nobody, ByRace(0.5)),
              testing::StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("nobody")));
}

}  // namespace
}  // namespace essaim
