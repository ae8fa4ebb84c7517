#include "transport/rest_client.h"

#include <httplib.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "transport/enrolment_answers.h"
#include "transport/pem_file.h"

namespace essaim::transport {
namespace {

constexpr int kConnectSeconds = 10;

struct Place {
  std::string host;
  int port = 443;
};

absl::StatusOr<Place> PlaceOf(const std::string& url, const char* scheme) {
  absl::string_view rest = url;
  Place place;
  if (!absl::ConsumePrefix(&rest, scheme)) {
    return absl::InvalidArgumentError(absl::StrCat(url, ": ", scheme, "host:port was expected"));
  }
  absl::ConsumeSuffix(&rest, "/");
  const std::pair<std::string, std::string> parts = absl::StrSplit(rest, absl::MaxSplits(':', 1));
  place.host = parts.first;
  if (place.host.empty() ||
      (!parts.second.empty() && !absl::SimpleAtoi(parts.second, &place.port))) {
    return absl::InvalidArgumentError(absl::StrCat(url, ": ", scheme, "host:port was expected"));
  }
  return place;
}

std::string Environment(const char* lower, const char* upper) {
  const char* value = std::getenv(lower);
  if (value == nullptr) value = std::getenv(upper);
  return value == nullptr ? "" : value;
}

void UseProxy(httplib::SSLClient& client, const std::string& host) {
  const std::string proxy = Environment("https_proxy", "HTTPS_PROXY");
  const std::vector<std::string> direct = absl::StrSplit(Environment("no_proxy", "NO_PROXY"), ',');
  if (proxy.empty() || std::ranges::find(direct, host) != direct.end()) return;
  const absl::StatusOr<Place> place = PlaceOf(proxy, "http://");
  if (place.ok()) client.set_proxy(place->host.c_str(), place->port);
}

absl::Status Unreachable(const std::string& url, httplib::Error error) {
  if (error == httplib::Error::SSLServerVerification) {
    return absl::UnavailableError(
        absl::StrCat(url, " is not the hub that the given authority signed"));
  }
  const char* why = error == httplib::Error::Connection      ? "nobody answers there"
                    : error == httplib::Error::SSLConnection ? "the TLS handshake failed"
                    : error == httplib::Error::Read          ? "the connection broke"
                                                             : "the call failed";
  return absl::UnavailableError(absl::StrCat("cannot reach the hub at ", url, ": ", why, " (",
                                             httplib::to_string(error),
                                             "). Does it run? (essaim hub serve DIR)"));
}

// A client with its authority loaded.
absl::StatusOr<std::unique_ptr<httplib::SSLClient>> Connect(const RestTarget& target,
                                                            int timeout_ms) {
  ESSAIM_ASSIGN_OR_RETURN(const Place place, PlaceOf(target.url, "https://"));
  auto client = std::make_unique<httplib::SSLClient>(place.host, place.port);
  if (client->ssl_context() != nullptr)
    SSL_CTX_set_min_proto_version(client->ssl_context(), TLS1_3_VERSION);
  client->set_connection_timeout(kConnectSeconds);
  client->set_read_timeout(timeout_ms / 1000, timeout_ms % 1000 * 1000);
  client->set_write_timeout(timeout_ms / 1000, timeout_ms % 1000 * 1000);
  UseProxy(*client, place.host);
  if (!target.token.empty()) client->set_bearer_token_auth(target.token.c_str());
  return client;
}

}  // namespace

absl::StatusOr<RestResponse> Call(const RestTarget& target, const std::string& method,
                                  const std::string& path, const std::string& body,
                                  const std::string& content_type, int timeout_ms) {
  ESSAIM_ASSIGN_OR_RETURN(const auto client, Connect(target, timeout_ms));
  const PemFile ca(target.ca_pem);
  client->set_ca_cert_path(ca.path().c_str());
  client->enable_server_certificate_verification(true);
  const httplib::Result result =
      method == "GET"
          ? client->Get(path.c_str())
          : client->Post(path.c_str(), body.empty() ? "{}" : body, content_type.c_str());
  if (!result) return Unreachable(target.url, result.error());
  return RestResponse{.status = result->status,
                      .content_type = result->get_header_value("Content-Type"),
                      .body = result->body};
}

absl::Status Stream(const RestTarget& target, const std::string& path,
                    const std::function<bool(std::string_view data)>& on_event) {
  ESSAIM_ASSIGN_OR_RETURN(const auto client, Connect(target, 30'000));
  const PemFile ca(target.ca_pem);
  client->set_ca_cert_path(ca.path().c_str());
  client->enable_server_certificate_verification(true);
  std::string pending;
  bool wanted = true;
  const httplib::Result result = client->Get(path.c_str(), [&](const char* data, std::size_t n) {
    pending.append(data, n);
    std::size_t end;
    while (wanted && (end = pending.find("\n\n")) != std::string::npos) {
      const std::string event = pending.substr(0, end);
      pending.erase(0, end + 2);
      if (event.rfind("data: ", 0) == 0) wanted = on_event(std::string_view(event).substr(6));
    }
    return wanted;
  });
  if (result && result->status != 200) {
    return absl::FailedPreconditionError(
        absl::StrCat("the hub says ", result->status, ": ", pending));
  }
  if (!result && wanted) return Unreachable(target.url, result.error());
  return absl::OkStatus();
}

absl::StatusOr<std::string> FetchAuthority(const std::string& url, const std::string& fingerprint) {
  ESSAIM_ASSIGN_OR_RETURN(const auto client,
                          Connect({.url = url, .ca_pem = "", .token = ""}, 15'000));
  client->enable_server_certificate_verification(
      false);  // what it says is checked against the fingerprint instead
  const httplib::Result result = client->Get("/v1/authority");
  if (!result) return Unreachable(url, result.error());
  absl::StatusOr<std::string> pem = AuthorityIn(result->body, fingerprint);
  if (pem.ok()) return pem;
  return absl::Status(pem.status().code(),
                      absl::StrCat("the hub at ", url, " shows ", pem.status().message()));
}

}  // namespace essaim::transport
