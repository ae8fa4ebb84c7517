// Width of text on a terminal: UTF-8 code points, one column each but for combining marks.
#pragma once

#include <string>
#include <string_view>

namespace essaim {

std::size_t TextWidth(std::string_view text);
// Cut to `width` columns with an ellipsis, or filled with blanks.
std::string Fit(std::string_view text, std::size_t width, bool right, bool unicode);
// Without control characters: what a peer wrote cannot move the cursor.
std::string Printable(std::string_view text, bool unicode);

}  // namespace essaim
