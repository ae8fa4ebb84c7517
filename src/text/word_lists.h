// What words are: given names, family names, words of everyday French and English, of medicine.
//
// Also the names of towns. The lists (data/text, with their sources) are folded (fold.h). A word
// may be in several: "pierre", "petit", "rose". Threads: all functions may run concurrently.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace essaim::text {

bool IsGivenName(std::string_view folded);
bool IsFamilyName(std::string_view folded);
bool IsListedWord(std::string_view folded);  // of everyday, by the list
bool IsCommonWord(std::string_view folded);  // the same, also with a plural's or feminine's ending
// A term, an eponym or an abbreviation of the list, or one by its ending (-emia, -tomie, -pril).
bool LooksMedical(std::string_view folded);

// A town's name: its words with a blank between, "saint" and "sainte" in full.
bool IsTown(std::string_view words);
// The words of the longest name of a town that begins with the word; 0: of none.
std::size_t TownWordsMax(std::string_view first);

// Names that are neither words of everyday nor of medicine, of four letters or more, in the lists'
// order: what an invented name is drawn from.
const std::vector<std::string_view>& PlainGivenNames();
const std::vector<std::string_view>& PlainFamilyNames();

inline bool IsAnyName(std::string_view folded) {
  return IsGivenName(folded) || IsFamilyName(folded);
}

}  // namespace essaim::text
