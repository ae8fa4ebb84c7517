// Dates that are moved by each person's own number of days.
#include "warehouse/date_shift.h"

#include <filesystem>
#include <fstream>
#include <set>

#include "absl/time/civil_time.h"
#include "base/status_macros.h"
#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "warehouse/cdm_load.h"
#include "warehouse/engines_testing.h"
#include "warehouse/omop_files.h"

namespace essaim {
namespace {

using ::essaim::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

SecretBytes Key(char letter) { return SecretBytes::CopyOf(std::string(32, letter)); }

std::string Moved(std::string date, int days) {
  AddDaysTo(date, days);
  return date;
}

TEST(DateShift, MovesTheDayAndKeepsTheTime) {
  EXPECT_EQ(Moved("2024-02-28", 2), "2024-03-01");
  EXPECT_EQ(Moved("2023-12-31 23:59:59.25", 1), "2024-01-01 23:59:59.25");
  EXPECT_EQ(Moved("2024-03-01", -1), "2024-02-29");
  EXPECT_EQ(Moved("9999-12-31", 5), "9999-12-31");
  EXPECT_EQ(Moved("9998-12-31", 5), "9998-12-31");
  EXPECT_EQ(Moved("0001-01-01", -5), "0001-01-01");
  EXPECT_EQ(Moved("", 5), "");
}

// Of 100,000 persons, each of the 367 shifts is 272.5 of them on average, with a deviation of 16.5:
// six deviations are passed with a chance of 367 * 2e-9 < 1e-6.
TEST(DateShift, IsEvenOverItsRangeAndTheSameAtEveryTime) {
  const DateShift shift(Key('a'), "warehouse", {}), again(Key('a'), "warehouse", {}),
      other(Key('a'), "study", {}), elsewhere(Key('b'), "warehouse", {});
  std::map<int, int> n_by_days;
  int n_same_as_other = 0;
  for (std::int64_t person = 1; person <= 100'000; ++person) {
    const int days = shift.DaysOf(person);
    ++n_by_days[days];
    ASSERT_EQ(days, again.DaysOf(person));
    n_same_as_other += days == other.DaysOf(person);
  }
  EXPECT_EQ(n_by_days.begin()->first, -183);
  EXPECT_EQ(n_by_days.rbegin()->first, 183);
  ASSERT_EQ(n_by_days.size(), 367u);
  for (const auto& [days, n] : n_by_days) EXPECT_NEAR(n, 272.5, 6 * 16.5) << days;
  EXPECT_LT(n_same_as_other, 500);
  EXPECT_EQ(shift.settings(), again.settings());
  EXPECT_NE(shift.settings(), other.settings());
  EXPECT_NE(shift.settings(), elsewhere.settings());
}

TEST(DateShift, KeepsWeekdaysWhereAsked) {
  const DateShift shift(Key('a'), "warehouse", {.days_max = 183, .keep_weekdays = true});
  std::set<int> seen;
  for (std::int64_t person = 1; person <= 2'000; ++person) seen.insert(shift.DaysOf(person));
  EXPECT_EQ(*seen.begin(), -182);
  EXPECT_EQ(*seen.rbegin(), 182);
  for (const int days : seen) EXPECT_EQ(days % 7, 0);
}

// The same on every engine.
class ShiftedLoad : public ::testing::TestWithParam<const char*> {
 protected:
  ShiftedLoad() : folder_(testing::TempPath("date_shift_test", GetParam())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    auto engine = engines_.Make(GetParam(), folder_);
    EXPECT_OK(engine.status());
    engine_ = *std::move(engine);
  }

  ~ShiftedLoad() override {
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }

  absl::StatusOr<CdmLoadReport> LoadFile(const std::string& name, const std::string& text,
                                         const DateShift* shift) {
    std::ofstream(folder_ + "/" + name) << text;
    ESSAIM_ASSIGN_OR_RETURN(const auto source, OpenOmopFiles({folder_ + "/" + name}, nullptr));
    return LoadCdm(*engine_, *source, {.date_shift = shift});
  }

  std::vector<std::string> Row(const std::string& sql) {
    const auto rows = engine_->Query(sql);
    EXPECT_OK(rows.status());
    std::vector<std::string> cells;
    for (const auto& row : rows->rows) {
      for (const SqlValue& cell : row) {
        const auto* text = std::get_if<std::string>(&cell);
        const auto* number = std::get_if<std::int64_t>(&cell);
        cells.push_back(text != nullptr     ? *text
                        : number != nullptr ? std::to_string(*number)
                                            : "NULL");
      }
    }
    return cells;
  }

  std::string folder_;
  TestEngines engines_;
  std::unique_ptr<SqlEngine> engine_;
  const DateShift shift_{Key('a'), "warehouse", {}};
};

TEST_P(ShiftedLoad, KeepsIntervalsOfAPersonInEveryTable) {
  const int days = shift_.DaysOf(7);
  ASSERT_NE(days, 0);
  ASSERT_OK(LoadFile("person.csv",
                     "person_id,year_of_birth,month_of_birth,day_of_birth,birth_datetime\n"
                     "7,1950,3,10,1950-03-10 04:00:00\n8,1950,,,\n",
                     &shift_)
                .status());
  ASSERT_OK(LoadFile("visit_occurrence.csv",
                     "visit_occurrence_id,person_id,visit_start_date,visit_start_datetime,"
                     "visit_end_date\n1,7,2020-01-30,2020-01-30 10:15:00,2020-02-03\n"
                     "2,,2020-01-30,,\n3,7,2020-01-30,,9999-12-31\n",
                     &shift_)
                .status());
  ASSERT_OK(LoadFile("death.csv", "person_id,death_date\n7,20200301\n", &shift_).status());
  const std::string born = Moved("1950-03-10", days);
  EXPECT_THAT(Row("SELECT year_of_birth, month_of_birth, day_of_birth, birth_datetime FROM person "
                  "WHERE person_id = 7"),
              ElementsAre(std::to_string(std::stoi(born.substr(0, 4))),
                          std::to_string(std::stoi(born.substr(5, 2))),
                          std::to_string(std::stoi(born.substr(8, 2))), born + " 04:00:00"));
  EXPECT_THAT(Row("SELECT year_of_birth, month_of_birth FROM person WHERE person_id = 8"),
              ElementsAre(Moved("1950-07-01", shift_.DaysOf(8)).substr(0, 4), "NULL"));
  EXPECT_THAT(Row("SELECT visit_start_date, visit_start_datetime, visit_end_date FROM "
                  "visit_occurrence WHERE visit_occurrence_id = 1"),
              ElementsAre(Moved("2020-01-30", days), Moved("2020-01-30", days) + " 10:15:00",
                          Moved("2020-02-03", days)));
  EXPECT_THAT(Row("SELECT visit_end_date FROM visit_occurrence WHERE visit_occurrence_id = 3"),
              ElementsAre("9999-12-31"));
  EXPECT_THAT(Row("SELECT death_date FROM death"), ElementsAre(Moved("2020-03-01", days)));
  // Without a person nobody knows by how much.
  EXPECT_THAT(Row("SELECT field, reason FROM essaim_rejected"),
              ElementsAre("person_id", "no person, by whom its dates are moved"));
}

TEST_P(ShiftedLoad, IsTheSameForAllLoadsOfAWarehouse) {
  const DateShift other(Key('b'), "warehouse", {});
  const std::string person = "person_id,year_of_birth\n7,1950\n";
  ASSERT_OK(LoadFile("person.csv", person, &shift_).status());
  for (const DateShift* wrong : {static_cast<const DateShift*>(nullptr), &other}) {
    EXPECT_THAT(LoadFile("person.csv", person + "9,1960\n", wrong).status(),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         HasSubstr("the warehouse's dates are: 183 days, ")));
  }
  ASSERT_OK(UndoLastLoad(*engine_));
  ASSERT_OK(LoadFile("person.csv", person, &other).status());
}

// A source that learns that two patients are one.
class Merging : public CdmSource {
 public:
  std::string_view kind() const override { return "test"; }

