// What a study's headers say besides its images: the scanner, the visit, measured values.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "base/testing/status_matchers.h"
#include "dicom/dicom_files.h"
#include "dicom/dicom_testing.h"
#include "dicom/measures.h"
#include "warehouse/cdm_load.h"
#include "warehouse/cdm_sinks.h"
#include "warehouse/engines_testing.h"
#include "warehouse/sql_values.h"

namespace essaim::dicom {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;

// Under numbers of the test's own.
class FewCodes : public Vocabulary {
 public:
  absl::StatusOr<const MappedCode*> Map(std::string_view vocabulary,
                                        std::string_view code) override {
    mapped_ = {};
    std::int64_t id = 0;
    if (vocabulary == "DICOM" && code == "CT") id = 12;
    if (vocabulary == "DICOM" && code == "(0018,0050)") id = 13;
    if (vocabulary == "UCUM" && code == "mm") id = 8588;
    if (id == 0) return &mapped_;
    mapped_.source = {.concept_id = id, .domain_id = "Device", .standard = true};
    mapped_.targets = {mapped_.source};
    return &mapped_;
  }

  absl::StatusOr<Concept> Find(std::int64_t) override { return Concept(); }

 private:
  MappedCode mapped_;
};

using Change = std::function<void(DcmDataset&)>;

// The same on every engine, with dates that are moved and dates that are not.
class StudyRows : public ::testing::TestWithParam<std::tuple<const char*, bool>> {
 protected:
  void SetUp() override {
    char name[] = "/tmp/essaim_study_XXXXXX";
    folder_ = mkdtemp(name);
    auto engine = engines_.Make(std::get<0>(GetParam()), folder_);
    ASSERT_OK(engine);
    engine_ = *std::move(engine);
    ASSERT_OK(CreateCdm(*engine_));
    if (std::get<1>(GetParam()))
      shift_.emplace(SecretBytes::CopyOf(std::string(32, 's')), "warehouse", DateShiftOptions{});
  }

  void TearDown() override {
    engine_.reset();
    fs::remove_all(folder_);
  }

  const DateShift* shift() const { return shift_.has_value() ? &*shift_ : nullptr; }

  void Write(const std::string& name, const TestImage& image, const Change& change = nullptr) {
    fs::create_directories(folder_ + "/in");
    const auto file = MakeImage(image);
    if (change) change(*file->getDataset());
    EXPECT_EQ(Save(*file, folder_ + "/in/" + name, EXS_LittleEndianExplicit), "");
  }

  absl::StatusOr<CdmLoadReport> Load() {
    StudyVisits visits(*engine_, shift());
    const DicomOptions options{
        .ids = &ids_,
        .vocabulary = &codes_,
        .person_known = [](std::int64_t) { return absl::StatusOr<bool>(false); },
        .visit_on = [&](std::int64_t person,
                        const std::string& day) { return visits.On(person, day); }};
    auto source = OpenDicomFiles({folder_ + "/in"}, options);
    if (!source.ok()) return source.status();
    return LoadCdm(*engine_, **source, {.date_shift = shift()});
  }

  std::int64_t Count(const std::string& from) {
    const auto rows = engine_->Query("SELECT COUNT(*) FROM " + from);
    EXPECT_OK(rows);
    return rows.ok() ? WholeOf(rows->rows[0][0]) : -1;
  }

  std::int64_t Person(const char* number) { return ids_.IdOf("person", "HOPITAL", number); }

  std::string Day(const char* number, std::string day) {
    if (shift() != nullptr) AddDaysTo(day, shift()->DaysOf(Person(number)));
    return "DATE '" + day + "'";
  }

  void AddVisit(int id, const char* number, const char* from, const char* to) {
    ASSERT_OK(engine_->Execute(
        "INSERT INTO visit_occurrence (visit_occurrence_id, person_id, visit_start_date, "
        "visit_end_date, essaim_load) VALUES (" +
        std::to_string(id) + ", " + std::to_string(Person(number)) + ", " + Day(number, from) +
        ", " + Day(number, to) + ", 0)"));
  }

  // As if an earlier load had moved the dates by the same rule.
  void SettleShift() {
    if (shift() == nullptr) return;
    ASSERT_OK(engine_->Execute("INSERT INTO essaim_settings VALUES ('date_shift', '" +
                               shift()->settings() + "')"));
  }

