// Identifiers of the CDM's rows and pseudonyms of persons, from a source's own identifiers.
//
// HMAC-SHA-256 (RFC 2104) under a key that only the loading side holds: the same identifier gives
// the same number at every load of the site, and nobody without the key can tell which or try them
// all. Another project or site has another key, so their numbers do not meet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/secret_bytes.h"
#include "crypto/hash.h"

namespace essaim {

class IdMaker {
 public:
  // `master`: 32 bytes of the site; `project` and `site` part the keys.
  IdMaker(const SecretBytes& master, std::string_view project, std::string_view site);

  // 1 to 2^63 - 1. `kind` parts the spaces: "person", "visit_occurrence". 63 bits: two of 10^8
  // identifiers of a kind meet with a chance of 1 in 1,800.
  std::int64_t IdOf(std::string_view kind, std::string_view system, std::string_view value) const;
  // 32 hexadecimal digits (128 bits), for person_source_value.
  std::string PseudonymOf(std::string_view system, std::string_view value) const;

 private:
  crypto::HmacSha256Key key_;
};

}  // namespace essaim
