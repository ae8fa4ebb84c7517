#include "node/category_keys.h"

#include <filesystem>
#include <set>

#include "base/files.h"
#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "crypto/entropy.h"
#include "crypto/hash.h"
#include "node/key_rotation.h"

namespace essaim::node {
namespace {

using ::essaim::testing::HasCode;
using ::essaim::testing::StatusIs;
using ::testing::HasSubstr;

class CategoryKeys : public ::testing::Test {
 protected:
  CategoryKeys() : path_(testing::TempPath("category_keys_test")) {
    std::filesystem::remove_all(path_);
    EXPECT_OK(InitNodeFolder(path_,
                             {.site = "va", .hub_url = "https://h:1", .ca_fingerprint = "AB"},
                             Policy::Approve::kAsk, entropy_)
                  .status());
  }

  ~CategoryKeys() override { std::filesystem::remove_all(path_); }

  NodeFolder Open() {
    absl::StatusOr<NodeFolder> folder = OpenNodeFolder(path_);
    EXPECT_OK(folder.status());
    return *std::move(folder);
  }

  std::string Key(const NodeFolder& folder, std::string_view category) {
    const auto key = CategoryKey(folder, category, entropy_);
    EXPECT_OK(key.status());
    return key.ok() ? std::string(key->view()) : "";
  }

