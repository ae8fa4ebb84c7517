// A note while what identifies is looked for: its tokens, and a kind for every byte found so far.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "text/identifying.h"
#include "text/tokens.h"

namespace essaim::text {

class NoteText {
 public:
  explicit NoteText(std::string_view text);

  std::string_view text() const { return text_; }

  std::size_t size() const { return tokens_.size(); }

  // Beyond either end: a line end.
  const Token& operator[](std::size_t i) const { return i < tokens_.size() ? tokens_[i] : end_; }

  std::string_view Raw(std::size_t i) const;

  // Nothing stands between token i and the one after it.
  bool Touches(std::size_t i) const { return (*this)[i].end == (*this)[i + 1].begin; }

  // Token i begins its line / the line's words are all in capitals / beyond the first `i` tokens
  // the folded tokens are these.
  bool BeginsLine(std::size_t i) const;

  bool CapsLine(std::size_t i) const { return i < caps_line_.size() && caps_line_[i]; }

  bool Matches(std::size_t i, std::initializer_list<std::string_view> folded) const;
  // The number of digits of token i; 0 if it is no number.
  std::size_t Digits(std::size_t i) const;

  // Tokens [i, end) are of the kind; what is taken already stays what it is.
  void Take(std::size_t i, std::size_t end, Identifying kind);
  void TakeBytes(std::size_t begin, std::size_t end, Identifying kind);
  bool Taken(std::size_t i) const;  // token i

  std::vector<Span> Spans() const;

 private:
  std::string_view text_;
  std::vector<Token> tokens_;
  Token end_;
  std::vector<bool> caps_line_;
  std::vector<std::uint8_t> kind_;  // of each byte: 0 none, else 1 + Identifying
};

}  // namespace essaim::text
