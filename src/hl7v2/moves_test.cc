// Visits that change their class, their number or their patient.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "hl7v2/hl7_files.h"
#include "hl7v2/known_rows.h"
#include "omop/extensions.h"
#include "warehouse/cdm_load.h"
#include "warehouse/engines_testing.h"
#include "warehouse/sql_values.h"

namespace essaim::hl7v2 {
namespace {

using ::testing::ElementsAre;

class NoCodes : public Vocabulary {
 public:
  absl::StatusOr<const MappedCode*> Map(std::string_view, std::string_view) override {
    return &none_;
  }

  absl::StatusOr<Concept> Find(std::int64_t) override { return Concept(); }

 private:
  MappedCode none_;
};

struct Pv1 {
  std::string number = "V1", patient_class = "I", start = "20200101100000", end = "";
  std::string place = "", before = "";

  std::string Text() const {
    return "PV1|1|" + patient_class + "|" + place + "|||" + before + std::string(13, '|') + number +
           std::string(25, '|') + start + "|" + end;
  }
};

// The same on every engine, with dates that are moved and dates that are not.
class Moves : public ::testing::TestWithParam<std::tuple<const char*, bool>> {
 protected:
  Moves()
      : folder_(testing::TempPath(
            absl::StrCat("moves_test.", std::get<0>(GetParam()), ".", std::get<1>(GetParam())))) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    auto engine = engines_.Make(std::get<0>(GetParam()), folder_);
    EXPECT_OK(engine.status());
    engine_ = *std::move(engine);
    EXPECT_OK(CreateCdm(*engine_));
    if (std::get<1>(GetParam()))
      shift_.emplace(SecretBytes::CopyOf(std::string(32, 's')), "warehouse", DateShiftOptions{});
  }

  ~Moves() override {
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }

  static std::string Message(const std::string& event, const std::string& patient,
                             const std::string& rest, const std::string& account = "",
                             const std::string& happened = "20200104090000") {
    return "MSH|^~\\&|A|B|C|D|20200105120000||ADT^" + event + "|1|P|2.5\rEVN||" + happened +
           "\rPID|1||" + patient + "^^^H^MR||Moreau^Anne||19500302|F||||||||||" + account + "\r" +
           rest + "\r";
  }

  const DateShift* shift() const { return shift_.has_value() ? &*shift_ : nullptr; }

  absl::StatusOr<CdmLoadReport> Load(const std::string& text) {
    const std::string path = absl::StrCat(folder_, "/m", ++n_files_, ".hl7");
    std::ofstream(path, std::ios::binary) << text;
    NoCodes codes;
    const auto source =
        OpenHl7Files({path}, {.ids = &ids_,
                              .vocabulary = &codes,
                              .known = std::make_shared<KnownRows>(*engine_, shift())});
    if (!source.ok()) return source.status();
    return LoadCdm(*engine_, **source, {.date_shift = shift()});
  }

  std::int64_t Count(const std::string& from) {
    const auto rows = engine_->Query("SELECT COUNT(*) FROM " + from);
    EXPECT_OK(rows.status());
    return rows.ok() ? WholeOf(rows->rows[0][0]) : -1;
  }

  std::string Person(const std::string& number) {
    return std::to_string(ids_.IdOf("person", "H", number));
  }

  // A day as the rows of that patient have it.
  std::string Day(const std::string& patient, std::string day) {
    if (shift() != nullptr) AddDaysTo(day, shift()->DaysOf(ids_.IdOf("person", "H", patient)));
    return "DATE '" + day + "'";
  }

  // Every row of every table, without the number of the load.
  std::map<std::string, std::vector<std::string>> Everything() {
    std::map<std::string, std::vector<std::string>> all;
    for (const CdmTable* table : LoadedTables()) {
      std::string columns;
      for (const CdmField& f : table->fields)
        absl::StrAppend(&columns, columns.empty() ? "" : ", ", SqlName(f));
      const auto rows = engine_->Query("SELECT " + columns + " FROM " + std::string(table->name));
      EXPECT_OK(rows.status());
      for (const auto& row : rows->rows) {
        std::string line;
        for (const SqlValue& cell : row) absl::StrAppend(&line, TextOf(cell), "|");
        all[std::string(table->name)].push_back(line);
      }
      std::ranges::sort(all[std::string(table->name)]);
    }
    return all;
  }

