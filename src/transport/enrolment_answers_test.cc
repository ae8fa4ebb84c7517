#include "transport/enrolment_answers.h"

#include <nlohmann/json.hpp>

#include "base/testing/status_matchers.h"
#include "crypto/certificates.h"

namespace essaim::transport {
namespace {

using absl::StatusCode;
using ::essaim::testing::HasCode;
using ::essaim::testing::StatusIs;
using ::testing::HasSubstr;
using Json = nlohmann::json;

constexpr std::int64_t kNowMs = 1'800'000'000'000;

crypto::Authority Made() {
  absl::StatusOr<crypto::Authority> authority = crypto::MakeAuthority("one", kNowMs, 10);
  EXPECT_OK(authority.status());
  return *std::move(authority);
}

RestResponse Said(int status, const Json& json) { return {.status = status, .body = json.dump()}; }

TEST(AuthorityIn, TakesOnlyTheAuthorityThatPeopleCompared) {
  const crypto::Authority authority = Made();
  ASSERT_OK_AND_ASSIGN(const auto info, crypto::ReadCertificate(authority.certificate_pem));
  const std::string body = Json{{"certificate_pem", authority.certificate_pem}}.dump();
  ASSERT_OK_AND_ASSIGN(const std::string pem, AuthorityIn(body, info.fingerprint));
  EXPECT_EQ(pem, authority.certificate_pem);
  EXPECT_THAT(AuthorityIn(body, "AB:CD"),
              StatusIs(StatusCode::kPermissionDenied, HasSubstr(info.fingerprint)));
  for (const char* bad : {"", "{", "[]", "{}", R"({"certificate_pem":1})"})
    EXPECT_THAT(AuthorityIn(bad, info.fingerprint), HasCode(StatusCode::kPermissionDenied)) << bad;
}

TEST(CertificateIn, IsTheApprovedSitesOwn) {
  const crypto::Authority authority = Made();  // its certificate's common name is "one"
  const Json answer = {{"status", "approved"}, {"certificate_pem", authority.certificate_pem}};
  EXPECT_OK(CertificateIn(Said(200, answer), "one"));
  EXPECT_THAT(CertificateIn(Said(200, answer), "two"), HasCode(StatusCode::kFailedPrecondition));
}

TEST(CertificateIn, NoAnswerOfAnyShapeThrows) {
  EXPECT_THAT(CertificateIn(Said(200, {{"status", "pending"}}), "a"),
              HasCode(StatusCode::kUnavailable));
  EXPECT_THAT(CertificateIn(Said(200, {{"status", 1}}), "a"), HasCode(StatusCode::kUnavailable));
  EXPECT_THAT(CertificateIn(Said(200, {{"status", "revoked"}}), "a"),
              HasCode(StatusCode::kPermissionDenied));
  EXPECT_FALSE(
      CertificateIn(Said(200, {{"status", "approved"}, {"certificate_pem", {1}}}), "a").ok());
  EXPECT_THAT(CertificateIn(Said(500, {{"error", {}}}), "a"),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("(nothing)")));
  EXPECT_THAT(CertificateIn(Said(409, {{"error", "no"}}), "a"),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("the hub says: no")));
  EXPECT_THAT(CertificateIn(Said(200, Json::array()), "a"), HasCode(StatusCode::kInternal));
}

}  // namespace
}  // namespace essaim::transport