  std::string folder_;
  TestEngines engines_;
  std::unique_ptr<SqlEngine> engine_;
  std::optional<DateShift> shift_;
  IdMaker ids_{SecretBytes::CopyOf(std::string(32, 'k')), "warehouse", "site"};
  FewCodes codes_;
};

TEST_P(StudyRows, TheScannerIsADeviceOfTheStudy) {
  Write("1", {});
  Write("2", {.series = "1.2.3.1.2", .instance = "1.2.3.1.2.1"});
  Write("3", {.study = "1.2.4", .series = "1.2.4.1", .instance = "1.2.4.1.1", .modality = "XX"});
  Write("4", {.study = "1.2.5", .series = "1.2.5.1", .instance = "1.2.5.1.1"}, [](DcmDataset& d) {
    d.findAndDeleteElement(DCM_Manufacturer);
    d.findAndDeleteElement(DCM_ManufacturerModelName);
  });
  ASSERT_OK(Load());
  EXPECT_EQ(Count("device_exposure"), 2);
  EXPECT_EQ(Count("device_exposure WHERE device_source_value = 'ACME Scanner 5' AND "
                  "device_concept_id = 12 AND device_exposure_start_date = " +
                  Day("IPP-1", "2020-01-31")),
            1);
  EXPECT_EQ(Count("device_exposure WHERE device_concept_id = 0"), 1);  // of an unknown modality
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Count("device_exposure"), 0);
}

TEST_P(StudyRows, AStudyBelongsToTheOnlyVisitThatCoversItsDay) {
  SettleShift();
  AddVisit(1, "IPP-1", "2020-01-30", "2020-02-02");
  AddVisit(2, "IPP-1", "2020-03-01", "2020-03-02");
  AddVisit(3, "IPP-2", "2020-01-30", "2020-02-02");
  AddVisit(4, "IPP-2", "2020-01-31", "2020-01-31");
  AddVisit(5, "IPP-3", "2020-02-01", "2020-02-02");
  Write("1", {});
  Write("2", {.patient_id = "IPP-2", .study = "1.2.4", .series = "1.2.4.1", .instance = "1.2.4.2"});
  Write("3", {.patient_id = "IPP-3", .study = "1.2.5", .series = "1.2.5.1", .instance = "1.2.5.2"});
  const auto report = Load();
  ASSERT_OK(report);
  for (const char* table : {"procedure_occurrence", "device_exposure", "image_occurrence"}) {
    EXPECT_EQ(Count(std::string(table) + " WHERE visit_occurrence_id = 1"), 1) << table;
    EXPECT_EQ(Count(std::string(table) + " WHERE visit_occurrence_id IS NULL"), 2) << table;
  }
  EXPECT_THAT(report->notices, Contains(HasSubstr("none of the person's covers the day: 1")));
  EXPECT_THAT(report->notices, Contains(HasSubstr("several of the person's cover the day: 1")));
  // The same files again change nothing, and find a visit that came since.
  ASSERT_OK_AND_ASSIGN(CdmLoadReport again, Load());
  EXPECT_TRUE(again.known);
  AddVisit(6, "IPP-3", "2020-01-31", "2020-01-31");
  ASSERT_OK_AND_ASSIGN(again, Load());
  EXPECT_FALSE(again.known);
  EXPECT_EQ(Count("image_occurrence WHERE visit_occurrence_id IS NULL"), 1);
  EXPECT_EQ(Count("image_occurrence"), 3);
}

TEST_P(StudyRows, AVisitIsFoundUnderTheNumberThatAPatientHasNow) {
  SettleShift();
  AddVisit(1, "IPP-9", "2020-01-30", "2020-02-02");
  ASSERT_OK(engine_->Execute("INSERT INTO essaim_merged VALUES (0, " +
                             std::to_string(Person("IPP-1")) + ", " +
                             std::to_string(Person("IPP-9")) + ")"));
  Write("1", {});
  ASSERT_OK(Load());
  EXPECT_EQ(Count("image_occurrence WHERE visit_occurrence_id = 1 AND person_id = " +
                  std::to_string(Person("IPP-9")) +
                  " AND image_occurrence_date = " + Day("IPP-9", "2020-01-31")),
            1);
}

// A source that says that a visit was another patient's.
class MovedVisit : public CdmSource {
 public:
  MovedVisit(std::int64_t from, std::int64_t into) : from_(from), into_(into) {}

  std::string_view kind() const override { return "test"; }

  std::uint64_t bytes_total() const override { return 1; }

  absl::Status Read(CdmSink& sink) override {
    sink.EndFile("move", std::string(64, '0'), 1);
    return sink.MoveVisit(1, from_, into_);
  }

 private:
  std::int64_t from_, into_;
};

