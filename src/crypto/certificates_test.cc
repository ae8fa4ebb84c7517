#include "crypto/certificates.h"

#include <openssl/err.h>

#include "base/testing/status_matchers.h"

namespace essaim::crypto {
namespace {

using ::essaim::testing::HasCode;

constexpr std::int64_t kNow = 1'800'000'000'000;
constexpr std::int64_t kDay = 86'400'000;

SigningOptions Site(int days = 30) {
  return {.common_name = "alpha", .role = "site", .addresses = {}, .now_ms = kNow, .days = days};
}

class CertificateUse : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(authority_, MakeAuthority("authority", kNow, 3650));
    ASSERT_OK_AND_ASSIGN(key_, MakeKeyPem());
    ASSERT_OK_AND_ASSIGN(request_, MakeRequestPem(key_, "alpha"));
  }

  Authority authority_;
  SecretBytes key_;
  std::string request_;
};

TEST_F(CertificateUse, ServeTheirPurposeWithinTheirTimeUnderTheirAuthority) {
  ASSERT_OK_AND_ASSIGN(const std::string client, SignRequest(authority_, request_, Site()));
  const std::string& root = authority_.certificate_pem;
  EXPECT_OK(CheckIssued(client, root, Purpose::kClient, kNow));
  EXPECT_OK(CheckIssued(client, root, Purpose::kClient, kNow + 29 * kDay));
  const auto refused = HasCode(absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(CheckIssued(client, root, Purpose::kServer, kNow), refused);
  EXPECT_THAT(CheckIssued(client, root, Purpose::kClient, kNow + 31 * kDay), refused);
  EXPECT_THAT(CheckIssued(client, root, Purpose::kClient, kNow - kDay), refused);
  // An authority of the same name with another key.
  ASSERT_OK_AND_ASSIGN(const Authority twin, MakeAuthority("authority", kNow, 3650));
  EXPECT_THAT(CheckIssued(client, twin.certificate_pem, Purpose::kClient, kNow), refused);
  // A site's certificate signs no other: it has not even what an authority's key is found by.
  ASSERT_OK_AND_ASSIGN(const std::string other, MakeRequestPem(key_, "beta"));
  EXPECT_FALSE(
      SignRequest(Authority{.certificate_pem = client, .key_pem = key_.Clone()}, other, Site())
          .ok());
  EXPECT_THAT(CheckIssued("junk", root, Purpose::kClient, kNow),
              HasCode(absl::StatusCode::kInvalidArgument));
}

TEST_F(CertificateUse, ServerNamesAreNamesAndNothingElse) {
  SigningOptions options = Site();
  options.addresses = {"localhost", "127.0.0.1", "::1", "hub.example.org"};
  ASSERT_OK_AND_ASSIGN(const std::string server, SignRequest(authority_, request_, options));
  EXPECT_OK(CheckIssued(server, authority_.certificate_pem, Purpose::kServer, kNow));
  for (const char* bad : {"a,DNS:b", "DNS:b", "", "a b", "a\nb", "*.example.org"}) {
    options.addresses = {bad};
    EXPECT_THAT(SignRequest(authority_, request_, options),
                HasCode(absl::StatusCode::kInvalidArgument))
        << bad;
  }
  EXPECT_THAT(SignRequest(authority_, request_, Site(0)),
              HasCode(absl::StatusCode::kInvalidArgument));
}

TEST_F(CertificateUse, RequestsPassTheWireInDer) {
  ASSERT_OK_AND_ASSIGN(const std::string der, RequestDerOf(request_));
  ASSERT_OK_AND_ASSIGN(const std::string pem, RequestPemOf(der));
  EXPECT_EQ(pem, request_);
  const auto refused = HasCode(absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(RequestPemOf(der + "x"), refused);
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, der.size() / 2, der.size() - 1}) {
    EXPECT_THAT(RequestPemOf(der.substr(0, n)), refused) << n;
  }
  for (std::size_t i = 0; i < der.size(); ++i) {  // no changed byte keeps the signature
    std::string changed = der;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(RequestPemOf(changed).ok()) << i;
  }
  EXPECT_THAT(RequestPemOf(std::string(100'000, 'x')), refused);
}

// What is left in OpenSSL's queue would fail the next, unrelated TLS call of this thread.
TEST_F(CertificateUse, LeaveNoErrorBehind) {
  ERR_clear_error();
  EXPECT_FALSE(ReadRequest("-----BEGIN CERTIFICATE REQUEST-----\nAA\n-----END").ok());
  EXPECT_FALSE(ReadCertificate("junk").ok());
  EXPECT_FALSE(RequestPemOf("junk").ok());
  EXPECT_FALSE(MakeRequestPem(SecretBytes(3), "a").ok());
  EXPECT_FALSE(CheckIssued("a", "b", Purpose::kClient, kNow).ok());
  EXPECT_EQ(ERR_peek_error(), 0u);
}

}  // namespace
}  // namespace essaim::crypto