  std::string folder_;
  int n_files_ = 0;
  TestEngines engines_;
  std::unique_ptr<SqlEngine> engine_;
  std::optional<DateShift> shift_;
  IdMaker ids_{SecretBytes::CopyOf(std::string(32, 'k')), "p", "s"};
};

const std::string kDiagnosis = "\rDG1|1||I10^Hypertension^I10||20200102";

TEST_P(Moves, AVisitChangesItsClassAndStaysTheSame) {
  ASSERT_OK(Load(Message("A04", "1", Pv1{.patient_class = "O"}.Text() + kDiagnosis)).status());
  EXPECT_EQ(Count("visit_occurrence WHERE visit_concept_id = 9202"), 1);
  const auto before = Everything();
  // The inpatient stay begins later; the visit does not.
  ASSERT_OK(Load(Message("A06", "1", Pv1{.start = "20200102120000"}.Text())).status());
  EXPECT_EQ(Count("visit_occurrence"), 1);
  EXPECT_EQ(Count("visit_occurrence WHERE visit_concept_id = 9201 AND visit_start_date = " +
                  Day("1", "2020-01-01") + " AND visit_end_date = " + Day("1", "2020-01-05")),
            1);
  EXPECT_EQ(Count("condition_occurrence c JOIN visit_occurrence v ON v.visit_occurrence_id = "
                  "c.visit_occurrence_id"),
            1);
  // Back, by a message that does not say when the visit began.
  ASSERT_OK(Load(Message("A07", "1", Pv1{.patient_class = "O", .start = ""}.Text())).status());
  EXPECT_EQ(Count("visit_occurrence WHERE visit_concept_id = 9202 AND visit_start_date = " +
                  Day("1", "2020-01-01")),
            1);
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Count("visit_occurrence WHERE visit_concept_id = 9201"), 1);
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Everything(), before);
}

TEST_P(Moves, AChangeOfClassMayBringAnotherNumberOrAccount) {
  ASSERT_OK(Load(Message("A04", "1", Pv1{.number = "O1", .patient_class = "O"}.Text() + kDiagnosis,
                         "ACC1"))
                .status());
  ASSERT_OK(
      Load(Message("A04", "2", Pv1{.number = "O2", .patient_class = "O"}.Text(), "ACC2")).status());
  // MRG-5 is the former number of the visit; MRG-3 its former account, of which it is the only one.
  ASSERT_OK(
      Load(Message("A06", "1", "MRG|||||O1\r" + Pv1{.number = "I1"}.Text() + kDiagnosis)).status());
  ASSERT_OK(
      Load(Message("A06", "2", "MRG|||ACC2\r" + Pv1{.number = "I2"}.Text(), "ACC3")).status());
  EXPECT_EQ(Count("visit_occurrence"), 2);
  EXPECT_EQ(Count("visit_occurrence WHERE visit_concept_id = 9201"), 2);
  EXPECT_EQ(Count("condition_occurrence"), 1);
  // Both numbers name the visit from now on.
  ASSERT_OK(Load(Message("A03", "1", Pv1{.number = "O1", .end = "20200103"}.Text()) +
                 Message("A03", "2", Pv1{.number = "I2", .end = "20200103"}.Text(), "ACC3"))
                .status());
  EXPECT_EQ(Count("visit_occurrence"), 2);
  EXPECT_EQ(Count("visit_occurrence WHERE visit_end_date = " + Day("1", "2020-01-03") +
                  " AND person_id = " + Person("1")),
            1);
  EXPECT_EQ(Count("essaim_visit_account"), 2);
}

