#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/testing/status_matchers.h"
#include "crypto/aead.h"
#include "crypto/agreement.h"
#include "crypto/certificates.h"
#include "crypto/entropy.h"
#include "crypto/hash.h"
#include "crypto/seeded_entropy.h"
#include "crypto/signing.h"

namespace essaim::crypto {
namespace {

using ::essaim::testing::HasCode;

std::string Hex(std::string_view hex) { return *FromHex(hex); }

SecretBytes Secret(std::string_view hex) { return SecretBytes::CopyOf(Hex(hex)); }

std::string ShownHex(const SecretBytes& s) { return ToHex(s.view()); }

TEST(Hash, Fips180) {
  EXPECT_EQ(ToHex(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256Hasher pieces;
  pieces.Update("a");
  pieces.Update("bc");
  EXPECT_EQ(pieces.Finish(), Sha256("abc"));
  EXPECT_NE(HashOf("d", {"ab", "c"}), HashOf("d", {"a", "bc"}));
}

TEST(Hkdf, Rfc5869Cases1And3) {
  const std::string ikm = Hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
  const std::span<const std::uint8_t> key(reinterpret_cast<const std::uint8_t*>(ikm.data()),
                                          ikm.size());
  EXPECT_EQ(ShownHex(Hkdf(key, Hex("000102030405060708090a0b0c"), Hex("f0f1f2f3f4f5f6f7f8f9"), 42)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(ShownHex(Hkdf(key, "", "", 42)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(Agreement, BothSidesAgreeAndRfc7748Section61PublicKey) {
  ASSERT_OK_AND_ASSIGN(const AgreementKey alice,
                       AgreementKey::FromSecret(Secret(
                           "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")));
  ASSERT_OK_AND_ASSIGN(const AgreementKey bob,
                       AgreementKey::FromSecret(Secret(
                           "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")));
  EXPECT_EQ(ToHex(bob.public_key()),
            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  ASSERT_OK_AND_ASSIGN(const SecretBytes ab, alice.Agree(bob.public_key()));
  ASSERT_OK_AND_ASSIGN(const SecretBytes ba, bob.Agree(alice.public_key()));
  EXPECT_EQ(ShownHex(ab), ShownHex(ba));
}

TEST(Agreement, Rfc7748Section52Scalar) {
  ASSERT_OK_AND_ASSIGN(const AgreementKey key,
                       AgreementKey::FromSecret(Secret(
                           "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")));
  ASSERT_OK_AND_ASSIGN(
      const SecretBytes shared,
      key.Agree(Hex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")));
  EXPECT_EQ(ShownHex(shared), "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
}

TEST(Agreement, RefusesKeysOfLowOrderAndWrongLength) {
  ASSERT_OK_AND_ASSIGN(const AgreementKey key,
                       AgreementKey::FromSecret(Secret(std::string(64, '7'))));
  EXPECT_THAT(key.Agree(std::string(32, '\0')), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(key.Agree("short"), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(AgreementKey::FromSecret(SecretBytes(31)),
              HasCode(absl::StatusCode::kInvalidArgument));
}

TEST(Signing, Rfc8032KeyAndRefusals) {
  ASSERT_OK_AND_ASSIGN(const SigningKey key,
                       SigningKey::FromSeed(Secret(
                           "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")));
  EXPECT_EQ(ToHex(key.public_key()),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  const std::string signature = key.Sign("domain", "message");
  EXPECT_TRUE(Verify(key.public_key(), "domain", "message", signature));
  EXPECT_FALSE(Verify(key.public_key(), "other", "message", signature));
  EXPECT_FALSE(Verify(key.public_key(), "domain", "massage", signature));
  EXPECT_FALSE(Verify(key.public_key(), "domain", "message", signature.substr(1)));
  EXPECT_FALSE(Verify("short", "domain", "message", signature));
}

TEST(Aead, OpensOnlyWhatWasSealed) {
  const SecretBytes key = Secret(std::string(64, 'a'));
  const std::string once = SealOnce(key, "share", "from a to b");
  EXPECT_EQ(once, SealOnce(key, "share", "from a to b"));
  EXPECT_EQ(OpenOnce(key, once, "from a to b")->view(), "share");
  EXPECT_THAT(OpenOnce(key, once, "from a to c"), HasCode(absl::StatusCode::kDataLoss));
  SystemEntropy entropy;
  ASSERT_OK_AND_ASSIGN(std::string sealed, Seal(key, "secret", "run 1", entropy));
  EXPECT_EQ(Open(key, sealed, "run 1")->view(), "secret");
  sealed[sealed.size() / 2] ^= 1;
  EXPECT_THAT(Open(key, sealed, "run 1"), HasCode(absl::StatusCode::kDataLoss));
  EXPECT_THAT(Open(key, "", "run 1"), HasCode(absl::StatusCode::kDataLoss));
}

TEST(SeededEntropy, SameSeedSameBytesOtherLabelOtherBytes) {
  const auto draw = [](char seed, const char* label, std::vector<std::size_t> steps) {
    SeededEntropy entropy(Secret(std::string(64, seed)), label);
    std::string out;
    for (const std::size_t n : steps) {
      std::vector<std::uint8_t> bytes(n);
      EXPECT_OK(entropy.Fill(bytes));
      out.append(bytes.begin(), bytes.end());
    }
    return out;
  };
  EXPECT_EQ(draw('1', "a", {5000}), draw('1', "a", {4079, 2, 919}));
  EXPECT_NE(draw('1', "a", {32}), draw('2', "a", {32}));
  EXPECT_NE(draw('1', "a", {32}), draw('1', "b", {32}));
}

TEST(Certificates, AuthoritySignsARequestAndNamesItself) {
  constexpr std::int64_t kNow = 1'800'000'000'000;
  ASSERT_OK_AND_ASSIGN(const Authority authority, MakeAuthority("demo authority", kNow, 3650));
  ASSERT_OK_AND_ASSIGN(const SecretBytes key, MakeKeyPem());
  ASSERT_OK_AND_ASSIGN(const std::string request, MakeRequestPem(key, "alpha"));
  ASSERT_OK_AND_ASSIGN(const RequestInfo asked, ReadRequest(request));
  EXPECT_EQ(asked.common_name, "alpha");
  EXPECT_EQ(asked.fingerprint.size(), 32 * 3 - 1u);
  ASSERT_OK_AND_ASSIGN(
      const std::string certificate,
      SignRequest(
          authority, request,
          {.common_name = "beta", .role = "site", .addresses = {}, .now_ms = kNow, .days = 30}));
  ASSERT_OK_AND_ASSIGN(const CertificateInfo info, ReadCertificate(certificate));
  EXPECT_EQ(info.common_name, "beta");
  EXPECT_EQ(info.role, "site");
  EXPECT_EQ(info.not_after_ms, kNow + 30LL * 86'400'000);
  ASSERT_OK_AND_ASSIGN(const std::string server,
                       SignRequest(authority, request,
                                   {.common_name = "hub",
                                    .role = "hub",
                                    .addresses = {"127.0.0.1", "hub.example"},
                                    .now_ms = kNow,
                                    .days = 30}));
  EXPECT_NE(ReadCertificate(server)->serial_hex, info.serial_hex);
}

TEST(Certificates, RefuseJunkAndAForgedRequest) {
  EXPECT_THAT(ReadRequest("junk"), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadCertificate(""), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(MakeRequestPem(SecretBytes::CopyOf("x"), "a"),
              HasCode(absl::StatusCode::kInvalidArgument));
  ASSERT_OK_AND_ASSIGN(const SecretBytes key, MakeKeyPem());
  ASSERT_OK_AND_ASSIGN(std::string request, MakeRequestPem(key, "alpha"));
  request[request.size() - 60] = request[request.size() - 60] == 'A' ? 'B' : 'A';
  EXPECT_THAT(ReadRequest(request), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(MakeRequestPem(key, std::string(200, 'a')),
              HasCode(absl::StatusCode::kInvalidArgument));
}

// RFC 4231, test case 2.
TEST(Hmac, GivesTheStandardsValue) {
  const std::string key = "Jefe";
  EXPECT_EQ(ToHex(HmacSha256({reinterpret_cast<const std::uint8_t*>(key.data()), key.size()},
                             "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const HmacSha256Key many({reinterpret_cast<const std::uint8_t*>(key.data()), key.size()});
  for (int i = 0; i < 2; ++i) {
    const auto tag = many.Tag("what do ya want for nothing?");
    EXPECT_EQ(ToHex({reinterpret_cast<const char*>(tag.data()), tag.size()}),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  }
}

// Keys and messages of every length about the blocks of the hash.
TEST(Hmac, OfManyMessagesIsThatOfOne) {
  for (const std::size_t n_key : {1, 32, 63, 64, 65, 131}) {
    const std::string key(n_key, 'k');
    const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(key.data()),
                                              key.size());
    const HmacSha256Key many(bytes);
    for (std::size_t n = 0; n < 200; ++n) {
      const std::string message(n, 'm');
      const auto tag = many.Tag(message);
      EXPECT_EQ(std::string(reinterpret_cast<const char*>(tag.data()), tag.size()),
                HmacSha256(bytes, message));
    }
  }
}

}  // namespace
}  // namespace essaim::crypto
