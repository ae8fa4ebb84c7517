#include "dicom/dicom_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/files.h"
#include "base/testing/status_matchers.h"
#include "crypto/entropy.h"
#include "dicom/dcm_file.h"
#include "dicom/deidentify.h"
#include "dicom/dicom_testing.h"
#include "dicom/frames.h"
#include "warehouse/cdm_load.h"
#include "warehouse/engines_testing.h"

namespace essaim::dicom {
namespace {

namespace fs = std::filesystem;
using ::essaim::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

// SNOMED's chest and the modality CT, under numbers of the test's own.
class FewCodes : public Vocabulary {
 public:
  absl::StatusOr<const MappedCode*> Map(std::string_view vocabulary,
                                        std::string_view code) override {
    mapped_ = {};
    if (vocabulary == "SNOMED" && code == "816094009") Give(11, "Spec Anatomic Site");
    if (vocabulary == "DICOM" && code == "CT") Give(12, "Device");
    if (vocabulary == "LOINC" && code == "24627-2") Give(13, "Procedure");
    return &mapped_;
  }

  absl::StatusOr<Concept> Find(std::int64_t) override { return Concept(); }

 private:
  void Give(std::int64_t id, const char* domain) {
    mapped_.source = {.concept_id = id, .domain_id = domain, .standard = true};
    mapped_.targets = {mapped_.source};
  }

  MappedCode mapped_;
};

class Identities : public IdentitySink {
 public:
  absl::Status Put(const Identity& identity) override {
    put_.push_back(identity);
    return absl::OkStatus();
  }

  std::vector<Identity> put_;
};

class DicomFilesTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    char name[] = "/tmp/essaim_dicom_XXXXXX";
    folder_ = mkdtemp(name);
    fs::create_directories(In());
    auto engine = engines_.Make(GetParam(), folder_);
    ASSERT_OK(engine);
    engine_ = *std::move(engine);
    ASSERT_OK(CreateCdm(*engine_));
    OpenStore();
  }

  void TearDown() override {
    store_.reset();
    engine_.reset();
    fs::remove_all(folder_);
  }

  void OpenStore(char key = 'i') {
    store_.reset();
    auto store =
        ImageStore::Open(folder_ + "/images", SecretBytes::CopyOf(std::string(32, key)), entropy_);
    ASSERT_OK(store);
    store_ = *std::move(store);
    store_->ReadNamesFrom(*engine_);
  }

  std::string In(const std::string& name = "") const { return folder_ + "/in/" + name; }

  std::string Write(const std::string& name, const TestImage& image,
                    E_TransferSyntax syntax = EXS_LittleEndianExplicit) {
    fs::create_directories(fs::path(In(name)).parent_path());
    const auto file = MakeImage(image);
    EXPECT_EQ(Save(*file, In(name), syntax), "") << name;
    return In(name);
  }

  absl::StatusOr<CdmLoadReport> Load(const std::vector<std::string>& paths,
                                     DicomOptions options = {}, bool dry_run = false) {
    options.ids = &ids_;
    options.vocabulary = &vocabulary_;
    options.identities = &identities_;
    options.images = store_.get();
    options.person_known = [&](std::int64_t id) { return absl::StatusOr<bool>(known_ == id); };
    if (absl::Status s = store_->Settle(*engine_); !s.ok()) return s;
    auto source = OpenDicomFiles(paths, options);
    if (!source.ok()) return source.status();
    auto report = LoadCdm(*engine_, **source, {.dry_run = dry_run});
    if (absl::Status s = store_->Settle(*engine_); !s.ok()) return s;
    return report;
  }

  std::int64_t Count(const std::string& from) {
    const auto rows = engine_->Query("SELECT COUNT(*) FROM " + from);
    EXPECT_OK(rows);
    return rows.ok() ? std::get<std::int64_t>(rows->rows[0][0]) : -1;
  }