TEST_P(Moves, AVisitMovesToAnotherPatientWithItsRows) {
  ASSERT_OK(Load(Message("A01", "1", Pv1{}.Text() + kDiagnosis) +
                 Message("A01", "1", Pv1{.number = "V2", .start = "20190301"}.Text()) +
                 Message("A28", "2", ""))
                .status());
  const auto before = Everything();
  const std::string move = Message("A45", "2", "MRG|1^^^H^MR||||V1\r" + Pv1{.start = ""}.Text());
  ASSERT_OK(Load(move).status());
  const auto moved = Everything();
  EXPECT_EQ(Count("visit_occurrence"), 2);
  EXPECT_EQ(Count("visit_occurrence WHERE person_id = " + Person("2") + " AND visit_start_date = " +
                  Day("2", "2020-01-01") + " AND visit_concept_id = 9201"),
            1);
  EXPECT_EQ(Count("condition_occurrence WHERE person_id = " + Person("2") +
                  " AND condition_start_date = " + Day("2", "2020-01-02")),
            1);
  // The periods are those of the visits that each has now.
  EXPECT_EQ(Count("observation_period"), 2);
  EXPECT_EQ(Count("observation_period WHERE person_id = " + Person("2") +
                  " AND observation_period_start_date = " + Day("2", "2020-01-01")),
            1);
  EXPECT_EQ(Count("observation_period WHERE person_id = " + Person("1") +
                  " AND observation_period_start_date = " + Day("1", "2019-03-01")),
            1);
  // Once more, in another file, it changes nothing.
  ASSERT_OK(Load(move + "\r").status());
  EXPECT_EQ(Everything(), moved);
  // What comes later of the visit is the same visit's, under the one number and the other.
  ASSERT_OK(Load(Message("A08", "2", Pv1{}.Text() + kDiagnosis)).status());
  EXPECT_EQ(Count("condition_occurrence"), 1);
  ASSERT_OK(Load(Message("A03", "1", Pv1{.end = "20200103"}.Text() + kDiagnosis)).status());
  EXPECT_EQ(Count("visit_occurrence"), 2);
  EXPECT_EQ(Count("condition_occurrence WHERE person_id = " + Person("2") +
                  " AND condition_start_date = " + Day("2", "2020-01-02")),
            1);
  EXPECT_EQ(Count("visit_occurrence WHERE person_id = " + Person("2") + " AND visit_end_date = " +
                  Day("2", "2020-01-03") + " AND visit_start_date = " + Day("2", "2020-01-01")),
            1);
  for (int i = 0; i < 4; ++i) ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Everything(), before);
  EXPECT_EQ(Count("essaim_visit_moved") + Count("essaim_visit_joined"), 0);
}

TEST_P(Moves, AMoveWithinOneLoadIsAsAMoveBetweenTwo) {
  ASSERT_OK(Load(Message("A01", "1", Pv1{}.Text() + kDiagnosis) + Message("A28", "2", "") +
                 Message("A45", "2", "MRG|1^^^H^MR||||V1\r" + Pv1{.start = ""}.Text()) +
                 Message("A08", "2", Pv1{.patient_class = "E"}.Text() + kDiagnosis))
                .status());
  EXPECT_EQ(Count("visit_occurrence WHERE visit_concept_id = 9203 AND person_id = " + Person("2") +
                  " AND visit_start_date = " + Day("2", "2020-01-01")),
            1);
  EXPECT_EQ(Count("visit_occurrence"), 1);
  EXPECT_EQ(Count("condition_occurrence WHERE person_id = " + Person("2")), 1);
  EXPECT_EQ(Count("condition_occurrence"), 1);
  EXPECT_EQ(Count("observation_period WHERE person_id = " + Person("2")), 1);
  EXPECT_EQ(Count("observation_period"), 1);
}

TEST_P(Moves, AVisitMovesOnAndBack) {
  const auto move = [&](const char* from, const char* into) {
    return Message("A45", into,
                   absl::StrCat("MRG|", from, "^^^H^MR||||V1\r", Pv1{.start = ""}.Text()));
  };
  ASSERT_OK(
      Load(Message("A01", "1", Pv1{}.Text()) + Message("A28", "2", "") + Message("A28", "3", ""))
          .status());
  const auto before = Everything();
  ASSERT_OK(Load(move("1", "2") + move("2", "3")).status());
  EXPECT_EQ(Count("visit_occurrence WHERE person_id = " + Person("3") +
                  " AND visit_start_date = " + Day("3", "2020-01-01")),
            1);
  ASSERT_OK(Load(move("3", "1")).status());
  EXPECT_EQ(Everything(), before);
}

