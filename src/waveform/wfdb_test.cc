#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "warehouse/cdm_load.h"
#include "warehouse/engines_testing.h"
#include "waveform/wfdb_files.h"
#include "waveform/wfdb_header.h"

namespace essaim::waveform {
namespace {

namespace fs = std::filesystem;
using essaim::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// As record 100 of the MIT-BIH Arrhythmia Database has it (physionet.org/content/mitdb), with a
// time, a date and a line of info.
constexpr char kMitBih[] =
    "100 2 360 650000 0:0:0 01/02/1975\n"
    "100.dat 212 200 11 1024 995 -22131 0 MLII\n"
    "100.dat 212 200 11 1024 1011 20052 0 V5\r\n"
    "# 69 M 1085 1629 x1\n# <age>: 69 <sex>: M <diagnoses>: (none) <medications>: Aldomet\n";

TEST(WfdbHeader, ReadsARecordOfSignals) {
  ASSERT_OK_AND_ASSIGN(const WfdbHeader h, ReadWfdbHeader(kMitBih));
  EXPECT_EQ(h.record, "100");
  EXPECT_EQ(h.frequency, 360);
  EXPECT_EQ(h.n_samples, 650'000);
  EXPECT_EQ(h.base_time, "00:00:00");
  EXPECT_EQ(h.base_date, "1975-02-01");
  ASSERT_EQ(h.signals.size(), 2u);
  EXPECT_EQ(h.signals[1].description, "V5");
  EXPECT_EQ(h.signals[1].format, 212);
  EXPECT_EQ(h.signals[1].resolution_bits, 11);
  EXPECT_EQ(h.age, "69");
  EXPECT_EQ(h.sex, "M");
  EXPECT_THAT(h.diagnoses, HasSubstr("(none)"));
  // 100.dat of the database has 1,950,000 bytes.
  EXPECT_EQ(BytesOf(h, "100.dat"), 1'950'000);
}

TEST(WfdbHeader, ReadsEveryFieldAndItsDefaults) {
  ASSERT_OK_AND_ASSIGN(const WfdbHeader h,
                       ReadWfdbHeader("# made\n\nx_1 2 1e3/50.5(-2) 7 1:02:03.5\n"
                                      "a.dat 16x4:2+512 1.5e2(10)/uV 16 0 0 0 0 name with blanks\n"
                                      "~ 0\n"));
  EXPECT_EQ(h.base_time, "01:02:03");
  EXPECT_EQ(h.signals[0].samples_per_frame, 4);
  EXPECT_EQ(h.signals[0].skew, 2);
  EXPECT_EQ(h.signals[0].offset, 512);
  EXPECT_EQ(h.signals[0].gain, 150);
  EXPECT_EQ(h.signals[0].units, "uV");
  EXPECT_EQ(h.signals[0].description, "name with blanks");
  EXPECT_EQ(h.signals[1].gain, 200);
  EXPECT_EQ(h.signals[1].units, "mV");
  EXPECT_EQ(BytesOf(h, "a.dat"), 512 + 7 * 4 * 2);
  ASSERT_OK_AND_ASSIGN(const WfdbHeader undated, ReadWfdbHeader("x 0 360 10 0:0:0 0/0/0"));
  EXPECT_EQ(undated.base_date, "");
  ASSERT_OK_AND_ASSIGN(const WfdbHeader least, ReadWfdbHeader("x 0"));
  EXPECT_EQ(least.frequency, 250);
}

TEST(WfdbHeader, KnowsEachFormatsSize) {
  const auto bytes = [](const char* format, int n) {
    const auto h = ReadWfdbHeader(absl::StrCat("x 1 1 ", n, "\nx.dat ", format, "\n"));
    EXPECT_OK(h.status());
    return BytesOf(*h, "x.dat");
  };
  EXPECT_EQ(bytes("8", 5), 5);
  EXPECT_EQ(bytes("80", 5), 5);
  EXPECT_EQ(bytes("16", 5), 10);
  EXPECT_EQ(bytes("61", 5), 10);
  EXPECT_EQ(bytes("160", 5), 10);
  EXPECT_EQ(bytes("24", 5), 15);
  EXPECT_EQ(bytes("32", 5), 20);
  EXPECT_EQ(bytes("212", 4), 6);
  EXPECT_EQ(bytes("212", 5), 8);
  EXPECT_EQ(bytes("310", 6), 8);
  EXPECT_EQ(bytes("311", 6), 8);
  EXPECT_EQ(bytes("516", 5), -1);  // compressed
  EXPECT_EQ(bytes("16", 0), -1);   // not said
}

TEST(WfdbHeader, SaysWhereItIsWrong) {
  const auto is = [](const char* text) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(text));
  };
  EXPECT_THAT(ReadWfdbHeader("").status(), is("line 1"));
  EXPECT_THAT(ReadWfdbHeader("x").status(), is("line 1: a record's name"));
  EXPECT_THAT(ReadWfdbHeader("../x 1").status(), is("the record's name"));
  EXPECT_THAT(ReadWfdbHeader("x 99999999999").status(), is("number of signals"));
  EXPECT_THAT(ReadWfdbHeader("x 1 0").status(), is("sampling frequency"));
  EXPECT_THAT(ReadWfdbHeader("x 1 nan").status(), is("sampling frequency"));
  EXPECT_THAT(ReadWfdbHeader("x 1 1 1 25:00:00").status(), is("base time"));
  EXPECT_THAT(ReadWfdbHeader("x 1 1 1 1:0:0 30/02/2020").status(), is("base date"));
  EXPECT_THAT(ReadWfdbHeader("x 1 1 1\n/etc/passwd 16").status(), is("line 2: a signal's file"));
  EXPECT_THAT(ReadWfdbHeader("x 1 1 1\n../x.dat 16").status(), is("without a folder"));
  EXPECT_THAT(ReadWfdbHeader("x 1 1 1\nx.dat 17").status(), is("format"));
  EXPECT_THAT(ReadWfdbHeader("x 1 1 1\nx.dat 16x0").status(), is("samples a frame"));
  EXPECT_THAT(ReadWfdbHeader("x 2 1 1\nx.dat 16\n").status(), is("1 more signals"));
  EXPECT_THAT(ReadWfdbHeader("x 0 1 1\nx.dat 16\n").status(), is("the end"));
  EXPECT_THAT(ReadWfdbHeader("x/0 0\n").status(), is("segments"));
  EXPECT_THAT(ReadWfdbHeader("x/1 0\na b\n").status(), is("a segment's name"));
}

// The same on every engine.
class WfdbFiles : public ::testing::TestWithParam<const char*> {
 protected:
  WfdbFiles() : folder_(testing::TempPath("wfdb_test", GetParam())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_ + "/r");
    auto engine = engines_.Make(GetParam(), folder_);
    EXPECT_OK(engine.status());
    engine_ = *std::move(engine);
  }

