#include "data/person_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/limits.h"
#include "base/testing/status_matchers.h"

namespace essaim {
namespace {

using ::essaim::testing::HasCode;
using ::essaim::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Variable Number(std::string name, double lower, double upper) {
  return {.name = std::move(name), .lower = lower, .upper = upper};
}

Schema Small() {
  auto schema =
      Schema::Make({Number("age", 18, 90),
                    {.name = "stage", .kind = VariableKind::kCategory, .levels = {"I", "II"}},
                    {.name = "visits", .kind = VariableKind::kInteger, .upper = 9}});
  EXPECT_OK(schema);
  return *schema;
}

TEST(SchemaTest, FindsAndSuggests) {
  const Schema schema = Small();
  EXPECT_EQ(schema.Find("stage"), 1U);
  EXPECT_EQ(schema.Find("Stage"), std::nullopt);
  EXPECT_THAT(schema.Index("stge"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("did you mean 'stage'?")));
}

TEST(SchemaTest, RefusesWhatMeansNothing) {
  const auto refused = [](Variable v, const std::string& why) {
    EXPECT_THAT(Schema::Make({std::move(v)}),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(why)));
  };
  refused(Number("", 0, 1), "no name");
  refused(Number(std::string(limits::kNameBytesMax + 1, 'x'), 0, 1), "above 128 bytes");
  refused(Number("age", 2, 1), "lower is above upper");
  refused(Number("age", 0, std::numeric_limits<double>::infinity()), "not finite");
  refused(Number("age", kNaN, 1), "not finite");
  refused({.name = "n", .kind = VariableKind::kInteger, .upper = 1e17}, "2^53");
  refused({.name = "c", .kind = VariableKind::kCategory}, "no levels");
  refused({.name = "c", .kind = VariableKind::kCategory, .levels = {"a", "a"}}, "given twice");
  EXPECT_THAT(Schema::Make({Number("a", 0, 1), Number("a", 0, 1)}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("given twice")));
}

TEST(SchemaTest, RangesOfCategoriesAreTheirIndices) {
  EXPECT_EQ(Small().variables()[1].lower, 0);
  EXPECT_EQ(Small().variables()[1].upper, 1);
}

TEST(PersonTableTest, HoldsColumnsAndSelectsRows) {
  ASSERT_OK_AND_ASSIGN(const PersonTable table,
                       PersonTable::Make(Small(), {{20, 30, kNaN}, {0, 1, 1}, {0, 9, kNaN}}, 2));
  EXPECT_EQ(table.n_persons(), 3U);
  EXPECT_EQ(table.site(), 2U);
  EXPECT_EQ(table.at(1, 0), 30);
  EXPECT_TRUE(PersonTable::IsMissing(table.at(2, 2)));
  const std::size_t picked[] = {1, 0, 1};
  const PersonTable some = table.Select(picked);
  EXPECT_EQ(some.n_persons(), 3U);
  EXPECT_EQ(some.site(), 2U);
  EXPECT_EQ(some.at(0, 0), 30);
  EXPECT_EQ(some.at(1, 0), 20);
  EXPECT_EQ(table.Select({}).n_persons(), 0U);
}

TEST(PersonTableTest, RefusesRowsOutsideTheSchemaWithoutShowingThem) {
  const auto made = PersonTable::Make(Small(), {{20, 17.25}, {0, 1}, {0, 0}});
  EXPECT_THAT(made, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'age', row 1")));
  EXPECT_THAT(std::string(made.status().message()), Not(HasSubstr("17.25")));
  EXPECT_THAT(PersonTable::Make(Small(), {{20}, {0.5}, {0}}),
              HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(PersonTable::Make(Small(), {{20}, {2}, {0}}),
              HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(PersonTable::Make(Small(), {{std::numeric_limits<double>::infinity()}, {0}, {0}}),
              HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(PersonTable::Make(Small(), {{20}, {0}}), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(PersonTable::Make(Small(), {{20}, {0, 1}, {0}}),
              HasCode(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace essaim
