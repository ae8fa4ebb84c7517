// The key of a store of images is replaced, also by a process that is killed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/testing/status_matchers.h"
#include "crypto/entropy.h"
#include "dicom/image_store.h"

namespace essaim::dicom {
namespace {

namespace fs = std::filesystem;
using testing::HasCode;

class Reseal : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/essaim_reseal_XXXXXX";
    folder_ = mkdtemp(name);
    auto store = Open('a');
    ASSERT_OK(store);
    for (int i = 0; i < 40; ++i) {
      const std::string series = "2.25." + std::to_string(i % 4);
      const std::string content(1 + static_cast<std::size_t>(i) * 20'000, 'x');
      const auto put = (*store)->Put(
          series, [&](SealedWriter& w) { return w.Write(std::to_string(i) + content); });
      ASSERT_OK(put);
      contents_[put->file] = std::to_string(i) + content;
    }
    for (int i = 0; i < 4; ++i) {  // as if their rows were there
      const std::string series = "/2.25." + std::to_string(i);
      fs::rename(folder_ + "/images/incoming" + series, folder_ + "/images" + series);
    }
  }

  void TearDown() override { fs::remove_all(folder_); }

  absl::StatusOr<std::unique_ptr<ImageStore>> Open(char key, char next = 0) {
    auto store = ImageStore::Open(folder_ + "/images", Key(key), entropy_);
    if (store.ok() && next != 0) (*store)->OpenWith(Key(next));
    return store;
  }

  static SecretBytes Key(char c) { return SecretBytes::CopyOf(std::string(32, c)); }

  // How many images open and are what they were.
  std::size_t Readable(char key, char next = 0) {
    const auto store = Open(key, next);
    EXPECT_OK(store);
    std::size_t n = 0;
    for (const auto& [file, content] : contents_) {
      std::string bytes;
      const absl::Status read = (*store)->Read(file, [&](std::string_view part) {
        bytes.append(part);
        return absl::OkStatus();
      });
      n += read.ok() && bytes == content ? 1 : 0;
    }
    return n;
  }

  std::string folder_;
  crypto::SystemEntropy entropy_;
  std::map<std::string, std::string> contents_;
};

TEST_F(Reseal, PutsEveryImageUnderTheNewKey) {
  EXPECT_EQ(Readable('a'), contents_.size());
  std::uint64_t last = 0, n_told = 0;
  {
    const auto store = Open('a', 'b');
    ASSERT_OK(store);
    ASSERT_OK((*store)->Reseal([&](std::uint64_t done, std::uint64_t total) {
      EXPECT_EQ(total, contents_.size());
      EXPECT_EQ(done, last + 1);
      last = done;
      ++n_told;
    }));
  }
  EXPECT_EQ(n_told, contents_.size());
  EXPECT_EQ(Readable('b'), contents_.size());
  EXPECT_EQ(Readable('a'), 0u);
  EXPECT_FALSE(fs::exists(folder_ + "/images/resealing"));
  EXPECT_THAT((*Open('b'))->Reseal(nullptr), HasCode(absl::StatusCode::kFailedPrecondition));
}

// A process of its own, killed after some images; then what was begun is ended.
TEST_F(Reseal, KilledAtAnyMomentEachImageOpensWithOneOfTheTwoKeys) {
  std::size_t n_between = 0;
  for (const int kill_at : {1, 7, 20, 39, 40}) {
    const pid_t child = fork();
    if (child == 0) {
      // Small pieces of work, so that images change places before the end.
      const auto store = Open('a', 'b');
      if (!store.ok()) _exit(3);
      int n = 0;
      const auto done = (*store)->Reseal(
          [&](std::uint64_t, std::uint64_t) {
            if (++n == kill_at) raise(SIGKILL);
          },
          {.bytes_waiting_max = 300'000});
      _exit(done.ok() ? 4 : 5);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    EXPECT_EQ(Readable('a', 'b'), contents_.size()) << kill_at;
    const std::size_t under_new = Readable('b');
    EXPECT_EQ(Readable('a') + under_new, contents_.size()) << kill_at;
    n_between += under_new > 0 && under_new < contents_.size() ? 1 : 0;
  }
  EXPECT_GT(n_between, 0u);  // it was killed in the middle
  ASSERT_OK((*Open('a', 'b'))->Reseal(nullptr));
  EXPECT_EQ(Readable('b'), contents_.size());
  EXPECT_FALSE(fs::exists(folder_ + "/images/resealing"));
}

TEST_F(Reseal, WhatIsPutMeanwhileIsUnderTheFirstKey) {
  {
    const auto store = Open('a', 'b');
    ASSERT_OK(store);
    ASSERT_OK((*store)->Put("2.25.9", [](SealedWriter& w) { return w.Write("late"); }));
  }
  ASSERT_OK((*Open('a', 'b'))->Reseal(nullptr));  // also of a load that has not ended
  for (const auto& entry : fs::directory_iterator(folder_ + "/images/incoming/2.25.9"))
    EXPECT_TRUE(*IsSealedUnder(entry.path().string(), Key('b')));
}

TEST_F(Reseal, LeavesABrokenImageAndNamesIt) {
  const std::string broken = folder_ + "/images/" + contents_.rbegin()->first;
  fs::resize_file(broken, fs::file_size(broken) - 3);
  const absl::Status resealed = (*Open('a', 'b'))->Reseal(nullptr);
  EXPECT_THAT(resealed, HasCode(absl::StatusCode::kDataLoss));
  EXPECT_THAT(resealed.message(),
              ::testing::HasSubstr("1 images are not whole, the first is " + broken));
  EXPECT_EQ(Readable('b'), contents_.size() - 1);
  fs::remove(broken);
  ASSERT_OK((*Open('a', 'b'))->Reseal(nullptr));
}

}  // namespace
}  // namespace essaim::dicom
