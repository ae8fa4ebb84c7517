// A request that a stranger sends to be enrolled, as DER and as PEM, and a certificate. What is
// accepted in DER is accepted again in PEM and shows the same fingerprint.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "crypto/certificates.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto pem = essaim::crypto::RequestPemOf(bytes);
  if (pem.ok()) {
    const auto info = essaim::crypto::ReadRequest(*pem);
    ESSAIM_CHECK(info.ok());
    ESSAIM_CHECK(!info->fingerprint.empty());
  }
  (void)essaim::crypto::ReadRequest(bytes);
  (void)essaim::crypto::ReadCertificate(bytes);
  return 0;
}
