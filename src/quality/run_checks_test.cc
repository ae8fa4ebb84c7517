#include "quality/run_checks.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "quality/naive_checks_testing.h"
#include "warehouse/engines_testing.h"
#include "warehouse/omop_files.h"
#include "warehouse/row_source.h"
#include "warehouse/sql_values.h"

namespace essaim {
namespace {

const std::string kData = std::string(ESSAIM_SOURCE_DIR) + "/tests/data/omop/";

// The same on every engine.
class Quality : public ::testing::TestWithParam<const char*> {
 protected:
  Quality() : folder_(testing::TempPath("quality_test", GetParam())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    auto engine = engines_.Make(GetParam(), folder_);
    EXPECT_OK(engine.status());
    engine_ = *std::move(engine);
  }

  ~Quality() override {
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }

  StderrLog log_{Severity::kError};
  std::string folder_;
  TestEngines engines_;
  std::unique_ptr<SqlEngine> engine_;
};

INSTANTIATE_TEST_SUITE_P(Engines, Quality, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& engine) { return std::string(engine.param); });

TEST(CheckList, IsTheDashboards) {
  EXPECT_EQ(AllChecks().size(), 2535u);
  EXPECT_EQ(std::count_if(AllChecks().begin(), AllChecks().end(), RunsByDefault), 2374);
}

// The Dashboard 2.8.4's own results on Synthea27Nj as of 2023-01-01, check by check.
TEST_P(Quality, EqualsTheDashboardOnSynthea27) {
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report,
                       LoadOmop(*engine_, {kData + "synthea27"}, {}, &log_));
  EXPECT_TRUE(report.bad_rows.empty()) << report.bad_rows[0].ToString();
  ASSERT_OK_AND_ASSIGN(const CheckRun run, RunChecks(*engine_, {.as_of = "2023-01-01"}));
  EXPECT_LT(run.n_statements, 600u);
  std::map<std::string, const CheckResult*> ours;
  for (const CheckResult& r : run.results) ours[CheckId(*r.check)] = &r;
  ASSERT_OK_AND_ASSIGN(const auto source, OpenRowSource(kData + "synthea27_dqd_2.8.4.csv", &log_));
  std::map<std::string, std::size_t> column;
  for (std::size_t c = 0; c < source->header().size(); ++c) column[source->header()[c]] = c;
  std::size_t n = 0;
  while (*source->Next() == CsvScanner::Event::kRow) {
    const auto cell = [&](const char* name) { return std::string(source->cells()[column[name]]); };
    const auto at = ours.find(cell("checkId"));
    ASSERT_NE(at, ours.end()) << cell("checkId");
    const CheckResult& r = *at->second;
    EXPECT_EQ(
        absl::StrCat(r.violated, " of ", r.denominator, r.failed ? " failed" : "",
                     r.passed() ? " passed" : "", r.not_applicable ? " n/a" : ""),
        absl::StrCat(cell("numViolatedRows"), " of ", cell("numDenominatorRows"),
                     cell("failed") == "1" ? " failed" : "", cell("passed") == "1" ? " passed" : "",
                     cell("notApplicable") == "1" ? " n/a" : ""))
        << cell("checkId");
    ++n;
  }
  EXPECT_EQ(n, 2374u);
}

TEST_P(Quality, AnEmptyWarehouseFailsNothingButItsPersons) {
  ASSERT_OK(CreateCdm(*engine_));
  ASSERT_OK_AND_ASSIGN(const CheckRun run, RunChecks(*engine_, {.as_of = "2023-01-01"}));
  for (const CheckResult& r : run.results) {
    EXPECT_FALSE(r.failed) << CheckId(*r.check);
    EXPECT_FALSE(r.error) << CheckId(*r.check);
  }
  EXPECT_THAT(RunChecks(*engine_, {.as_of = "yesterday"}).status(),
              testing::HasCode(absl::StatusCode::kInvalidArgument));
}

TEST_P(Quality, AMissingTableIsAFailedCheckAndTheRestIsNotApplicable) {
  ASSERT_OK(CreateCdm(*engine_));
  ASSERT_OK(engine_->Execute("DROP TABLE note"));
  ASSERT_OK_AND_ASSIGN(const CheckRun run, RunChecks(*engine_, {.as_of = "2023-01-01"}));
  for (const CheckResult& r : run.results) {
    if (r.check->table != "note") continue;
    EXPECT_EQ(r.failed, r.check->kind == CheckKind::kCdmTable) << CheckId(*r.check);
    EXPECT_EQ(r.not_applicable, r.check->kind != CheckKind::kCdmTable) << CheckId(*r.check);
  }
}

