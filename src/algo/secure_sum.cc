#include "algo/secure_sum.h"

#include "base/check.h"

namespace essaim {

std::span<const double> SecureSum::block(std::string_view name) const {
  std::size_t offset = 0;
  for (const Block& b : layout_.blocks) {
    if (b.name == name) return std::span<const double>(values_).subspan(offset, b.length);
    offset += b.length;
  }
  ESSAIM_CHECK(!"the layout has no block of that name");
  return {};
}

double SecureSum::scalar(std::string_view name) const {
  const std::span<const double> values = block(name);
  ESSAIM_CHECK(values.size() == 1);
  return values[0];
}

}  // namespace essaim
