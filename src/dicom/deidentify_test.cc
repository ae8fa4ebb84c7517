#include "dicom/deidentify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/bytes.h"
#include "base/testing/status_matchers.h"
#include "dicom/dcm_file.h"
#include "dicom/dicom_testing.h"

namespace essaim::dicom {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const IdMaker& Ids() {
  static const IdMaker ids(SecretBytes::CopyOf(std::string(32, 'k')), "p", "s");
  return ids;
}

std::string TextOf(DcmItem& item, const DcmTagKey& tag) {
  OFString text;
  return item.findAndGetOFStringArray(tag, text).good() ? text.c_str() : "(none)";
}

absl::Status Clean(DcmDataset& dataset, bool retain = false) {
  return Deidentify(dataset, {.profile = {.retain_patient_characteristics = retain},
                              .ids = &Ids(),
                              .patient_id = "pseudonym"});
}

class DeidentifyTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(PrepareDcmtk().ok()); }
};

TEST_F(DeidentifyTest, KnowsTheTableOfTheEdition) {
  EXPECT_EQ(ProfileTable().size(), 655u);
  std::map<std::string_view, int> n;
  for (const ProfileRow& row : ProfileTable()) ++n[row.basic];
  const std::map<std::string_view, int> expected = {{"D", 93},     {"U", 55},   {"X", 415},
                                                    {"X/D", 23},   {"X/Z", 11}, {"X/Z/D", 8},
                                                    {"X/Z/U*", 2}, {"Z", 42},   {"Z/D", 6}};
  EXPECT_EQ(n, expected);
  EXPECT_EQ(ActionOf(0x00100010, {}), Action::kEmpty);      // PatientName: Z
  EXPECT_EQ(ActionOf(0x00100020, {}), Action::kDummy);      // PatientID: Z/D
  EXPECT_EQ(ActionOf(0x00080080, {}), Action::kDummy);      // InstitutionName: X/Z/D
  EXPECT_EQ(ActionOf(0x00080081, {}), Action::kRemove);     // InstitutionAddress: X
  EXPECT_EQ(ActionOf(0x0020000D, {}), Action::kNewUid);     // StudyInstanceUID: U
  EXPECT_EQ(ActionOf(0x00081140, {}), Action::kCleanUids);  // ReferencedImageSequence: X/Z/U*
  EXPECT_EQ(ActionOf(0x00101010, {}), Action::kRemove);     // PatientAge
  const ProfileOptions retain{.retain_patient_characteristics = true};
  EXPECT_EQ(ActionOf(0x00101010, retain), Action::kKeep);   // K
  EXPECT_EQ(ActionOf(0x00102110, retain), Action::kClean);  // Allergies: C
  EXPECT_EQ(ActionOf(0x50021234, {}), Action::kRemove);     // curve data, a repeating group
  EXPECT_EQ(ActionOf(0x60023000, {}), Action::kRemove);     // overlay data
  EXPECT_EQ(ActionOf(0x00280010, {}), std::nullopt);        // Rows
}

