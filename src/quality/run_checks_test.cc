#include "quality/run_checks.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/testing/status_matchers.h"
#include "warehouse/engines_testing.h"
#include "warehouse/omop_files.h"
#include "warehouse/row_source.h"

namespace essaim {
namespace {

const std::string kData = std::string(ESSAIM_SOURCE_DIR) + "/tests/data/omop/";

// The same on every engine.
class Quality : public ::testing::TestWithParam<const char*> {
 protected:
  Quality() : folder_(::testing::TempDir() + "/quality_test." + GetParam()) {
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

}  // namespace
}  // namespace essaim
