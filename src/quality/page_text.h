// The words and numbers of the quality page in English and French.
//
// The English text is the key; what has no French stays English and is kept in missing(), which a
// test wants to be empty.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "quality/check_list.h"

namespace essaim {

enum class Language { kEnglish, kFrench };

// "en" or "fr". kInvalidArgument.
absl::StatusOr<Language> ParseLanguage(std::string_view text);

// The French of an English text of the page; empty if there is none.
std::string_view FrenchOf(std::string_view english);

// & < > " ' as entities; bytes that are no UTF-8 as U+FFFD.
std::string EscapeHtml(std::string_view text);

class Words {
 public:
  explicit Words(Language language) : language_(language) {}

  Language language() const { return language_; }

  // Translated and escaped.
  std::string Say(std::string_view english) const;
  std::string Count(std::int64_t n) const;  // "12,345", "12 345"
  std::string Number(double value) const;   // four digits that count
  std::string Percent(double share) const;  // 0.123 -> "12.3 %"
  // Of persons: "<5" for 1 to 4; escaped.
  std::string Persons(std::int64_t n) const;
  // What the check finds wrong, as a sentence, escaped.
  std::string Describe(const Check& check) const;

  const std::set<std::string>& missing() const { return missing_; }

 private:
  std::string Point(std::string text) const;  // with the language's decimal sign

  Language language_;
  mutable std::set<std::string> missing_;
};

}  // namespace essaim
