// A text as words, numbers, marks and line ends, each with its place in the bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace essaim::text {

struct Token {
  enum class Kind : std::uint8_t { kWord, kNumber, kMark, kBreak };

  Kind kind = Kind::kMark;
  bool capital = false;              // a word's first letter is upper case
  bool all_caps = false;             // two letters or more, all upper case
  std::uint32_t begin = 0, end = 0;  // in bytes
  std::string folded;                // fold.h; a line end has none

  bool is_word() const { return kind == Kind::kWord; }

  bool is_number() const { return kind == Kind::kNumber; }

  // The first letter tells most words apart without a call.
  bool Is(std::string_view text) const {
    return folded.size() == text.size() &&
           (text.empty() || (folded[0] == text[0] && folded == text));
  }
};

inline constexpr std::size_t kTextBytesMax = std::size_t{16} << 20;  // of one note

// Words are runs of letters, numbers runs of ASCII digits; blanks are left out. Takes any bytes, of
// which at most kTextBytesMax are read.
std::vector<Token> Tokenize(std::string_view text);

}  // namespace essaim::text
