#include "text/tokens.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "text/fold.h"

namespace essaim::text {
namespace {

bool IsLetter(UChar32 c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return u_isalpha(c) != 0 || u_charType(c) == U_NON_SPACING_MARK;
}

bool IsDigit(UChar32 c) { return c >= '0' && c <= '9'; }

bool IsBlank(UChar32 c) {
  return c == ' ' || c == '\t' || c == '\v' || c == '\f' || (c >= 0x80 && u_isUWhiteSpace(c) != 0);
}

bool IsUpper(UChar32 c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z';
  return u_isupper(c) != 0;
}

class Reader {
 public:
  explicit Reader(std::string_view text)
      : bytes_(reinterpret_cast<const std::uint8_t*>(text.data())),
        size_(static_cast<std::int32_t>(std::min(text.size(), kTextBytesMax))) {}

  // A byte that is no UTF-8 is a character of its own, below zero.
  UChar32 Peek(std::int32_t& next) const {
    UChar32 c = 0;
    next = at_;
    U8_NEXT(bytes_, next, size_, c);
    return c;
  }

  bool done() const { return at_ >= size_; }

  std::int32_t at() const { return at_; }

  void GoTo(std::int32_t at) { at_ = at; }

 private:
  const std::uint8_t* bytes_;
  std::int32_t size_, at_ = 0;
};

}  // namespace

std::vector<Token> Tokenize(std::string_view text) {
  std::vector<Token> tokens;
  tokens.reserve(text.size() / 5);
  Reader reader(text);
  while (!reader.done()) {
    Token token{.begin = static_cast<std::uint32_t>(reader.at())};
    std::int32_t next = 0;
    UChar32 c = reader.Peek(next);
    const bool letter = IsLetter(c), digit = IsDigit(c);
    if (letter || digit) {
      token.kind = letter ? Token::Kind::kWord : Token::Kind::kNumber;
      token.capital = IsUpper(c);
      int n_letters = 0, n_upper = 0;
      while (letter ? IsLetter(c) : IsDigit(c)) {
        ++n_letters;
        n_upper += IsUpper(c) ? 1 : 0;
        reader.GoTo(next);
        if (reader.done()) break;
        c = reader.Peek(next);
      }
      token.all_caps = n_letters > 1 && n_upper == n_letters;
    } else {
      reader.GoTo(next);
      if (IsBlank(c)) continue;
      token.kind = c == '\n' || c == '\r' ? Token::Kind::kBreak : Token::Kind::kMark;
    }
    token.end = static_cast<std::uint32_t>(reader.at());
    if (token.kind != Token::Kind::kBreak)
      token.folded = Fold(text.substr(token.begin, token.end - token.begin));
    tokens.push_back(std::move(token));
  }
  return tokens;
}

}  // namespace essaim::text
