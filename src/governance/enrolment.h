// The fingerprint that two people compare when a site joins: it binds the site's name, its TLS key
// and its signing key.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace essaim {

// "AB:CD:...", 32 bytes. kInvalidArgument for a request or a key that is not one.
absl::StatusOr<std::string> EnrolmentFingerprint(std::string_view site,
                                                 std::string_view request_pem,
                                                 std::string_view signing_key);

// Site names are [a-z0-9-]{1,64}, beginning with a letter: kInvalidArgument otherwise.
absl::Status CheckSiteName(std::string_view name);

}  // namespace essaim
