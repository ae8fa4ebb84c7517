// Published vectors: RFC 5869 (HKDF), RFC 7748 (X25519), RFC 8032 (Ed25519), and the test cases of
// McGrew and Viega (2005), "The Galois/Counter Mode of Operation", for AES in counter mode and
// AES-256-GCM.
#include <numeric>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/testing/status_matchers.h"
#include "crypto/aead.h"
#include "crypto/agreement.h"
#include "crypto/hash.h"
#include "crypto/mask.h"
#include "crypto/signing.h"

namespace essaim::crypto {
namespace {

using ::essaim::testing::HasCode;

std::string Hex(std::string_view hex) { return *FromHex(hex); }

SecretBytes Secret(std::string_view hex) { return SecretBytes::CopyOf(Hex(hex)); }

std::string Shown(const SecretBytes& s) { return ToHex(s.view()); }

std::string Counting(int first, std::size_t n) {
  std::string s(n, '\0');
  std::iota(s.begin(), s.end(), static_cast<char>(first));
  return s;
}

TEST(Hkdf, Rfc5869Case2LongInputs) {
  const SecretBytes key = SecretBytes::CopyOf(Counting(0x00, 80));
  EXPECT_EQ(
      Shown(Hkdf(key.span(), Counting(0x60, 80), Counting(0xb0, 80), 82)),
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c6"
      "5e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
}

TEST(X25519, Rfc7748Section52) {
  SecretBytes out;
  ASSERT_TRUE(internal::X25519(
      Secret("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
      Hex("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493"), out));
  EXPECT_EQ(Shown(out), "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}

TEST(X25519, Rfc7748ThousandIterations) {
  std::string u = '\x09' + std::string(31, '\0');
  SecretBytes k = SecretBytes::CopyOf(u), next;
  for (int i = 1; i <= 1000; ++i) {
    ASSERT_TRUE(internal::X25519(k, u, next));
    u = std::string(k.view());
    k = std::move(next);
    if (i == 1) {
      EXPECT_EQ(Shown(k), "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
    }
  }
  EXPECT_EQ(Shown(k), "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

TEST(Agreement, Rfc7748Section61) {
  ASSERT_OK_AND_ASSIGN(const AgreementKey alice,
                       AgreementKey::FromSecret(Secret(
                           "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")));
  EXPECT_EQ(ToHex(alice.public_key()),
            "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  ASSERT_OK_AND_ASSIGN(
      const SecretBytes shared,
      alice.Agree(Hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")));
  EXPECT_EQ(Shown(shared), "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
}

// The points of order 1, 2, 4 and 8 (https://cr.yp.to/ecdh.html#validate), and second names of
// points.
TEST(Agreement, RefusesEveryPointOfLowOrderAndEverySecondName) {
  ASSERT_OK_AND_ASSIGN(const AgreementKey key,
                       AgreementKey::FromSecret(Secret(std::string(64, '7'))));
  const std::string all_but_first(60, 'f');
  for (const std::string& hex :
       {std::string(64, '0'), "01" + std::string(62, '0'),
        std::string("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        std::string("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
        "ec" + all_but_first + "7f", "ed" + all_but_first + "7f", "ee" + all_but_first + "7f"}) {
    EXPECT_THAT(key.Agree(Hex(hex)), HasCode(absl::StatusCode::kInvalidArgument)) << hex;
  }
  std::string twin = key.public_key();
  EXPECT_TRUE(IsCanonicalKey(twin));
  EXPECT_OK(key.Agree(twin));
  twin[31] = static_cast<char>(twin[31] | 0x80);
  EXPECT_FALSE(IsCanonicalKey(twin));
  EXPECT_THAT(key.Agree(twin), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_FALSE(IsCanonicalKey(Hex("f6" + all_but_first + "7f")));  // another name of 9
  EXPECT_EQ(*PublicKeyOf(key.secret()), key.public_key());
}

struct SigningCase {
  const char *seed, *public_key, *message, *signature;
};

TEST(Ed25519, Rfc8032Section71) {
  const SigningCase cases[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf"
       "9b46bd25bf5f0595bbe24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f"
       "11d8c387b2eaeb4302aeeb00d291612bb0c00"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984"
       "dc6594a7c15e9716ed28dc027beceea1ec40a"}};
  for (const SigningCase& c : cases) {
    ASSERT_OK_AND_ASSIGN(const SigningKey key, SigningKey::FromSeed(Secret(c.seed)));
    EXPECT_EQ(ToHex(key.public_key()), c.public_key);
    EXPECT_EQ(ToHex(internal::SignBytes(Secret(c.seed), Hex(c.message))), c.signature);
    EXPECT_TRUE(internal::VerifyBytes(Hex(c.public_key), Hex(c.message), Hex(c.signature)));
    EXPECT_FALSE(internal::VerifyBytes(Hex(c.public_key), "other", Hex(c.signature)));
    // What is signed with a domain never verifies as plain bytes.
    EXPECT_FALSE(internal::VerifyBytes(key.public_key(), "m", key.Sign("d", "m")));
  }
}

// With the neutral point as the key, R = [S]B would verify for every message.
TEST(Ed25519, RefusesKeysOfLowOrder) {
  const std::string neutral = '\x01' + std::string(31, '\0');
  const std::string base = Hex("5866666666666666666666666666666666666666666666666666666666666666");
  const std::string one = '\x01' + std::string(31, '\0');
  EXPECT_FALSE(internal::VerifyBytes(neutral, "anything", base + one));
}

TEST(Aead, GcmTestCases13And14) {
  const SecretBytes key(32);
  EXPECT_EQ(ToHex(SealOnce(key, "", "")), "530f8afbc74536b9a963b4f1c4cb738b");
  EXPECT_EQ(ToHex(SealOnce(key, std::string(16, '\0'), "")),
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

// GCM's hash key is the cipher of zero, that is, the first block of a mask's stream.
TEST(Mask, StreamBeginsWithTheCipherOfZeroInEveryKernel) {
  SignedMaskKey key;
  const std::string raw = Hex("feffe9928665731c6d6a8f9467308308");
  std::copy(raw.begin(), raw.end(), key.key.begin());
  for (const MaskKernel kernel : {MaskKernel::kPortable, ActiveMaskKernel()}) {
    std::vector<std::uint8_t> v(16, 0);
    ApplyMasksWith(kernel, v, 16, std::span(&key, 1));
    EXPECT_EQ(ToHex({reinterpret_cast<char*>(v.data()), 16}), "b83b533708bf535d0aa6e52980d53b78");
  }
}

}  // namespace
}  // namespace essaim::crypto
