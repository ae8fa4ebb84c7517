#include "hub/rest_api.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/version.h"
#include "transport/json_text.h"

namespace essaim::hub {
namespace {

using Json = nlohmann::json;
using transport::RestRequest;
using transport::RestResponse;

int HttpStatusOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
      return 409;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kUnavailable:
      return 503;
    default:
      return 500;
  }
}

RestResponse ErrorOf(const absl::Status& status) {
  const Json json = {{"error", std::string(status.message())},
                     {"code", absl::StatusCodeToString(status.code())}};
  return {
      .status = HttpStatusOf(status), .content_type = "application/json", .body = JsonBytes(json)};
}

absl::StatusOr<Json> ObjectOf(const std::string& body) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return absl::InvalidArgumentError("a JSON object was expected");
  return json;
}

absl::StatusOr<std::string> TextIn(const Json& json, const char* key) {
  if (!json.contains(key) || !json[key].is_string()) {
    return absl::InvalidArgumentError(absl::StrCat("\"", key, "\": a text was expected"));
  }
  return json[key].get<std::string>();
}

// "/v1/studies/x/cancel" -> {"studies", "x", "cancel"}; empty if it is not under /v1.
std::vector<std::string> PartsOf(const std::string& path) {
  if (!absl::StartsWith(path, "/v1/")) return {};
  return absl::StrSplit(path.substr(4), '/');
}

}  // namespace

std::string RestApi::StatusJson() {
  const std::vector<std::string> connected = service_.ConnectedSites();
  Json json = {{"name", folder_.config.name},
               {"version", kVersion},
               {"ca_fingerprint", folder_.ca_fingerprint},
               {"grpc", folder_.config.grpc_address},
               {"rest", folder_.config.rest_address}};
  json["sites"] = Json::array();
  for (const Site& site : service_.Sites()) {
    const bool is_connected = std::ranges::find(connected, site.name) != connected.end();
    Json row = {{"name", site.name},
                {"status", site.status},
                {"fingerprint", site.fingerprint},
                {"connected", is_connected}};
    const auto certificate = crypto::ReadCertificate(site.certificate_pem);
    row["certificate_until_ms"] = certificate.ok() ? certificate->not_after_ms : 0;
    json["sites"].push_back(row);
  }
  return JsonBytes(json);
}

// What needs no token: who the hub is, and asking to join.
absl::StatusOr<std::string> RestApi::Open(const RestRequest& request, bool& found) {
  const std::vector<std::string> parts = PartsOf(request.path);
  found = true;
  if (request.method == "GET" && request.path == "/healthz") return R"({"status":"ok"})";
  if (request.method == "GET" && request.path == "/v1/authority") {
    return JsonBytes(Json{{"name", folder_.config.name},
                          {"grpc", folder_.config.grpc_address},
                          {"certificate_pem", folder_.authority.certificate_pem}});
  }
  if (request.method == "POST" && request.path == "/v1/enrolments") {
    ESSAIM_ASSIGN_OR_RETURN(const Json json, ObjectOf(request.body));
    ESSAIM_ASSIGN_OR_RETURN(const std::string name, TextIn(json, "name"));
    ESSAIM_ASSIGN_OR_RETURN(const std::string pem, TextIn(json, "request_pem"));
    ESSAIM_ASSIGN_OR_RETURN(const std::string key_hex, TextIn(json, "signing_key"));
    ESSAIM_ASSIGN_OR_RETURN(const std::string key, FromHex(key_hex));
    ESSAIM_ASSIGN_OR_RETURN(const Site site, service_.Enrol(name, pem, key));
    return JsonBytes(
        Json{{"name", site.name}, {"status", site.status}, {"fingerprint", site.fingerprint}});
  }
  if (request.method == "GET" && parts.size() == 2 && parts[0] == "enrolments") {
    ESSAIM_ASSIGN_OR_RETURN(const Site site, service_.FindSite(parts[1]));
    return JsonBytes(Json{{"name", site.name},
                          {"status", site.status},
                          {"fingerprint", site.fingerprint},
                          {"certificate_pem", site.certificate_pem}});
  }
  found = false;
  return std::string();
}