  std::string path_;
  crypto::SystemEntropy entropy_;
};

TEST_F(CategoryKeys, AreOneEachAndStay) {
  const NodeFolder folder = Open();
  std::set<std::string> keys;
  for (const std::string& category : KeyCategories()) {
    EXPECT_EQ(StateOf(folder, category), KeyState::kNone);
    keys.insert(Key(folder, category));
    EXPECT_EQ(Key(Open(), category), Key(folder, category));
  }
  EXPECT_EQ(keys.size(), KeyCategories().size());
  EXPECT_OK(DestroyKey(folder, "genetic"));
  EXPECT_THAT(CategoryKey(folder, "genetic", entropy_).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("was destroyed")));
  EXPECT_THAT(DestroyKey(folder, "genetic"), HasCode(absl::StatusCode::kNotFound));
}

// Folders of earlier versions had no general.key: the warehouse's was derived from the master key.
TEST_F(CategoryKeys, OfEarlierVersionsOpenTheirFilesUntilTheyAreRotated) {
  const SecretBytes derived = crypto::Hkdf(Open().master_key.span(), "", "essaim/warehouse", 32);
  {
    const auto engine = OpenDuckDbEngine(DuckDbOptions{
        .path = path_ + "/warehouse.duckdb", .key = derived.Clone(), .entropy = &entropy_});
    ASSERT_OK(engine.status());
    ASSERT_OK((*engine)->Execute("CREATE TABLE t AS SELECT 7 AS x"));
  }
  const NodeFolder folder = Open();
  EXPECT_EQ(Key(folder, "general"), derived.view());
  EXPECT_THAT(DestroyKey(folder, "general"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("keys rotate")));
  EXPECT_THAT(RotateMasterKey(folder, entropy_), HasCode(absl::StatusCode::kFailedPrecondition));
  ASSERT_OK(RotateMaster(folder, entropy_, nullptr, nullptr));
  const NodeFolder after = Open();
  EXPECT_NE(after.master_key.view(), folder.master_key.view());
  EXPECT_NE(Key(after, "general"), derived.view());
  ASSERT_OK_AND_ASSIGN(const auto engine, OpenNodeSql(after, entropy_, nullptr));
  ASSERT_OK_AND_ASSIGN(const SqlRows rows, engine->Query("SELECT x FROM t"));
  EXPECT_EQ(std::get<std::int64_t>(rows.rows[0][0]), 7);
}

// Both moments at which a rotation of the master key can be cut off.
TEST_F(CategoryKeys, OpenWhereverARotationOfTheMasterKeyWasCutOff) {
  const NodeFolder before = Open();
  const std::string identity = Key(before, "identity"), text = Key(before, "free_text");
  const std::string old_master = *ReadFile(path_ + "/master.key"),
                    old_seal = *ReadFile(path_ + "/identity.key");
  ASSERT_OK(RotateMasterKey(before, entropy_));
  const std::string new_master = *ReadFile(path_ + "/master.key"),
                    new_seal = *ReadFile(path_ + "/identity.key");
  EXPECT_NE(new_seal, old_seal);
  EXPECT_EQ(Key(Open(), "free_text"), text);
  // Before the rename: all seals are old, and new ones lie beside.
  ASSERT_OK(WriteFile(path_ + "/master.key", old_master));
  ASSERT_OK(WriteFile(path_ + "/identity.key", old_seal));
  ASSERT_OK(WriteFile(path_ + "/identity.resealed", new_seal));
  EXPECT_EQ(Key(Open(), "identity"), identity);
  // After it, and before the seals took their place.
  ASSERT_OK(WriteFile(path_ + "/master.key", new_master));
  EXPECT_EQ(Key(Open(), "identity"), identity);
  EXPECT_FALSE(std::filesystem::exists(path_ + "/identity.resealed"));
  EXPECT_EQ(Key(Open(), "identity"), identity);
  // A master key of elsewhere opens nothing, and no new key is made in the place of the old one.
  ASSERT_OK(WriteFile(path_ + "/master.key", std::string(32, 'x')));
  EXPECT_THAT(CategoryKey(Open(), "identity", entropy_).status(),
              HasCode(absl::StatusCode::kDataLoss));
}

// A folder that was restored in part: another key would open nothing.
TEST_F(CategoryKeys, AreNotMadeAnewBesideWhatTheySeal) {
  const auto gone = [](const char* text) {
    return StatusIs(absl::StatusCode::kDataLoss, HasSubstr(text));
  };
  const NodeFolder folder = Open();
  ASSERT_OK(OpenIdentitySql(folder, entropy_, nullptr).status());
  ASSERT_OK(OpenNodeSql(folder, entropy_, nullptr).status());
  std::filesystem::remove(path_ + "/identity.key");
  EXPECT_THAT(OpenIdentitySql(folder, entropy_, nullptr).status(),
              gone("identity.key: is not there, and "));
  std::filesystem::rename(path_ + "/general.key", path_ + "/kept");
  EXPECT_THAT(OpenNodeSql(folder, entropy_, nullptr).status(), gone("general.key: is not there"));
  for (const char* category : {"identity", "general"})
    EXPECT_EQ(StateOf(folder, category), KeyState::kNone) << category;
  std::filesystem::rename(path_ + "/kept", path_ + "/general.key");
  EXPECT_OK(OpenNodeSql(folder, entropy_, nullptr).status());
  std::filesystem::resize_file(path_ + "/warehouse.duckdb", 3'000);
  EXPECT_THAT(OpenNodeSql(folder, entropy_, nullptr).status(), gone("warehouse.duckdb: cannot be"));
}

TEST_F(CategoryKeys, OfTextsAndImagesAreNotMadeAnewEither) {
  const auto gone = [](const char* text) {
    return StatusIs(absl::StatusCode::kDataLoss, HasSubstr(text));
  };
  const NodeFolder folder = Open();
  std::string key;
  {
    ASSERT_OK_AND_ASSIGN(const auto engine, OpenNodeSql(folder, entropy_, nullptr));
    ASSERT_OK(CheckFreeText(folder, *engine));  // nothing is sealed yet
    ASSERT_OK_AND_ASSIGN(const SecretBytes made, FreeTextKey(folder, *engine, entropy_));
    key = std::string(made.view());
    std::filesystem::rename(path_ + "/free_text.key", path_ + "/kept");
    EXPECT_THAT(FreeTextKey(folder, *engine, entropy_).status(),
                gone("free_text.key: is not there, and the warehouse's free text"));
    EXPECT_THAT(OpenFreeText(folder, *engine, entropy_).status(), gone("free_text.key"));
  }
  EXPECT_THAT(RotateKey(folder, "free_text", entropy_, nullptr, nullptr), gone("free_text.key"));
  EXPECT_THAT(RotateMaster(folder, entropy_, nullptr, nullptr), gone("free_text.key"));
  EXPECT_EQ(StateOf(folder, "free_text"), KeyState::kNone);
  EXPECT_FALSE(HasNextKey(folder, "free_text"));
  std::filesystem::rename(path_ + "/kept", path_ + "/free_text.key");
  std::filesystem::create_directories(path_ + "/images/00");
  EXPECT_THAT(RotateKey(folder, "imaging", entropy_, nullptr, nullptr), gone("imaging.key"));
  EXPECT_THAT(RotateMaster(folder, entropy_, nullptr, nullptr), gone("imaging.key"));
  EXPECT_FALSE(HasNextKey(folder, "imaging"));
  std::filesystem::remove_all(path_ + "/images");
  std::filesystem::rename(path_ + "/general.key", path_ + "/kept");
  EXPECT_THAT(RotateKey(folder, "general", entropy_, nullptr, nullptr), gone("general.key"));
  EXPECT_THAT(RotateMaster(folder, entropy_, nullptr, nullptr), gone("general.key"));
  EXPECT_EQ(StateOf(folder, "general"), KeyState::kNone);
  std::filesystem::rename(path_ + "/kept", path_ + "/general.key");
  ASSERT_OK(RotateMaster(folder, entropy_, nullptr, nullptr));
  EXPECT_EQ(Key(Open(), "free_text"), key);
}

TEST_F(CategoryKeys, AreNotReplacedWhileTheFolderIsUsed) {
  {
    const NodeFolder used = Open();
    EXPECT_OK(OpenNodeFolder(path_).status());
    EXPECT_THAT(OpenNodeFolder(path_, FolderUse::kAlone).status(),
                HasCode(absl::StatusCode::kUnavailable));
  }
  ASSERT_OK_AND_ASSIGN(const NodeFolder alone, OpenNodeFolder(path_, FolderUse::kAlone));
  EXPECT_THAT(OpenNodeFolder(path_).status(), HasCode(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace essaim::node
