// Debian's absl has a string_view of its own (it is built as C++14): Av() hands it a
// std::string_view.
#pragma once

#include <string_view>

#include "absl/strings/string_view.h"

namespace essaim {

inline absl::string_view Av(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace essaim