TEST_P(Moves, TwoNumbersOfOneVisitBecomeOne) {
  ASSERT_OK(Load(Message("A01", "1", Pv1{}.Text() + kDiagnosis) +
                 Message("A01", "1", Pv1{.number = "V2", .patient_class = "E"}.Text()))
                .status());
  const auto before = Everything();
  ASSERT_OK(
      Load(Message("A42", "1", "MRG|1^^^H^MR||||V1\r" + Pv1{.number = "V2"}.Text())).status());
  EXPECT_EQ(Count("visit_occurrence WHERE visit_concept_id = 9203"), 1);  // as the message found it
  EXPECT_EQ(Count("visit_occurrence"), 1);
  EXPECT_EQ(Count("condition_occurrence c JOIN visit_occurrence v ON v.visit_occurrence_id = "
                  "c.visit_occurrence_id"),
            1);
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Everything(), before);
}

TEST_P(Moves, AnAccountMovesWithItsVisits) {
  ASSERT_OK(Load(Message("A01", "1", Pv1{}.Text() + kDiagnosis, "ACC1") +
                 Message("A01", "1", Pv1{.number = "V2"}.Text(), "ACC1") +
                 Message("A01", "1", Pv1{.number = "V3"}.Text(), "ACC9") + Message("A28", "2", ""))
                .status());
  const auto before = Everything();
  // A41: two accounts of one patient are one. A44: an account was another patient's.
  ASSERT_OK(Load(Message("A41", "1", "MRG|1^^^H^MR||ACC1", "ACC2")).status());
  EXPECT_EQ(Count("essaim_visit_account WHERE account_id = " +
                  std::to_string(ids_.IdOf("account", "", "ACC2"))),
            2);
  ASSERT_OK(Load(Message("A44", "2", "MRG|1^^^H^MR||ACC2", "ACC2")).status());
  EXPECT_EQ(Count("visit_occurrence WHERE person_id = " + Person("2") +
                  " AND visit_start_date = " + Day("2", "2020-01-01")),
            2);
  EXPECT_EQ(Count("condition_occurrence WHERE person_id = " + Person("2") +
                  " AND condition_start_date = " + Day("2", "2020-01-02")),
            1);
  // A later message of the patient who has it now.
  ASSERT_OK(Load(Message("A03", "2", Pv1{.end = "20200103"}.Text() + kDiagnosis, "ACC2")).status());
  EXPECT_EQ(Count("visit_occurrence"), 3);
  EXPECT_EQ(Count("condition_occurrence"), 1);
  for (int i = 0; i < 3; ++i) ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Everything(), before);
}

TEST_P(Moves, WhatComesAfterAMergeOfPatientsIsOfTheSameVisit) {
  ASSERT_OK(
      Load(Message("A01", "1", Pv1{}.Text() + kDiagnosis) + Message("A28", "2", "")).status());
  const auto before = Everything();
  ASSERT_OK(Load(Message("A40", "2", "MRG|1^^^H^MR")).status());
  EXPECT_EQ(Count("visit_occurrence WHERE person_id = " + Person("2") +
                  " AND visit_start_date = " + Day("2", "2020-01-01")),
            1);
  EXPECT_EQ(Count("observation_period WHERE person_id = " + Person("2") +
                  " AND observation_period_start_date = " + Day("2", "2020-01-01")),
            1);
  ASSERT_OK(
      Load(Message("A03", "2", Pv1{.start = "", .end = "20200103"}.Text() + kDiagnosis)).status());
  EXPECT_EQ(Count("visit_occurrence WHERE visit_start_date = " + Day("2", "2020-01-01") +
                  " AND visit_end_date = " + Day("2", "2020-01-03")),
            1);
  EXPECT_EQ(Count("visit_occurrence"), 1);
  EXPECT_EQ(Count("condition_occurrence"), 1);
  // It was the wrong way round: the last word counts, and later loads leave it so.
  ASSERT_OK(Load(Message("A40", "1", "MRG|2^^^H^MR")).status());
  ASSERT_OK(Load(Message("A28", "3", "")).status());
  EXPECT_EQ(Count("person WHERE person_id = " + Person("1")), 1);
  EXPECT_EQ(Count("person"), 2);
  EXPECT_EQ(Count("visit_occurrence WHERE person_id = " + Person("1") +
                  " AND visit_start_date = " + Day("1", "2020-01-01")),
            1);
  for (int i = 0; i < 4; ++i) ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Everything(), before);
}

