#include "algorithms/descriptive/cross_counts.h"

#include "algorithms/descriptive/render.h"
#include "base/status_macros.h"

namespace essaim::descriptive {

std::vector<ParamSpec> CrossParams() {
  return {{.name = "row",
           .type = ParamType::kVariable,
           .required = true,
           .description = "The category or boolean of the rows."},
          {.name = "column",
           .type = ParamType::kVariable,
           .required = true,
           .description = "The category or boolean of the columns."},
          CorrectParam()};
}

std::vector<Params> CrossExamples() {
  return {
      Params{{{"row", std::string("stage")}, {"column", std::string("arm")}}},
      Params{{{"row", std::string("sex")}, {"column", std::string("outcome")}}},
      Params{{{"row", std::string("sex")}, {"column", std::string("arm")}, {"correct", false}}}};
}

absl::StatusOr<CrossSetup> MakeCrossSetup(const Setup& setup) {
  CrossSetup cross;
  const std::string row = setup.params.Text("row"), column = setup.params.Text("column");
  if (row == column) return absl::InvalidArgumentError("'row' and 'column' are the same variable");
  ESSAIM_ASSIGN_OR_RETURN(cross.row, Grouping::By(setup.schema, row));
  ESSAIM_ASSIGN_OR_RETURN(cross.column, Grouping::By(setup.schema, column));
  cross.correct = setup.params.Bool("correct", true);
  return cross;
}

ChiSquared TestCross(const CrossSetup& cross, const CountsPart& counts, const State& state) {
  std::vector<std::int64_t> cells;
  for (std::size_t i = 0; i < cross.row.n_levels(); ++i) {
    for (std::size_t j = 0; j < cross.column.n_levels(); ++j) {
      cells.push_back(counts.Count(state, 0, i, j));
    }
  }
  return ChiSquaredTest(cells, cross.column.n_levels(), cross.correct);
}

ResultTable TestTable(const ChiSquared& test) {
  ResultTable table{.id = "test", .title = "Chi-squared test"};
  table.columns = {CountColumn("n", "n"), NumberColumn("statistic", "Chi-squared", 0),
                   NumberColumn("df", "df", 0), PValueColumn(),
                   NumberColumn("cramers_v", "Cramér's V", 0)};
  table.rows = {{Count(test.n), Real(test.test.statistic), Real(test.test.df), Real(test.test.p),
                 Real(test.cramers_v)}};
  return table;
}

std::vector<std::string> TestNotes(const ChiSquared& test) {
  if (!test.small_expected) return {};
  return {"An expected count is below 5: the chi-squared approximation may be poor."};
}

}  // namespace essaim::descriptive
