#include "quality/load_record.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "quality/load_comparison.h"
#include "warehouse/cdm_load.h"
#include "warehouse/engines_testing.h"

namespace essaim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LoadRecord : public ::testing::TestWithParam<const char*> {
 protected:
  LoadRecord() : folder_(testing::TempPath("load_record", GetParam())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    auto engine = engines_.Make(GetParam(), folder_);
    EXPECT_OK(engine.status());
    engine_ = *std::move(engine);
    EXPECT_OK(CreateCdm(*engine_));
    Run("INSERT INTO person (person_id, gender_concept_id, year_of_birth) VALUES (1, 8507, 1950), "
        "(2, 8532, 1960)");
  }

  ~LoadRecord() override {
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Run(const std::string& sql) { EXPECT_OK(engine_->Execute(sql)) << sql; }

  void Load(int number) {
    Run(absl::StrCat("INSERT INTO essaim_loads (number, load_id, kind, loaded_at_ms) VALUES (",
                     number, ", 'x", number, "', 'omop', 0)"));
  }

  void AddConditions(int from, int to) {
    for (int i = from; i < to; ++i) {
      Run(
          absl::StrCat("INSERT INTO condition_occurrence (condition_occurrence_id, person_id, "
                       "condition_concept_id, condition_start_date) VALUES (",
                       i, ", ", 1 + i % 2, ", 7, DATE '2020-01-01')"));
    }
  }

  std::string folder_;
  TestEngines engines_;
  std::unique_ptr<SqlEngine> engine_;
};

INSTANTIATE_TEST_SUITE_P(Engines, LoadRecord, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& engine) { return std::string(engine.param); });

TEST_P(LoadRecord, EveryLoadIsComparedWithTheOneBeforeWithoutAReportBetween) {
  Load(1);
  AddConditions(0, 20);
  EXPECT_THAT(*RecordLoad(*engine_, 1), IsEmpty());  // the first
  Load(2);
  Run("DELETE FROM condition_occurrence WHERE condition_occurrence_id >= 10");
  ASSERT_OK_AND_ASSIGN(const auto lost, RecordLoad(*engine_, 2));
  ASSERT_THAT(lost, ElementsAre(HasSubstr("C7")));
  EXPECT_THAT(lost[0], HasSubstr("to watch against load 1"));
  EXPECT_THAT(lost[0], HasSubstr("0.5, condition_occurrence (PCORnet 4.01)"));
  Load(3);
  AddConditions(20, 40);
  EXPECT_THAT(*RecordLoad(*engine_, 3), IsEmpty());

  // The first report comes at the third load: it is compared with the second, and tells what the
  // second lost.
  ASSERT_OK_AND_ASSIGN(const auto before, LoadBefore(*engine_, {}, 3));
  ASSERT_TRUE(before.has_value());
  EXPECT_EQ(before->load_number, 2);
  EXPECT_EQ(before->tables.at("condition_occurrence").n_rows, 10);
  ASSERT_OK_AND_ASSIGN(const QualitySnapshot now, SnapshotOfTables(*engine_, 3));
  ASSERT_OK_AND_ASSIGN(const auto figures,
                       WorstSinceReport(*engine_, {}, 3, FiguresOf(Compare(*before, now))));
  const auto c7 = std::ranges::find(figures, "C7", &Figure::id);
  EXPECT_DOUBLE_EQ(*c7->value, 0.5);
  EXPECT_EQ(c7->detail, "condition_occurrence, load 2");
  EXPECT_EQ(*c7->k, 10);

  // A report of the second load told it already; its verdicts go with the record.
  QualitySnapshot report = now;
  report.load_number = 2;
  report.passed = {{"a", true}};
  ASSERT_OK_AND_ASSIGN(const auto again,
                       WorstSinceReport(*engine_, {report}, 3, FiguresOf(Compare(*before, now))));
  EXPECT_DOUBLE_EQ(*std::ranges::find(again, "C7", &Figure::id)->value, 0);
  report.load_number = 1;
  ASSERT_OK_AND_ASSIGN(const auto with_verdicts, LoadBefore(*engine_, {report}, 3));
  EXPECT_EQ(with_verdicts->load_number, 2);
  EXPECT_EQ(with_verdicts->passed, report.passed);
}

TEST_P(LoadRecord, AnUndoneLoadIsForgotten) {
  Load(1);
  AddConditions(0, 20);
  ASSERT_OK(RecordLoad(*engine_, 1).status());
  Load(2);
  AddConditions(20, 40);
  ASSERT_OK(RecordLoad(*engine_, 2).status());
  ASSERT_OK(UndoLastLoad(*engine_));
  Run("DELETE FROM condition_occurrence WHERE condition_occurrence_id >= 20");
  ASSERT_OK(ForgetUndoneLoads(*engine_));
  Load(2);  // another, under the same number
  ASSERT_OK_AND_ASSIGN(const auto before, LoadBefore(*engine_, {}, 3));
  EXPECT_EQ(before->load_number, 1);
  EXPECT_THAT(*RecordLoad(*engine_, 3), IsEmpty());
}

}  // namespace
}  // namespace essaim