// Each check's two counts, and those of the same check as a statement of its own.
void ExpectTheCountsOfOneByOne(SqlEngine& engine, const std::string& as_of) {
  ASSERT_OK_AND_ASSIGN(const CheckRun run, RunChecks(engine, {.as_of = as_of}));
  std::size_t n = 0, n_violated = 0;
  for (const CheckResult& r : run.results) {
    const std::string sql = NaiveSql(*r.check, as_of, engine.dialect());
    if (sql.empty()) continue;
    ASSERT_OK_AND_ASSIGN(const SqlRows one, engine.Query(sql));
    EXPECT_EQ(absl::StrCat(r.violated, " of ", r.denominator, r.error ? ", error" : ""),
              absl::StrCat(NumberOf(one.rows[0][0]), " of ", NumberOf(one.rows[0][1])))
        << CheckId(*r.check);
    ++n;
    n_violated += r.violated > 0 ? 1 : 0;
  }
  EXPECT_EQ(n, 1952u);
  EXPECT_GT(n_violated, 100u);
}

// Tables of the CDM 5.3, with visits and concepts that are not there.
TEST_P(Quality, CountsWhatOneStatementACheckDoesOnAnotherDataSet) {
  ASSERT_OK(LoadOmop(*engine_, {kData + "lauren"}, {}, &log_).status());
  ExpectTheCountsOfOneByOne(*engine_, "2013-01-10");
}

// Nothing is as it should be, so that no short cut holds.
TEST_P(Quality, CountsWhatOneStatementACheckDoesOnBrokenData) {
  ASSERT_OK(LoadOmop(*engine_, {kData + "synthea27"}, {}, &log_).status());
  // So many rows that fields of one value are not counted by value where ranges are skipped.
  for (int i = 0; engine_->dialect().SkipsByRange() && i < 4; ++i)
    ASSERT_OK(engine_->Execute("INSERT INTO measurement SELECT * FROM measurement"));
  for (const char* sql :
       {"INSERT INTO measurement SELECT * FROM measurement WHERE measurement_id % 97 = 0",
        "INSERT INTO visit_occurrence SELECT * FROM visit_occurrence WHERE visit_occurrence_id "
        "% 89 = 0",
        "INSERT INTO person SELECT * FROM person WHERE person_id = 3",
        "INSERT INTO concept SELECT * FROM concept WHERE concept_id % 11 = 0",
        "INSERT INTO concept_ancestor (ancestor_concept_id, descendant_concept_id) SELECT 4024004, "
        "concept_id FROM concept WHERE concept_id % 3 = 0",
        "UPDATE measurement SET person_id = person_id + 1000 WHERE measurement_id % 211 = 0",
        "UPDATE measurement SET person_id = NULL WHERE measurement_id % 223 = 0",
        "UPDATE measurement SET visit_occurrence_id = visit_occurrence_id + 7 WHERE "
        "measurement_id % 101 = 0",
        "UPDATE measurement SET visit_detail_id = 12 WHERE measurement_id % 103 = 0",
        "UPDATE measurement SET unit_concept_id = NULL WHERE measurement_id % 13 = 0",
        "UPDATE measurement SET unit_concept_id = 8582 WHERE measurement_id % 17 = 0",
        "UPDATE measurement SET unit_source_value = NULL WHERE measurement_id % 19 = 0",
        "UPDATE measurement SET unit_source_concept_id = measurement_id % 2 WHERE "
        "measurement_id % 23 < 3",
        "UPDATE measurement SET measurement_concept_id = 0 WHERE measurement_id % 29 = 0",
        "UPDATE observation SET observation_date = DATE '1899-01-01' WHERE observation_id % 31 "
        "= 0",
        "UPDATE observation SET observation_date = DATE '2031-01-01' WHERE observation_id % 37 "
        "= 0",
        "UPDATE observation SET unit_source_value = 'mg' WHERE observation_id % 41 = 0",
        "UPDATE condition_occurrence SET condition_concept_id = 26662 WHERE "
        "condition_occurrence_id % 3 = 0",
        "UPDATE condition_occurrence SET condition_start_datetime = TIMESTAMP '1901-01-01 "
        "00:00:00' WHERE condition_occurrence_id % 5 = 0",
        "UPDATE condition_occurrence SET visit_occurrence_id = NULL WHERE "
        "condition_occurrence_id % 7 = 0",
        "UPDATE procedure_occurrence SET procedure_end_date = DATE '1999-12-31' WHERE "
        "procedure_occurrence_id % 9 = 0",
        "UPDATE drug_exposure SET drug_exposure_id = 7 WHERE drug_exposure_id % 43 = 0",
        "UPDATE death SET death_date = DATE '2005-05-05'",
        "DELETE FROM condition_era WHERE person_id % 2 = 0"}) {
    ASSERT_OK(engine_->Execute(sql)) << sql;
  }
  ExpectTheCountsOfOneByOne(*engine_, "2019-06-30");
}