absl::StatusOr<std::string> RestApi::ForResearchers(const RestRequest& request,
                                                    const Caller& caller, bool& found) {
  const std::vector<std::string> parts = PartsOf(request.path);
  found = true;
  if (request.method == "GET" && request.path == "/v1/status") return StatusJson();
  if (!parts.empty() && parts[0] == "studies") {
    if (parts.size() > 1) ESSAIM_RETURN_IF_ERROR(service_.CheckMaySee(parts[1], caller));
    if (request.method == "GET" && parts.size() == 1) return service_.ListJson(caller);
    if (request.method == "POST" && parts.size() == 1) {
      ESSAIM_ASSIGN_OR_RETURN(const std::string id, service_.Submit(request.body, caller.name));
      return JsonBytes(Json{{"id", id}});
    }
    if (request.method == "GET" && parts.size() == 2) {
      return service_.StatusJson(parts[1], request.query.contains("masked_sample"));
    }
    if (request.method == "GET" && parts.size() == 3 && parts[2] == "result")
      return service_.ResultJson(parts[1]);
    if (request.method == "GET" && parts.size() == 3 && parts[2] == "report")
      return service_.ReportHtml(parts[1]);
    if (request.method == "GET" && parts.size() == 3 && parts[2] == "events")
      return service_.StatusJson(parts[1], false);
    if (request.method == "POST" && parts.size() == 3 && parts[2] == "cancel") {
      ESSAIM_RETURN_IF_ERROR(service_.Cancel(parts[1]));
      return JsonBytes(Json{{"id", parts[1]}, {"status", "cancelled"}});
    }
  }
  found = false;
  return std::string();
}

absl::StatusOr<std::string> RestApi::ForOperators(const RestRequest& request, bool& found) {
  const std::vector<std::string> parts = PartsOf(request.path);
  found = true;
  if (request.method == "POST" && parts.size() == 3 && parts[0] == "sites" &&
      parts[2] == "approve") {
    ESSAIM_ASSIGN_OR_RETURN(const Json json, ObjectOf(request.body));
    ESSAIM_ASSIGN_OR_RETURN(const std::string fingerprint, TextIn(json, "fingerprint"));
    ESSAIM_RETURN_IF_ERROR(service_.Approve(parts[1], fingerprint));
    return JsonBytes(Json{{"name", parts[1]}, {"status", "approved"}});
  }
  if (request.method == "POST" && parts.size() == 3 && parts[0] == "sites" &&
      parts[2] == "revoke") {
    ESSAIM_RETURN_IF_ERROR(service_.Revoke(parts[1]));
    return JsonBytes(Json{{"name", parts[1]}, {"status", "revoked"}});
  }
  if (request.method == "POST" && request.path == "/v1/tokens") {
    ESSAIM_ASSIGN_OR_RETURN(const Json json, ObjectOf(request.body));
    ESSAIM_ASSIGN_OR_RETURN(const std::string name, TextIn(json, "name"));
    ESSAIM_ASSIGN_OR_RETURN(const std::string role, TextIn(json, "role"));
    ESSAIM_ASSIGN_OR_RETURN(const std::string token, service_.CreateToken(name, role));
    return JsonBytes(Json{{"name", name}, {"role", role}, {"token", token}});
  }
  if (request.method == "GET" && request.path == "/v1/tokens") {
    ESSAIM_ASSIGN_OR_RETURN(const std::vector<Caller> tokens, service_.Tokens());
    Json json = Json::array();
    for (const Caller& token : tokens) json.push_back({{"name", token.name}, {"role", token.role}});
    return JsonBytes(Json{{"tokens", json}});
  }
  if (request.method == "POST" && request.path == "/v1/tokens/revoke") {
    ESSAIM_ASSIGN_OR_RETURN(const Json json, ObjectOf(request.body));
    ESSAIM_ASSIGN_OR_RETURN(const std::string name, TextIn(json, "name"));
    ESSAIM_RETURN_IF_ERROR(service_.RevokeToken(name));
    return JsonBytes(Json{{"name", name}, {"status", "revoked"}});
  }
  found = false;
  return std::string();
}

RestResponse RestApi::Handle(const RestRequest& request) {
  bool found = false;
  absl::StatusOr<std::string> answer = Open(request, found);
  if (!found) {
    const absl::StatusOr<Caller> caller = service_.Authenticate(request.token);
    if (!caller.ok()) {
      return ErrorOf(
          absl::UnauthenticatedError("a valid token is needed: Authorization: Bearer TOKEN"));
    }
    answer = ForResearchers(request, *caller, found);
    if (!found) {
      if (caller->role != "operator") {
        return ErrorOf(
            absl::PermissionDeniedError("there is no such resource for a researcher's token"));
      }
      answer = ForOperators(request, found);
    }
  }
  if (!found)
    return ErrorOf(
        absl::NotFoundError(absl::StrCat(request.method, " ", request.path, ": no such resource")));
  if (!answer.ok()) return ErrorOf(answer.status());
  const bool html = absl::EndsWith(request.path, "/report");
  return {.status = 200,
          .content_type = html ? "text/html; charset=utf-8" : "application/json",
          .body = *std::move(answer)};
}

std::optional<std::string> RestApi::Events(const RestRequest& request, std::uint64_t after) {
  const std::vector<std::string> parts = PartsOf(request.path);
  if (parts.size() != 3) return std::nullopt;
  return service_.NextStatus(parts[1], after);
}

}  // namespace essaim::hub
