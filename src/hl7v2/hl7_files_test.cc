#include "hl7v2/hl7_files.h"

#include <filesystem>
#include <fstream>

#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "hl7v2/known_rows.h"
#include "warehouse/cdm_load.h"
#include "warehouse/engines_testing.h"

namespace essaim::hl7v2 {
namespace {

using ::essaim::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Knows LOINC's 2339-0 as a measurement and mg/dL.
class FewCodes : public Vocabulary {
 public:
  FewCodes() {
    glucose_.source = {.concept_id = 3000483, .domain_id = "Measurement", .standard = true};
    glucose_.targets = {glucose_.source};
    unit_.source = {.concept_id = 8840, .domain_id = "Unit", .standard = true};
    unit_.targets = {unit_.source};
  }

  absl::StatusOr<const MappedCode*> Map(std::string_view vocabulary,
                                        std::string_view code) override {
    if (vocabulary == "LOINC" && code == "2339-0") return &glucose_;
    if (vocabulary == "UCUM" && code == "mg/dL") return &unit_;
    return &none_;
  }

  absl::StatusOr<Concept> Find(std::int64_t) override { return Concept(); }

 private:
  MappedCode glucose_, unit_, none_;
};

// The same on every engine.
class Hl7Files : public ::testing::TestWithParam<const char*> {
 protected:
  Hl7Files() : folder_(testing::TempPath("hl7_files_test", GetParam())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    auto engine = engines_.Make(GetParam(), folder_);
    EXPECT_OK(engine.status());
    engine_ = *std::move(engine);
    EXPECT_OK(CreateCdm(*engine_));
  }

  ~Hl7Files() override {
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }

  // A message of ADT's kind; `rest` are its further segments.
  static std::string Message(const std::string& type, const std::string& id,
                             const std::string& rest) {
    return "MSH|^~\\&|A|B|C|D|20200105120000||" + type + "|1|P|2.5\rEVN||20200101100000\rPID|1||" +
           id + "^^^H^MR||Moreau^Anne||19500302|F|||3 rue X^^Lyon^^69003^FR\r" + rest + "\r";
  }

  absl::StatusOr<CdmLoadReport> Load(const std::string& text) {
    const std::string path = folder_ + "/m" + std::to_string(++n_files_) + ".hl7";
    std::ofstream(path, std::ios::binary) << text;
    return LoadPath(path);
  }

  absl::StatusOr<CdmLoadReport> LoadPath(const std::string& path) {
    FewCodes codes;
    const auto source =
        OpenHl7Files({path}, {.ids = &ids_,
                              .vocabulary = &codes,
                              .known = std::make_shared<KnownRows>(*engine_, shift_.get())});
    if (!source.ok()) return source.status();
    return LoadCdm(*engine_, **source, {.date_shift = shift_.get()});
  }

  std::int64_t Count(const std::string& from) {
    const auto rows = engine_->Query("SELECT COUNT(*) FROM " + from);
    EXPECT_OK(rows.status());
    return std::get<std::int64_t>(rows->rows[0][0]);
  }

