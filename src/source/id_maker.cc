#include "source/id_maker.h"

#include <cstring>

#include "base/bytes.h"

namespace essaim {
namespace {

// Lengths in front keep ("ab", "c") and ("a", "bc") apart. Short ones, as most are, without the
// memory manager.
std::array<std::uint8_t, crypto::kHashBytes> Digest(const crypto::HmacSha256Key& key,
                                                    std::string_view kind, std::string_view system,
                                                    std::string_view value) {
  char text[256];
  std::size_t size = 0;
  const std::size_t n = kind.size() + system.size() + value.size();
  if (n + 3 * sizeof(std::uint64_t) <= sizeof text) {
    for (const std::string_view part : {kind, system, value}) {
      const std::uint64_t length = part.size();
      std::memcpy(text + size, &length, sizeof length);
      part.copy(text + size + sizeof length, part.size());
      size += sizeof length + part.size();
    }
    return key.Tag({text, size});
  }
  ByteWriter w;
  for (const std::string_view part : {kind, system, value}) w.Bytes(part);
  return key.Tag(w.bytes());
}

}  // namespace

IdMaker::IdMaker(const SecretBytes& master, std::string_view project, std::string_view site)
    : key_(crypto::Hkdf(master.span(), crypto::HashOf("essaim/pseudonyms", {project, site}),
                        "essaim/pseudonyms", 32)
               .span()) {}

std::int64_t IdMaker::IdOf(std::string_view kind, std::string_view system,
                           std::string_view value) const {
  const auto digest = Digest(key_, kind, system, value);
  std::uint64_t id = 0;
  for (std::size_t i = 0; i < 8; ++i) id = id << 8 | digest[i];
  id >>= 1;
  return static_cast<std::int64_t>(id == 0 ? 1 : id);
}

std::string IdMaker::PseudonymOf(std::string_view system, std::string_view value) const {
  const auto digest = Digest(key_, "pseudonym", system, value);
  return ToHex({reinterpret_cast<const char*>(digest.data()), 16});
}

}  // namespace essaim
