#include "warehouse/cdm_load.h"

#include <filesystem>
#include <fstream>

#include "base/status_macros.h"
#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "warehouse/cdm_cell.h"
#include "warehouse/engines_testing.h"
#include "warehouse/omop_files.h"

namespace essaim {
namespace {

using ::essaim::testing::HasCode;
using ::essaim::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The same on every engine.
class CdmLoad : public ::testing::TestWithParam<const char*> {
 protected:
  CdmLoad() : folder_(testing::TempPath("omop_loader_test", GetParam())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    auto engine = engines_.Make(GetParam(), folder_);
    EXPECT_OK(engine.status());
    engine_ = *std::move(engine);
  }

  ~CdmLoad() override {
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }

  absl::StatusOr<CdmLoadReport> LoadFile(const std::string& name, const std::string& text,
                                         OnBadRow rule = OnBadRow::kQuarantine) {
    return LoadPath(Write(name, text), {.on_bad_row = rule});
  }

  absl::StatusOr<CdmLoadReport> LoadPath(const std::string& path, const CdmLoadOptions& options) {
    ESSAIM_ASSIGN_OR_RETURN(const auto source, OpenOmopFiles({path}, nullptr));
    return LoadCdm(*engine_, *source, options);
  }

  std::int64_t Count(const std::string& from) {
    const auto rows = engine_->Query("SELECT COUNT(*) FROM " + from);
    EXPECT_OK(rows.status());
    return std::get<std::int64_t>(rows->rows[0][0]);
  }

  std::string folder_;
  TestEngines engines_;
  std::unique_ptr<SqlEngine> engine_;
};

TEST_P(CdmLoad, AnIncrementReplacesAndAnUndoGivesBack) {
  ASSERT_OK(LoadFile("PERSON.csv", "PERSON_ID,YEAR_OF_BIRTH\n1,1950\n2,1960\n").status());
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport second,
                       LoadFile("person.csv", "person_id\tyear_of_birth\n2\t1961\n3\t1970\n"));
  EXPECT_EQ(second.number, 2);
  EXPECT_EQ(second.tables[0].n_replaced, 1u);
  EXPECT_EQ(Count("person"), 3);
  EXPECT_EQ(Count("person WHERE person_id = 2 AND year_of_birth = 1961"), 1);
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Count("person"), 2);
  EXPECT_EQ(Count("person WHERE person_id = 2 AND year_of_birth = 1960"), 1);
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Count("person"), 0);
  EXPECT_THAT(UndoLastLoad(*engine_), HasCode(absl::StatusCode::kFailedPrecondition));
}

TEST_P(CdmLoad, TheSameFilesChangeNothing) {
  ASSERT_OK(LoadFile("fact_relationship.csv", "domain_concept_id_1,fact_id_1\n1,2\n").status());
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport again,
                       LoadFile("fact_relationship.csv", "domain_concept_id_1,fact_id_1\n1,2\n"));
  EXPECT_TRUE(again.known);
  EXPECT_EQ(Count("fact_relationship"), 1);
  EXPECT_EQ(Count("essaim_loads"), 1);
  // Without a key, rows that are there are not added again.
  ASSERT_OK(
      LoadFile("fact_relationship.csv", "domain_concept_id_1,fact_id_1\n1,2\n3,4\n").status());
  EXPECT_EQ(Count("fact_relationship"), 2);
}

