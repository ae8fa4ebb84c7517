#include "fhir/fhir_files.h"

#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "fhir/fhir_time.h"
#include "warehouse/cdm_load.h"
#include "warehouse/engines_testing.h"

namespace essaim::fhir {
namespace {

using ::essaim::testing::HasCode;
using ::essaim::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(FhirTime, KeepsTheWallClockOrGoesToUtc) {
  EXPECT_EQ(WallClock("2020-02-29T23:30:00.5-05:00").time(), "2020-02-29 23:30:00");
  EXPECT_EQ(Utc("2020-02-29T23:30:00-05:00").time(), "2020-03-01 04:30:00");
  EXPECT_EQ(Utc("2020-03-01T01:30:15.123+02:00").time(), "2020-02-29 23:30:15");
  EXPECT_EQ(Utc("9999-12-31T23:30:00-05:00").date(), "");
  EXPECT_EQ(WallClock("2020").date(), "2020-01-01");
  EXPECT_EQ(WallClock("2020-05").time(), "2020-05-01 00:00:00");
  EXPECT_EQ(WallClock("2016-12-31T23:59:60Z").time(), "2016-12-31 23:59:59");
  for (const char* bad : {"", "20", "2020-1-1", "2021-02-29", "2020-01-01T", "2020-01-01T24:00:00",
                          "2020-01-01T10:00:00+1", "2020-01-01 10:00:00", "0000-01-01",
                          "2020-13-01", "2020-04-31", "20x0-01-01"})
    EXPECT_FALSE(WallClock(bad)) << bad;
}

class Names : public IdentitySink {
 public:
  absl::Status Put(const Identity& identity) override {
    all.push_back(identity);
    return absl::OkStatus();
  }

  std::vector<Identity> all;
};

// The same on every engine.
class FhirFiles : public ::testing::TestWithParam<const char*> {
 protected:
  FhirFiles() : folder_(testing::TempPath("fhir_files_test", GetParam())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    auto engine = engines_.Make(GetParam(), folder_);
    EXPECT_OK(engine.status());
    engine_ = *std::move(engine);
    EXPECT_OK(CreateCdm(*engine_));
  }

  ~FhirFiles() override {
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << text;
    return folder_ + "/" + name;
  }

  absl::StatusOr<CdmLoadReport> Load(const std::vector<std::string>& paths,
                                     const CdmLoadOptions& options = {}) {
    class NoCodes : public Vocabulary {
     public:
      absl::StatusOr<const MappedCode*> Map(std::string_view, std::string_view) override {
        return &none_;
      }

      absl::StatusOr<Concept> Find(std::int64_t) override { return Concept(); }

     private:
      MappedCode none_;
    } vocabulary;

    const auto source =
        OpenFhirFiles(paths, {.ids = &ids_, .vocabulary = &vocabulary, .identities = &names_});
    if (!source.ok()) return source.status();
    return LoadCdm(*engine_, **source, options);
  }

  std::int64_t Count(const std::string& from) {
    const auto rows = engine_->Query("SELECT COUNT(*) FROM " + from);
    EXPECT_OK(rows.status());
    return std::get<std::int64_t>(rows->rows[0][0]);
  }