TEST_P(Moves, AnOrderIsKnownUnderTheNumberThatAPatientHasNow) {
  const auto of = [](const std::string& patient, const std::string& type, const std::string& rest) {
    std::string message = Message("A28", patient, rest);
    return message.replace(message.find("ADT^A28"), 7, type);
  };
  const std::string order = "ORC|NW|P1^EHR|||||||20200104\rOBR|1|P1^EHR||GLU^Glucose^L";
  const std::string drug = "ORC|NW|P7^EHR|||||||20200104\rRXO|X1^Amoxicillin^L";
  ASSERT_OK(Load(of("1", "OML^O21", order) + of("1", "OMP^O09", drug)).status());
  ASSERT_OK(Load(Message("A40", "2", "MRG|1^^^H^MR")).status());
  ASSERT_OK(
      Load(of("2", "OML^O21", "ORC|SC|P1^EHR|||IP\rOBR|1|P1^EHR||GLU^Glucose^L") +
           of("2", "ORU^R01", "OBR|1|P1^EHR|F1^LAB|GLU^Glucose^L\rOBX|1|ST|X1^Comment^L||well") +
           of("2", "RDE^O11", "ORC|XO|P7^EHR\rRXE||X1^Amoxicillin^L"))
          .status());
  EXPECT_EQ(Count("procedure_occurrence WHERE person_id = " + Person("2")), 1);
  EXPECT_EQ(Count("procedure_occurrence"), 1);
  EXPECT_EQ(Count("drug_exposure"), 1);
  EXPECT_EQ(Count("observation o JOIN procedure_occurrence p ON p.procedure_occurrence_id = "
                  "o.observation_event_id"),
            1);
  ASSERT_OK(
      Load(of("2", "OML^O21", "ORC|CA|P1^EHR") + of("2", "OMP^O09", "ORC|CA|P7^EHR")).status());
  EXPECT_EQ(Count("procedure_occurrence") + Count("drug_exposure"), 0);
}

// More than are asked for one by one.
TEST_P(Moves, ManyVisitsKeepTheirStartsWhereMessagesDoNotSayThem) {
  std::string begin, end;
  for (int i = 0; i < 300; ++i) {
    Pv1 visit{.number = "V" + std::to_string(i), .start = "20200101"};
    begin += Message("A01", std::to_string(i % 9), visit.Text());
    visit.start = "";
    visit.end = "20200103";
    end += Message("A03", std::to_string(i % 9), visit.Text());
  }
  ASSERT_OK(Load(begin).status());
  ASSERT_OK(Load(end).status());
  for (int p = 0; p < 9; ++p) {
    const std::string number = std::to_string(p);
    EXPECT_EQ(Count("visit_occurrence WHERE person_id = " + Person(number) +
                    " AND visit_start_date = " + Day(number, "2020-01-01") +
                    " AND visit_end_date = " + Day(number, "2020-01-03")),
              p < 3 ? 34 : 33);
  }
}

