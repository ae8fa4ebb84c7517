// What a hub answers to a site that joins. The first byte chooses the answer; a certificate is
// taken only if it is the one that was asked for.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "base/check.h"
#include "crypto/certificates.h"
#include "transport/enrolment_answers.h"

using essaim::crypto::ReadCertificate;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string fingerprint =  // of corpus/fuzz_enrolment_answer/authority
      "17:FA:B7:C4:A5:D6:52:DF:1A:73:A5:9E:E4:C9:0E:F9:"
      "D6:C5:F1:E3:F6:6F:DA:94:EB:B8:2D:8F:78:B1:3D:82";
  const auto authority = essaim::transport::AuthorityIn(body, fingerprint);
  if (authority.ok()) ESSAIM_CHECK(ReadCertificate(*authority)->fingerprint == fingerprint);
  const int status = data[0] == 0 ? 409 : 200;
  const auto certificate = essaim::transport::CertificateIn(
      {.status = status, .content_type = "application/json", .body = body}, "north");
  if (certificate.ok())
    ESSAIM_CHECK(status == 200 && ReadCertificate(*certificate)->common_name == "north");
  return 0;
}