  ~WfdbFiles() override {
    engine_.reset();
    fs::remove_all(folder_);
  }

  void Write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_ + "/r/" + name, std::ios::binary) << bytes;
  }

  absl::StatusOr<CdmLoadReport> Load(const std::string& samples = "") {
    const auto source = OpenWfdbFiles(
        {folder_ + "/r"},
        {.ids = &ids_,
         .has_person = [&](std::int64_t id) { return id == ids_.IdOf("person", "H", "P1"); },
         .samples_path = samples,
         .system = "H"});
    if (!source.ok()) return source.status();
    return LoadCdm(*engine_, **source, {});
  }

  std::vector<std::string> Faults() {
    const auto report = Load();
    EXPECT_OK(report.status());
    std::vector<std::string> faults;
    for (const BadRow& row : report->bad_rows) faults.push_back(row.reason);
    return faults;
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
};

TEST_P(WfdbFiles, ARecordIsAProcedureWithItsSignals) {
  Write("ecg.hea",
        "ecg 2 360 100 10:00:00 01/02/2020\necg.dat 212 200 11 0 0 0 0 MLII\n"
        "ecg.dat 212 200/uV 11 0 0 0 0 V5\n# age: 69 sex: M\n# patient: P1\n");
  Write("ecg.dat", std::string(300, 'x'));
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report, Load());
  EXPECT_TRUE(report.bad_rows.empty());
  EXPECT_EQ(Count("procedure_occurrence p JOIN essaim_waveform w ON w.procedure_occurrence_id = "
                  "p.procedure_occurrence_id WHERE p.procedure_date = DATE '2020-02-01' AND "
                  "w.sampling_frequency = 360 AND w.n_samples = 100 AND w.n_signals = 2 AND "
                  "w.age_source_value = '69' AND w.sex_source_value = 'M'"),
            1);
  EXPECT_EQ(Count("essaim_waveform_signal WHERE signal_source_value = 'V5' AND unit_source_value "
                  "= 'uV' AND signal_format = 212 AND signal_file_bytes = 300"),
            1);
  ASSERT_OK(UndoLastLoad(*engine_));
  for (const char* table : {"procedure_occurrence", "essaim_waveform", "essaim_waveform_signal"})
    EXPECT_EQ(Count(table), 0) << table;
}

