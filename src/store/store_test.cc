#include "store/store.h"

#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "crypto/entropy.h"

namespace essaim {
namespace {

using ::essaim::testing::HasCode;
using ::testing::ElementsAre;
using ::testing::Pair;

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() : path_(testing::TempPath("store_test.db")) { Remove(); }

  ~StoreTest() override { Remove(); }

  void Remove() const {
    for (const char* suffix : {"", "-wal", "-shm"}) std::remove((path_ + suffix).c_str());
  }

  std::unique_ptr<Store> Open(char key = '\0') {
    StoreOptions options{.path = path_, .sealing_key = SecretBytes(), .entropy = &entropy_};
    if (key != '\0') options.sealing_key = SecretBytes::CopyOf(std::string(32, key));
    absl::StatusOr<std::unique_ptr<Store>> store = Store::Open(std::move(options));
    EXPECT_OK(store.status());
    return *std::move(store);
  }

  std::string path_;
  crypto::SystemEntropy entropy_;
};

TEST_F(StoreTest, DocumentsAndLogsOutliveTheProcess) {
  {
    const auto store = Open();
    EXPECT_OK(store->Put("site", "b", "2"));
    EXPECT_OK(store->Put("site", "a", "1"));
    EXPECT_OK(store->Put("site", "a", std::string("\0x", 2)));
    EXPECT_OK(store->Append("run", "first"));
    EXPECT_OK(store->Append("run", ""));
    EXPECT_OK(store->Append("other", "x"));
  }
  const auto store = Open();
  EXPECT_EQ(*store->Get("site", "a"), std::string("\0x", 2));
  EXPECT_THAT(*store->List("site"), ElementsAre(Pair("a", std::string("\0x", 2)), Pair("b", "2")));
  EXPECT_THAT(*store->ReadLog("run"), ElementsAre("first", ""));
  EXPECT_OK(store->DropLog("run"));
  EXPECT_TRUE(store->ReadLog("run")->empty());
  EXPECT_EQ(store->ReadLog("other")->size(), 1u);
  EXPECT_OK(store->Delete("site", "a"));
  EXPECT_THAT(store->Get("site", "a"), HasCode(absl::StatusCode::kNotFound));
}

TEST_F(StoreTest, OpensWithAnotherKeyOnceItIsSealedAnew) {
  const auto key = [](char letter) { return SecretBytes::CopyOf(std::string(32, letter)); };
  {
    const auto store = Open('a');
    EXPECT_OK(store->Put("site", "b", "2"));
    for (int i = 0; i < 12; ++i) EXPECT_OK(store->Append("run", std::to_string(i)));
    EXPECT_OK(store->Reseal(key('b')));
    EXPECT_EQ(*store->Get("site", "b"), "2");
    EXPECT_OK(store->Append("run", "after"));
  }
  {
    const auto store = Open('b');
    EXPECT_EQ(*store->Get("site", "b"), "2");
    EXPECT_EQ(store->ReadLog("run")->size(), 13u);
    EXPECT_EQ(store->ReadLog("run")->at(11), "11");
  }
  const auto former = Open('a');
  EXPECT_THAT(former->Get("site", "b").status(), HasCode(absl::StatusCode::kDataLoss));
  // With a value that does not open, nothing is changed.
  EXPECT_THAT(former->Reseal(key('c')), HasCode(absl::StatusCode::kDataLoss));
  EXPECT_EQ(*Open('b')->Get("site", "b"), "2");
}

TEST_F(StoreTest, SealedValuesAreUnreadableWithoutTheKey) {
  {
    const auto store = Open('k');
    EXPECT_OK(store->Put("run", "1", "the secret seed"));
    EXPECT_OK(store->Append("log", "the secret answer"));
    EXPECT_EQ(*store->Get("run", "1"), "the secret seed");
  }
  std::stringstream all;
  for (const char* suffix : {"", "-wal"})
    all << std::ifstream(path_ + suffix, std::ios::binary).rdbuf();
  EXPECT_EQ(all.str().find("secret"), std::string::npos);
  const auto other = Open('x');
  EXPECT_THAT(other->Get("run", "1"), HasCode(absl::StatusCode::kDataLoss));
  EXPECT_THAT(other->ReadLog("log"), HasCode(absl::StatusCode::kDataLoss));
}

TEST_F(StoreTest, OnlyTheOwnerMayReadTheFile) {
  const auto store = Open();
  struct stat info = {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(StoreTest, RefusesWhatIsNotAStore) {
  std::ofstream(path_) << std::string(5000, 'j');
  EXPECT_THAT(Store::Open({.path = path_, .sealing_key = {}, .entropy = nullptr}),
              HasCode(absl::StatusCode::kFailedPrecondition));
}

TEST_F(StoreTest, ThreadsMayShareIt) {
  const auto store = Open('k');
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) EXPECT_OK(store->Append("log", "x"));
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(store->ReadLog("log")->size(), 80u);
}

}  // namespace
}  // namespace essaim