TEST_P(Moves, SeveralGroupsOfOneMessageAreAllFollowed) {
  ASSERT_OK(Load(Message("A01", "1", Pv1{}.Text()) +
                 Message("A01", "1", Pv1{.number = "V2"}.Text()) + Message("A28", "2", ""))
                .status());
  ASSERT_OK(Load(Message("A45", "2",
                         "MRG|1^^^H^MR||||V1\r" + Pv1{.start = ""}.Text() +
                             "\rMRG|1^^^H^MR||||V2\r" + Pv1{.number = "V2", .start = ""}.Text()))
                .status());
  EXPECT_EQ(Count("visit_occurrence WHERE person_id = " + Person("2")), 2);
}

TEST_P(Moves, ACancelledVisitLeavesNothingThatPointsToIt) {
  ASSERT_OK(Load(Message("A01", "1", Pv1{}.Text() + kDiagnosis, "ACC1")).status());
  const auto before = Everything();
  ASSERT_OK(Load(Message("A11", "1", Pv1{}.Text(), "ACC1")).status());
  EXPECT_EQ(Count("visit_occurrence"), 0);
  EXPECT_EQ(Count("observation_period"), 0);
  EXPECT_EQ(Count("essaim_visit_account"), 0);
  EXPECT_EQ(Count("condition_occurrence WHERE visit_occurrence_id IS NULL"), 1);
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Everything(), before);
  // Cancelled and admitted after all, in one load.
  ASSERT_OK(Load(Message("A11", "1", Pv1{}.Text()) + Message("A01", "1", Pv1{}.Text())).status());
  EXPECT_EQ(Count("visit_occurrence"), 1);
}

TEST_P(Moves, WhatAMoveLacksIsNamed) {
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report,
                       Load(Message("A45", "2", "MRG|1^^^H^MR\r" + Pv1{.start = ""}.Text()) +
                            Message("A41", "2", "MRG|1^^^H^MR", "ACC2") +
                            Message("A44", "2", "MRG|1^^^H^MR||ACC7", "ACC7")));
  ASSERT_EQ(report.bad_rows.size(), 2u);
  EXPECT_EQ(report.bad_rows[0].column, "MRG-5");
  EXPECT_EQ(report.bad_rows[1].column, "MRG-3");
  EXPECT_THAT(
      report.notices,
      ::testing::Contains(::testing::HasSubstr("1 moves of accounts under which no visit")));
  EXPECT_EQ(Count("visit_occurrence"), 0);
}

