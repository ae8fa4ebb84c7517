#include "text/surrogate_dates.h"

#include <array>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "base/strings.h"
#include "text/finders.h"
#include "text/fold.h"
#include "text/tokens.h"

namespace essaim::text {
namespace {

using Names = std::array<std::string_view, 12>;

// As they are written; abbreviations are English alone, the French ones have no one form.
constexpr Names kFrench = {"janvier", "février", "mars",      "avril",   "mai",      "juin",
                           "juillet", "août",    "septembre", "octobre", "novembre", "décembre"};
constexpr Names kEnglish = {"january", "february", "march",     "april",   "may",      "june",
                            "july",    "august",   "september", "october", "november", "december"};
constexpr Names kShort = {"jan", "feb", "mar", "apr", "may", "jun",
                          "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kDaysFrench = {"lundi",    "mardi",  "mercredi", "jeudi",
                                                         "vendredi", "samedi", "dimanche"};
constexpr std::array<std::string_view, 7> kDaysEnglish = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

template <std::size_t N>
int IndexOf(const std::array<std::string_view, N>& names, std::string_view folded) {
  for (std::size_t i = 0; i < N; ++i) {
    if (Fold(names[i]) == folded) return static_cast<int>(i);
  }
  return -1;
}

// In the letters' case of `like`. The names' own accents stay in lower case.
std::string InCaseOf(std::string_view name, const Token& like) {
  std::string text(name);
  const auto raise = [](char& c) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  };
  if (like.all_caps) {
    text = Fold(text);
    for (char& c : text) raise(c);
  } else if (like.capital) {
    raise(text[0]);
  }
  return text;
}

// Where in the tokens the date's parts are; -1: none.
struct Places {
  int day = -1, month = -1, year = -1, weekday = -1, ordinal = -1;
  const Names* month_names = nullptr;  // null: a number
  bool padded = false;                 // days and months below 10 have a zero
};

int ValueOf(const Token& token) {
  int value = 0;
  for (const char c : token.folded) value = 10 * value + (c - '0');
  return value;
}

// False: not a date of a known form.
bool PlaceWords(const std::vector<Token>& tokens, Places& places, std::vector<int>& numbers) {
  for (int i = 0; i < static_cast<int>(tokens.size()); ++i) {
    const Token& t = tokens[static_cast<std::size_t>(i)];
    if (t.is_number()) {
      if (t.folded.size() > 4) return false;
      numbers.push_back(i);
      continue;
    }
    if (!t.is_word()) continue;
    bool month = false;
    for (const Names* names : {&kFrench, &kEnglish, &kShort}) {
      if (month || IndexOf(*names, t.folded) < 0) continue;
      month = true;
      if (places.month >= 0) return false;
      places.month = i;
      places.month_names = names;
    }
    if (month) continue;
    if (IndexOf(kDaysFrench, t.folded) >= 0 || IndexOf(kDaysEnglish, t.folded) >= 0) {
      places.weekday = i;
    } else if (InList(t.folded, "er st nd rd th")) {
      places.ordinal = i;
    } else if (!InList(t.folded, "le the of de")) {
      return false;
    }
  }
  return true;
}

bool PlaceNumbers(const std::vector<Token>& tokens, const std::vector<int>& numbers, bool day_first,
                  Places& places) {
  const auto token = [&](int i) -> const Token& { return tokens[static_cast<std::size_t>(i)]; };
  if (places.month >= 0) {
    if (numbers.size() != 2) return false;
    const bool year_first = token(numbers[0]).folded.size() == 4;
    places.day = numbers[year_first ? 1 : 0];
    places.year = numbers[year_first ? 0 : 1];
    return true;
  }
  if (numbers.size() != 3) return false;
  if (token(numbers[0]).folded.size() == 4) {
    places.year = numbers[0];
    places.month = numbers[1];
    places.day = numbers[2];
    return true;
  }
  const int a = ValueOf(token(numbers[0])), b = ValueOf(token(numbers[1]));
  if (!day_first && a <= 12 && b <= 12 && a != b) return false;
  const bool month_first = b > 12;
  places.day = numbers[month_first ? 1 : 0];
  places.month = numbers[month_first ? 0 : 1];
  places.year = numbers[2];
  return true;
}

std::string Ordinal(int day, bool french) {
  if (french) return day == 1 ? "er" : "";
  if (day % 10 == 1 && day != 11) return "st";
  if (day % 10 == 2 && day != 12) return "nd";
  return day % 10 == 3 && day != 13 ? "rd" : "th";
}

std::string Padded(int value, bool padded) {
  return padded ? absl::StrFormat("%02d", value) : absl::StrCat(value);
}

std::string Part(const Places& places, int i, const Token& t, const absl::CivilDay& day,
                 std::string_view raw) {
  if (i == places.day) return Padded(day.day(), places.padded);
  if (i == places.year)
    return t.folded.size() == 4 ? absl::StrFormat("%04d", day.year())
                                : absl::StrFormat("%02d", day.year() % 100);
  if (i == places.month) {
    if (places.month_names == nullptr) return Padded(day.month(), places.padded);
    return InCaseOf((*places.month_names)[static_cast<std::size_t>(day.month() - 1)], t);
  }
  if (i == places.weekday) {
    const auto at = static_cast<std::size_t>(absl::GetWeekday(day));  // Monday is 0
    return InCaseOf(IndexOf(kDaysFrench, t.folded) >= 0 ? kDaysFrench[at] : kDaysEnglish[at], t);
  }
  if (i == places.ordinal) return Ordinal(day.day(), t.Is("er"));
  return std::string(raw);
}

}  // namespace

std::optional<std::string> MoveWrittenDate(std::string_view text, int days, bool day_first) {
  const std::vector<Token> tokens = Tokenize(text);
  Places places;
  std::vector<int> numbers;
  if (!PlaceWords(tokens, places, numbers) || !PlaceNumbers(tokens, numbers, day_first, places))
    return std::nullopt;
  const auto token = [&](int i) -> const Token& { return tokens[static_cast<std::size_t>(i)]; };
  const std::string &d = token(places.day).folded, &m = token(places.month).folded;
  places.padded = places.month_names != nullptr ? d[0] == '0' : d.size() == 2 && m.size() == 2;
  const int month = places.month_names != nullptr
                        ? IndexOf(*places.month_names, token(places.month).folded) + 1
                        : ValueOf(token(places.month));
  int year = ValueOf(token(places.year));
  constexpr int kLastOfThisCentury = 40;  // of two digits
  if (token(places.year).folded.size() <= 2) year += year <= kLastOfThisCentury ? 2000 : 1900;
  const int day = ValueOf(token(places.day));
  if (month < 1 || month > 12 || day < 1 || day > 31 || year < 1800 || year > 2200)
    return std::nullopt;
  const absl::CivilDay moved = absl::CivilDay(year, month, day) + days;
  std::string out;
  std::size_t at = 0;
  for (int i = 0; i < static_cast<int>(tokens.size()); ++i) {
    const Token& t = token(i);
    absl::StrAppend(&out, Av(text.substr(at, t.begin - at)),
                    Part(places, i, t, moved, text.substr(t.begin, t.end - t.begin)));
    at = t.end;
  }
  absl::StrAppend(&out, Av(text.substr(at)));
  return out;
}

}  // namespace essaim::text
