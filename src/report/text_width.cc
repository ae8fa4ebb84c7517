#include "report/text_width.h"

namespace essaim {
namespace {

bool IsTail(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

std::size_t TextWidth(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (IsTail(text[i])) continue;
    // U+0300 to U+036F stand on the letter before them.
    const bool combining = i + 1 < text.size() &&
                           (text[i] == '\xcc' ||
                            (text[i] == '\xcd' && static_cast<unsigned char>(text[i + 1]) < 0xb0));
    if (!combining) ++width;
  }
  return width;
}

std::string Fit(std::string_view text, std::size_t width, bool right, bool unicode) {
  const std::size_t have = TextWidth(text);
  if (have <= width) {
    const std::string blanks(width - have, ' ');
    return right ? blanks + std::string(text) : std::string(text) + blanks;
  }
  std::size_t at = 0, seen = 0;
  while (at < text.size() && seen + 1 < width) {
    ++at;
    while (at < text.size() && IsTail(text[at])) ++at;
    ++seen;
  }
  return std::string(text.substr(0, at)) + (unicode ? "…" : "~");
}

std::string Printable(std::string_view text, bool unicode) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 = byte == 0xc2 && i + 1 < text.size() &&
                    static_cast<unsigned char>(text[i + 1]) < 0xa0;  // U+0080 to U+009F
    if (byte < 0x20 || byte == 0x7f || c1) {
      out += ' ';
      if (c1) ++i;
    } else if (byte >= 0x80 && !unicode) {
      if (!IsTail(text[i])) out += '?';
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace essaim
