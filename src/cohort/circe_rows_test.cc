// The rows of definitions of every kind, as OHDSI's own SQL gives them:
// tests/data/cohort/README.md.
#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/testing/status_matchers.h"
#include "cohort/cdm_testing.h"
#include "cohort/circe.h"
#include "cohort/run_cohorts.h"

namespace essaim::cohort {
namespace {

using absl::StrCat;

constexpr char kData[] = ESSAIM_SOURCE_DIR "/tests/data/";

using RowsById = std::map<int, std::vector<std::string>>;

struct Cases {
  std::vector<NumberedDefinition> definitions;
  RowsById rows;
};

// Every nth case of a file.
absl::StatusOr<Cases> ReadCases(const std::string& path, std::size_t every) {
  Cases cases;
  std::ifstream file(path);
  std::size_t n_lines = 0;
  for (std::string line; std::getline(file, line); ++n_lines) {
    if (n_lines % every != 0) continue;
    const auto json = nlohmann::json::parse(line);
    const int id = json["id"].get<int>();
    ESSAIM_ASSIGN_OR_RETURN(Definition definition, ParseCirce(json["expression"].dump()));
    cases.definitions.push_back({id, std::move(definition)});
    std::vector<std::string>& rows = cases.rows[id];
    rows = json["rows"].get<std::vector<std::string>>();
    std::sort(rows.begin(), rows.end());
  }
  return cases;
}

struct Suite {
  const char* engine;
  const char* cdm;
  const char* cases;
  std::size_t every;  // PostgreSQL plans each statement for longer than these tables take
  std::size_t n_definitions;
};

void PrintTo(const Suite& suite, std::ostream* out) { *out << suite.engine << ", " << suite.cases; }

class CirceRowsTest : public ::testing::TestWithParam<Suite> {
 protected:
  // All rows of the target by cohort, and the target empty again.
  RowsById TakeRows(SqlEngine& engine) {
    const auto rows = engine.Query(
        "SELECT cohort_definition_id, subject_id, cohort_start_date, cohort_end_date FROM cohort");
    EXPECT_TRUE(rows.ok()) << rows.status();
    RowsById by_id;
    if (!rows.ok()) return by_id;
    for (const std::string& line : Lines(*rows)) {
      const std::size_t comma = line.find(',');
      by_id[std::stoi(line)].push_back(line.substr(comma + 1));
    }
    for (auto& [id, lines] : by_id) std::sort(lines.begin(), lines.end());
    EXPECT_TRUE(engine.Execute("DELETE FROM cohort").ok());
    return by_id;
  }

  void ExpectEqual(RowsById found, const RowsById& wanted, const std::string& way) {
    for (const auto& [id, rows] : wanted) {
      EXPECT_EQ(found[id], rows) << way << ", " << GetParam().cases << ", cohort " << id;
    }
    EXPECT_EQ(found.size(), wanted.size());
  }
};

TEST_P(CirceRowsTest, AreThoseOfCirceInABatchAndOneByOne) {
  const Suite& suite = GetParam();
  auto made = TestCdm::Make(suite.engine);
  ASSERT_TRUE(made.ok()) << made.status();
  SqlEngine& engine = (*made)->engine();
  ASSERT_TRUE((*made)->Load(StrCat(kData, suite.cdm)).ok());
  const auto cases = ReadCases(StrCat(kData, "cohort/", suite.cases), suite.every);
  ASSERT_TRUE(cases.ok()) << cases.status();
  ASSERT_EQ(cases->definitions.size(), suite.n_definitions);

  const auto report = RunCohorts(engine, cases->definitions, {.cohorts_at_once = 40});
  ASSERT_TRUE(report.ok()) << report.status();
  std::size_t n_filled = 0;
  for (const CohortResult& cohort : report->cohorts) {
    EXPECT_EQ(cohort.rows, static_cast<std::int64_t>(cases->rows.at(cohort.id).size()));
    n_filled += cohort.rows == 0 ? 0 : 1;
    for (std::size_t i = 1; i < cohort.attrition.size(); ++i)
      EXPECT_LE(cohort.attrition[i].persons, cohort.attrition[i - 1].persons) << cohort.id;
  }
  EXPECT_GT(n_filled * 2, suite.n_definitions);
  ExpectEqual(TakeRows(engine), cases->rows, "in a batch");

  RowsById wanted;  // every second one: each alone takes ten times its part of a batch
  for (std::size_t i = 0; i < cases->definitions.size(); i += 2) {
    const NumberedDefinition& numbered = cases->definitions[i];
    const auto alone = RunCohorts(engine, {numbered}, {});
    ASSERT_TRUE(alone.ok()) << numbered.id << ": " << alone.status();
    wanted[numbered.id] = cases->rows.at(numbered.id);
  }
  ExpectEqual(TakeRows(engine), wanted, "one by one");
}

constexpr Suite kSuites[] = {
    {"duckdb", "cohort/cdm", "circe_cases.jsonl", 1, 380},
    {"duckdb", "omop/synthea27", "circe_cases_synthea27.jsonl", 1, 80},
    {"postgresql", "cohort/cdm", "circe_cases.jsonl", 4, 95},
    {"postgresql", "omop/synthea27", "circe_cases_synthea27.jsonl", 8, 10},
};

INSTANTIATE_TEST_SUITE_P(Engines, CirceRowsTest, ::testing::ValuesIn(kSuites),
                         [](const ::testing::TestParamInfo<Suite>& suite) {
                           return StrCat(suite.param.engine, suite.index);
                         });

}  // namespace
}  // namespace essaim::cohort
