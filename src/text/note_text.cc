#include "text/note_text.h"

#include <algorithm>

namespace essaim::text {

NoteText::NoteText(std::string_view text)
    : text_(text), tokens_(Tokenize(text)), kind_(text.size(), 0) {
  end_.kind = Token::Kind::kBreak;
  end_.begin = end_.end = static_cast<std::uint32_t>(text.size());
  caps_line_.resize(tokens_.size());
  for (std::size_t begin = 0; begin < tokens_.size();) {
    std::size_t end = begin, n_words = 0, n_caps = 0;
    for (; end < tokens_.size() && tokens_[end].kind != Token::Kind::kBreak; ++end) {
      if (!tokens_[end].is_word() || tokens_[end].end - tokens_[end].begin < 3) continue;
      ++n_words;
      n_caps += tokens_[end].all_caps ? 1 : 0;
    }
    const bool caps = n_words >= 2 && n_caps == n_words;
    for (std::size_t i = begin; i < std::min(end + 1, tokens_.size()); ++i) caps_line_[i] = caps;
    begin = end + 1;
  }
}

std::string_view NoteText::Raw(std::size_t i) const {
  const Token& token = (*this)[i];
  return text_.substr(token.begin, token.end - token.begin);
}

bool NoteText::BeginsLine(std::size_t i) const {
  return i == 0 || (*this)[i - 1].kind == Token::Kind::kBreak;
}

bool NoteText::Matches(std::size_t i, std::initializer_list<std::string_view> folded) const {
  return std::ranges::all_of(folded, [&](std::string_view word) { return (*this)[i++].Is(word); });
}

std::size_t NoteText::Digits(std::size_t i) const {
  const Token& token = (*this)[i];
  return token.is_number() ? token.end - token.begin : 0;
}

void NoteText::Take(std::size_t i, std::size_t end, Identifying kind) {
  end = std::min(end, tokens_.size());
  if (i < end) TakeBytes(tokens_[i].begin, tokens_[end - 1].end, kind);
}

void NoteText::TakeBytes(std::size_t begin, std::size_t end, Identifying kind) {
  for (std::size_t i = begin; i < std::min(end, kind_.size()); ++i) {
    if (kind_[i] == 0) kind_[i] = static_cast<std::uint8_t>(1 + static_cast<int>(kind));
  }
}

bool NoteText::Taken(std::size_t i) const { return i < size() && kind_[tokens_[i].begin] != 0; }

std::vector<Span> NoteText::Spans() const {
  std::vector<Span> spans;
  for (const Token& token : tokens_) {
    if (kind_[token.begin] == 0 && kind_[token.end - 1] == 0) continue;
    if (!token.is_word() && !token.is_number()) continue;
    const std::uint8_t byte = kind_[token.begin] != 0 ? kind_[token.begin] : kind_[token.end - 1];
    const auto kind = static_cast<Identifying>(byte - 1);
    // Of one kind with nothing but what was taken between them, or a name's parts with a blank: one
    // span.
    const bool blank = !spans.empty() && kind == Identifying::kName &&
                       text_.substr(spans.back().end, token.begin - spans.back().end) == " ";
    const bool joins =
        !spans.empty() && spans.back().kind == kind &&
        (blank || std::all_of(kind_.begin() + static_cast<std::ptrdiff_t>(spans.back().end),
                              kind_.begin() + static_cast<std::ptrdiff_t>(token.begin),
                              [&](std::uint8_t k) { return k == byte; }));
    if (joins) {
      spans.back().end = token.end;
    } else {
      spans.push_back({.begin = token.begin, .end = token.end, .kind = kind});
    }
  }
  return spans;
}

}  // namespace essaim::text
