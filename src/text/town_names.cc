#include "text/town_names.h"

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "text/in_list.h"
#include "text/word_lists.h"

namespace essaim::text {
namespace {

// Large towns whose names are words, names or eponyms too, and seldom those in capitals behind "à"
// or "in". "Sens", "Orange", "Bath", "Mobile" are.
constexpr WordList kCities =
    "ales angers bordeaux bourges calais cambrai cannes castres colombes dax dole douai fougeres "
    "grasse lens lille limoges macon meaux menton muret nancy nevers nice paris pau perigueux "
    "quimper rennes rodez saintes sarcelles sevres tours troyes valence valenciennes vannes vichy "
    "vienne boston bradford brighton bristol brooklyn buffalo charleston cleveland dallas denver "
    "derby detroit glasgow houston london memphis oxford phoenix portland preston richmond sydney "
    "washington wellington";

bool IsPlainWord(std::string_view word) {
  if (InList(word, kCities)) return true;
  return word.size() >= 4 && !IsCommonWord(word) && !LooksMedical(word) && !IsGivenName(word);
}

// `article`: what the name has before its word i, written with a preposition in the note.
TownName LongestFrom(const NoteText& note, std::size_t i, std::string_view article) {
  const std::string_view first = article.empty() ? std::string_view(note[i].folded) : article;
  const std::size_t most = TownWordsMax(InList(first, "st") ? "saint" : first);
  TownName town;
  std::string name(article);
  bool plain = false;
  std::size_t n_words = name.empty() ? 0 : 1, n_own = 0;
  for (std::size_t at = i; n_words < most; ++at) {
    const Token& token = note[at];
    const bool mark = token.Is("-") || token.Is("'") ||
                      (token.Is(".") && at > i && InList(note[at - 1].folded, "st ste"));
    if (mark && at > i && note[at + 1].is_word()) continue;
    if (!token.is_word()) break;
    const std::string_view word = token.Is("st")    ? "saint"
                                  : token.Is("ste") ? "sainte"
                                                    : std::string_view(token.folded);
    absl::StrAppend(&name, name.empty() ? "" : " ", Av(word));
    plain = plain || IsPlainWord(word);
    ++n_words;
    ++n_own;
    if (IsTown(name)) town = {.end = at + 1, .plain = plain || n_own >= 3};
  }
  return town;
}

}  // namespace

TownName TownNameAt(const NoteText& note, std::size_t i) {
  if (!note[i].is_word()) return {};
  TownName town = LongestFrom(note, i, "");
  if (i == 0 || !InList(note[i - 1].folded, "au du aux des")) return town;
  const bool many = InList(note[i - 1].folded, "aux des");
  const TownName other = LongestFrom(note, i, many ? "les" : "le");
  return other.end > town.end ? other : town;
}

}  // namespace essaim::text
