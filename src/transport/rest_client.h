// Calls to the hub's REST interface.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "transport/rest_types.h"

namespace essaim::transport {

struct RestTarget {
  std::string url;     // https://host:port
  std::string ca_pem;  // the only authority that is trusted
  std::string token;   // may be empty
};

// kUnavailable, with a sentence, if the hub cannot be reached or is not the one that `ca_pem`
// signed; kInvalidArgument for a url that is none. Any HTTP status is a response. Honours
// https_proxy and no_proxy.
absl::StatusOr<RestResponse> Call(const RestTarget& target, const std::string& method,
                                  const std::string& path, const std::string& body,
                                  const std::string& content_type, int timeout_ms);

// Server-sent events: `on_event` is given each event's data until it answers false or the stream
// ends.
absl::Status Stream(const RestTarget& target, const std::string& path,
                    const std::function<bool(std::string_view data)>& on_event);

// The authority's certificate, taken over an unverified connection and accepted only if its
// fingerprint is `fingerprint`. kPermissionDenied otherwise.
absl::StatusOr<std::string> FetchAuthority(const std::string& url, const std::string& fingerprint);

}  // namespace essaim::transport