  std::vector<std::string> Column(const std::string& sql) {
    const auto rows = engine_->Query(sql);
    EXPECT_OK(rows);
    std::vector<std::string> texts;
    for (const auto& row : rows.ok() ? rows->rows : std::vector<std::vector<SqlValue>>()) {
      if (const auto* text = std::get_if<std::string>(&row[0])) texts.push_back(*text);
      if (const auto* number = std::get_if<std::int64_t>(&row[0]))
        texts.push_back(std::to_string(*number));
      if (std::holds_alternative<std::monostate>(row[0])) texts.push_back("NULL");
    }
    return texts;
  }

  std::string StoredFile(const std::string& file) {
    std::string bytes;
    EXPECT_OK(store_->Read(file, [&](std::string_view part) {
      bytes.append(part);
      return absl::OkStatus();
    }));
    return bytes;
  }

  std::size_t FilesOnDisk() const {
    std::size_t n = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ + "/images"))
      n += entry.is_regular_file() && entry.path().filename() != "lock" ? 1 : 0;
    return n;
  }

  TestEngines engines_;
  crypto::SystemEntropy entropy_;
  std::string folder_;
  std::unique_ptr<SqlEngine> engine_;
  std::unique_ptr<ImageStore> store_;
  const IdMaker ids_{SecretBytes::CopyOf(std::string(32, 'k')), "warehouse", "site"};
  FewCodes vocabulary_;
  Identities identities_;
  std::int64_t known_ = 0;
};

TEST_P(DicomFilesTest, WritesRowsOfStudySeriesInstanceAndPerson) {
  Write("a/1", {});
  Write("a/2", {.instance = "1.2.3.1.1.2"});
  Write("b/deep/3", {.series = "1.2.3.1.2", .instance = "1.2.3.1.2.1", .body_part = "SPLEEN"});
  std::ofstream(In("readme.txt")) << "a viewer's";
  const auto report = Load({In()});
  ASSERT_OK(report);
  EXPECT_THAT(report->notices, ::testing::Contains(HasSubstr("no DICOM, passed over: 1")));
  EXPECT_EQ(Count("person"), 1);
  EXPECT_EQ(Count("procedure_occurrence"), 1);
  EXPECT_EQ(Count("image_occurrence"), 2);
  EXPECT_EQ(Count("essaim_image_instance"), 3);
  const std::string person = std::to_string(ids_.IdOf("person", "HOPITAL", "IPP-1"));
  EXPECT_EQ(Count("person WHERE person_id = " + person +
                  " AND year_of_birth = 1960 AND month_of_birth = 2 AND day_of_birth = 14 AND "
                  "gender_concept_id = 8532"),
            1);
  EXPECT_EQ(Count("procedure_occurrence WHERE procedure_source_value = 'CT CHEST' AND "
                  "procedure_date = DATE '2020-01-31' AND person_id = " +
                  person),
            1);
  EXPECT_THAT(Column("SELECT anatomic_site_concept_id FROM image_occurrence"),
              UnorderedElementsAre("11", "0"));
  EXPECT_EQ(Count("image_occurrence WHERE modality_concept_id = 12 AND image_study_uid = '" +
                  NewUid(ids_, "1.2.3.1") + "'"),
            2);
  EXPECT_EQ(Count("essaim_image_instance WHERE image_rows = 16 AND image_columns = 24 AND "
                  "image_frames = 1 AND bits_stored = 12 AND manufacturer = 'ACME' AND "
                  "pixels = 'stored' AND instance_number = 7"),
            3);
  EXPECT_EQ(Count("image_occurrence i JOIN procedure_occurrence p ON p.procedure_occurrence_id = "
                  "i.procedure_occurrence_id JOIN essaim_image_instance e ON "
                  "e.image_occurrence_id = i.image_occurrence_id"),
            3);
  ASSERT_EQ(identities_.put_.size(), 1u);
  EXPECT_EQ(identities_.put_[0].family_name, "DURAND");
  EXPECT_EQ(identities_.put_[0].given_names, "MARIE");
  EXPECT_EQ(identities_.put_[0].system, "HOPITAL");
  EXPECT_EQ(FilesOnDisk(), 3u);
}

