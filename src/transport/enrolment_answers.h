// What the hub answers to a site that joins, read without trust.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "transport/rest_types.h"

namespace essaim::transport {

// The certificate in the answer of an unverified hub, PEM. kPermissionDenied, with what it shows
// instead, unless its fingerprint is `fingerprint`.
absl::StatusOr<std::string> AuthorityIn(const std::string& body, const std::string& fingerprint);

// An answer's object. kFailedPrecondition with the hub's words unless the status is 200;
// kInternal if it is no JSON object.
absl::StatusOr<nlohmann::json> ObjectIn(const RestResponse& response);

// The site's certificate, PEM. kUnavailable while nobody has approved, kPermissionDenied once
// revoked, kFailedPrecondition for another site's.
absl::StatusOr<std::string> CertificateIn(const RestResponse& response, const std::string& site);

}  // namespace essaim::transport
