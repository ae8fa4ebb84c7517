#include "crypto/blinding.h"

#include "base/bytes.h"
#include "base/testing/status_matchers.h"
#include "crypto/seeded_entropy.h"

namespace essaim::crypto {
namespace {

using ::essaim::testing::HasCode;

std::string Hex(std::string_view hex) { return *FromHex(hex); }

BlindingKey KeyOfNumber(char n) {
  std::string scalar(32, '\0');
  scalar[0] = n;
  return *BlindingKey::FromSecret(SecretBytes::CopyOf(scalar));
}

TEST(Blinding, IsTheGroupOfTheRfc) {
  // RFC 9496, A.3, the first; and A.1: twice and five times the generator.
  EXPECT_EQ(ToHex(internal::ElementOfUniform(
                Hex("5d1be09e3d0c82fc538112490e35701979d99e06ca3e2b5b54bffe8b4dc772c1"
                    "4d98b696a1bbfb5ca32c436cc61c16563790306c79eaca7705668b47dffe5bb6"))),
            "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46");
  const std::string generator =
      Hex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76");
  const auto twice = KeyOfNumber(2).Blind(generator);
  ASSERT_OK(twice);
  EXPECT_EQ(ToHex(*twice), "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919");
}

TEST(Blinding, Commutes) {
  SeededEntropy entropy(SecretBytes::CopyOf("seed"), "blinding");
  const auto a = BlindingKey::Draw(entropy), b = BlindingKey::Draw(entropy);
  ASSERT_OK(a);
  ASSERT_OK(b);
  EXPECT_NE(a->BlindText("x"), b->BlindText("x"));
  EXPECT_NE(a->BlindText("x"), a->BlindText("y"));
  const auto ab = b->Blind(a->BlindText("x")), ba = a->Blind(b->BlindText("x"));
  ASSERT_OK(ab);
  ASSERT_OK(ba);
  EXPECT_EQ(*ab, *ba);
  const auto again = BlindingKey::FromSecret(a->secret());
  ASSERT_OK(again);
  EXPECT_EQ(again->BlindText("x"), a->BlindText("x"));
}

TEST(Blinding, WhatIsNoElementIsRefused) {
  const BlindingKey key = KeyOfNumber(7);
  EXPECT_THAT(key.Blind(std::string(32, '\0')), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(key.Blind(std::string(32, '\xFF')), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(key.Blind("short"), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(BlindingKey::FromSecret(SecretBytes(32)),
              HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(BlindingKey::FromSecret(SecretBytes(31)),
              HasCode(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace essaim::crypto