TEST_P(DicomFilesTest, KeepsPixelsBitEqualInEveryLosslessSyntax) {
  const std::vector<std::pair<const char*, E_TransferSyntax>> syntaxes = {
      {"implicit", EXS_LittleEndianImplicit},
      {"explicit", EXS_LittleEndianExplicit},
      {"big", EXS_BigEndianExplicit},
      {"deflated", EXS_DeflatedLittleEndianExplicit},
      {"rle", EXS_RLELossless},
      {"jpeg", EXS_JPEGProcess14SV1},
      {"jpegls", EXS_JPEGLSLossless},
      {"j2k", EXS_JPEG2000LosslessOnly}};
  int n = 0;
  for (const auto& [name, syntax] : syntaxes) {
    for (const int samples : {1, 3}) {
      const std::string uid = "1.2.9." + std::to_string(++n);
      const TestImage image{.series = "1.2.9", .instance = uid, .samples = samples};
      const std::string path = Write(std::string(name) + std::to_string(samples), image, syntax);
      const auto report = Load({path});
      ASSERT_OK(report);
      ASSERT_TRUE(report->bad_rows.empty()) << report->bad_rows[0].ToString();
      const std::vector<std::string> files =
          Column("SELECT pixel_file FROM essaim_image_instance WHERE image_instance_uid = '" +
                 NewUid(ids_, uid) + "'");
      ASSERT_EQ(files.size(), 1u) << name;
      const std::string bytes = StoredFile(files[0]);
      EXPECT_EQ(bytes.find("DURAND"), std::string::npos);
      auto stored = ReadDcmBytes(bytes);
      ASSERT_OK(stored);
      EXPECT_EQ(stored->scan.transfer_syntax_uid, DcmXfer(syntax).getXferID());
      const auto frame = DecodeFrame(*stored->content->getDataset(), 0);
      ASSERT_OK(frame) << name;
      EXPECT_TRUE(frame->pixels == PixelsOf(image)) << name << samples;
    }
  }
}

TEST_P(DicomFilesTest, KeepsFramesAndLossyPixelsAsTheyAre) {
  const TestImage loop{.instance = "1.2.8.1", .frames = 3};
  const TestImage photo{.instance = "1.2.8.2", .samples = 3};
  Write("loop", loop, EXS_JPEGLSLossless);
  const std::string lossy = Write("lossy", photo, EXS_JPEGProcess1);
  ASSERT_OK(Load({In()}));
  // Lossy compression makes a new instance, of a UID that the encoder chose.
  for (const auto& [samples, frames] : {std::pair(1, 3U), std::pair(3, 1U)}) {
    const auto files =
        Column("SELECT pixel_file FROM essaim_image_instance WHERE samples_per_pixel = " +
               std::to_string(samples));
    ASSERT_EQ(files.size(), 1u);
    auto stored = ReadDcmBytes(StoredFile(files[0]));
    ASSERT_OK(stored);
    auto original = ReadDcmFile(samples == 1 ? In("loop") : lossy);
    ASSERT_OK(original);
    for (std::uint32_t f = 0; f < frames; ++f) {
      const auto a = DecodeFrame(*stored->content->getDataset(), f);
      const auto b = DecodeFrame(*original->content->getDataset(), f);
      ASSERT_OK(a);
      ASSERT_OK(b);
      EXPECT_TRUE(a->pixels == b->pixels);
    }
    EXPECT_THAT(DecodeFrame(*stored->content->getDataset(), frames),
                testing::HasCode(absl::StatusCode::kNotFound));
  }
}

