// What the index and a query have in common: terms of words, and where values stand.
#pragma once

#include <xapian.h>

#include <string>
#include <string_view>

#include "text/language.h"

namespace essaim::text {

inline constexpr Xapian::valueno kDateSlot = 0, kIdSlot = 1;
inline constexpr std::size_t kTermBytesMax = 64;  // longer words are left out

inline const char* LanguageTerm(Language language) {
  return language == Language::kFrench ? "Lfr" : "Len";
}

// Snowball's stemmer; both index and query hand it folded words.
inline Xapian::Stem StemmerOf(Language language) {
  return Xapian::Stem(language == Language::kFrench ? "french" : "english");
}

// Each word and number with its place, as it is for phrases and as "Z" and its stem.
void AddTerms(std::string_view text, Language language, Xapian::Document& document);

}  // namespace essaim::text
