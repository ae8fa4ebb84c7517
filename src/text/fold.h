// Text without what spelling varies in: lower case, no accents, plain letters and quotes.
//
// Unicode's canonical decomposition (NFD, UAX 15), marks (Mn) left out, case folded; ligatures (œ,
// æ, ß) become two letters, curly apostrophes and dashes plain ones. Bytes that are no UTF-8 stay
// as they are.
#pragma once

#include <string>
#include <string_view>

namespace essaim::text {

std::string Fold(std::string_view text);

// The text as UTF-8: itself if it is (without a byte order mark), else read as ISO 8859-1, whose
// range 0x80 to 0x9F is taken for Windows-1252's. NUL becomes a blank.
std::string ToUtf8(std::string_view bytes, bool& was_latin1);

}  // namespace essaim::text
