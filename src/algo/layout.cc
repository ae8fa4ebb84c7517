#include "algo/layout.h"

namespace essaim {

std::size_t Layout::length() const {
  std::size_t n = 0;
  for (const Block& block : blocks) n += block.length;
  return n;
}

std::optional<std::size_t> Layout::OffsetOf(std::string_view block) const {
  std::size_t offset = 0;
  for (const Block& b : blocks) {
    if (b.name == block) return offset;
    offset += b.length;
  }
  return std::nullopt;
}

}  // namespace essaim
