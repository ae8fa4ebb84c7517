#include "crypto/mask.h"

#include <cstring>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/testing/status_matchers.h"

namespace essaim::crypto {
namespace {

SignedMaskKey KeyOf(std::uint8_t first, MaskSign sign) {
  SignedMaskKey key;
  for (std::size_t i = 0; i < key.key.size(); ++i)
    key.key[i] = static_cast<std::uint8_t>(first + 17 * i);
  key.sign = sign;
  return key;
}

std::vector<std::uint8_t> Pattern(std::size_t n) {
  std::vector<std::uint8_t> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = static_cast<std::uint8_t>(i * 131 + (i >> 7));
  return v;
}

// FIPS 197, appendix B's cipher with C.1's key: the stream of key 000102...0f begins with AES(0).
TEST(Mask, StreamIsAes128InCounterModeFromZero) {
  SignedMaskKey key;
  for (std::size_t i = 0; i < 16; ++i) key.key[i] = 0;
  std::vector<std::uint8_t> v(32, 0);
  ApplyMasksWith(MaskKernel::kPortable, v, 4, std::span(&key, 1));
  // AES-128 with the zero key of blocks 0 and 1 (NIST GCM test case 1: H, and the first counter
  // block's cipher).
  EXPECT_EQ(ToHex({reinterpret_cast<char*>(v.data()), 16}), "66e94bd4ef8a2c3b884cfa59ca342b2e");
  EXPECT_EQ(ToHex({reinterpret_cast<char*>(v.data()) + 16, 16}),
            "58e2fccefa7e3061367f1d57a4e7455a");
}

TEST(Mask, KernelsAreEqualOnEveryLengthWidthAndSign) {
  if (!HasVaes()) GTEST_SKIP() << "this processor has no VAES";
  const std::vector<SignedMaskKey> keys = {KeyOf(1, MaskSign::kAdd), KeyOf(2, MaskSign::kSubtract),
                                           KeyOf(3, MaskSign::kAdd)};
  for (const std::size_t width : {4, 8, 16}) {
    for (std::size_t n = 0; n < 70; ++n) {
      for (const std::size_t base :
           {std::size_t{0}, std::size_t{512}, std::size_t{16384 - 512}, std::size_t{40000}}) {
        std::vector<std::uint8_t> a = Pattern((base / 16 * 16) + n * width), b = a;
        ApplyMasksWith(MaskKernel::kPortable, a, width, keys);
        ApplyMasksWith(MaskKernel::kVaes, b, width, keys);
        ASSERT_EQ(a, b) << "width " << width << " n " << n << " base " << base;
      }
    }
  }
}

TEST(Mask, SubtractingUndoesAddingInEveryRing) {
  const std::vector<SignedMaskKey> add = {KeyOf(9, MaskSign::kAdd)},
                                   subtract = {KeyOf(9, MaskSign::kSubtract)};
  for (const std::size_t width : {4, 8, 16}) {
    const std::vector<std::uint8_t> before = Pattern(5000 * 16);
    for (const MaskKernel kernel : {MaskKernel::kPortable, ActiveMaskKernel()}) {
      std::vector<std::uint8_t> v = before;
      ApplyMasksWith(kernel, v, width, add);
      EXPECT_NE(v, before);
      ApplyMasksWith(kernel, v, width, subtract);
      EXPECT_EQ(v, before);
    }
  }
}

TEST(Mask, PartsMaskedApartAreTheWhole) {
  const std::vector<SignedMaskKey> keys = {KeyOf(1, MaskSign::kAdd), KeyOf(7, MaskSign::kSubtract)};
  for (const MaskKernel kernel : {MaskKernel::kPortable, ActiveMaskKernel()}) {
    for (const std::size_t width : {4, 8, 16}) {
      std::vector<std::uint8_t> whole = Pattern(100'000), parts = whole;
      ApplyMasksWith(kernel, whole, width, keys);
      std::size_t at = 0;
      for (const std::size_t n : {16u, 4096u, 16384u, 48u, 79456u}) {
        ApplyMasksWith(kernel, std::span(parts).subspan(at, n), width, keys, at / 16);
        at += n;
      }
      ASSERT_EQ(at, parts.size());
      EXPECT_EQ(parts, whole) << width;
    }
  }
}

// The last blocks that a stream may have: the counter's low 32 bits are full there.
TEST(Mask, KernelsAreEqualAtTheEndOfTheLongestStream) {
  const std::vector<SignedMaskKey> keys = {KeyOf(3, MaskSign::kAdd)};
  const std::uint64_t last = kMaskStreamBytesMax / 16 - 100;
  std::vector<std::uint8_t> a = Pattern(1600), b = a;
  ApplyMasksWith(MaskKernel::kPortable, a, 4, keys, last);
  ApplyMasksWith(ActiveMaskKernel(), b, 4, keys, last);
  EXPECT_EQ(a, b);
  EXPECT_DEATH(ApplyMasksWith(ActiveMaskKernel(), b, 4, keys, last + 1), "check failed");
}

TEST(Mask, TheStreamAloneIsWhatIsAdded) {
  for (const MaskKernel kernel : {MaskKernel::kPortable, ActiveMaskKernel()}) {
    const SignedMaskKey key = KeyOf(4, MaskSign::kAdd);
    std::vector<std::uint8_t> added(20'000, 0), alone = Pattern(20'000);
    ApplyMasksWith(kernel, added, 4, std::span(&key, 1), 77);
    StreamOnlyWith(kernel, key, alone, 77);
    EXPECT_EQ(alone, added);
  }
}

TEST(Mask, CarryCrossesTheHalvesOf128Bits) {
  std::vector<Uint128> v(64, ~Uint128{0} >> 1);
  const std::vector<SignedMaskKey> keys = {KeyOf(5, MaskSign::kAdd)};
  std::vector<Uint128> stream(64, 0);
  ApplyMasks(std::span(v), keys);
  ApplyMasks(std::span(stream), keys);
  for (std::size_t i = 0; i < v.size(); ++i)
    EXPECT_TRUE(v[i] == (~Uint128{0} >> 1) + stream[i]) << i;
}

}  // namespace
}  // namespace essaim::crypto