TEST_P(StudyRows, AStudyGoesWithItsVisit) {
  SettleShift();
  AddVisit(1, "IPP-1", "2020-01-30", "2020-02-02");
  Write("1", {}, [](DcmDataset& d) { d.putAndInsertString(DCM_SliceThickness, "2.5"); });
  ASSERT_OK(Load());
  MovedVisit move(Person("IPP-1"), Person("IPP-2"));
  ASSERT_OK(LoadCdm(*engine_, move, {.date_shift = shift()}));
  const std::string of_2 = " WHERE person_id = " + std::to_string(Person("IPP-2"));
  for (const char* table :
       {"visit_occurrence", "procedure_occurrence", "device_exposure", "image_occurrence",
        "essaim_image_instance", "image_feature", "measurement"})
    EXPECT_EQ(Count(table + of_2), 1) << table;
  EXPECT_EQ(Count("measurement WHERE measurement_date = " + Day("IPP-2", "2020-01-31")), 1);
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Count("essaim_image_instance" + of_2), 0);
  EXPECT_EQ(Count("measurement WHERE measurement_date = " + Day("IPP-1", "2020-01-31")), 1);
}

TEST_P(StudyRows, ValuesThatASeriesHasInCommonAreItsFeatures) {
  for (int i = 1; i <= 3; ++i) {
    Write(std::to_string(i), {.instance = "1.2.3.1.1." + std::to_string(i)}, [&](DcmDataset& d) {
      d.putAndInsertString(DCM_PixelSpacing, "0.75\\0.5");
      d.putAndInsertString(DCM_SliceThickness, "2.5");
      d.putAndInsertString(DCM_KVP, i == 2 ? "120.0" : "120");
      d.putAndInsertString(DCM_Exposure, std::to_string(100 + i).c_str());  // slice by slice
      d.putAndInsertString(DCM_EchoTime, "many");
    });
  }
  const auto report = Load();
  ASSERT_OK(report);
  EXPECT_EQ(Count("measurement"), 4);
  EXPECT_EQ(Count("image_feature f JOIN measurement m ON m.measurement_id = "
                  "f.image_feature_event_id JOIN image_occurrence i ON i.image_occurrence_id = "
                  "f.image_occurrence_id WHERE f.image_feature_event_field_concept_id = 1147330 "
                  "AND f.image_feature_concept_id = m.measurement_concept_id"),
            4);
  for (const char* value :
       {"'PixelSpacingRow' AND value_as_number = 0.75 AND unit_concept_id = 8588",
        "'PixelSpacingColumn' AND value_as_number = 0.5",
        "'SliceThickness' AND value_as_number = 2.5 AND measurement_concept_id = 13",
        "'KVP' AND value_as_number = 120 AND unit_source_value = 'kV' AND unit_concept_id IS NULL"})
    EXPECT_EQ(Count(std::string("measurement WHERE measurement_source_value = ") + value), 1)
        << value;
  EXPECT_THAT(report->notices, Contains(HasSubstr("differ within their series, and are no feature "
                                                  "of it: 1")));
  EXPECT_THAT(report->notices, Contains(HasSubstr("whose attribute has no concept")));
  ASSERT_OK(Load());  // the same changes nothing
  EXPECT_EQ(Count("image_feature"), 4);
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Count("image_feature") + Count("measurement"), 0);
}

INSTANTIATE_TEST_SUITE_P(Engines, StudyRows,
                         ::testing::Combine(::testing::ValuesIn(TestEngines::kNames),
                                            ::testing::Bool()),
                         [](const auto& test) {
                           return std::string(std::get<0>(test.param)) +
                                  (std::get<1>(test.param) ? "Shifted" : "");
                         });

TEST(Measures, AreReadFromWhatFramesShareToo) {
  DcmDataset d;
  DcmItem* shared = nullptr;
  ASSERT_TRUE(d.findOrCreateSequenceItem(DCM_SharedFunctionalGroupsSequence, shared).good());
  DcmItem* item = nullptr;
  ASSERT_TRUE(shared->findOrCreateSequenceItem(DCM_PixelMeasuresSequence, item).good());
  item->putAndInsertString(DCM_PixelSpacing, "0.5\\0.25");
  item->putAndInsertString(DCM_SliceThickness, "1e400");
  ASSERT_TRUE(shared->findOrCreateSequenceItem(DCM_MREchoSequence, item).good());
  item->putAndInsertFloat64(DCM_EffectiveEchoTime, 12.5);
  const Measured measured = MeasuresOf(d);
  EXPECT_EQ(measured[0], 0.5);
  EXPECT_EQ(measured[1], 0.25);
  EXPECT_FALSE(measured[4].has_value());  // no number of a scanner
  EXPECT_EQ(measured[12], 12.5);
  EXPECT_EQ(std::string(kMeasures[12].name), "EchoTime");
}

}  // namespace
}  // namespace essaim::dicom
