#include "dicom/image_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "base/testing/status_matchers.h"
#include "crypto/entropy.h"
#include "dicom/export.h"

namespace essaim::dicom {
namespace {

namespace fs = std::filesystem;
using testing::HasCode;

class SealedFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/essaim_sealed_XXXXXX";
    folder_ = mkdtemp(name);
  }

  void TearDown() override { fs::remove_all(folder_); }

  std::string Path() const { return folder_ + "/file"; }

  void Write(const std::string& bytes) {
    auto writer = SealedWriter::Create(Path(), Key('a'), entropy_);
    ASSERT_OK(writer);
    for (std::size_t at = 0; at < bytes.size(); at += 100'000)
      ASSERT_OK((*writer)->Write(std::string_view(bytes).substr(at, 100'000)));
    ASSERT_OK((*writer)->Finish());
    EXPECT_EQ((*writer)->bytes(), bytes.size());
  }

  absl::StatusOr<std::string> Read(char key = 'a') const {
    std::string bytes;
    const absl::Status read = ReadSealed(Path(), Key(key), [&](std::string_view part) {
      bytes.append(part);
      return absl::OkStatus();
    });
    if (!read.ok()) return read;
    return bytes;
  }

  static SecretBytes Key(char c) { return SecretBytes::CopyOf(std::string(32, c)); }

  std::string folder_;
  crypto::SystemEntropy entropy_;
};

TEST_F(SealedFileTest, GivesBackWhatWasSealed) {
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, kPieceBytes - 1, kPieceBytes,
                              kPieceBytes + 1, 3 * kPieceBytes}) {
    std::string bytes(n, 'x');
    if (n > 0) bytes[n / 2] = 'y';
    Write(bytes);
    const auto read = Read();
    ASSERT_OK(read);
    EXPECT_TRUE(*read == bytes) << n;
    const auto sealed = ReadFile(Path());
    ASSERT_OK(sealed);
    EXPECT_EQ(sealed->find("xxxxxxxx"), std::string::npos);
  }
}

TEST_F(SealedFileTest, OpensNothingThatWasChanged) {
  Write(std::string(2 * kPieceBytes + 5, 'x'));
  EXPECT_THAT(Read('b'), HasCode(absl::StatusCode::kDataLoss));
  const std::string whole = *ReadFile(Path());
  const std::size_t head = 24;
  const auto becomes = [&](const std::string& bytes) {
    std::ofstream(Path(), std::ios::binary) << bytes;
    EXPECT_THAT(Read(), HasCode(absl::StatusCode::kDataLoss));
  };
  becomes("");
  becomes(whole.substr(0, head));
  for (std::size_t at = 0; at < whole.size(); at += whole.size() / 50) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    becomes(flipped);
    becomes(whole.substr(0, at));
  }
  // Its last piece gone, so that it ends where a piece ends.
  const std::size_t sealed = 4 + kPieceBytes + 28;
  ASSERT_GT(whole.size(), head + 2 * sealed);
  becomes(whole.substr(0, head + sealed));
  becomes(whole.substr(0, head + 2 * sealed));
  // Two pieces that changed places.
  becomes(whole.substr(0, head) + whole.substr(head + sealed, sealed) + whole.substr(head, sealed) +
          whole.substr(head + 2 * sealed));
}

TEST_F(SealedFileTest, StoreKeepsOthersOutAndRefusesNamesOfOthers) {
  auto store = ImageStore::Open(folder_ + "/images", Key('a'), entropy_);
  ASSERT_OK(store);
  EXPECT_THAT(ImageStore::Open(folder_ + "/images", Key('a'), entropy_),
              HasCode(absl::StatusCode::kUnavailable));
  const auto put = (*store)->Put(
      "2.25.1", [](SealedWriter& writer) { return writer.Write("a de-identified file"); });
  ASSERT_OK(put);
  const auto again = (*store)->Put(
      "2.25.1", [](SealedWriter& writer) { return writer.Write("a de-identified file"); });
  ASSERT_OK(again);
  EXPECT_EQ(put->file, again->file);
  EXPECT_FALSE((*store)
                   ->Put("2.25.1", [](SealedWriter&) { return absl::InternalError("not written"); })
                   .ok());
  EXPECT_FALSE(fs::exists(folder_ + "/images/incoming/2.25.1/begun"));
  const auto take = [](std::string_view) { return absl::OkStatus(); };
  for (const char* name : {"../node.json", "2.25.1/../../x", "/etc/passwd", "2.25.1", "a/b", ""})
    EXPECT_THAT((*store)->Read(name, take), HasCode(absl::StatusCode::kInvalidArgument)) << name;
}

TEST_F(SealedFileTest, ExportsWholeOrNothing) {
  auto store = ImageStore::Open(folder_ + "/images", Key('a'), entropy_);
  ASSERT_OK(store);
  const auto put = (*store)->Put("2.25.1", [](SealedWriter& w) { return w.Write("bytes"); });
  ASSERT_OK(put);
  fs::rename(folder_ + "/images/incoming/2.25.1", folder_ + "/images/2.25.1");
  const std::string out = folder_ + "/out.dcm";
  EXPECT_THAT(ExportDicom(**store, put->file, std::string(64, '0'), out),
              HasCode(absl::StatusCode::kDataLoss));
  EXPECT_FALSE(fs::exists(out));
  ASSERT_OK(ExportDicom(**store, put->file, put->sha256_hex, out));
  EXPECT_EQ(*ReadFile(out), "bytes");
  EXPECT_THAT(ExportDicom(**store, put->file, put->sha256_hex, out),
              HasCode(absl::StatusCode::kAlreadyExists));
}

}  // namespace
}  // namespace essaim::dicom
