#include "node/enrolment_client.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "crypto/certificates.h"
#include "governance/enrolment.h"
#include "transport/enrolment_answers.h"
#include "transport/json_text.h"
#include "transport/rest_client.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;

constexpr int kTimeoutMs = 15'000;

absl::StatusOr<transport::RestResponse> CallHub(const NodeFolder& folder, const std::string& method,
                                                const std::string& path, const std::string& body) {
  transport::RestTarget target;
  target.url = folder.config.hub_url;
  target.ca_pem = folder.ca_pem;
  return transport::Call(target, method, path, body, "application/json", kTimeoutMs);
}

}  // namespace

absl::Status RequestEnrolment(NodeFolder& folder,
                              const std::function<void(const std::string&)>& show) {
  ESSAIM_ASSIGN_OR_RETURN(folder.ca_pem, transport::FetchAuthority(folder.config.hub_url,
                                                                   folder.config.ca_fingerprint));
  ESSAIM_RETURN_IF_ERROR(WriteFile(folder.path + "/ca.pem", folder.ca_pem));
  ESSAIM_ASSIGN_OR_RETURN(const auto shown, CallHub(folder, "GET", "/v1/authority", ""));
  ESSAIM_ASSIGN_OR_RETURN(const Json authority, transport::ObjectIn(shown));
  folder.config.grpc_address = JsonText(authority, "grpc");
  ESSAIM_RETURN_IF_ERROR(StoreConfig(folder));
  ESSAIM_ASSIGN_OR_RETURN(const std::string request,
                          crypto::MakeRequestPem(folder.tls_key_pem, folder.config.site));
  ESSAIM_ASSIGN_OR_RETURN(const std::string key, SigningKeyOf(folder));
  ESSAIM_ASSIGN_OR_RETURN(const std::string fingerprint,
                          EnrolmentFingerprint(folder.config.site, request, key));
  const Json body = {
      {"name", folder.config.site}, {"request_pem", request}, {"signing_key", ToHex(key)}};
  ESSAIM_ASSIGN_OR_RETURN(const auto taken, CallHub(folder, "POST", "/v1/enrolments", body.dump()));
  ESSAIM_RETURN_IF_ERROR(transport::ObjectIn(taken).status());
  show(fingerprint);
  return absl::OkStatus();
}

absl::Status CollectCertificate(NodeFolder& folder) {
  ESSAIM_ASSIGN_OR_RETURN(const auto answer,
                          CallHub(folder, "GET", "/v1/enrolments/" + folder.config.site, ""));
  ESSAIM_ASSIGN_OR_RETURN(const std::string pem,
                          transport::CertificateIn(answer, folder.config.site));
  // By the authority that people compared; at the hub's own time, as this clock may be behind.
  ESSAIM_ASSIGN_OR_RETURN(const crypto::CertificateInfo info, crypto::ReadCertificate(pem));
  ESSAIM_RETURN_IF_ERROR(
      crypto::CheckIssued(pem, folder.ca_pem, crypto::Purpose::kClient, info.not_before_ms + 1000));
  folder.certificate_pem = pem;
  return WriteFile(folder.path + "/tls.pem", folder.certificate_pem);
}

}  // namespace essaim::node
