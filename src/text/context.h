// What a note says of a term that it mentions: that it is there or not, of whom, when, how surely.
//
// Rules after NegEx (Chapman et al., J Biomed Inform 2001;34:301) and ConText (Harkema et al.,
// J Biomed Inform 2009;42:839), in French and English: phrases before or after the term, over what
// is in the same sentence up to a word that ends their scope; phrases that look like a negation and
// are none come first ("n'exclut pas", "cannot rule out").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokens.h"

namespace essaim::text {

struct TermContext {
  bool negated = false, uncertain = false, hypothetical = false, historical = false, family = false;

  bool operator==(const TermContext&) const = default;
};

// A part of a note under a heading; `loinc` is the section's code.
struct NoteSection {
  std::size_t begin = 0;  // the first token after the heading
  std::string_view name, loinc;
  bool family = false, historical = false;
};

// In the note's order; what comes before the first heading has none.
std::vector<NoteSection> FindSections(const std::vector<Token>& tokens);

// A note's sentences with the phrases in them, for many terms of one note.
class ContextFinder {
 public:
  explicit ContextFinder(const std::vector<Token>& tokens);

  // Of the term that is tokens [begin, end).
  TermContext Of(std::size_t begin, std::size_t end) const;

 private:
  struct Cue {
    std::size_t begin = 0, end = 0;  // tokens
    std::uint8_t kind = 0;
  };

  void FindCues();
  std::optional<Cue> SignAt(std::size_t i) const;
  void FindDistantNegation(std::size_t begin, std::size_t end);
  bool IsHeadOfAnother(std::size_t begin, std::size_t end) const;
  bool NegatedBetween(const Cue& cue, std::size_t begin) const;
  bool PartedFrom(const Cue& cue, std::size_t end) const;
  bool HasResult(const Cue& cue, std::size_t end) const;
  bool InScope(const Cue& cue, std::size_t begin, std::size_t end) const;

  const std::vector<Token>& tokens_;
  std::vector<std::size_t> sentence_;  // of each token
  std::vector<Cue> cues_;
};

}  // namespace essaim::text
