// Free text on its way in, and under another key.
#include <filesystem>
#include <fstream>

#include "base/status_macros.h"
#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "warehouse/cdm_load.h"
#include "warehouse/cell_reseal.h"
#include "warehouse/engines_testing.h"
#include "warehouse/omop_files.h"

namespace essaim {
namespace {

using ::essaim::testing::HasCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FreeText : public ::testing::TestWithParam<const char*> {
 protected:
  FreeText() : folder_(testing::TempPath("free_text_test", GetParam())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    auto engine = engines_.Make(GetParam(), folder_);
    EXPECT_OK(engine.status());
    engine_ = *std::move(engine);
  }

  ~FreeText() override {
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }

  CellCipher Cipher(char letter) {
    return CellCipher(SecretBytes::CopyOf(std::string(32, letter)), entropy_);
  }

  absl::StatusOr<CdmLoadReport> LoadFile(const std::string& name, const std::string& text,
                                         const FreeTextRule& rule) {
    std::ofstream(folder_ + "/" + name) << text;
    ESSAIM_ASSIGN_OR_RETURN(const auto source, OpenOmopFiles({folder_ + "/" + name}, nullptr));
    return LoadCdm(*engine_, *source, {.free_text = rule});
  }

  std::vector<std::string> Column(const std::string& sql) {
    const auto rows = engine_->Query(sql);
    EXPECT_OK(rows.status());
    std::vector<std::string> found;
    for (const auto& row : rows->rows) {
      const auto* text = std::get_if<std::string>(&row[0]);
      found.push_back(text == nullptr ? "NULL" : *text);
    }
    return found;
  }

  std::vector<std::string> Opened(const CellCipher& cipher, const std::string& sql) {
    std::vector<std::string> found;
    for (const std::string& cell : Column(sql)) {
      const auto text = cipher.Open(cell);
      found.push_back(text.ok() ? *text : "SEALED");
    }
    return found;
  }

  std::string folder_;
  TestEngines engines_;
  crypto::SystemEntropy entropy_;
  std::unique_ptr<SqlEngine> engine_;
};

constexpr char kNotes[] = "SELECT note_text FROM note ORDER BY note_id";

TEST_P(FreeText, IsSealedOnItsWayInAndOpensWithItsKeyAlone) {
  const CellCipher cipher = Cipher('a');
  const FreeTextRule rule{.kind = FreeTextRule::Kind::kSealed, .cipher = &cipher};
  ASSERT_OK(LoadFile("note.csv",
                     "note_id,person_id,note_date,note_text,note_title\n"
                     "1,1,2020-01-01,Chest pain since Monday,Letter\n2,1,2020-01-02,,Empty\n"
                     "3,1,no date,Mrs Dupont,Letter\n",
                     rule)
                .status());
  for (const std::string& cell : Column("SELECT note_text FROM note WHERE note_id = 1"))
    EXPECT_TRUE(CellCipher::IsSealed(cell));
  EXPECT_THAT(Opened(cipher, kNotes), ElementsAre("Chest pain since Monday", "NULL"));
  EXPECT_THAT(Column("SELECT note_title FROM note ORDER BY note_id"),
              ElementsAre("Letter", "Empty"));
  EXPECT_THAT(Opened(Cipher('b'), kNotes), ElementsAre("SEALED", "NULL"));
  EXPECT_THAT(Opened(cipher, "SELECT raw FROM essaim_rejected"),
              ElementsAre("3,1,no date,Mrs Dupont,Letter"));
  EXPECT_TRUE(CellCipher::IsSealed(Column("SELECT raw FROM essaim_rejected")[0]));
  // Longer than the field holds, once sealed.
  ASSERT_OK(LoadFile("note_nlp.csv",
                     "note_nlp_id,note_id,snippet\n1,1," + std::string(250, 'x') + "\n", rule)
                .status());
  EXPECT_THAT(Opened(cipher, "SELECT snippet FROM note_nlp"), ElementsAre(std::string(250, 'x')));
}

TEST_P(FreeText, IsLeftOutWhereItsKeyIsDestroyedAndTheRowStays) {
  ASSERT_OK_AND_ASSIGN(
      const CdmLoadReport report,
      LoadFile("note.csv", "note_id,person_id,note_date,note_text\n1,1,2020-01-01,Pain\nx,1,,\n",
               {.kind = FreeTextRule::Kind::kLeftOut, .why = "the key was destroyed"}));
  EXPECT_THAT(report.notices,
              ElementsAre("texts that are not kept: 1, because the key was destroyed"));
  EXPECT_THAT(Column(kNotes), ElementsAre("NULL"));
  EXPECT_THAT(Column("SELECT raw FROM essaim_rejected"), ElementsAre("NULL"));
}

TEST_P(FreeText, IsSealedUnderAnotherKeyWithItsFormerVersionsAndRejectedRows) {
  const CellCipher old_key = Cipher('a'), new_key = Cipher('b');
  const FreeTextRule rule{.kind = FreeTextRule::Kind::kSealed, .cipher = &old_key};
  std::string notes = "note_id,person_id,note_date,note_text\n";
  for (int i = 1; i <= 3000; ++i)
    notes += std::to_string(i) + ",1,2020-01-01,note " + std::to_string(i) + "\n";
  ASSERT_OK(LoadFile("note.csv", notes, rule).status());
  ASSERT_OK(LoadFile("note.csv",
                     "note_id,person_id,note_date,note_text\n7,1,2020-01-01,mended\nx,1,,bad\n",
                     rule)
                .status());
  ASSERT_OK(
      engine_->Execute("UPDATE note SET note_text = 'as it was before sealing' WHERE note_id "
                       "= 9"));
  ASSERT_OK_AND_ASSIGN(const std::uint64_t n,
                       ResealFreeText(*engine_, old_key, new_key, "k2", nullptr));
  EXPECT_EQ(n, 3002u);
  ASSERT_OK_AND_ASSIGN(const std::string key_id, FreeTextKeyId(*engine_));
  EXPECT_EQ(key_id, "k2");
  const std::vector<std::string> opened = Opened(new_key, kNotes);
  ASSERT_EQ(opened.size(), 3000u);
  EXPECT_EQ(opened[5], "note 6");
  EXPECT_EQ(opened[6], "mended");
  EXPECT_EQ(opened[8], "as it was before sealing");
  EXPECT_THAT(opened, ::testing::Not(::testing::Contains("SEALED")));
  EXPECT_THAT(Opened(old_key, "SELECT note_text FROM note WHERE note_id = 9"),
              ElementsAre("SEALED"));
  EXPECT_THAT(Opened(new_key, "SELECT raw FROM essaim_rejected"), ElementsAre("x,1,,bad"));
  // An undo gives back a text that opens with the new key.
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Opened(new_key, kNotes)[6], "note 7");
}

TEST_P(FreeText, ThatDoesNotOpenChangesNothing) {
  const CellCipher old_key = Cipher('a'), new_key = Cipher('b');
  const FreeTextRule rule{.kind = FreeTextRule::Kind::kSealed, .cipher = &old_key};
  ASSERT_OK(
      LoadFile("note.csv", "note_id,person_id,note_date,note_text\n1,1,2020-01-01,one\n", rule)
          .status());
  EXPECT_THAT(ResealFreeText(*engine_, Cipher('c'), new_key, "k2", nullptr).status(),
              HasCode(absl::StatusCode::kDataLoss));
  EXPECT_THAT(Opened(old_key, kNotes), ElementsAre("one"));
  ASSERT_OK_AND_ASSIGN(const std::string key_id, FreeTextKeyId(*engine_));
  EXPECT_EQ(key_id, "");
}

INSTANTIATE_TEST_SUITE_P(Engines, FreeText, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace essaim
