// Whether bytes are text, and as what.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace essaim {

// Length in bytes of the longest prefix that is UTF-8 as RFC 3629 defines it (no overlong forms, no
// surrogates, nothing above U+10FFFF); text.size() if all of it is.
std::size_t Utf8Prefix(std::string_view text);

// Bytes of ISO 8859-1, which is what those that are no UTF-8 nearly always are.
std::string Utf8OfLatin1(std::string_view bytes);

}  // namespace essaim