  std::string folder_;
  TestEngines engines_;
  std::unique_ptr<SqlEngine> engine_;
  IdMaker ids_{SecretBytes::CopyOf(std::string(32, 'k')), "p", "s"};
  Names names_;
};

constexpr char kPatient[] =
    R"({"resourceType":"Patient","id":"1","birthDate":"1950-03-02","gender":"female",)"
    R"("name":[{"family":"Moreau","given":["Anne"]}],"identifier":[{"system":"ipp","value":"77"}],)"
    R"("address":[{"line":["3 rue X"],"city":"Lyon","postalCode":"69003","country":"FR"}]})";
constexpr char kVisit[] =
    R"({"resourceType":"Encounter","id":"v","status":"finished","class":{"code":"IMP"},)"
    R"("subject":{"reference":"Patient/1"},"period":{"start":"2020-01-01","end":"2020-01-05"}})";
constexpr char kCondition[] =
    R"({"resourceType":"Condition","id":"c","subject":{"reference":"https://h/fhir/Patient/1"},)"
    R"("code":{"coding":[{"system":"http://snomed.info/sct","code":"59621000"}]},)"
    R"("onsetDateTime":"2020-01-02"})";

TEST_P(FhirFiles, NobodysNameIsInTheCdm) {
  ASSERT_OK_AND_ASSIGN(
      const CdmLoadReport report,
      Load({Write("a.ndjson", std::string(kPatient) + "\n" + kVisit + "\n\n" + kCondition)}));
  EXPECT_EQ(report.files[0].n_read, 3u);
  EXPECT_EQ(Count("person WHERE person_source_value = '" + ids_.PseudonymOf("", "1") + "'"), 1);
  EXPECT_EQ(Count("location WHERE zip = '69' AND city IS NULL AND address_1 IS NULL"), 1);
  // Without a vocabulary the code stays, as concept 0.
  EXPECT_EQ(Count("condition_occurrence WHERE condition_concept_id = 0 AND "
                  "condition_source_value = '59621000' AND person_id = (SELECT person_id FROM "
                  "person)"),
            1);
  EXPECT_EQ(Count("observation_period WHERE observation_period_end_date = DATE '2020-01-05'"), 1);
  ASSERT_EQ(names_.all.size(), 2u);
  EXPECT_EQ(names_.all[1].system, "ipp");
  EXPECT_EQ(names_.all[1].family_name, "Moreau");
}

TEST_P(FhirFiles, HowADrugIsTakenAndHowMuchOfItComesWithIt) {
  const std::string code =
      R"("code":"X1","system":"http://www.nlm.nih.gov/research/umls/rxnorm"}]},)";
  const std::string lines =
      std::string(kPatient) +
      "\n"
      R"({"resourceType":"MedicationRequest","id":"r","status":"active","authoredOn":"2020-01-02",)"
      R"("subject":{"reference":"Patient/1"},"medicationCodeableConcept":{"coding":[{)" +
      code +
      R"("dosageInstruction":[{"text":"one in the morning","route":{"text":"oral"},)"
      R"("doseAndRate":[{"doseQuantity":{"value":1,"unit":"TAB"}}]},{"text":"two at night"}],)"
      R"("dispenseRequest":{"quantity":{"value":60.5},"numberOfRepeatsAllowed":3,)"
      R"("expectedSupplyDuration":{"value":4,"code":"wk"}}})"
      "\n"
      R"({"resourceType":"MedicationAdministration","id":"a","status":"completed",)"
      R"("effectiveDateTime":"2020-01-03","subject":{"reference":"Patient/1"},)"
      R"("medicationCodeableConcept":{"coding":[{)" +
      code +
      R"("dosage":{"text":"over ten minutes","dose":{"value":500,"code":"mg"},)"
      R"("route":{"coding":[{"system":"http://snomed.info/sct","code":"47625008"}]}}})"
      "\n"
      R"({"resourceType":"Immunization","id":"i","status":"completed",)"
      R"("occurrenceDateTime":"2020-01-04","patient":{"reference":"Patient/1"},)"
      R"("vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":"140"}]},)"
      R"("lotNumber":"L-7","doseQuantity":{"value":0.5,"unit":"mL"}})"
      "\n";
  ASSERT_OK(Load({Write("drugs.ndjson", lines)}).status());
  EXPECT_EQ(
      Count("drug_exposure WHERE sig = 'one in the morning; two at night' AND quantity = 60.5 "
            "AND days_supply = 28 AND refills = 3 AND route_source_value = 'oral' AND "
            "dose_unit_source_value = 'TAB'"),
      1);
  EXPECT_EQ(Count("drug_exposure WHERE sig = 'over ten minutes' AND quantity = 500 AND "
                  "dose_unit_source_value = 'mg' AND route_source_value = '47625008'"),
            1);
  EXPECT_EQ(Count("drug_exposure WHERE lot_number = 'L-7' AND quantity = 0.5 AND sig IS NULL AND "
                  "dose_unit_source_value = 'mL'"),
            1);
}

TEST_P(FhirFiles, BadLinesAreNamedAndTheRestIsLoaded) {
  const std::string text = std::string(kPatient) + "\r\n{\"resourceType\":\n[]\n" +
                           R"({"resourceType":"Patient","id":"2"})" + "\n" +
                           R"({"resourceType":"Condition","id":"c"})" + "\n" +
                           R"({"resourceType":"Group","id":"g"})" + "\n";
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report, Load({Write("b.ndjson", text)}));
  std::vector<std::string> faults;
  for (const BadRow& row : report.bad_rows)
    faults.push_back(std::to_string(row.line) + " " + row.column + " " + row.reason);
  EXPECT_THAT(faults,
              ElementsAre("2  no JSON: byte 16: an end of the object or list expected",
                          "3 resourceType missing", "4 birthDate missing", "5 onset[x] no date"));
  EXPECT_THAT(report.notices, ElementsAre(HasSubstr("1 resources of the type Group")));
  EXPECT_EQ(Count("person"), 1);
  EXPECT_EQ(Count("essaim_rejected WHERE raw LIKE '%Patient%'"), 1);
  EXPECT_THAT(Load({folder_ + "/b.ndjson"}, {.on_bad_row = OnBadRow::kStop}).status(),
              HasCode(absl::StatusCode::kInvalidArgument));
}

// What no row needs is checked too: a line is loaded whole or not at all.
TEST_P(FhirFiles, ABrokenPartThatNobodyReadsSpoilsItsLine) {
  std::string broken = kCondition;
  broken.insert(1, R"("meta":{"tag":[{"x":tru}]},)");
  ASSERT_OK_AND_ASSIGN(
      const CdmLoadReport report,
      Load({Write("a.ndjson", std::string(kPatient) + "\n" + broken + "\n" + kVisit + "\n")}));
  ASSERT_EQ(report.bad_rows.size(), 1u);
  EXPECT_EQ(report.bad_rows[0].line, 2u);
  EXPECT_EQ(report.bad_rows[0].reason, "no JSON: byte 22: true expected");
  EXPECT_EQ(Count("condition_occurrence"), 0);
  EXPECT_EQ(Count("visit_occurrence"), 1);
}

TEST_P(FhirFiles, ABundlesEntriesReferToEachOther) {
  const std::string bundle =
      R"({"resourceType":"Bundle","entry":[{"fullUrl":"urn:uuid:u-1","resource":)" +
      std::string(kPatient) + R"(},{"fullUrl":"urn:uuid:u-2","resource":)" +
      R"({"resourceType":"Encounter","id":"w","subject":{"reference":"urn:uuid:u-1"},)" +
      R"("class":{"code":"AMB"},"period":{"start":"2021-05-05T10:00:00Z"}}},{}]})";
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report, Load({Write("bundle.json", bundle)}));
  EXPECT_EQ(Count("visit_occurrence v JOIN person p ON p.person_id = v.person_id"), 1);
  ASSERT_EQ(report.bad_rows.size(), 1u);
  EXPECT_EQ(report.bad_rows[0].line, 3u);
}