TEST_F(DeidentifyTest, AppliesEachAction) {
  const auto file = MakeImage({});
  DcmDataset& d = *file->getDataset();
  d.putAndInsertString(DCM_InstitutionName, "SAINT-LOUIS");  // X/Z/D
  d.putAndInsertString(DCM_InstitutionAddress, "RUE X");     // X
  d.putAndInsertString(DCM_ContentDate, "20200131");         // Z/D
  d.putAndInsertString(DCM_AcquisitionDate, "20200131");     // X/Z
  d.putAndInsertString(DCM_AccessionNumber, "ACC1");         // Z
  d.putAndInsertString(DCM_ProtocolName, "DURAND");          // X/D
  d.putAndInsertString(DCM_PatientAge, "060Y");              // X, option K
  d.putAndInsertString(DCM_Allergies, "PENICILLIN");         // X, option C
  d.putAndInsertString(DcmTag(0x0009, 0x0010), "MAKER");     // private
  DcmItem* item = nullptr;
  ASSERT_TRUE(d.findOrCreateSequenceItem(DCM_ReferencedImageSequence, item, 0).good());  // X/Z/U*
  item->putAndInsertString(DCM_ReferencedSOPClassUID, UID_CTImageStorage);
  item->putAndInsertString(DCM_ReferencedSOPInstanceUID, "1.2.3.1.1.1");
  item->putAndInsertString(DCM_PatientName, "DURAND^NESTED");
  ASSERT_TRUE(d.findOrCreateSequenceItem(DCM_ContentSequence, item, 0).good());  // D
  item->putAndInsertString(DCM_TextValue, "MADAME DURAND");
  ASSERT_TRUE(d.findOrCreateSequenceItem(DCM_ContentSequence, item, 1).good());
  ASSERT_OK(Clean(d));
  EXPECT_EQ(TextOf(d, DCM_PatientName), "");
  EXPECT_EQ(TextOf(d, DCM_PatientID), "pseudonym");
  EXPECT_EQ(TextOf(d, DCM_InstitutionName), "REMOVED");
  EXPECT_EQ(TextOf(d, DCM_InstitutionAddress), "(none)");
  EXPECT_EQ(TextOf(d, DCM_ContentDate), "19000101");
  EXPECT_EQ(TextOf(d, DCM_AcquisitionDate), "");
  EXPECT_EQ(TextOf(d, DCM_AccessionNumber), "");
  EXPECT_EQ(TextOf(d, DCM_ProtocolName), "REMOVED");
  EXPECT_EQ(TextOf(d, DCM_PatientAge), "(none)");
  EXPECT_EQ(TextOf(d, DCM_Allergies), "(none)");
  EXPECT_FALSE(d.tagExists(DcmTagKey(0x0009, 0x0010)));
  EXPECT_EQ(TextOf(d, DCM_SOPInstanceUID), NewUid(Ids(), "1.2.3.1.1.1"));
  ASSERT_TRUE(d.findAndGetSequenceItem(DCM_ReferencedImageSequence, item, 0).good());
  EXPECT_EQ(TextOf(*item, DCM_ReferencedSOPClassUID), UID_CTImageStorage);
  EXPECT_EQ(TextOf(*item, DCM_ReferencedSOPInstanceUID), TextOf(d, DCM_SOPInstanceUID));
  EXPECT_EQ(TextOf(*item, DCM_PatientName), "");
  DcmSequenceOfItems* content = nullptr;
  ASSERT_TRUE(d.findAndGetSequence(DCM_ContentSequence, content).good());
  EXPECT_EQ(content->card(), 1u);
  EXPECT_THAT(TextOf(*content->getItem(0), DCM_TextValue), Not(HasSubstr("DURAND")));
  EXPECT_EQ(TextOf(d, DCM_PatientIdentityRemoved), "YES");
  EXPECT_THAT(TextOf(d, DCM_DeidentificationMethod), HasSubstr("2026c"));
  ASSERT_TRUE(d.findAndGetSequenceItem(DCM_DeidentificationMethodCodeSequence, item, 0).good());
  EXPECT_EQ(TextOf(*item, DCM_CodeValue), "113100");
  EXPECT_EQ(TextOf(d, DCM_LongitudinalTemporalInformationModified), "REMOVED");
  // What an image needs is there.
  EXPECT_EQ(TextOf(d, DCM_Modality), "CT");
  EXPECT_TRUE(d.tagExistsWithValue(DCM_PixelData));
}

TEST_F(DeidentifyTest, RetainsPatientCharacteristicsWhereAsked) {
  const auto file = MakeImage({});
  DcmDataset& d = *file->getDataset();
  d.putAndInsertString(DCM_PatientAge, "060Y");
  d.putAndInsertString(DCM_Allergies, "DURAND HAS NONE");
  ASSERT_OK(Clean(d, true));
  EXPECT_EQ(TextOf(d, DCM_PatientAge), "060Y");
  EXPECT_EQ(TextOf(d, DCM_PatientSex), "F");
  EXPECT_EQ(TextOf(d, DCM_Allergies), "");
  DcmItem* item = nullptr;
  ASSERT_TRUE(d.findAndGetSequenceItem(DCM_DeidentificationMethodCodeSequence, item, 1).good());
  EXPECT_EQ(TextOf(*item, DCM_CodeValue), "113108");
}

TEST_F(DeidentifyTest, MakesUidsThatAreAlwaysTheSameAndValid) {
  const std::string uid = NewUid(Ids(), "1.2.3");
  EXPECT_EQ(uid, NewUid(Ids(), "1.2.3"));
  EXPECT_NE(uid, NewUid(Ids(), "1.2.4"));
  EXPECT_TRUE(uid.starts_with("2.25."));
  EXPECT_LE(uid.size(), 64u);
  EXPECT_EQ(DcmUniqueIdentifier::checkStringValue(uid.c_str(), "1").good(), OFTrue);
  EXPECT_EQ(NewUid(Ids(), "1.2.3\\1.2.4"), uid + "\\" + NewUid(Ids(), "1.2.4"));
  EXPECT_EQ(NewUid(Ids(), UID_CTImageStorage), UID_CTImageStorage);
  const IdMaker other(SecretBytes::CopyOf(std::string(32, 'x')), "p", "s");
  EXPECT_NE(NewUid(other, "1.2.3"), uid);
}

// Every attribute of the table, at the top and within a sequence that stays, with a marker that no
// output may hold; written as a file and searched byte by byte.
constexpr char kMarker[] = "ZQXJ";

