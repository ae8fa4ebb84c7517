#include "source/id_maker.h"

#include "base/bytes.h"
#include "crypto/hash.h"

namespace essaim {
namespace {

// HashOf's prefixes keep ("ab", "c") and ("a", "bc") apart.
std::string Digest(const SecretBytes& key, std::string_view kind, std::string_view system,
                   std::string_view value) {
  return crypto::HmacSha256(key.span(), crypto::HashOf("essaim/identifier", {kind, system, value}));
}

}  // namespace

IdMaker::IdMaker(const SecretBytes& master, std::string_view project, std::string_view site)
    : key_(crypto::Hkdf(master.span(), crypto::HashOf("essaim/pseudonyms", {project, site}),
                        "essaim/pseudonyms", 32)) {}

std::int64_t IdMaker::IdOf(std::string_view kind, std::string_view system,
                           std::string_view value) const {
  const std::string digest = Digest(key_, kind, system, value);
  std::uint64_t id = 0;
  for (int i = 0; i < 8; ++i) id = id << 8 | static_cast<unsigned char>(digest[i]);
  id >>= 1;
  return static_cast<std::int64_t>(id == 0 ? 1 : id);
}

std::string IdMaker::PseudonymOf(std::string_view system, std::string_view value) const {
  return ToHex(Digest(key_, "pseudonym", system, value).substr(0, 16));
}

}  // namespace essaim
