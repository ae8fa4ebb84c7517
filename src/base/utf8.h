// Whether bytes are text.
#pragma once

#include <cstddef>
#include <string_view>

namespace essaim {

// Length in bytes of the longest prefix that is UTF-8 as RFC 3629 defines it (no overlong forms, no
// surrogates, nothing above U+10FFFF); text.size() if all of it is.
std::size_t Utf8Prefix(std::string_view text);

}  // namespace essaim