TEST_P(DicomFilesTest, IsRepeatableAndUndoneWithItsFiles) {
  Write("1", {});
  ASSERT_OK(Load({In()}));
  const auto again = Load({In()});
  ASSERT_OK(again);
  EXPECT_TRUE(again->known);
  EXPECT_EQ(Count("essaim_image_instance"), 1);
  EXPECT_EQ(FilesOnDisk(), 1u);
  // The same instance with other pixels: the new row and the new file; an undo brings the old back.
  const auto first = Column("SELECT pixel_file FROM essaim_image_instance");
  Write("1", {.rows = 20});
  ASSERT_OK(Load({In()}));
  EXPECT_EQ(Column("SELECT image_rows FROM essaim_image_instance"), std::vector<std::string>{"20"});
  EXPECT_EQ(FilesOnDisk(), 2u);
  const auto undo = [&] {
    const auto files = FilesOfLastLoad(*engine_);
    ASSERT_OK(files);
    ASSERT_OK(store_->PlanRemoval(*files));
    ASSERT_OK(UndoLastLoad(*engine_));
    ASSERT_OK(store_->Settle(*engine_));
  };
  undo();
  EXPECT_EQ(Column("SELECT pixel_file FROM essaim_image_instance"), first);
  EXPECT_EQ(FilesOnDisk(), 1u);
  EXPECT_FALSE(StoredFile(first[0]).empty());
  undo();
  EXPECT_EQ(Count("essaim_image_instance"), 0);
  EXPECT_EQ(Count("person"), 0);
  EXPECT_EQ(FilesOnDisk(), 0u);
}

TEST_P(DicomFilesTest, CountsAMediumsDirectoryOfAnotherName) {
  const auto file = MakeImage({});
  file->getDataset()->putAndInsertString(DCM_SOPClassUID, UID_MediaStorageDirectoryStorage);
  ASSERT_EQ(Save(*file, In("dir"), EXS_LittleEndianExplicit), "");
  const auto report = Load({In("dir")});
  ASSERT_OK(report);
  ASSERT_EQ(report->files.size(), 1u);
  EXPECT_EQ(report->files[0].n_rejected, 1u);
}

TEST_P(DicomFilesTest, KeepsOneFileOfAnImageThatComesAgainUnderAnotherKey) {
  Write("1", {});
  ASSERT_OK(Load({In()}));
  const auto first = Column("SELECT pixel_file FROM essaim_image_instance");
  store_->OpenWith(SecretBytes::CopyOf(std::string(32, 'j')));
  ASSERT_OK(store_->Reseal([](std::uint64_t, std::uint64_t) {}));
  OpenStore('j');
  Write("2", {.instance = "1.2.3.1.1.2"});
  ASSERT_OK(Load({In()}));
  EXPECT_EQ(Count("essaim_image_instance"), 2);
  EXPECT_EQ(FilesOnDisk(), 2u);
  EXPECT_THAT(Column("SELECT pixel_file FROM essaim_image_instance"),
              ::testing::Contains(first[0]));
  EXPECT_FALSE(StoredFile(first[0]).empty());
  // Taken back, the image is there as it was before it came again.
  const auto files = FilesOfLastLoad(*engine_);
  ASSERT_OK(files);
  ASSERT_OK(store_->PlanRemoval(*files));
  ASSERT_OK(UndoLastLoad(*engine_));
  ASSERT_OK(store_->Settle(*engine_));
  EXPECT_EQ(FilesOnDisk(), 1u);
  EXPECT_FALSE(StoredFile(first[0]).empty());
}

TEST_P(DicomFilesTest, LeavesNothingOfADryRun) {
  Write("1", {});
  ASSERT_OK(Load({In()}, {}, true));
  EXPECT_EQ(Count("essaim_image_instance"), 0);
  EXPECT_EQ(FilesOnDisk(), 0u);
}

