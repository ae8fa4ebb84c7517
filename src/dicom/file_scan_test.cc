#include "dicom/file_scan.h"

#include <dcmtk/dcmdata/dctk.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "dicom/dcm_file.h"
#include "dicom/deidentify.h"
#include "dicom/description.h"
#include "dicom/dicom_testing.h"

namespace essaim::dicom {
namespace {

using testing::HasCode;
using ::testing::HasSubstr;
using testing::StatusIs;

constexpr auto kBroken = absl::StatusCode::kInvalidArgument;

std::string Number(std::uint32_t value, std::size_t n) {
  std::string bytes;
  for (std::size_t i = 0; i < n; ++i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
  return bytes;
}

std::string Tag(std::uint32_t tag) { return Number(tag >> 16, 2) + Number(tag & 0xFFFF, 2); }

std::string Short(std::uint32_t tag, const std::string& vr, const std::string& value) {
  return Tag(tag) + vr + Number(static_cast<std::uint32_t>(value.size()), 2) + value;
}

std::string Long(std::uint32_t tag, const std::string& vr, std::uint32_t length,
                 const std::string& value = "") {
  return Tag(tag) + vr + Number(0, 2) + Number(length, 4) + value;
}

std::string Item(std::uint32_t tag, std::uint32_t length) { return Tag(tag) + Number(length, 4); }

std::string FileOf(const std::string& dataset, std::string syntax = "1.2.840.10008.1.2.1") {
  if (syntax.size() % 2 == 1) syntax.push_back('\0');
  const std::string meta = Short(0x00020010, "UI", syntax);
  return std::string(128, '\0') + "DICM" +
         Short(0x00020000, "UL", Number(static_cast<std::uint32_t>(meta.size()), 4)) + meta +
         dataset;
}

absl::Status Scan(const std::string& file) {
  MemoryInput input(file);
  return ScanFile(input).status();
}

constexpr std::uint32_t kUndefined = 0xFFFFFFFF, kItem = 0xFFFEE000, kItemEnd = 0xFFFEE00D,
                        kSequenceEnd = 0xFFFEE0DD;

TEST(FileScan, TakesWhatIsWellFormed) {
  EXPECT_OK(Scan(FileOf("")));
  EXPECT_OK(Scan(FileOf(Short(0x00100010, "PN", "A^B "))));
  EXPECT_OK(Scan(FileOf(Long(0x00081140, "SQ", 0))));
  const std::string inner = Short(0x00081155, "UI", "1.22");
  EXPECT_OK(Scan(FileOf(Long(0x00081140, "SQ", kUndefined) + Item(kItem, kUndefined) + inner +
                        Item(kItemEnd, 0) + Item(kItem, 12) + inner + Item(kSequenceEnd, 0))));
  EXPECT_OK(Scan(FileOf(Long(0x7FE00010, "OB", kUndefined) + Item(kItem, 0) + Item(kItem, 4) +
                            "abcd" + Item(kSequenceEnd, 0),
                        "1.2.840.10008.1.2.4.50")));
  // Implicit: only the dictionary tells a sequence.
  EXPECT_OK(Scan(FileOf(Tag(0x00081140) + Number(8, 4) + Item(kItem, 0), "1.2.840.10008.1.2")));
}

TEST(FileScan, NamesWhatIsBroken) {
  EXPECT_THAT(Scan(""), HasCode(absl::StatusCode::kNotFound));
  EXPECT_THAT(Scan(std::string(200, 'x')), HasCode(absl::StatusCode::kNotFound));
  const std::string name = Short(0x00100010, "PN", "A^B ");
  const std::string inner = Short(0x00081155, "UI", "1.22");
  const std::vector<std::pair<std::string, const char*>> cases = {
      {std::string(128, '\0') + "DICM" + Short(0x00020010, "UI", "1.2.840.10008.1.2.1") + name,
       "(0002,0010): the file's meta information begins without its length"},
      {FileOf(name.substr(0, 5)), "(0010,0010): the file ends in the middle"},
      {FileOf(name.substr(0, 10)), "(0010,0010): the file ends in the middle"},
      {FileOf(Long(0x00420011, "OB", 0xFFFFFFF0)), "(0042,0011): the file ends in the middle"},
      {FileOf(Tag(0x00100010) + "??" + Number(0, 2)), "(0010,0010): no value representation"},
      {FileOf(Long(0x00420011, "OB", kUndefined)), "no sequence, and no length"},
      {FileOf(Long(0x00081140, "SQ", 4, "abcd")), "something that is no item"},
      {FileOf(Long(0x00081140, "SQ", 8) + Item(kItem, 100)), "an item longer than its sequence"},
      {FileOf(Long(0x00081140, "SQ", 14) + Item(kItem, 6) + inner), "longer than the item"},
      {FileOf(Long(0x00081140, "SQ", 18) + Item(kItem, 10) + inner), "longer than the item"},
      {FileOf(Long(0x00081140, "SQ", kUndefined) + Item(kItem, kUndefined) + inner), "ends"},
      {FileOf(Item(kItemEnd, 0)), "a delimiter that ends nothing"},
      {FileOf("", "1.2.3.4"), "a transfer syntax that is not known"},
      {FileOf("", ""), "no transfer syntax"},
      {std::string(128, '\0') + "DICM" + Short(0x00020000, "UL", Number(4000, 4)), "ends"},
      {FileOf(Tag(0x00081140) + Number(8, 4) + Item(kItem, 99), "1.2.840.10008.1.2"),
       "an item longer than its sequence"},
      {FileOf(Long(0x7FE00010, "OB", kUndefined) + Item(kItem, kUndefined),
              "1.2.840.10008.1.2.4.50"),
       "a fragment without a length"}};
  for (const auto& [file, reason] : cases)
    EXPECT_THAT(Scan(file), StatusIs(kBroken, HasSubstr(reason)));
}

TEST(FileScan, BoundsNestingAndNumber) {
  const auto nested = [](int depth) {
    std::string bytes;
    for (int i = 0; i < depth; ++i)
      bytes += Long(0x00081140, "SQ", kUndefined) + Item(kItem, kUndefined);
    for (int i = 0; i < depth; ++i) bytes += Item(kItemEnd, 0) + Item(kSequenceEnd, 0);
    return FileOf(bytes);
  };
  EXPECT_OK(Scan(nested(kDepthMax)));
  EXPECT_THAT(Scan(nested(kDepthMax + 1)), StatusIs(kBroken, HasSubstr("nested too deep")));
  EXPECT_THAT(Scan(nested(100'000)), StatusIs(kBroken, HasSubstr("nested too deep")));
  std::string many = Long(0x00081140, "SQ", kUndefined);
  for (std::uint64_t i = 0; i <= kElementsMax; ++i) many += Item(kItem, 0);
  EXPECT_THAT(Scan(FileOf(many)), StatusIs(kBroken, HasSubstr("too many data elements")));
}

TEST(FileScan, ReadsWhatDcmtkWritesInEverySyntax) {
  ASSERT_OK(PrepareDcmtk());
  const std::string path = testing::TempPath("essaim_scan.dcm");
  for (const E_TransferSyntax syntax :
       {EXS_LittleEndianImplicit, EXS_BigEndianExplicit, EXS_DeflatedLittleEndianExplicit}) {
    const auto file = MakeImage({});
    DcmItem* item = nullptr;
    file->getDataset()->findOrCreateSequenceItem(DCM_ReferencedImageSequence, item, 0);
    item->putAndInsertString(DCM_ReferencedSOPInstanceUID, "1.2");
    ASSERT_EQ(Save(*file, path, syntax), "");
    const auto read = ReadDcmFile(path);
    ASSERT_OK(read);
    EXPECT_EQ(read->sha256_hex.size(), 64u);
    EXPECT_EQ(Describe(*read->content->getDataset()).patient_id, "IPP-1");
  }
  // A deflated stream that was cut.
  std::string bytes;
  const auto input = FileInput::Open(path);
  ASSERT_OK(input);
  char c = 0;
  while ((*input)->Read(&c, 1) == 1) bytes.push_back(c);
  EXPECT_OK(Scan(bytes));
  EXPECT_THAT(Scan(bytes.substr(0, bytes.size() - 20)), HasCode(kBroken));
  std::remove(path.c_str());
}

TEST(Description, ReadsNamesOfAnyCharacterSet) {
  ASSERT_OK(PrepareDcmtk());
  const auto file = MakeImage({.name = "M\xFCller^J\xF6rg^^Dr."});
  file->getDataset()->putAndInsertString(DCM_SpecificCharacterSet, "ISO_IR 100");
  const Description d = Describe(*file->getDataset());
  EXPECT_EQ(d.family_name, "M\u00fcller");
  EXPECT_EQ(d.given_names, "J\u00f6rg");
  // Bytes that are of no character set at all do not get through.
  const auto odd = MakeImage({.name = "M\xFCller^X"});
  odd->getDataset()->putAndInsertString(DCM_SpecificCharacterSet, "NONSENSE");
  EXPECT_EQ(Describe(*odd->getDataset()).family_name, "Mller");
}

TEST(Description, TakesDatesAndCodesOnly) {
  EXPECT_EQ(IsoDate("20200229"), "2020-02-29");
  EXPECT_EQ(IsoDate("2020.02.29"), "2020-02-29");
  for (const char* none : {"", "20210229", "202002", "2020-2-29", "00000101", "2020022x"})
    EXPECT_EQ(IsoDate(none), "") << none;
  ASSERT_OK(PrepareDcmtk());
  const auto file = MakeImage({.body_part = "Mme Durand"});
  EXPECT_EQ(Describe(*file->getDataset()).body_part, "");
}

}  // namespace
}  // namespace essaim::dicom
