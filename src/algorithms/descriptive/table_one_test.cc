#include "algorithms/descriptive/table_one.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "algo/conformance_schema.h"
#include "algorithms/descriptive/part.h"
#include "base/testing/status_matchers.h"

namespace essaim::descriptive {
namespace {

using ::essaim::testing::StatusIs;
using ::testing::HasSubstr;

absl::StatusOr<std::unique_ptr<Algorithm>> Make(const Schema& schema, Params params) {
  return TableOneInfo().make({.schema = schema, .params = std::move(params)});
}

TEST(TableOneTest, RefusesWhatItCannotDescribe) {
  const Schema schema = ConformanceSchema();
  const std::vector<std::string> variables = {"age", "sex"};
  EXPECT_THAT(Make(schema, {{{"variables", variables}, {"by", std::string("age")}}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'age' is a number")));
  EXPECT_THAT(Make(schema, {{{"variables", variables}, {"by", std::string("sex")}}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'sex' makes the groups")));
  EXPECT_THAT(
      Make(schema, {{{"variables", variables}, {"resolutions", std::vector<double>{1, 1}}}}),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("one for each of the 1 numbers")));
  EXPECT_THAT(Make(schema, {{{"variables", variables}, {"resolutions", std::vector<double>{0}}}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("does not fit the range")));
}

TEST(TableOneTest, ATableTooWideForAMessageIsRefusedBeforeItIsMade) {
  std::vector<Variable> variables;
  std::vector<std::string> names;
  for (int i = 0; i < 2000; ++i) {
    names.push_back("x" + std::to_string(i));
    variables.push_back({.name = names.back()});
  }
  Variable by{.name = "by", .kind = VariableKind::kCategory};
  for (int i = 0; i < 10'000; ++i) by.levels.push_back(std::to_string(i));
  variables.push_back(by);
  ASSERT_OK_AND_ASSIGN(const Schema schema, Schema::Make(std::move(variables)));
  EXPECT_THAT(Make(schema, {{{"variables", names}, {"by", std::string("by")}}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("at most")));
}

TEST(TableOneTest, ASecondRoundOfForeignStateIsRefused) {
  const std::vector<std::string> variables = {"age", "sex"};
  ASSERT_OK_AND_ASSIGN(const auto table, Make(ConformanceSchema(), {{{"variables", variables}}}));
  State state = table->Start();
  EXPECT_GT(table->LayoutFor(state).length(), 0U);
  state.vectors["order.brackets"][0] = -5;
  EXPECT_EQ(table->LayoutFor(state).length(), 0U);
}

}  // namespace
}  // namespace essaim::descriptive