TEST_P(CdmLoad, AWholeFileClosesWhatItNoLongerHasAndAnUndoGivesItBack) {
  const CdmLoadOptions whole{.whole = true};
  ASSERT_OK(LoadFile("person.csv", "person_id,year_of_birth\n1,1950\n2,1960\n3,1970\n").status());
  ASSERT_OK(LoadFile("death.csv", "person_id,death_date\n1,2020-01-01\n2,2020-01-02\n").status());
  // Of another kind of source, and so not what the file is the whole of.
  ASSERT_OK(
      engine_->Execute("INSERT INTO person (person_id, year_of_birth, essaim_load) VALUES "
                       "(9, 1999, 77)"));
  ASSERT_OK_AND_ASSIGN(
      const CdmLoadReport people,
      LoadPath(Write("person.csv", "person_id,year_of_birth\n1,1950\n3,1971\n4,1980\n"), whole));
  ASSERT_EQ(people.tables.size(), 1u);
  EXPECT_EQ(people.tables[0].n_closed, 1u);
  EXPECT_EQ(people.tables[0].n_replaced, 3u);
  EXPECT_EQ(Count("person WHERE person_id IN (1, 3, 4, 9)"), 4);
  EXPECT_EQ(Count("person"), 4);
  EXPECT_EQ(Count("death"), 2);  // a table that the files are not of
  ASSERT_OK_AND_ASSIGN(
      const CdmLoadReport deaths,
      LoadPath(Write("death.csv", "person_id,death_date\n2,2020-01-02\n4,2020-01-03\n"), whole));
  EXPECT_EQ(deaths.tables[0].n_closed, 1u);
  EXPECT_EQ(Count("death WHERE person_id IN (2, 4)"), 2);
  EXPECT_EQ(Count("death"), 2);
  EXPECT_THAT(
      LoadPath(Write("person.csv", "person_id,year_of_birth\n1,1950\nx,1971\n"), whole).status(),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("person.csv:3")));
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Count("death WHERE person_id IN (1, 2)"), 2);
  EXPECT_EQ(Count("death"), 2);
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Count("person WHERE (person_id = 2 AND year_of_birth = 1960) OR (person_id = 3 AND "
                  "year_of_birth = 1970)"),
            2);
  EXPECT_EQ(Count("person"), 4);
}

TEST_P(CdmLoad, BadRowsAreNamedAndKeptApart) {
  const std::string text =
      "person_id,year_of_birth,birth_datetime,gender_source_value\n"
      "1,1950,1950-02-30,M\n"
      "2,nineteen,,F\n"
      ",1970,,F\n"
      "4,1980,19800201,F\n"
      "5,1990,1990-01-01T10:30Z,\"" +
      std::string(51, 'x') + "\"\n";
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report, LoadFile("person.csv", text));
  std::vector<std::string> faults;
  for (const BadRow& row : report.bad_rows)
    faults.push_back(std::to_string(row.line) + " " + row.column + " " + row.reason);
  EXPECT_THAT(faults, ElementsAre("2 birth_datetime not a time, YYYY-MM-DD HH:MM:SS expected",
                                  "3 year_of_birth not an integer of 64 bits", "4 person_id no key",
                                  "6 gender_source_value longer than the field holds"));
  EXPECT_EQ(Count("person"), 1);
  EXPECT_EQ(Count("essaim_rejected"), 4);
  EXPECT_THAT(LoadFile("person.csv", text + "9,1\n", OnBadRow::kStop).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("person.csv:2")));
  EXPECT_EQ(Count("person"), 1);
}

TEST_P(CdmLoad, AnOlderVersionIsUpgradedAndSaysSo) {
  ASSERT_OK_AND_ASSIGN(
      const CdmLoadReport report,
      LoadFile("visit_occurrence.csv",
               "visit_occurrence_id,person_id,admitting_source_value,extra\n1,1,ER,9\n"));
  EXPECT_THAT(
      report.notices,
      ElementsAre("from 5.3: visit_occurrence.admitting_source_value -> admitted_from_source_value",
                  HasSubstr("column 'extra'")));
  EXPECT_EQ(Count("visit_occurrence WHERE admitted_from_source_value = 'ER'"), 1);
}

// As Athena writes it: tabs, days without hyphens, quotes that are part of a name.
TEST_P(CdmLoad, AVocabularysQuotesAreText) {
  ASSERT_OK_AND_ASSIGN(
      const CdmLoadReport report,
      LoadFile("CONCEPT.csv",
               "concept_id\tconcept_name\tdomain_id\tvalid_start_date\n1\t\"Ready\" kit\tDevice\t"
               "19700101\n2\t5\" nail\tDevice\t19700101\n3\t\"open\tDevice\t20991231\n"));
  EXPECT_TRUE(report.bad_rows.empty());
  EXPECT_EQ(Count("concept WHERE concept_name IN ('\"Ready\" kit', '5\" nail', '\"open')"), 3);
}