  std::string folder_;
  int n_files_ = 0;
  TestEngines engines_;
  std::unique_ptr<SqlEngine> engine_;
  std::unique_ptr<DateShift> shift_;  // null: dates stay
  IdMaker ids_{SecretBytes::CopyOf(std::string(32, 'k')), "p", "s"};
};

const std::string kAdmission = "PV1|1|I|||||C7|||||||ER|||||V1" + std::string(25, '|');

TEST_P(Hl7Files, AStayIsAdmittedUpdatedAndDischarged) {
  ASSERT_OK(Load(Message("ADT^A01", "1", kAdmission + "20200101100000")).status());
  EXPECT_EQ(Count("visit_occurrence WHERE visit_concept_id = 9201 AND admitted_from_source_value "
                  "= 'ER' AND visit_end_date = DATE '2020-01-05'"),
            1);
  ASSERT_OK(Load(Message("ADT^A03", "1", kAdmission + "20200101100000|20200103080000")).status());
  EXPECT_EQ(Count("visit_occurrence"), 1);
  EXPECT_EQ(Count("visit_occurrence WHERE visit_end_date = DATE '2020-01-03'"), 1);
  EXPECT_EQ(Count("observation_period WHERE observation_period_end_date = DATE '2020-01-03'"), 1);
  EXPECT_EQ(Count("person WHERE year_of_birth = 1950 AND gender_concept_id = 8532"), 1);
  EXPECT_EQ(Count("location WHERE zip = '69' AND city IS NULL"), 1);
  // A11: the admission was a mistake.
  ASSERT_OK(Load(Message("ADT^A11", "1", kAdmission + "20200101100000")).status());
  EXPECT_EQ(Count("visit_occurrence"), 0);
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Count("visit_occurrence"), 1);
}

TEST_P(Hl7Files, TwoNumbersOfOnePersonBecomeOne) {
  ASSERT_OK(
      Load(Message("ADT^A01", "1", kAdmission + "20200101100000") + Message("ADT^A28", "2", ""))
          .status());
  EXPECT_EQ(Count("person"), 2);
  ASSERT_OK(Load(Message("ADT^A40", "2", "MRG|1^^^H^MR")).status());
  EXPECT_EQ(Count("person"), 1);
}

TEST_P(Hl7Files, ResultsHaveValuesUnitsAndRanges) {
  ASSERT_OK(Load(Message("ORU^R01", "1",
                         "OBR|1||F7|GLU|||20200104\r"
                         "OBX|1|NM|2339-0^Glucose^LN||91.84|mg/dL|70-100|N|||F\r"
                         "OBX|2|SN|2339-0^Glucose^LN|2|<^5|mg/dL|||||F\r"
                         "OBX|3|ST|X1^Comment^L||well|||||F\r"
                         "OBX|4|CWE|X2^Colour^L||Y^yellow^L||||||F\r"
                         "OBX|5|NM|2339-0^Glucose^LN|9|1|mg/dL|||||D"))
                .status());
  EXPECT_EQ(Count("measurement WHERE value_as_number > 91.83 AND value_as_number < 91.85 AND "
                  "unit_concept_id = 8840 AND range_low = 70 AND range_high = 100 AND "
                  "measurement_date = DATE '2020-01-04'"),
            1);
  EXPECT_EQ(Count("measurement WHERE operator_concept_id = 4171756 AND value_as_number = 5"), 1);
  EXPECT_EQ(Count("measurement"), 2);
  EXPECT_EQ(Count("observation WHERE value_as_string = 'well'"), 1);
  EXPECT_EQ(Count("observation WHERE value_source_value = 'yellow'"), 1);
}

TEST_P(Hl7Files, ResultsAreReadAsLaboratoriesWriteThem) {
  ASSERT_OK(Load(Message("ORU^R01", "1",
                         "OBR|1||F7|GLU|||20200104\r"
                         "OBX|1|DT|X1^Due^L||20250522||||||F\r"
                         "OBX|2|NM|X2^Leukocytes^L||7.5|10^3/uL|4.5-11.0|||F\r"
                         "OBX|3|ST|X3^Troponin^L||<0.01|ng/mL||||F\r"
                         "OBX|4|NM|X4^CRP^L||>=5|mg/L||||F\r"
                         "OBX|5|TX|X5^Culture^L||No growth~after 5 days||||||F\r"
                         "OBX|6|ST|X6^Arrow^L||<>5||||||F"))
                .status());
  EXPECT_EQ(Count("observation WHERE observation_source_value = 'X1' AND value_as_string = "
                  "'20250522' AND value_as_number IS NULL"),
            1);
  EXPECT_EQ(Count("measurement WHERE measurement_source_value = 'X2' AND unit_source_value = "
                  "'10^3/uL' AND value_as_number = 7.5"),
            1);
  EXPECT_EQ(Count("measurement WHERE measurement_source_value = 'X3' AND operator_concept_id = "
                  "4171756 AND value_as_number < 0.011"),
            1);
  EXPECT_EQ(Count("measurement WHERE measurement_source_value = 'X4' AND operator_concept_id = "
                  "4171755 AND value_as_number = 5"),
            1);
  EXPECT_EQ(Count("observation WHERE value_as_string LIKE 'No growth%after 5 days'"), 1);
  EXPECT_EQ(Count("observation WHERE value_as_string = '<>5'"), 1);
}

TEST_P(Hl7Files, VaccinesDiagnosesAndDocumentsHaveTheirTables) {
  ASSERT_OK(Load(Message("VXU^V04", "1",
                         "DG1|1||I10^Hypertension^I10|||F\r"
                         "RXA|0|1|20200102||08^HepB^CVX|0.5|mL||||||||LOT9|||||CP\r"
                         "RXA|0|1|20200102||03^MMR^CVX|0.5|mL|||||||||||||RE") +
                 Message("MDM^T02", "1",
                         "TXA|1|CN|TX|20200103||||||||D1\rOBX|1|TX|||First line~second line"))
                .status());
  EXPECT_EQ(Count("drug_exposure WHERE drug_source_value = '08' AND lot_number = 'LOT9'"), 1);
  EXPECT_EQ(Count("drug_exposure"), 1);
  EXPECT_EQ(Count("condition_occurrence WHERE condition_source_value = 'I10'"), 1);
  EXPECT_EQ(Count("note WHERE note_text LIKE 'First line%second line'"), 1);
}

const std::string kGlucose = "OBR|1|P1^EHR|F1^LAB|2339-0^Glucose^LN";

TEST_P(Hl7Files, AnOrderIsARequestThatItsResultsAnswer) {
  ASSERT_OK(Load(Message("OML^O21", "1",
                         "ORC|NW|P1^EHR||G1|||||20200104080000\r" + kGlucose +
                             "\rORC|NW|P2^EHR|||||||20200104\rOBR|2|P2^EHR||XR^Chest^L"))
                .status());
  EXPECT_EQ(Count("procedure_occurrence WHERE procedure_type_concept_id = 32833"), 2);
  EXPECT_EQ(Count("measurement"), 0);  // nothing was measured yet
  EXPECT_EQ(Count("procedure_occurrence WHERE procedure_source_value = '2339-0' AND "
                  "procedure_concept_id = 0 AND procedure_source_concept_id = 3000483 AND "
                  "procedure_date = DATE '2020-01-04'"),
            1);
  // The result comes in another load, with the placer's number and the filler's.
  ASSERT_OK(Load(Message("ORU^R01", "1",
                         kGlucose + "|||20200105\rOBX|1|NM|2339-0^Glucose^LN||90|mg/dL|||||F\r"
                                    "OBR|2|P9^EHR|F9|GLU\rOBX|1|NM|2339-0^Glucose^LN||91|mg/dL"))
                .status());
  EXPECT_EQ(Count("measurement"), 2);
  EXPECT_EQ(Count("measurement m JOIN procedure_occurrence p ON p.procedure_occurrence_id = "
                  "m.measurement_event_id WHERE m.meas_event_field_concept_id = 1147082 AND "
                  "p.procedure_source_value = '2339-0' AND m.value_as_number = 90"),
            1);
  EXPECT_EQ(Count("measurement WHERE measurement_event_id IS NULL"), 1);  // of no known order
  // A change of status is no new order.
  ASSERT_OK(Load(Message("ORM^O01", "1", "ORC|SC|P1^EHR|||IP\r" + kGlucose)).status());
  EXPECT_EQ(Count("procedure_occurrence"), 2);
}

TEST_P(Hl7Files, WhatIsWithdrawnIsTakenBack) {
  const std::string order = "ORC|NW|P1^EHR|||||||20200104\r" + kGlucose;
  for (const char* withdrawn :
       {"ORC|CA|P1^EHR", "ORC|OC|P1^EHR|F1^LAB", "ORC|DC|P1^EHR", "ORC|SC|P1^EHR|||CA"}) {
    ASSERT_OK(Load(Message("ORM^O01", "1", order)).status());
    EXPECT_EQ(Count("procedure_occurrence"), 1) << withdrawn;
    ASSERT_OK(Load(Message("ORM^O01", "1", withdrawn)).status());  // without its details
    EXPECT_EQ(Count("procedure_occurrence"), 0) << withdrawn;
    ASSERT_OK(UndoLastLoad(*engine_));
    EXPECT_EQ(Count("procedure_occurrence"), 1) << withdrawn;
    ASSERT_OK(Load(Message("ORM^O01", "1", std::string(withdrawn) + "\r" + kGlucose)).status());
    EXPECT_EQ(Count("procedure_occurrence"), 0) << withdrawn;
    ASSERT_OK(UndoLastLoad(*engine_));
    ASSERT_OK(UndoLastLoad(*engine_));
  }
  // Another person's order of that number is another order.
  ASSERT_OK(Load(Message("ORM^O01", "1", order)).status());
  ASSERT_OK(Load(Message("ORM^O01", "2", "ORC|CA|P1^EHR")).status());
  EXPECT_EQ(Count("procedure_occurrence"), 1);
}

TEST_P(Hl7Files, ADrugThatIsAskedForAndEncodedIsOnePrescription) {
  ASSERT_OK(Load(Message("OMP^O09", "1",
                         "ORC|NW|P7^EHR\rTQ1|1||||||20200104|20200110\r"
                         "RXO|X1^Amoxicillin^L|500||mg|||||||21||2"))
                .status());
  EXPECT_EQ(Count("drug_exposure WHERE drug_type_concept_id = 32838 AND quantity = 21 AND refills "
                  "= 2 AND drug_exposure_start_date = DATE '2020-01-04' AND drug_exposure_end_date "
                  "= DATE '2020-01-10'"),
            1);
  const std::string encoded = "\rRXE||X1^Amoxicillin^L|500||mg|||||21|||||RX1";
  ASSERT_OK(Load(Message("RDE^O11", "1", "ORC|NW|P7^EHR" + encoded)).status());
  ASSERT_OK(Load(Message("RDS^O13", "1", "ORC|RE|P7^EHR\rRXD|1|X1^Amoxicillin^L|20200105|21|mg"))
                .status());
  EXPECT_EQ(Count("drug_exposure WHERE drug_type_concept_id = 32838"), 1);
  EXPECT_EQ(Count("drug_exposure WHERE drug_type_concept_id = 32825"), 1);
  ASSERT_OK(Load(Message("RDE^O11", "1", "ORC|CA|P7^EHR" + encoded)).status());
  EXPECT_EQ(Count("drug_exposure WHERE drug_type_concept_id = 32838"), 0);
  EXPECT_EQ(Count("drug_exposure"), 1);  // what was dispensed was dispensed
}

TEST_P(Hl7Files, BadMessagesAreNamedAndTheRestIsLoaded) {
  const std::string bad = "MSH|^~\\&|A\rPID|1||7^^^H\r" + Message("ADT^A28", "1", "DG1|1") +
                          "MSH|^~\\&|A||||||SIU^S12|1|P|2.5\r" + "MSH|^~\\&|A\r???\r";
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report, Load(bad));
  std::vector<std::string> faults;
  for (const BadRow& row : report.bad_rows)
    faults.push_back(std::to_string(row.line) + " " + row.column + " " + row.reason);
  EXPECT_THAT(faults, ElementsAre("2 PID-7 no date of birth", "6 DG1-3 no code",
                                  HasSubstr("line 2: expected a segment")));
  EXPECT_EQ(Count("person"), 1);
  EXPECT_THAT(report.notices, ElementsAre(HasSubstr("SIU: appointments")));
}

