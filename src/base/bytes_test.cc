#include "base/bytes.h"

#include <limits>

#include "base/secret_bytes.h"
#include "base/testing/status_matchers.h"

namespace essaim {
namespace {

using ::essaim::testing::HasCode;

TEST(Bytes, HexRoundTripsAndRefusesJunk) {
  EXPECT_EQ(ToHex(std::string("\x00\xff\x10", 3)), "00ff10");
  ASSERT_OK_AND_ASSIGN(const std::string bytes, FromHex("00fF10"));
  EXPECT_EQ(bytes, std::string("\x00\xff\x10", 3));
  EXPECT_THAT(FromHex("abc"), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(FromHex("zz"), HasCode(absl::StatusCode::kInvalidArgument));
}

TEST(Bytes, ReaderGivesBackWhatWriterWrote) {
  ByteWriter w;
  w.U8(7);
  w.U32(1u << 31);
  w.U64(1ull << 63);
  w.F64(-0.1);
  w.Bytes("bee");
  const double many[] = {1.0, std::numeric_limits<double>::infinity()};
  w.F64s(many);
  ByteReader r(w.bytes());
  EXPECT_EQ(*r.U8(), 7);
  EXPECT_EQ(*r.U32(), 1u << 31);
  EXPECT_EQ(*r.U64(), 1ull << 63);
  EXPECT_EQ(*r.F64(), -0.1);
  EXPECT_EQ(*r.Bytes(3), "bee");
  EXPECT_EQ(*r.F64s(2), (std::vector<double>{1.0, std::numeric_limits<double>::infinity()}));
  EXPECT_OK(r.End());
}

TEST(Bytes, ReaderRefusesTruncatedLongAndLeftOverInput) {
  ByteWriter w;
  w.Bytes("bees");
  EXPECT_THAT(ByteReader(w.bytes()).Bytes(3), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ByteReader(w.bytes().substr(0, 10)).Bytes(9), HasCode(absl::StatusCode::kDataLoss));
  EXPECT_THAT(ByteReader(w.bytes()).End(), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ByteReader("").U64(), HasCode(absl::StatusCode::kDataLoss));
}

TEST(SecretBytes, MovesAndClones) {
  SecretBytes a = SecretBytes::CopyOf("key");
  SecretBytes b = a.Clone();
  SecretBytes c = std::move(a);
  EXPECT_EQ(b.view(), "key");
  EXPECT_EQ(c.view(), "key");
}

}  // namespace
}  // namespace essaim