TEST_P(CdmLoad, WhatIsNoTableIsRefused) {
  EXPECT_THAT(LoadFile("patients.csv", "a,b\n1,2\n").status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'patients'")));
  EXPECT_THAT(LoadFile("person.csv", "year_of_birth\n1950\n").status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no column 'person_id'")));
  EXPECT_THAT(LoadPath(folder_ + "/death.csv", {}).status(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no such file")));
  EXPECT_THAT(LoadPath(folder_ + "/nowhere", {}).status(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no such file or folder")));
  std::filesystem::create_directory(folder_ + "/empty");
  EXPECT_THAT(LoadPath(folder_ + "/empty", {}).status(), HasCode(absl::StatusCode::kNotFound));
}

// Cancelled in the middle, it leaves what was there.
TEST_P(CdmLoad, ACancelledLoadLeavesNothing) {
  ASSERT_OK(LoadFile("person.csv", "person_id\n1\n").status());
  const std::string path = Write("death.csv", "person_id,death_date\n1,2020-01-01\n");
  EXPECT_THAT(LoadPath(path, {.progress = [](const LoadProgress&) { return false; }}).status(),
              HasCode(absl::StatusCode::kCancelled));
  EXPECT_EQ(Count("death"), 0);
  EXPECT_EQ(Count("essaim_loads"), 1);
  engine_.reset();
  ASSERT_OK_AND_ASSIGN(engine_, engines_.Again());
  EXPECT_EQ(Count("person"), 1);
}

// A source that gives its rows in any order of tables, as messages do.
class Mixed : public CdmSource {
 public:
  using Script = std::function<absl::Status(CdmSink&)>;

  Mixed(std::string name, Script script, SameKey same_key = SameKey::kLastStays)
      : name_(std::move(name)), script_(std::move(script)), same_key_(same_key) {}

  std::string_view kind() const override { return "mixed"; }

  std::uint64_t bytes_total() const override { return 1; }

  std::string settings() const override { return name_; }

  SameKey same_key() const override { return same_key_; }

  bool derives_observation_periods() const override { return derives; }

  absl::Status Read(CdmSink& sink) override { return script_(sink); }

  bool derives = false;

  static absl::Status Put(CdmSink& sink, const char* table, std::int64_t key, std::int64_t person) {
    const CdmTable& t = *FindCdmTable(table);
    const std::string id = std::to_string(key), whose = std::to_string(person);
    std::vector<std::optional<std::string_view>> cells(t.fields.size());
    cells[static_cast<std::size_t>(t.Field("person_id") - t.fields.data())] = whose;
    if (t.PrimaryKey() != nullptr)
      cells[static_cast<std::size_t>(t.PrimaryKey() - t.fields.data())] = id;
    return sink.Row(t, cells, {.file = "x"});
  }

 private:
  std::string name_;
  Script script_;
  SameKey same_key_;
};

TEST_P(CdmLoad, AWholePeriodClosesRowsOfThatPeriodAlone) {
  const DateShift shift(SecretBytes::CopyOf(std::string(32, 's')), "warehouse", {});
  for (const DateShift* by : {static_cast<const DateShift*>(nullptr), &shift}) {
    const auto load = [&](const std::string& rows, bool whole) {
      return LoadPath(
          Write("visit_occurrence.csv", "visit_occurrence_id,person_id,visit_start_date\n" + rows),
          {.whole = whole,
           .period = whole ? Period{.from = "2020-02-01", .to = "2020-02-29"} : Period{},
           .date_shift = by});
    };
    ASSERT_OK(load("1,1,2020-01-31\n2,1,2020-02-01\n3,2,2020-02-29\n4,2,2020-03-01\n"
                   "5,3,2020-02-10\n",
                   false)
                  .status());
    ASSERT_OK_AND_ASSIGN(const CdmLoadReport report,
                         load("5,3,2020-02-11\n6,1,2020-02-20\n7,1,2020-05-01\n", true));
    EXPECT_EQ(report.tables[0].n_closed, 2u);
    EXPECT_THAT(report.notices, ElementsAre(HasSubstr("1 rows of the files lie outside")));
    EXPECT_EQ(Count("visit_occurrence WHERE visit_occurrence_id IN (1, 4, 5, 6, 7)"), 5);
    EXPECT_EQ(Count("visit_occurrence"), 5);
    EXPECT_EQ(Count("information_schema.tables WHERE table_name = 'essaim_period'"), 0);
    ASSERT_OK(UndoLastLoad(*engine_));
    EXPECT_EQ(Count("visit_occurrence WHERE visit_occurrence_id <= 5"), 5);
    ASSERT_OK(UndoLastLoad(*engine_));
  }
  // Without a day nothing can be told to lie in it.
  ASSERT_OK(LoadFile("person.csv", "person_id,year_of_birth\n1,1950\n2,1960\n").status());
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport people,
                       LoadPath(Write("person.csv", "person_id,year_of_birth\n1,1951\n"),
                                {.whole = true, .period = {.from = "2020-01-01", .to = ""}}));
  EXPECT_THAT(people.notices, ElementsAre(HasSubstr("person: its rows have no day")));
  EXPECT_EQ(Count("person"), 2);
}

TEST_P(CdmLoad, TablesMayComeInAnyOrderAndTheLastRowOfAKeyStays) {
  const auto rows = [](CdmSink& sink) {
    for (int i = 0; i < 20'000; ++i) {
      ESSAIM_RETURN_IF_ERROR(Mixed::Put(sink, "condition_occurrence", i, i % 100));
      ESSAIM_RETURN_IF_ERROR(Mixed::Put(sink, "measurement", i % 7'000, i));
      ESSAIM_RETURN_IF_ERROR(Mixed::Put(sink, "person", i % 100, i % 100));
    }
    return Mixed::Put(sink, "death", 0, 1);
  };
  for (const SameKey same_key : {SameKey::kLastStays, SameKey::kLastStaysIfAny}) {
    Mixed source("a", rows, same_key);
    ASSERT_OK_AND_ASSIGN(const CdmLoadReport report, LoadCdm(*engine_, source, {}));
    EXPECT_EQ(Count("condition_occurrence"), 20'000);
    EXPECT_EQ(Count("person"), 100);
    EXPECT_EQ(Count("measurement"), 7'000);
    EXPECT_EQ(Count("measurement WHERE person_id >= 13000"), 7'000);
    ASSERT_EQ(report.tables.size(), 4u);
    EXPECT_EQ(report.tables[1].table, "condition_occurrence");
    EXPECT_EQ(report.tables[1].n_loaded, 20'000u);
    EXPECT_EQ(report.tables[2].table, "measurement");
    EXPECT_EQ(report.tables[2].n_loaded, 7'000u);
    EXPECT_EQ(report.notices.size(), same_key == SameKey::kLastStays ? 2u : 0u);
    ASSERT_OK(UndoLastLoad(*engine_));
    EXPECT_EQ(Count("measurement"), 0);
  }
}

// Whether the keys grow until the last row, or an earlier load has some of them.
TEST_P(CdmLoad, AKeyThatComesAgainAtTheEndTakesTheEarlierRowsPlace) {
  for (const SameKey same_key : {SameKey::kLastStays, SameKey::kLastStaysIfAny}) {
    Mixed before(
        "before", [](CdmSink& sink) { return Mixed::Put(sink, "measurement", 7, 1); }, same_key);
    ASSERT_OK(LoadCdm(*engine_, before, {}).status());
    Mixed source(
        "again",
        [](CdmSink& sink) {
          for (int i = 0; i < 3'000; ++i)
            ESSAIM_RETURN_IF_ERROR(Mixed::Put(sink, "measurement", i, 2));
          return Mixed::Put(sink, "measurement", 7, 3);
        },
        same_key);
    ASSERT_OK_AND_ASSIGN(const CdmLoadReport report, LoadCdm(*engine_, source, {}));
    ASSERT_EQ(report.tables.size(), 1u);
    EXPECT_EQ(report.tables[0].n_replaced, 1u);
    EXPECT_EQ(Count("measurement"), 3'000);
    EXPECT_EQ(Count("measurement WHERE person_id = 3 AND measurement_id = 7"), 1);
    ASSERT_OK(UndoLastLoad(*engine_));
    EXPECT_EQ(Count("measurement WHERE person_id = 1"), 1);
    EXPECT_EQ(Count("measurement"), 1);
    ASSERT_OK(UndoLastLoad(*engine_));
  }
}

TEST_P(CdmLoad, WhatIsTakenBackComesAgainOnlyAfterThat) {
  const CdmTable& visits = *FindCdmTable("visit_occurrence");
  const auto script = [&](CdmSink& sink) {
    for (int i = 0; i < 4; ++i) ESSAIM_RETURN_IF_ERROR(Mixed::Put(sink, "visit_occurrence", i, 1));
    ESSAIM_RETURN_IF_ERROR(sink.Remove(visits, 1));
    ESSAIM_RETURN_IF_ERROR(sink.Remove(visits, 2));
    return Mixed::Put(sink, "visit_occurrence", 2, 5);
  };
  Mixed source("a", script, SameKey::kLastStaysIfAny);
  ASSERT_OK(LoadCdm(*engine_, source, {}).status());
  EXPECT_EQ(Count("visit_occurrence"), 3);
  EXPECT_EQ(Count("visit_occurrence WHERE visit_occurrence_id = 2 AND person_id = 5"), 1);
  Mixed silent("b", script, SameKey::kLastStays);
  EXPECT_THAT(LoadCdm(*engine_, silent, {}).status(),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("takes rows back")));
}

TEST_P(CdmLoad, MergedPersonsAreOneAlsoInLaterLoadsAndAnUndoPartsThem) {
  const auto load = [&](const char* name, Mixed::Script script) {
    Mixed source(name, std::move(script), SameKey::kLastStaysIfAny);
    const auto report = LoadCdm(*engine_, source, {});
    EXPECT_OK(report.status());
    return *report;
  };
  load("first", [](CdmSink& sink) {
    for (int p : {1, 2, 3}) {
      ESSAIM_RETURN_IF_ERROR(Mixed::Put(sink, "person", p, p));
      ESSAIM_RETURN_IF_ERROR(Mixed::Put(sink, "visit_occurrence", 10 + p, p));
    }
    return absl::OkStatus();
  });
  const CdmLoadReport merge = load("merge", [](CdmSink& sink) {
    ESSAIM_RETURN_IF_ERROR(sink.MergePersons(1, 2));
    ESSAIM_RETURN_IF_ERROR(sink.MergePersons(2, 3));
    return sink.Remove(*FindCdmTable("visit_occurrence"), 13);
  });
  EXPECT_EQ(Count("person"), 1);
  EXPECT_EQ(Count("visit_occurrence WHERE person_id = 3"), 2);
  ASSERT_EQ(merge.tables.size(), 2u);
  EXPECT_EQ(merge.tables[1].n_replaced, 3u);
  load("late", [](CdmSink& sink) { return Mixed::Put(sink, "visit_occurrence", 20, 1); });
  EXPECT_EQ(Count("visit_occurrence WHERE person_id = 3"), 3);
  ASSERT_OK(UndoLastLoad(*engine_));
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Count("person"), 3);
  EXPECT_EQ(Count("visit_occurrence WHERE person_id = visit_occurrence_id - 10"), 3);
  EXPECT_EQ(Count("essaim_merged"), 0);
}

TEST_P(CdmLoad, MergedPersonsHaveNoOverlappingPeriodsAndOneDeath) {
  ASSERT_OK(LoadFile("person.csv", "person_id,year_of_birth\n1,1950\n2,1950\n3,1960\n").status());
  ASSERT_OK(
      LoadFile("observation_period.csv",
               "observation_period_id,person_id,observation_period_start_date,"
               "observation_period_end_date,period_type_concept_id\n1,1,2010-01-01,2012-01-01,1\n"
               "2,2,2011-06-01,2014-01-01,1\n5,1,2013-01-01,2013-02-01,1\n"
               "6,2,2019-01-01,2020-01-01,1\n7,3,2010-01-01,2012-01-01,1\n"
               "8,3,2011-01-01,2012-01-01,1\n")
          .status());
  ASSERT_OK(LoadFile("death.csv", "person_id,death_date\n1,2020-01-02\n2,2020-01-01\n").status());
  Mixed merge("merge", [](CdmSink& sink) { return sink.MergePersons(1, 2); });
  ASSERT_OK(LoadCdm(*engine_, merge, {}).status());
  EXPECT_EQ(Count("observation_period WHERE person_id = 2"), 2);
  EXPECT_EQ(Count("observation_period WHERE observation_period_id = 2 AND "
                  "observation_period_start_date = DATE '2010-01-01' AND "
                  "observation_period_end_date = DATE '2014-01-01'"),
            1);
  EXPECT_EQ(Count("observation_period WHERE person_id = 3"), 2);  // its own source's
  EXPECT_EQ(Count("death"), 1);
  EXPECT_EQ(Count("death WHERE person_id = 2 AND death_date = DATE '2020-01-01'"), 1);
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Count("observation_period"), 6);
  EXPECT_EQ(Count("observation_period WHERE person_id = 1"), 2);
  EXPECT_EQ(Count("death"), 2);
}

TEST_P(CdmLoad, APeriodIsMadeOnceItsPersonIsThere) {
  const auto load = [&](const char* name, Mixed::Script script) {
    Mixed source(name, std::move(script));
    source.derives = true;
    return LoadCdm(*engine_, source, {}).status();
  };
  ASSERT_OK(load("visits", [](CdmSink& sink) {
    for (int p : {1, 2}) ESSAIM_RETURN_IF_ERROR(Mixed::Put(sink, "visit_occurrence", 10 + p, p));
    return Mixed::Put(sink, "person", 2, 2);
  }));
  EXPECT_EQ(Count("observation_period WHERE person_id = 2"), 1);
  EXPECT_EQ(Count("observation_period"), 1);
  ASSERT_OK(load("person", [](CdmSink& sink) {
    for (int p : {1, 2, 3}) ESSAIM_RETURN_IF_ERROR(Mixed::Put(sink, "person", p, p));
    return absl::OkStatus();
  }));
  EXPECT_EQ(Count("observation_period WHERE person_id = 1 AND essaim_load = 2"), 1);
  EXPECT_EQ(Count("observation_period WHERE person_id = 2 AND essaim_load = 1"), 1);
  EXPECT_EQ(Count("observation_period"), 2);
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Count("observation_period WHERE person_id = 2"), 1);
  EXPECT_EQ(Count("observation_period"), 1);
}

TEST_P(CdmLoad, OfSeveralDeathsOfOnePersonOneStays) {
  ASSERT_OK(LoadFile("person.csv",
                     "person_id,year_of_birth\n1,1950\n2,1950\n3,1950\n4,1950\n5,1960\n"
                     "6,1960\n")
                .status());
  // Two of the same load become a third, who has no death of its own.
  ASSERT_OK(
      LoadFile("death.csv", "person_id,death_date\n1,2020-01-05\n2,2020-01-03\n5,2020-02-01\n")
          .status());
  Mixed merge("merge", [](CdmSink& sink) {
    ESSAIM_RETURN_IF_ERROR(sink.MergePersons(1, 3));
    ESSAIM_RETURN_IF_ERROR(sink.MergePersons(2, 3));
    return sink.MergePersons(5, 6);
  });
  ASSERT_OK(LoadCdm(*engine_, merge, {}).status());
  EXPECT_EQ(Count("death"), 2);
  EXPECT_EQ(Count("death WHERE person_id = 3 AND death_date = DATE '2020-01-03'"), 1);
  EXPECT_EQ(Count("death WHERE person_id = 6"), 1);
  // A load that says it anew, under a number that is no more, is the last word.
  Mixed late("late", [](CdmSink& sink) { return Mixed::Put(sink, "death", 0, 1); });
  ASSERT_OK(LoadCdm(*engine_, late, {}).status());
  EXPECT_EQ(Count("death WHERE person_id = 3"), 1);
  EXPECT_EQ(Count("death WHERE person_id = 3 AND death_date = DATE '2020-01-03'"), 0);
  // Each undo gives back what there was.
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Count("death"), 2);
  EXPECT_EQ(Count("death WHERE person_id = 3 AND death_date = DATE '2020-01-03'"), 1);
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Count("death"), 3);
  EXPECT_EQ(Count("death WHERE person_id = 1 AND death_date = DATE '2020-01-05'"), 1);
  EXPECT_EQ(Count("death WHERE person_id = 2 AND death_date = DATE '2020-01-03'"), 1);
}

INSTANTIATE_TEST_SUITE_P(Engines, CdmLoad, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& engine) { return std::string(engine.param); });

TEST(CdmCell, ReadsDaysAndTimes) {
  const CdmField time{.name = "t", .type = CdmType::kDateTime};
  const CdmField day{.name = "d", .type = CdmType::kDate};
  std::string buffer;
  std::optional<std::string_view> cell;
  EXPECT_EQ(ReadCdmCell(time, "2020-02-29", buffer, cell), nullptr);
  EXPECT_EQ(*cell, "2020-02-29 00:00:00");
  EXPECT_EQ(ReadCdmCell(time, " 20200229 10:30:59.1234567 ", buffer, cell), nullptr);
  EXPECT_EQ(*cell, "2020-02-29 10:30:59.123456");
  EXPECT_EQ(ReadCdmCell(day, "2020-02-29T23:59:59Z", buffer, cell), nullptr);
  EXPECT_EQ(*cell, "2020-02-29");
  EXPECT_EQ(ReadCdmCell(day, "  ", buffer, cell), nullptr);
  EXPECT_FALSE(cell.has_value());
  for (const char* bad : {"2019-02-29", "0000-01-01", "2020-13-01", "2020-1-1", "2020-01-01x", "x",
                          "2020-01-01 24:00", "2020-01-01 10"})
    EXPECT_NE(ReadCdmCell(time, bad, buffer, cell), nullptr) << bad;
}

}  // namespace
}  // namespace essaim