// What counts keys 32 at a time, and what is not asked, finds what counting one by one does.
TEST_P(Quality, RepeatedKeysAndOrphansAreCountedWhereverTheyAre) {
  ASSERT_OK(CreateCdm(*engine_));
  const auto run = [&](const std::string& sql) { ASSERT_OK(engine_->Execute(sql)); };
  const auto violated = [&](const std::string& id) -> std::int64_t {
    const auto done = RunChecks(*engine_, {.as_of = "2023-01-01"});
    EXPECT_OK(done.status());
    for (const CheckResult& r : done->results) {
      if (CheckId(*r.check) == id) return r.error ? -2 : r.violated;
    }
    return -1;
  };
  const std::string keys = "field_isprimarykey_visit_occurrence_visit_occurrence_id",
                    visits = "field_isforeignkey_measurement_visit_occurrence_id",
                    persons = "field_isforeignkey_measurement_person_id",
                    details = "field_isforeignkey_measurement_visit_detail_id",
                    within = "field_withinvisitdates_measurement_measurement_date";
  run("INSERT INTO person (person_id, year_of_birth) VALUES (1, 1950), (2, 1960)");
  // Around zero, where a block ends, and far away.
  for (const char* id : {"-33", "-1", "0", "31", "32", "63", "64", "2047"}) {
    run(
        absl::StrCat("INSERT INTO visit_occurrence (visit_occurrence_id, person_id, "
                     "visit_start_date, visit_end_date) VALUES (",
                     id, ", 1, DATE '2020-01-10', DATE '2020-01-12')"));
    run(absl::StrCat("INSERT INTO visit_detail (visit_detail_id, person_id) VALUES (", id, ", 1)"));
    run(
        absl::StrCat("INSERT INTO measurement (measurement_id, person_id, measurement_date, "
                     "visit_occurrence_id, visit_detail_id) VALUES (",
                     id, ", 2, DATE '2020-01-11', ", id, ", ", id, ")"));
  }
  for (const std::string& id : {keys, visits, persons, details, within}) EXPECT_EQ(violated(id), 0);
  // Orphans: in a block that is there, in one that is not, and beyond all.
  run("UPDATE measurement SET visit_detail_id = 30 WHERE measurement_id = 31");
  EXPECT_EQ(violated(details), 1);
  run("UPDATE measurement SET visit_detail_id = 500 WHERE measurement_id = 32");
  run("UPDATE measurement SET visit_detail_id = 4611686018427387904 WHERE measurement_id = 63");
  EXPECT_EQ(violated(details), 3);
  run("UPDATE measurement SET visit_occurrence_id = 1, person_id = 3 WHERE measurement_id = 64");
  EXPECT_EQ(violated(visits), 1);
  EXPECT_EQ(violated(persons), 1);
  run("UPDATE measurement SET measurement_date = DATE '2020-01-20' WHERE measurement_id IN (0, "
      "64)");
  EXPECT_EQ(violated(within), 1);  // the other has no visit
  // A key that is there twice: what refers to it meets two rows, which must not hide the orphan.
  run("UPDATE measurement SET visit_occurrence_id = 64 WHERE measurement_id = 64");
  EXPECT_EQ(violated(visits), 0);
  run("UPDATE visit_occurrence SET visit_occurrence_id = 0 WHERE visit_occurrence_id = -1");
  EXPECT_EQ(violated(keys), 2);
  EXPECT_EQ(violated(visits), 1);
}

}  // namespace
}  // namespace essaim
