// Whether a text is French or English, by the words that every sentence has.
#pragma once

#include <cstdint>
#include <string_view>

namespace essaim::text {

enum class Language { kFrench, kEnglish };

// French where the text says nothing: the sites are French.
Language DetectLanguage(std::string_view text);

// OMOP's concepts of the two.
inline constexpr std::int64_t kFrenchConcept = 4180190, kEnglishConcept = 4180186;

inline std::int64_t ConceptOf(Language language) {
  return language == Language::kFrench ? kFrenchConcept : kEnglishConcept;
}

}  // namespace essaim::text
