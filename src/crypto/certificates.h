// X.509 certificates for mutual TLS: keys, signing requests, and the hub's small authority (RFC
// 5280, RFC 2986).
//
// Keys are EC P-256, signatures ECDSA with SHA-256. Everything passes as PEM text, so that it can
// be stored and handed to a TLS library as it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/secret_bytes.h"

namespace essaim::crypto {

struct Authority {
  std::string certificate_pem;
  SecretBytes key_pem;
};

struct CertificateInfo {
  std::string common_name;         // a site's or the hub's name
  std::string role;                // organisational unit: "hub", "site"
  std::int64_t not_before_ms = 0;  // since 1970
  std::int64_t not_after_ms = 0;
  std::string serial_hex;
  std::string fingerprint;  // SHA-256 of the DER bytes, "AB:CD:..."
};

// When to ask for the next certificate: once two thirds of this one's time are over.
inline std::int64_t RenewAtMs(const CertificateInfo& info) {
  return info.not_before_ms + (info.not_after_ms - info.not_before_ms) / 3 * 2;
}

// A request as it arrives: who asks, with a fingerprint of the public key to compare by voice.
struct RequestInfo {
  std::string common_name;
  std::string fingerprint;  // SHA-256 of the SubjectPublicKeyInfo, "AB:CD:..."
};

struct SigningOptions {
  std::string common_name;  // overrides the request's: the authority decides who it is
  std::string role;
  std::vector<std::string>
      addresses;  // DNS names and IP addresses to be reached under; empty for a client
  std::int64_t now_ms = 0;
  int days = 90;
};

absl::StatusOr<SecretBytes> MakeKeyPem();
absl::StatusOr<Authority> MakeAuthority(std::string_view name, std::int64_t now_ms, int days);
absl::StatusOr<std::string> MakeRequestPem(const SecretBytes& key_pem,
                                           std::string_view common_name);
// kInvalidArgument unless it is a request whose signature is by its own key, P-256.
absl::StatusOr<RequestInfo> ReadRequest(std::string_view request_pem);
absl::StatusOr<std::string> SignRequest(const Authority& authority, std::string_view request_pem,
                                        const SigningOptions& options);
absl::StatusOr<CertificateInfo> ReadCertificate(std::string_view certificate_pem);

// OK if `authority_pem` signed the certificate for this purpose and both are valid at now_ms;
// kUnauthenticated otherwise, kInvalidArgument for what is no certificate.
enum class Purpose { kServer, kClient };
absl::Status CheckIssued(std::string_view certificate_pem, std::string_view authority_pem,
                         Purpose purpose, std::int64_t now_ms);

// A request between PEM and the DER bytes that go over the wire. kInvalidArgument as ReadRequest.
absl::StatusOr<std::string> RequestDerOf(std::string_view request_pem);
absl::StatusOr<std::string> RequestPemOf(std::string_view request_der);

}  // namespace essaim::crypto