TEST_P(DicomFilesTest, ReportsBrokenFilesAndGoesOn) {
  Write("good", {});
  std::ofstream(In("empty")).close();
  const std::string whole = *ReadFile(In("good"));
  const auto put = [&](const char* name, const std::string& bytes) {
    std::ofstream(In(name), std::ios::binary) << bytes;
    return In(name);
  };
  put("truncated", whole.substr(0, whole.size() - 100));
  put("head", whole.substr(0, 200));
  const std::string text = put("text", "no DICOM at all");
  std::string lies = whole;  // Rows says that it has 4 GiB
  const std::size_t rows = lies.find(std::string("\x28\x00\x10\x00US", 6));
  ASSERT_NE(rows, std::string::npos);
  lies.replace(rows, 8, std::string("\x28\x00\x10\x00UT\x00\x00", 8));
  put("lies", lies);
  Write("nobody", {.patient_id = "", .instance = "1.2.7.1"});
  Write("undated", {.instance = "1.2.7.2", .study_date = ""});
  Write("unnumbered", {.study = "", .instance = "1.2.7.3"});
  Write("twice", {.rows = 18});  // the UID of "good"
  fs::copy_file(In("good"), In("zcopy"));
  const auto report = Load({In(), text});
  ASSERT_OK(report);
  std::map<std::string, std::string> reasons;
  for (const BadRow& row : report->bad_rows)
    reasons[fs::path(row.file).filename()] = row.column + ": " + row.reason;
  EXPECT_EQ(reasons.size(), 9u);
  EXPECT_THAT(reasons["empty"], HasSubstr("an empty file"));
  EXPECT_THAT(reasons["truncated"], HasSubstr("(7FE0,0010): the file ends in the middle"));
  EXPECT_THAT(reasons["head"], HasSubstr("the file ends in the middle"));
  EXPECT_THAT(reasons["text"], HasSubstr("no DICOM file"));
  EXPECT_THAT(reasons["lies"], HasSubstr("(0028,0010)"));
  EXPECT_THAT(reasons["nobody"], StartsWith("PatientID"));
  EXPECT_THAT(reasons["undated"], StartsWith("StudyDate"));
  EXPECT_THAT(reasons["unnumbered"], StartsWith("StudyInstanceUID"));
  EXPECT_THAT(reasons["twice"], StartsWith("SOPInstanceUID"));
  EXPECT_THAT(report->notices, ::testing::Contains(HasSubstr("copies of files of this load")));
  EXPECT_EQ(Count("essaim_image_instance"), 1);
  EXPECT_EQ(Count("essaim_rejected"), 9);
  EXPECT_EQ(FilesOnDisk(), 1u);
}

TEST_P(DicomFilesTest, DoesNotLoadWhatIsNoDicom) {
  std::ofstream(In("a.csv")) << "name,born\n";
  std::ofstream(In("b.jpg"), std::ios::binary) << "\xFF\xD8\xFF\xE0" << std::string(200, 'x');
  std::ofstream(In("c")).close();
  const auto refused = [](const char* text) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(text));
  };
  EXPECT_THAT(Load({In("b.jpg")}).status(),
              refused("b.jpg: expected DICOM files, with 'DICM' at byte 128, and none is there;"));
  EXPECT_THAT(Load({In()}).status(), refused("a.csv: expected DICOM files"));
  EXPECT_EQ(Count("essaim_loads"), 0);
  Write("d", {.patient_id = ""});  // one, rejected for what it says
  const auto report = Load({In()});
  ASSERT_OK(report);
  EXPECT_EQ(report->bad_rows.size(), 2u);
}

TEST_P(DicomFilesTest, HoldsPixelsThatMayShowAName) {
  Write("capture", {.sop_class = UID_SecondaryCaptureImageStorage});
  const auto report = Load({In()});
  ASSERT_OK(report);
  EXPECT_THAT(report->notices, ::testing::Contains(HasSubstr("may show who it is: 1")));
  EXPECT_EQ(Column("SELECT pixels FROM essaim_image_instance"), std::vector<std::string>{"held"});
  EXPECT_EQ(Column("SELECT pixel_file FROM essaim_image_instance"),
            std::vector<std::string>{"NULL"});
  EXPECT_EQ(FilesOnDisk(), 0u);
  ASSERT_OK(Load({In()}, {.accept_burned_in = true}));
  EXPECT_EQ(Column("SELECT pixels FROM essaim_image_instance"), std::vector<std::string>{"stored"});
  EXPECT_EQ(FilesOnDisk(), 1u);
}