TEST_P(WfdbFiles, SegmentsArePartsOfTheirRecord) {
  Write("m.hea", "m/3 1 100 30 1:00:00 01/02/2020\nm_1 10\n~ 5\nm_2 15\n# subject: P1\n");
  Write("m_1.hea", "m_1 1 100 10\nm_1.dat 16\n");
  Write("m_1.dat", std::string(20, 'x'));
  Write("m_2.hea", "m_2 1 100 15\nm_2.dat 80\n");
  Write("m_2.dat", std::string(15, 'x'));
  EXPECT_THAT(Faults(), ElementsAre());
  EXPECT_EQ(Count("essaim_waveform WHERE n_segments = 3"), 1);
  EXPECT_EQ(Count("essaim_waveform_signal"), 2);
  fs::remove(folder_ + "/r/m_2.hea");
  Write("m.hea", "m/3 1 100 30 1:00:00 01/02/2020\nm_1 10\n~ 5\nm_2 15\n# subject: P1 \n");
  EXPECT_THAT(Faults(), ElementsAre(HasSubstr("segment 3: its header is not there")));
}

TEST_P(WfdbFiles, WhatIsNotThereOrTooShortIsSaid) {
  const std::string owner = "\n# patient: P1\n";
  Write("a.hea", "a 1 100 10 1:00:00 01/02/2020\na.dat 16" + owner);
  Write("b.hea", "b 1 100 10 1:00:00 01/02/2020\nb.dat 16" + owner);
  Write("b.dat", std::string(19, 'x'));
  Write("c.hea", "c 1 100 10 1:00:00 01/02/2020\nc.dat 16" + owner);
  Write("c.dat", std::string(100, 'x'));
  Write("d.hea", "d 1 100 10\nd.dat 16" + owner);
  Write("e.hea", "e 1 100 10 1:00:00 01/02/2020\ne.dat 16\n");
  Write("f.hea", "f one\n");
  EXPECT_THAT(Faults(),
              ElementsAre(HasSubstr("signal 1: its file is not there"),
                          HasSubstr("has 19 bytes, by the header it should have 20"),
                          HasSubstr("has 100 bytes"), HasSubstr("no date"),
                          HasSubstr("no person of that identifier"), HasSubstr("line 1")));
  EXPECT_EQ(Count("procedure_occurrence"), 0);
  // The same headers once the file is there are no load that was there before.
  Write("a.dat", std::string(20, 'x'));
  EXPECT_EQ(Faults().size(), 5u);
  EXPECT_EQ(Count("procedure_occurrence"), 1);
  Write("d.dat", std::string(20, 'x'));
  const std::string list = folder_ + "/list.csv";
  std::ofstream(list) << "sample,person,date\nd,P1,2021-03-04\n";
  ASSERT_OK(Load(list).status());
  EXPECT_EQ(Count("procedure_occurrence WHERE procedure_date = DATE '2021-03-04'"), 1);
}

TEST_P(WfdbFiles, WhatIsNoHeaderIsNotLoaded) {
  Write("a.hea", "name,born\nAnne,1950\n");
  Write("b.hea", "# a comment\n\nname born\n");
  EXPECT_THAT(Load().status(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("a.hea: expected WFDB headers, which begin with a record's")));
  EXPECT_EQ(Count("essaim_loads"), 0);
  Write("c.hea", "# a comment\r\nc 99999\r\n");  // too many signals, in what is a header
  EXPECT_EQ(Faults().size(), 3u);
}

INSTANTIATE_TEST_SUITE_P(Engines, WfdbFiles, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace essaim::waveform