  std::uint64_t bytes_total() const override { return 1; }

  absl::Status Read(CdmSink& sink) override {
    sink.EndFile("merge", std::string(64, '0'), 1);
    return sink.MergePersons(7, 8);
  }
};

TEST_P(ShiftedLoad, MovesOnWhatIsFoundToBeAnotherPersons) {
  ASSERT_OK(LoadFile("visit_occurrence.csv",
                     "visit_occurrence_id,person_id,visit_start_date,visit_start_datetime,"
                     "visit_end_date\n1,7,2020-01-30,2020-01-30 10:15:00,9999-12-31\n",
                     &shift_)
                .status());
  Merging merging;
  ASSERT_OK(LoadCdm(*engine_, merging, {.date_shift = &shift_}).status());
  const std::string columns =
      "SELECT person_id, visit_start_date, visit_start_datetime, visit_end_date FROM "
      "visit_occurrence";
  const std::string as_8 = Moved("2020-01-30", shift_.DaysOf(8)),
                    as_7 = Moved("2020-01-30", shift_.DaysOf(7));
  ASSERT_NE(as_7, as_8);
  EXPECT_THAT(Row(columns), ElementsAre("8", as_8, as_8 + " 10:15:00", "9999-12-31"));
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_THAT(Row(columns), ElementsAre("7", as_7, as_7 + " 10:15:00", "9999-12-31"));
}

INSTANTIATE_TEST_SUITE_P(Engines, ShiftedLoad, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace essaim
