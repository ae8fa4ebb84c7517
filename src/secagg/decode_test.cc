#include "secagg/decode.h"

#include <algorithm>
#include <cstring>

#include "base/testing/status_matchers.h"
#include "crypto/agreement.h"
#include "crypto/seeded_entropy.h"
#include "secagg/field.h"
#include "secagg/shamir.h"

namespace essaim::secagg {
namespace {

using ::essaim::testing::HasCode;

class Random {
 public:
  explicit Random(std::string_view label) : entropy_(SecretBytes(32), label) {}

  std::uint64_t Element() {
    std::uint8_t raw[8];
    EXPECT_OK(entropy_.Fill(raw));
    std::uint64_t v = 0;
    std::memcpy(&v, raw, sizeof v);
    return v % kFieldPrime;
  }

  Entropy& entropy() { return entropy_; }

 private:
  crypto::SeededEntropy entropy_;
};

TEST(Field, AgreesWithLongDivision) {
  Random random("field");
  const std::uint64_t edges[] = {0, 1, 2, kFieldPrime - 1, kFieldPrime - 2, kFieldPrime / 2};
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t a = i < 36 ? edges[i / 6] : random.Element();
    const std::uint64_t b = i < 36 ? edges[i % 6] : random.Element();
    const auto wide = static_cast<unsigned __int128>(a);
    EXPECT_EQ(AddMod(a, b), static_cast<std::uint64_t>((wide + b) % kFieldPrime));
    EXPECT_EQ(SubMod(a, b), static_cast<std::uint64_t>((wide + kFieldPrime - b) % kFieldPrime));
    EXPECT_EQ(MulMod(a, b), static_cast<std::uint64_t>(wide * b % kFieldPrime));
    EXPECT_EQ(MulMod(a, InverseMod(a)), a == 0 ? 0u : 1u);
  }
  EXPECT_EQ(ReduceMod(~std::uint64_t{0}), ~std::uint64_t{0} % kFieldPrime);
}

TEST(Decode, CorrectsUpToHalfOfTheSparePointsAndNoMore) {
  Random random("decode");
  for (const auto& [n, k] : std::vector<std::pair<std::size_t, std::size_t>>{
           {1, 1}, {3, 1}, {5, 3}, {10, 7}, {16, 11}, {64, 39}, {64, 1}, {64, 64}}) {
    std::vector<std::uint64_t> message(k), xs(n), ys(n);
    for (auto& c : message) c = random.Element();
    for (std::size_t i = 0; i < n; ++i) ys[i] = EvaluateAt(message, xs[i] = i + 1);
    const std::size_t bearable = (n - k) / 2;
    for (std::size_t wrong = 0; wrong <= bearable; ++wrong) {
      std::vector<std::uint64_t> received = ys;
      for (std::size_t w = 0; w < wrong; ++w) {  // from the front: where plain interpolation looks
        received[w] = random.Element();
      }
      const auto decoded = DecodePolynomial(xs, received, k);
      ASSERT_TRUE(decoded.has_value()) << n << " " << k << " " << wrong;
      EXPECT_EQ(*decoded, message) << n << " " << k << " " << wrong;
    }
    if (n - k < 2) continue;
    std::vector<std::uint64_t> received = ys;
    for (std::size_t w = 0; w <= bearable; ++w) received[w] = random.Element();
    EXPECT_NE(DecodePolynomial(xs, received, k), std::optional(message));
  }
  EXPECT_EQ(*DecodePolynomial(std::vector<std::uint64_t>{1, 2, 3},
                              std::vector<std::uint64_t>{0, 0, 0}, 2),
            (std::vector<std::uint64_t>{0, 0}));
}

// The secret is a key pair's and the commitment its public key, as in the protocol.
TEST(Shamir, NamesAsManyCheatsAsThereAreSpareSharesForInLargeCohorts) {
  Random random("cheats");
  SecretBytes secret(kSharedSecretBytes);
  ASSERT_OK(random.entropy().Fill({secret.data(), secret.size()}));
  const auto right = [&](const SecretBytes& s) {
    const auto key = crypto::AgreementKey::FromSecret(s.Clone());
    return key->public_key() == crypto::AgreementKey::FromSecret(secret.Clone())->public_key();
  };
  ASSERT_OK_AND_ASSIGN(std::vector<Share> shares, Split(secret, 39, 64, random.entropy()));
  std::vector<std::uint32_t> cheats;
  for (std::uint32_t x = 1; x <= 12; ++x) {  // (64 - 39) / 2, the very first ones
    shares[x - 1].y[x % kLimbs] = random.Element();
    cheats.push_back(x);
    ASSERT_OK_AND_ASSIGN(const Recovered found, CombineChecked(shares, 39, right));
    EXPECT_EQ(found.wrong, cheats);
    EXPECT_EQ(found.secret.view(), secret.view());
  }
}

TEST(Shamir, FindsASecretWithOneRightSubsetInSmallCohorts) {
  Random random("small");
  SecretBytes secret(kSharedSecretBytes);
  ASSERT_OK(random.entropy().Fill({secret.data(), secret.size()}));
  const auto right = [&](const SecretBytes& s) { return s.view() == secret.view(); };
  for (const auto& [t, n] : {std::pair{3, 4}, {4, 5}, {5, 7}, {7, 10}, {11, 16}}) {
    ASSERT_OK_AND_ASSIGN(std::vector<Share> shares, Split(secret, t, n, random.entropy()));
    std::vector<std::uint32_t> cheats;
    for (int w = 0; w < n - t; ++w) {
      shares[w].y[0] = random.Element();
      cheats.push_back(w + 1);
    }
    ASSERT_OK_AND_ASSIGN(const Recovered found, CombineChecked(shares, t, right));
    EXPECT_EQ(found.wrong, cheats);
    shares[n - t].y[0] = random.Element();
    EXPECT_THAT(CombineChecked(shares, t, right), HasCode(absl::StatusCode::kDataLoss));
  }
}

// Fewer shares than the threshold say nothing: for t - 1 of them and ANY other secret there are
// polynomials through both.
TEST(Shamir, TooFewSharesFitEverySecret) {
  Random random("hiding");
  SecretBytes secret(kSharedSecretBytes);
  ASSERT_OK(random.entropy().Fill({secret.data(), secret.size()}));
  ASSERT_OK_AND_ASSIGN(const std::vector<Share> shares, Split(secret, 3, 5, random.entropy()));
  const std::uint64_t other = 12345;  // another first limb
  const std::vector<std::uint64_t> xs = {0, shares[0].x, shares[1].x};
  const auto through =
      DecodePolynomial(xs, std::vector<std::uint64_t>{other, shares[0].y[0], shares[1].y[0]}, 3);
  ASSERT_TRUE(through.has_value());
  EXPECT_EQ((*through)[0], other);
}

}  // namespace
}  // namespace essaim::secagg