TEST_P(FhirFiles, AnEntryWithoutAnIdIsWhatItsFullUrlCallsIt) {
  const std::string bundle =
      R"({"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:u-1",)"
      R"("resource":{"resourceType":"Patient","gender":"female","birthDate":"1950-01-02"}},)"
      R"({"fullUrl":"urn:uuid:u-2","resource":{"resourceType":"Encounter","subject":)"
      R"({"reference":"urn:uuid:u-1"},"class":{"code":"AMB"},)"
      R"("period":{"start":"2021-05-05T10:00:00Z"}}},)"
      R"({"resource":{"resourceType":"Patient","birthDate":"1960"}}]})";
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report, Load({Write("bundle.json", bundle)}));
  EXPECT_EQ(Count("visit_occurrence v JOIN person p ON p.person_id = v.person_id"), 1);
  ASSERT_EQ(report.bad_rows.size(), 1u);
  EXPECT_EQ(report.bad_rows[0].line, 3u);
}

TEST_P(FhirFiles, CompressedDataAndLongLinesAreRead) {
  std::string long_line = kPatient;
  long_line.insert(1, "\"x\":\"" + std::string(3'000'000, 'x') + "\",");
  const std::string text = std::string(kVisit) + "\n" + long_line + "\n";
  const std::string path = folder_ + "/c.ndjson.gz";
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report, Load({path}));
  EXPECT_EQ(report.files[0].n_read, 2u);
  EXPECT_EQ(Count("person"), 1);
  // Cut off in the middle: nothing of it is loaded.
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  EXPECT_FALSE(Load({path}).ok());
  EXPECT_EQ(Count("essaim_loads"), 1);
}

TEST_P(FhirFiles, WhatIsNoFhirFileIsRefused) {
  for (const auto& [name, text] :
       {std::pair("a.ndjson", "name,born\nAnne,1950\n"), std::pair("b.json", R"({"id": "1"})"),
        std::pair("c.json", "\xFF\xD8\xFF\xE0 JFIF")}) {
    const std::string expected =
        folder_ + "/" + name + ": expected resources of FHIR R4, JSON with a resourceType";
    EXPECT_THAT(Load({Write(name, text)}).status(),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(expected)));
  }
  EXPECT_EQ(Count("essaim_loads"), 0);
  ASSERT_OK_AND_ASSIGN(
      const CdmLoadReport broken,
      Load({folder_ + "/b.json", Write("d.ndjson", R"({"resourceType": "Patient", )")}));
  EXPECT_EQ(broken.bad_rows.size(), 2u);
  EXPECT_THAT(Load({Write("x.csv", "a")}).status(), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Load({folder_ + "/none.json"}).status(), HasCode(absl::StatusCode::kNotFound));
}

INSTANTIATE_TEST_SUITE_P(Engines, FhirFiles, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace essaim::fhir
