#include "text/word_lists.h"

#include <algorithm>
#include <iterator>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace essaim::text {
namespace {

#include "text/word_lists.inc"

using Words = absl::flat_hash_set<std::string_view>;

// An array and not a string_view: GCC counts the characters of a constexpr one at compile time, and
// gives up at 262,144.
template <std::size_t N>
Words Read(const char (&text)[N]) {
  std::string_view list(text, N - 1);
  Words words;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find('\n'), list.size());
    if (end > 0 && list[0] != '#') words.insert(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return words;
}

std::vector<std::string_view> PlainOf(const Words& words) {
  std::vector<std::string_view> plain;
  for (const std::string_view word : words) {
    if (word.size() >= 4 && !IsCommonWord(word) && !LooksMedical(word)) plain.push_back(word);
  }
  std::ranges::sort(plain);  // the same at every start
  return plain;
}

const Words& GivenNames() {
  static const Words* const kWords = new Words(Read(kGivenNames));
  return *kWords;
}

const Words& FamilyNames() {
  static const Words* const kWords = new Words(Read(kFamilyNames));
  return *kWords;
}

const Words& Towns() {
  static const Words* const kWords = new Words(Read(kTowns));
  return *kWords;
}

}  // namespace

bool IsTown(std::string_view words) { return Towns().contains(words); }

std::size_t TownWordsMax(std::string_view first) {
  static const auto* const kMost = [] {
    auto* most = new absl::flat_hash_map<std::string_view, std::size_t>();
    for (const std::string_view town : Towns()) {
      const auto n = static_cast<std::size_t>(1 + std::ranges::count(town, ' '));
      std::size_t& so_far = (*most)[town.substr(0, town.find(' '))];
      so_far = std::max(so_far, n);
    }
    return most;
  }();
  const auto at = kMost->find(first);
  return at == kMost->end() ? 0 : at->second;
}

const std::vector<std::string_view>& PlainGivenNames() {
  static const auto* const kNames = new std::vector<std::string_view>(PlainOf(GivenNames()));
  return *kNames;
}

const std::vector<std::string_view>& PlainFamilyNames() {
  static const auto* const kNames = new std::vector<std::string_view>(PlainOf(FamilyNames()));
  return *kNames;
}

bool IsGivenName(std::string_view folded) { return GivenNames().contains(folded); }

bool IsFamilyName(std::string_view folded) { return FamilyNames().contains(folded); }

bool IsListedWord(std::string_view folded) {
  static const Words* const kWords = new Words(Read(kCommonWords));
  return kWords->contains(folded);
}

bool IsCommonWord(std::string_view folded) {
  if (IsListedWord(folded)) return true;
  for (const int cut : {1, 2}) {
    const std::size_t n = folded.size();
    if (n < static_cast<std::size_t>(cut) + 4) return false;
    const std::string_view tail = folded.substr(n - static_cast<std::size_t>(cut));
    if ((tail == "s" || tail == "e" || tail == "es" || tail == "ly") &&
        IsListedWord(folded.substr(0, n - static_cast<std::size_t>(cut))))
      return true;
  }
  return false;
}

bool LooksMedical(std::string_view folded) {
  static const Words* const kWords = new Words(Read(kMedicalWords));
  if (kWords->contains(folded)) return true;
  static constexpr std::string_view kEndings[] = {
      "carcinome", "sarcome", "blastome", "itis",     "ite",     "emia",    "emie",    "osis",
      "ose",       "oma",     "pathy",    "pathie",   "tomy",    "tomie",   "scopy",   "scopie",
      "graphy",    "graphie", "logy",     "logie",    "algia",   "algie",   "plasty",  "plastie",
      "pril",      "sartan",  "statin",   "statine",  "cillin",  "cilline", "azole",   "mycin",
      "mycine",    "oxacin",  "oxacine",  "parine",   "parin",   "mab",     "tinib",   "olol",
      "dipine",    "gliptin", "formin",   "formine",  "profene", "profen",  "cycline", "caine",
      "ectomy",    "ectomie", "ostomy",   "stomie",   "rrhea",   "rrhee",   "uria",    "urie",
      "ique",      "iques",   "megaly",   "megalie",  "plegia",  "plegie",  "trophy",  "trophie",
      "genic",     "logue",   "xaban",    "floxacin", "amide",   "azepam",  "zolam",   "thiazide",
      "tropin"};
  return folded.size() >= 6 && std::ranges::any_of(kEndings, [&](std::string_view ending) {
           return folded.ends_with(ending);
         });
}

}  // namespace essaim::text