TEST_P(Moves, EachStayInAPlaceIsAVisitDetail) {
  const std::string kTo2 = "20200102080000", kTo3 = "20200103080000";
  const auto places = [&] {
    std::vector<std::string> all;
    const auto rows = engine_->Query(
        "SELECT care_site_name, visit_detail_start_datetime, visit_detail_end_datetime, person_id "
        "FROM visit_detail d JOIN care_site c ON c.care_site_id = d.care_site_id ORDER BY "
        "visit_detail_start_datetime");
    EXPECT_OK(rows.status());
    for (const auto& row : rows->rows) {
      std::string from = TextOf(row[1]), to = TextOf(row[2]);
      if (shift() != nullptr) {
        AddDaysTo(from, -shift()->DaysOf(WholeOf(row[3])));
        AddDaysTo(to, -shift()->DaysOf(WholeOf(row[3])));
      }
      all.push_back(absl::StrCat(TextOf(row[0]), " ", from.substr(5, 8), " ", to.substr(5, 8)));
    }
    return all;
  };
  const std::string admission =
      Message("A01", "1", Pv1{.place = "ER^1^A^HOSP"}.Text(), "", "20200101100000");
  const std::string to_icu =
      Message("A02", "1", Pv1{.place = "ICU^2^B^HOSP", .before = "ER^1^A^HOSP"}.Text(), "", kTo2);
  ASSERT_OK(Load(admission + to_icu).status());
  EXPECT_THAT(places(), ElementsAre("ER, HOSP 01-01 10 01-02 08", "ICU, HOSP 01-02 08 01-05 12"));
  EXPECT_EQ(Count("visit_detail d JOIN visit_detail p ON p.visit_detail_id = "
                  "d.preceding_visit_detail_id AND d.visit_occurrence_id = p.visit_occurrence_id"),
            1);
  const auto before = Everything();
  // Another bed is the same place; the same messages again change nothing.
  ASSERT_OK(Load(Message("A02", "1", Pv1{.place = "ICU^2^C^HOSP"}.Text(), "", "20200102090000"))
                .status());
  ASSERT_OK(Load(to_icu).status());
  EXPECT_EQ(Everything(), before);
  // The next load's transfer ends the stay before it; the discharge ends the last.
  const std::string to_ward = Message("A02", "1", Pv1{.place = "WARD^^^HOSP"}.Text(), "", kTo3);
  ASSERT_OK(Load(to_ward).status());
  ASSERT_OK(Load(Message("A03", "1", Pv1{.end = "20200104150000", .place = "WARD^^^HOSP"}.Text()))
                .status());
  EXPECT_THAT(places(), ElementsAre("ER, HOSP 01-01 10 01-02 08", "ICU, HOSP 01-02 08 01-03 08",
                                    "WARD, HOSP 01-03 08 01-04 15"));
  // A cancelled transfer did not happen; cancelled again it changes nothing.
  const auto cancel = [&](const std::string& when) {
    return Load(Message("A12", "1", Pv1{.end = "20200104150000", .place = "ICU^2^B^HOSP"}.Text(),
                        "", when))
        .status();
  };
  ASSERT_OK(cancel(kTo3));
  EXPECT_THAT(places(), ElementsAre("ER, HOSP 01-01 10 01-02 08", "ICU, HOSP 01-02 08 01-04 15"));
  ASSERT_OK(cancel("20200103090000"));
  EXPECT_EQ(places().size(), 2u);
  ASSERT_OK(UndoLastLoad(*engine_));
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(places().size(), 3u);
  // By a time that fits none, the last transfer is meant: the patient is back in its former place.
  ASSERT_OK(cancel("20200103091500"));
  EXPECT_THAT(places(), ElementsAre("ER, HOSP 01-01 10 01-02 08", "ICU, HOSP 01-02 08 01-04 15"));
  // With the visit its places go.
  ASSERT_OK(Load(Message("A11", "1", Pv1().Text())).status());
  EXPECT_EQ(Count("visit_detail"), 0);
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(places().size(), 2u);
  // The visit moves to another patient with its places, and is in them still.
  ASSERT_OK(Load(Message("A45", "2", "MRG|1^^^H^MR||||V1\r" + Pv1{.start = ""}.Text())).status());
  EXPECT_EQ(Count("visit_detail WHERE person_id = " + Person("2")), 2);
  ASSERT_OK(Load(Message("A02", "2", Pv1{.place = "REHA"}.Text(), "", "20200103120000")).status());
  EXPECT_THAT(places(), ElementsAre("ER, HOSP 01-01 10 01-02 08", "ICU, HOSP 01-02 08 01-03 12",
                                    "REHA 01-03 12 01-05 12"));
}

TEST_P(Moves, ATransferTellsWhereThePatientWasBefore) {
  ASSERT_OK(
      Load(Message("A02", "1", Pv1{.place = "ICU", .before = "ER"}.Text(), "", "20200102080000"))
          .status());
  EXPECT_EQ(
      Count("visit_detail d JOIN care_site c ON c.care_site_id = d.care_site_id WHERE "
            "care_site_name = 'ER' AND visit_detail_start_date = " +
            Day("1", "2020-01-01") + " AND visit_detail_end_date = " + Day("1", "2020-01-02")),
      1);
  EXPECT_EQ(Count("visit_detail"), 2);
  // The admission that comes late is the same stay.
  ASSERT_OK(Load(Message("A01", "1", Pv1{.place = "ER"}.Text(), "", "20200101100000")).status());
  EXPECT_EQ(Count("visit_detail"), 2);
}

INSTANTIATE_TEST_SUITE_P(
    Engines, Moves, ::testing::Combine(::testing::ValuesIn(TestEngines::kNames), ::testing::Bool()),
    [](const auto& test) {
      return absl::StrCat(std::get<0>(test.param), std::get<1>(test.param) ? "Shifted" : "");
    });

}  // namespace
}  // namespace essaim::hl7v2