TEST_P(DicomFilesTest, MakesNoPersonOfOneWhoIsKnownOrHasNoAge) {
  known_ = ids_.IdOf("person", "HOPITAL", "IPP-1");
  Write("known", {});
  Write("ageless", {.patient_id = "IPP-2", .birth_date = "", .instance = "1.2.6.1"});
  Write("system", {.patient_id = "IPP-3", .issuer = "", .instance = "1.2.6.2"});
  const auto report = Load({In()}, {.system = "PACS"});
  ASSERT_OK(report);
  EXPECT_THAT(Column("SELECT person_id FROM person"),
              UnorderedElementsAre(std::to_string(ids_.IdOf("person", "PACS", "IPP-3"))));
  EXPECT_EQ(Count("essaim_image_instance"), 3);
  EXPECT_THAT(report->notices, ::testing::Contains(HasSubstr("without date of birth or age")));
}

TEST_P(DicomFilesTest, ReadsTheFilesThatADicomDirNames) {
  Write("IMAGES/I1", {});
  Write("IMAGES/I2", {.instance = "1.2.3.1.1.2"});
  Write("IMAGES/EXTRA", {.instance = "1.2.3.1.1.3"});
  const std::string make = "cd " + In() +
                           " && dcmmkdir --quiet IMAGES/I1 "
                           "IMAGES/I2";
  if (std::system("command -v dcmmkdir > /dev/null") != 0) GTEST_SKIP() << "no dcmmkdir here";
  ASSERT_EQ(std::system(make.c_str()), 0) << make;
  fs::rename(In("IMAGES"), In("images"));  // as some systems mount a medium
  for (const char* name : {"I1", "I2"})
    fs::rename(In("images/") + name, In(std::string("images/i") + name[1]));
  const auto report = Load({In("DICOMDIR")});
  ASSERT_OK(report);
  EXPECT_EQ(Count("essaim_image_instance"), 2);
  fs::rename(In("images/i2"), In("images/moved"));
  const auto missing = Load({In("DICOMDIR")});
  ASSERT_OK(missing);
  ASSERT_EQ(missing->bad_rows.size(), 1u);
  EXPECT_THAT(missing->bad_rows[0].reason, HasSubstr("not there"));
  // Below a folder the directory is passed over, its files are found.
  ASSERT_OK(Load({In()}));
  EXPECT_EQ(Count("essaim_image_instance"), 3);
}

// A file of its own process, killed when it has stored some of its images.
TEST_P(DicomFilesTest, LeavesNothingWhenKilledInTheMiddle) {
  for (int i = 0; i < 20; ++i)
    Write("f" + std::to_string(i), {.instance = "1.2.5." + std::to_string(i + 1)});
  if (std::string(GetParam()) != "duckdb") GTEST_SKIP() << "one engine's file is enough";
  store_.reset();
  engine_.reset();
  const pid_t child = fork();
  if (child == 0) {
    auto engine = engines_.Again();
    if (!engine.ok()) _exit(3);
    engine_ = *std::move(engine);
    OpenStore();
    DicomOptions options{.ids = &ids_,
                         .vocabulary = &vocabulary_,
                         .images = store_.get(),
                         .person_known = [](std::int64_t) { return absl::StatusOr<bool>(false); }};
    auto source = OpenDicomFiles({In()}, options);
    if (!source.ok()) _exit(4);
    int n = 0;
    const auto killed = LoadCdm(*engine_, **source, {.progress = [&](const LoadProgress&) {
      if (++n == 10) raise(SIGKILL);
      return true;
    }});
    _exit(5);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
  EXPECT_GT(FilesOnDisk(), 5u);  // it had begun
  auto engine = engines_.Again();
  ASSERT_OK(engine);
  engine_ = *std::move(engine);
  OpenStore();
  EXPECT_EQ(Count("essaim_image_instance"), 0);
  EXPECT_EQ(Count("person"), 0);
  ASSERT_OK(store_->Settle(*engine_));
  EXPECT_EQ(FilesOnDisk(), 0u);
  ASSERT_OK(Load({In()}));
  EXPECT_EQ(Count("essaim_image_instance"), 20);
  EXPECT_EQ(FilesOnDisk(), 20u);
}

INSTANTIATE_TEST_SUITE_P(Engines, DicomFilesTest, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace essaim::dicom
