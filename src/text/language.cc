#include "text/language.h"

#include <unordered_set>

#include "text/tokens.h"

namespace essaim::text {

Language DetectLanguage(std::string_view text) {
  constexpr std::size_t kBytesEnough = 20'000;
  static const auto* const kFrench = new std::unordered_set<std::string_view>{
      "le",   "la",     "les",  "des",  "du",  "un",   "une",  "est", "et",    "dans",
      "pour", "avec",   "pas",  "sur",  "par", "au",   "aux",  "ce",  "cette", "il",
      "elle", "ne",     "nous", "vous", "je",  "sans", "sont", "ete", "qui",   "que",
      "chez", "depuis", "ans",  "son",  "sa",  "ses",  "mais", "ou",  "lors",  "jour"};
  static const auto* const kEnglish = new std::unordered_set<std::string_view>{
      "the",   "of",  "and",  "with", "was", "is",     "in",      "to",     "for",  "he",
      "she",   "no",  "has",  "had",  "his", "her",    "at",      "this",   "that", "were",
      "are",   "not", "been", "from", "by",  "there",  "which",   "who",    "will", "year",
      "years", "be",  "or",   "it",   "as",  "denies", "without", "history"};
  std::size_t french = 0, english = 0;
  for (const Token& token : Tokenize(text.substr(0, kBytesEnough))) {
    if (!token.is_word()) continue;
    french += kFrench->contains(token.folded) ? 1 : 0;
    english += kEnglish->contains(token.folded) ? 1 : 0;
  }
  return english > french ? Language::kEnglish : Language::kFrench;
}

}  // namespace essaim::text