void Plant(DcmItem& item, std::uint32_t tag_number, int& n) {
  const DcmTag tag(static_cast<Uint16>(tag_number >> 16), static_cast<Uint16>(tag_number & 0xFFFF));
  if (tag.getGroup() < 8 || tag_number == 0x00080008) return;
  const std::string marker = std::string(kMarker) + std::to_string(n++);
  switch (tag.getEVR()) {
    case EVR_SQ: {
      DcmItem* inner = nullptr;
      if (item.findOrCreateSequenceItem(tag, inner, 0).bad()) break;
      inner->putAndInsertString(DCM_PatientComments, marker.c_str());
      return;
    }
    case EVR_UI:
      item.putAndInsertString(tag, ("1.2.777." + std::to_string(n)).c_str());
      return;
    case EVR_DA:
      item.putAndInsertString(tag, "17770707");
      return;
    case EVR_DT:
      item.putAndInsertString(tag, "17770707070707");
      return;
    case EVR_TM:
      item.putAndInsertString(tag, "070777.7");
      return;
    case EVR_IS:
    case EVR_DS:
      item.putAndInsertString(tag, "777777");
      return;
    case EVR_OB:
    case EVR_OW:
    case EVR_ox:
    case EVR_UN:
    case EVR_UNKNOWN: {
      // What the dictionary does not know comes as a long text.
      auto* bytes = new DcmUnlimitedText(DcmTag(tag.getXTag(), EVR_UT));
      bytes->putString(marker.c_str());
      if (item.insert(bytes, OFTrue).bad()) delete bytes;
      return;
    }
    default:
      item.putAndInsertString(tag, marker.c_str());
  }
}

TEST_F(DeidentifyTest, LeavesNoValueOfTheTable) {
  for (const bool retain : {false, true}) {
    const auto file = MakeImage({.patient_id = "ZQXJ-ID", .name = "ZQXJ^NAME"});
    DcmDataset& d = *file->getDataset();
    DcmItem* kept = nullptr;
    ASSERT_TRUE(d.findOrCreateSequenceItem(DCM_AnatomicRegionSequence, kept, 0).good());
    int n = 0;
    for (const ProfileRow& row : ProfileTable()) {
      if (retain && row.retain_patient_characteristics == "K") continue;
      Plant(d, row.tag, n);
      Plant(*kept, row.tag, n);
    }
    ASSERT_GT(n, 1000);
    for (const std::uint32_t tag : {0x00091001U, 0x00191002U, 0x60001500U, 0x50103000U})
      d.putAndInsertString(DcmTag(DcmTagKey(tag >> 16, tag & 0xFFFF), EVR_LO), kMarker);
    const std::string before = BytesOf(*file);
    ASSERT_THAT(before, HasSubstr(kMarker));
    ASSERT_THAT(before, HasSubstr("1.2.777."));
    ASSERT_OK(Clean(d, retain));
    const std::string after = BytesOf(*file);
    ASSERT_GT(after.size(), 1000u);
    for (const std::string planted :
         {kMarker, "1.2.777.", "17770707", "070777", "777777", "DURAND"})
      EXPECT_EQ(after.find(planted), std::string::npos)
          << planted << " after "
          << ToHex(after.substr(std::min(after.size(), after.find(planted)) - 32, 32));
    EXPECT_TRUE(d.findAndGetSequenceItem(DCM_AnatomicRegionSequence, kept, 0).good());
  }
}

TEST_F(DeidentifyTest, RemovesWhatIsNotWhatItsTagSays) {
  const auto file = MakeImage({});
  DcmDataset& d = *file->getDataset();
  // A sequence that came as unknown bytes: nobody can clean it.
  auto* opaque = new DcmOtherByteOtherWord(DcmTag(DCM_AnatomicRegionSequence, EVR_UN));
  opaque->putUint8Array(reinterpret_cast<const Uint8*>("DURAND"), 6);
  ASSERT_TRUE(d.insert(opaque, OFTrue).good());
  auto* text = new DcmLongText(DcmTag(DCM_NumberOfSlices, EVR_LT));
  text->putString("DURAND");
  ASSERT_TRUE(d.insert(text, OFTrue).good());
  ASSERT_OK(Clean(d));
  EXPECT_FALSE(d.tagExists(DCM_AnatomicRegionSequence));
  EXPECT_FALSE(d.tagExists(DCM_NumberOfSlices));
}

TEST_F(DeidentifyTest, TellsPixelsThatMayShowANameFromOthers) {
  const auto risk = [](const TestImage& image, const char* burned_in,
                       const char* type = "ORIGINAL\\PRIMARY") {
    const auto file = MakeImage(image);
    file->getDataset()->putAndInsertString(DCM_ImageType, type);
    if (burned_in != nullptr)
      file->getDataset()->putAndInsertString(DCM_BurnedInAnnotation, burned_in);
    return BurnedInRisk(*file->getDataset());
  };
  const TestImage capture{.sop_class = UID_SecondaryCaptureImageStorage};
  const TestImage echo{.modality = "US", .sop_class = UID_UltrasoundImageStorage};
  EXPECT_EQ(risk({}, nullptr), "");
  EXPECT_NE(risk({}, "YES"), "");
  EXPECT_NE(risk(capture, nullptr), "");
  EXPECT_EQ(risk(capture, "NO"), "");
  EXPECT_NE(risk(echo, nullptr), "");
  EXPECT_NE(risk({}, nullptr, "DERIVED\\SECONDARY\\SCREEN SAVE"), "");
}

}  // namespace
}  // namespace essaim::dicom
