// Questions as a statistician asks them, on the demo's OMOP tables, against what Python works out
// of the same files (tools/reference/cohort_questions.py).
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/files.h"
#include "base/testing/status_matchers.h"
#include "cohort/extraction.h"
#include "cohort/run_cohorts.h"
#include "study/study.h"
#include "warehouse/engines_testing.h"
#include "warehouse/omop_files.h"
#include "warehouse/sql_values.h"

namespace essaim::cohort {
namespace {

constexpr char kQuestions[] = ESSAIM_SOURCE_DIR "/tests/data/cohort/questions/";

// "n,sum" of each line of the expectations that begins with `question`, beside its name.
std::vector<std::pair<std::string, std::string>> Expected(const std::string& question) {
  std::vector<std::pair<std::string, std::string>> expected;
  std::ifstream file(absl::StrCat(kQuestions, "expected.csv"));
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    if (cells[0] == question) expected.emplace_back(cells[1], cells[2] + "," + cells[3]);
  }
  return expected;
}

std::string Sum(const FrozenCohort& cohort, std::size_t variable) {
  std::size_t n = 0;
  double sum = 0;
  for (const double value : cohort.table.column(variable)) {
    if (PersonTable::IsMissing(value)) continue;
    ++n;
    sum += value;
  }
  return absl::StrCat(n, ",", static_cast<std::int64_t>(sum));
}

void Ask(SqlEngine& engine, const std::string& question) {
  const std::string text = absl::StrCat("essaim: 1\nname: q\ndata: {omop: ", question,
                                        ".yaml}\nsites: [a, b, c]\n"
                                        "analyses: [{name: n, algorithm: descriptive/count}]\n");
  ASSERT_OK_AND_ASSIGN(const Study study, ParseStudy(text, [](std::string_view name) {
                         return ReadFile(absl::StrCat(kQuestions, std::string(name)));
                       }));
  ASSERT_OK_AND_ASSIGN(const FrozenCohort cohort,
                       FreezeExtraction(engine, study, study.analyses[0], 0, "2026-01-01"));
  std::vector<std::pair<std::string, std::string>> got;
  ASSERT_OK_AND_ASSIGN(const Extraction extraction, ParseExtraction(study.omop, study.schema));
  ASSERT_OK(RunCohorts(engine, {{.id = 1, .definition = extraction.cohort}}, {}).status());
  ASSERT_OK_AND_ASSIGN(
      const SqlRows rows,
      engine.Query("SELECT COUNT(DISTINCT subject_id), COUNT(*), CAST(SUM(cohort_end_date - "
                   "cohort_start_date) AS BIGINT) FROM cohort WHERE cohort_definition_id = 1"));
  const auto cell = [&](std::size_t i) { return WholeOf(rows.rows[0][i]); };
  got.emplace_back("rows of persons", absl::StrCat(cell(0), ",", cell(1)));
  got.emplace_back("days of rows", absl::StrCat(cell(0), ",", cell(2)));
  const std::vector<Variable>& variables = cohort.table.schema().variables();
  for (std::size_t v = 0; v < variables.size(); ++v)
    got.emplace_back(variables[v].name, Sum(cohort, v));
  EXPECT_EQ(got, Expected(question)) << question;
}

TEST(Questions, HaveTheAnswersThatPythonGives) {
  const std::string folder = ::testing::TempDir() + "/questions_test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  TestEngines engines;
  ASSERT_OK_AND_ASSIGN(const auto engine, engines.Make("duckdb", folder));
  for (const char* site : {"north", "centre", "south"})
    ASSERT_OK(LoadOmop(*engine, {absl::StrCat(ESSAIM_SOURCE_DIR "/data/omop/", site)}, {}, nullptr)
                  .status());
  for (const char* question : {"readmission", "switch", "pregnancy", "opioid"})
    Ask(*engine, question);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace essaim::cohort
