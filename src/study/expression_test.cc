#include "study/expression.h"

#include <limits>

#include "base/testing/status_matchers.h"

namespace essaim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::StatusIs;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Schema TestSchema() {
  return *Schema::Make(
      {{.name = "age", .lower = 0, .upper = 120},
       {.name = "chol", .lower = 0, .upper = 700},
       {.name = "sick", .kind = VariableKind::kBoolean},
       {.name = "stage", .kind = VariableKind::kCategory, .levels = {"I", "II", "III"}}});
}

//           row:  0    1    2     3     4
PersonTable TestTable() {
  return *PersonTable::Make(
      TestSchema(),
      {{20, 40, 60, kNan, 80}, {100, 0, kNan, 300, 240}, {1, 0, kNan, 1, 0}, {0, 1, 2, kNan, 1}});
}

std::vector<std::size_t> Match(const char* text) {
  const auto expression = Expression::Parse(text, TestSchema());
  EXPECT_OK(expression);
  return expression.ok() ? expression->Matches(TestTable()) : std::vector<std::size_t>{99};
}

TEST(Expression, Selects) {
  EXPECT_THAT(Match(""), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(Match("age >= 40"), ElementsAre(1, 2, 4));
  EXPECT_THAT(Match("40 < age"), ElementsAre(2, 4));
  EXPECT_THAT(Match("stage == 'II'"), ElementsAre(1, 4));
  EXPECT_THAT(Match("'II' != stage"), ElementsAre(0, 2));
  EXPECT_THAT(Match("stage in ('I', 'III')"), ElementsAre(0, 2));
  EXPECT_THAT(Match("stage not in ('I', 'III')"), ElementsAre(1, 4));
  EXPECT_THAT(Match("sick"), ElementsAre(0, 3));
  EXPECT_THAT(Match("sick == false"), ElementsAre(1, 4));
  EXPECT_THAT(Match("age between 40 and 60"), ElementsAre(1, 2));
  EXPECT_THAT(Match("age - 20 * 2 == 0"), ElementsAre(1));
  EXPECT_THAT(Match("-age < -60"), ElementsAre(4));
  EXPECT_THAT(Match("not not sick"), ElementsAre(0, 3));
  EXPECT_THAT(Match("sick or age == 40 and sick"), ElementsAre(0, 3));
}

TEST(Expression, FollowsThreeValuedLogic) {
  EXPECT_THAT(Match("missing(age)"), ElementsAre(3));
  EXPECT_THAT(Match("not missing(age)"), ElementsAre(0, 1, 2, 4));
  EXPECT_THAT(Match("not (age > 30)"), ElementsAre(0));  // row 3 is unknown, so not in
  EXPECT_THAT(Match("sick or age < 100"), ElementsAre(0, 1, 2, 3, 4));  // true or unknown is true
  EXPECT_THAT(Match("not (sick and age > 50)"), ElementsAre(0, 1, 4));
  EXPECT_THAT(Match("age / chol > 1 or not (age / chol > 1)"),
              ElementsAre(0, 4));  // 40 / 0 unknown
}

TEST(Expression, CombinesLikeWords) {
  const auto a = *Expression::Parse("age > 30", TestSchema());
  const auto b = *Expression::Parse("sick", TestSchema());
  EXPECT_THAT(Expression::And(a, Expression::Not(b)).Matches(TestTable()), ElementsAre(1, 4));
}

struct Fault {
  const char* text;
  const char* message;
};

TEST(Expression, SaysWhatIsWrongAndWhere) {
  const Fault faults[] = {
      {"aeg > 3", "column 1: "},
      {"aeg > 3", "age"},
      {"age = 3", "column 5: '=' is not a comparison, expected =="},
      {"age > ", "column 7: unexpected end"},
      {"age > 'old'", "column 7: 'old' is a text"},
      {"stage == 'IV'", "column 10: 'IV' is not a level of stage"},
      {"stage == \"II\"", "single quotes"},
      {"stage > 'II'", "column 1: this is a category, expected a number"},
      {"stage == 2", "column 10: a category is compared with one of its levels"},
      {"age", "column 1: this is a number, expected a condition"},
      {"age + sick > 3", "column 7: this is a condition, expected a number"},
      {"age > 3 age < 9", "column 9: unexpected 'age', expected and, or, or the end"},
      {"(age > 3", "expected ')'"},
      {"age > 3 and stage == 'II", "column 22: this text is not closed"},
      {"missing(3)", "expected a variable"},
      {"age in (age)", "expected a number, true, false or a 'level'"},
      {"age between 3 or 4", "expected and"},
      {"sick == 1", "expected a condition as on the left (true or false)"},
      {"age > 1e999", "not a number"},
      {"age > 3 && sick", "expected and"},
  };
  for (const Fault& fault : faults) {
    EXPECT_THAT(Expression::Parse(fault.text, TestSchema()),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(fault.message)))
        << fault.text;
  }
}

TEST(Expression, IsBounded) {
  const std::string deep = std::string(65, '(') + "sick" + std::string(65, ')');
  EXPECT_THAT(Expression::Parse(deep, TestSchema()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nested too deeply")));
  EXPECT_OK(Expression::Parse(deep.substr(2, deep.size() - 4), TestSchema()));
  std::string wide = "sick", sum = "age", nots;
  for (int i = 0; i < 20'000; ++i) {
    wide += " and sick";
    sum += " + 1";
    nots += "not ";
  }
  EXPECT_OK(Expression::Parse(wide, TestSchema()));
  EXPECT_THAT(Match((sum + " > 20079").c_str()), ElementsAre(4));
  EXPECT_THAT(Match((nots + "sick").c_str()), ElementsAre(0, 3));
}

}  // namespace
}  // namespace essaim
