#include "transport/enrolment_answers.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "crypto/certificates.h"
#include "transport/json_text.h"

namespace essaim::transport {

using Json = nlohmann::json;

absl::StatusOr<std::string> AuthorityIn(const std::string& body, const std::string& fingerprint) {
  const std::string pem = JsonText(Json::parse(body, nullptr, false), "certificate_pem");
  const absl::StatusOr<crypto::CertificateInfo> info = crypto::ReadCertificate(pem);
  if (info.ok() && info->fingerprint == fingerprint) return pem;
  return absl::PermissionDeniedError(absl::StrCat(
      "another authority than ", fingerprint, ": ", info.ok() ? info->fingerprint : "none",
      ". Do not go on; ask the hub's operator for the fingerprint"));
}

absl::StatusOr<Json> ObjectIn(const RestResponse& response) {
  Json json = Json::parse(response.body, nullptr, false);
  if (!json.is_object()) return absl::InternalError("the hub's answer is not JSON");
  if (response.status == 200) return json;
  if (JsonText(json, "code") == "ALREADY_EXISTS")
    return absl::PermissionDeniedError(absl::StrCat("the hub says: ", JsonText(json, "error")));
  return absl::FailedPreconditionError(
      absl::StrCat("the hub says: ", JsonText(json, "error", "(nothing)")));
}

absl::StatusOr<std::string> CertificateIn(const RestResponse& response, const std::string& site) {
  ESSAIM_ASSIGN_OR_RETURN(const Json answer, ObjectIn(response));
  const std::string status = JsonText(answer, "status");
  if (status == "revoked")
    return absl::PermissionDeniedError("the hub's operator revoked this site");
  if (status != "approved")
    return absl::UnavailableError("the hub's operator has not approved yet");
  std::string pem = JsonText(answer, "certificate_pem");
  ESSAIM_ASSIGN_OR_RETURN(const crypto::CertificateInfo info, crypto::ReadCertificate(pem));
  if (info.common_name != site)
    return absl::FailedPreconditionError("the certificate is for another site");
  return pem;
}

}  // namespace essaim::transport
