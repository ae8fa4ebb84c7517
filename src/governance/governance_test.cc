#include "base/testing/status_matchers.h"
#include "governance/disclosure.h"
#include "governance/policy.h"

namespace essaim {
namespace {

using ::essaim::testing::HasCode;
using ::essaim::testing::StatusIs;
using ::testing::HasSubstr;

Result Counts(std::vector<std::int64_t> counts, std::vector<int> groups) {
  ResultTable table{
      .id = "t", .title = "", .columns = {}, .rows = {}, .groups = std::move(groups), .hidden = {}};
  table.columns = {{.name = "level", .title = "", .kind = ColumnKind::kText, .of = -1},
                   {.name = "n", .title = "", .kind = ColumnKind::kCount, .of = -1},
                   {.name = "share", .title = "", .kind = ColumnKind::kShare, .of = 1}};
  for (const std::int64_t n : counts)
    table.rows.push_back({std::string("x"), n, static_cast<double>(n) / 100});
  Result result;
  result.tables.push_back(std::move(table));
  return result;
}

std::vector<int> HiddenRows(const Result& result, int column) {
  std::vector<int> rows;
  for (const auto& [row, c] : result.tables[0].hidden) {
    if (c == column) rows.push_back(row);
  }
  return rows;
}

TEST(Disclosure, HidesSmallCountsAndWhatIsDerivedFromThem) {
  Result result = Counts({4, 5, 0, 90}, {});
  Protect(result, 5);
  EXPECT_THAT(HiddenRows(result, 1), ::testing::ElementsAre(0));
  EXPECT_THAT(HiddenRows(result, 2), ::testing::ElementsAre(0));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(result.tables[0].rows[0][1]));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(result.tables[0].rows[0][2]));
  EXPECT_EQ(std::get<std::int64_t>(result.tables[0].rows[2][1]), 0);
  EXPECT_EQ(result.notes.size(), 1u);
}

TEST(Disclosure, HidesTheNextSmallestWhereATotalWouldGiveTheCellAway) {
  Result result = Counts({4, 50, 20, 3, 2}, {0, 0, 0, 1, 1});
  Protect(result, 5);
  EXPECT_THAT(HiddenRows(result, 1), ::testing::ElementsAre(0, 2, 3, 4));
}

TEST(Disclosure, AMinimumOfOneHidesNothing) {
  Result result = Counts({1, 2}, {0, 0});
  Protect(result, 1);
  EXPECT_TRUE(result.tables[0].hidden.empty());
  EXPECT_TRUE(result.notes.empty());
}

TEST(Disclosure, CutsCurvesWhereFewAreAtRisk) {
  Result result;
  result.curves.push_back(
      {.id = "survival", .title = "", .x_title = "", .y_title = "", .series = {{}}});
  Series& series = result.curves[0].series[0];
  series.x = {0, 1, 2, 3};
  series.y = {1, 0.9, 0.5, 0.1};
  series.n = {20, 10, 4, 0};
  Protect(result, 5);
  EXPECT_THAT(series.x, ::testing::ElementsAre(0, 1, 3));
}

Study Asked() {
  Study study;
  study.dataset = "heart";
  study.schema = *Schema::Make({{.name = "age",
                                 .kind = VariableKind::kNumber,
                                 .unit = "",
                                 .description = "",
                                 .lower = 0,
                                 .upper = 120,
                                 .levels = {}}});
  study.analyses = {
      {.name = "a", .algorithm = "regression/glm", .model = "", .where_text = "", .params = {}}};
  return study;
}

TEST(Policy, NamesTheRuleThatIsBroken) {
  EXPECT_OK(CheckStudy({}, Asked()));
  const auto denied = [](Policy policy, Study study, const char* word) {
    EXPECT_THAT(CheckStudy(policy, study),
                StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr(word)));
  };
  Study small = Asked();
  small.privacy.minimum_cohort = 1;
  denied({}, small, "minimum_cohort");
  Study cells = Asked();
  cells.privacy.minimum_cell = 1;
  denied({}, cells, "minimum_cell");
  Study few = Asked();
  few.privacy.minimum_sites = 2;
  Study by_site = Asked();
  by_site.schema = *Schema::Make(
      {Variable{.name = "essaim_site", .kind = VariableKind::kCategory, .levels = {"a", "b"}}});
  denied({}, by_site, "counts by site");
  EXPECT_OK(CheckStudy(Policy{.per_site_counts = true}, by_site));
  denied({}, few, "minimum_sites");
  Study goes_on = Asked();
  goes_on.privacy.on_dropout = Privacy::OnDropout::kContinue;
  EXPECT_OK(CheckStudy({}, goes_on));
  Policy waits;
  waits.allow_continue_on_dropout = false;
  denied(waits, goes_on, "on_dropout");
  Policy algorithms;
  algorithms.allowed_algorithms = {"descriptive/*"};
  denied(algorithms, Asked(), "regression/glm");
  algorithms.allowed_algorithms = {"regression/*"};
  EXPECT_OK(CheckStudy(algorithms, Asked()));
  Policy data;
  data.allowed_datasets = {"cancer"};
  denied(data, Asked(), "heart");
  Policy variables;
  variables.forbidden_variables = {"age"};
  denied(variables, Asked(), "age");
}

}  // namespace
}  // namespace essaim