TEST_P(Hl7Files, WhatIsNoMessageIsNotLoaded) {
  const auto refused = [&](const std::string& text) {
    return StatusIs(
        absl::StatusCode::kInvalidArgument,
        HasSubstr("/m" + text + ".hl7: expected HL7 v2 messages, which begin with MSH|, and none"));
  };
  EXPECT_THAT(Load("MSH_ID,born\n1,1950\n").status(), refused("1"));
  EXPECT_THAT(Load(std::string("\xFF\xD8\xFF\xE0\0\x10JFIF\r\n", 12)).status(), refused("2"));
  EXPECT_EQ(Count("essaim_loads"), 0);
  EXPECT_EQ(Count("essaim_rejected"), 0);
  // A message that is wrong is one; a file without a message has nothing wrong in it.
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport wrong, Load("\x0bMSH|^~\\&|A\r???\r"));
  EXPECT_EQ(wrong.bad_rows.size(), 1u);
  ASSERT_OK(Load("\n").status());
  // Beside files that are messages, it is kept apart.
  std::filesystem::create_directories(folder_ + "/in");
  std::ofstream(folder_ + "/in/a.txt") << "name,born\n";
  std::ofstream(folder_ + "/in/b.hl7") << Message("ADT^A28", "1", "");
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport both, LoadPath(folder_ + "/in"));
  ASSERT_EQ(both.bad_rows.size(), 1u);
  EXPECT_THAT(both.bad_rows[0].ToString(), HasSubstr("a.txt:1"));
  EXPECT_EQ(Count("person"), 1);
}

TEST_P(Hl7Files, TheSamplesLand) {
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report,
                       LoadPath(std::string(ESSAIM_SOURCE_DIR) + "/tests/data/hl7v2/messages"));
  EXPECT_EQ(report.files.size(), 139u);
  for (const char* table :
       {"person", "visit_occurrence", "condition_occurrence", "drug_exposure",
        "procedure_occurrence", "measurement", "observation", "note", "payer_plan_period"})
    EXPECT_GT(Count(table), 0) << table;
  for (const BadRow& row : report.bad_rows)
    EXPECT_TRUE(row.column.empty() || row.column.find('-') == 3u) << row.ToString();
}

INSTANTIATE_TEST_SUITE_P(Engines, Hl7Files, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace essaim::hl7v2
