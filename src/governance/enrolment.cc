#include "governance/enrolment.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "crypto/certificates.h"
#include "crypto/hash.h"
#include "crypto/signing.h"

namespace essaim {

absl::StatusOr<std::string> EnrolmentFingerprint(std::string_view site,
                                                 std::string_view request_pem,
                                                 std::string_view signing_key) {
  ESSAIM_ASSIGN_OR_RETURN(const crypto::RequestInfo request, crypto::ReadRequest(request_pem));
  if (signing_key.size() != crypto::kSigningKeyBytes)
    return absl::InvalidArgumentError("a signing key has 32 bytes");
  std::string text;
  for (const char byte :
       crypto::HashOf("essaim/enrolment", {site, request.fingerprint, signing_key})) {
    if (!text.empty()) text += ':';
    absl::StrAppendFormat(&text, "%02X", static_cast<unsigned char>(byte));
  }
  return text;
}

absl::Status CheckSiteName(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (name.empty() || name.size() > 64 || name[0] < 'a' || name[0] > 'z' ||
      !std::ranges::all_of(name, allowed)) {
    return absl::InvalidArgumentError(
        "a site's name is a letter, then letters, digits or hyphens, at most 64: [a-z][a-z0-9-]*");
  }
  return absl::OkStatus();
}

}  // namespace essaim
