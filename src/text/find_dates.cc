// Dates with a day or a month: written as numbers, with months' names, in both orders.
#include <string>

#include "text/finders.h"

namespace essaim::text {
namespace {

// 1 to 12; 0 if the word is no month. "mars" and "may" are words too: the caller looks around.
int MonthOf(std::string_view word) {
  static constexpr WordList kMonths[12] = {"janvier january janv jan",
                                           "fevrier february fevr fev feb",
                                           "mars march mar",
                                           "avril april avr apr",
                                           "mai may",
                                           "juin june jun",
                                           "juillet july juil jul",
                                           "aout august aou aug",
                                           "septembre september sept sep",
                                           "octobre october oct",
                                           "novembre november nov",
                                           "decembre december dec"};
  for (int m = 0; m < 12; ++m) {
    if (InList(word, kMonths[m])) return m + 1;
  }
  return 0;
}

int NumberOf(const NoteText& note, std::size_t i) {
  const std::size_t n = note.Digits(i);
  if (n == 0 || n > 4) return -1;
  int value = 0;
  for (const char c : note[i].folded) value = 10 * value + (c - '0');
  return value;
}

bool IsDay(const NoteText& note, std::size_t i) {
  const int n = NumberOf(note, i);
  return n >= 1 && n <= 31 && note.Digits(i) <= 2;
}

bool IsYear(const NoteText& note, std::size_t i) {
  const int n = NumberOf(note, i);
  return note.Digits(i) == 4 && n >= 1850 && n <= 2100;
}

bool IsDateMark(const Token& t) { return t.Is("/") || t.Is("-") || t.Is("."); }

// 12/03/2020, 12-3-20, 12.03.2020, 2020-03-12, 12/2020; end, or 0.
std::size_t NumericEnd(const NoteText& note, std::size_t i) {
  if (i > 0 && note.Touches(i - 1) && (IsDateMark(note[i - 1]) || note[i - 1].Is(","))) return 0;
  const int a = NumberOf(note, i), b = NumberOf(note, i + 2), c = NumberOf(note, i + 4);
  if (a < 0 || b < 0 || !IsDateMark(note[i + 1])) return 0;
  const bool slash = note[i + 1].Is("/");
  const bool tight = note.Touches(i) && note.Touches(i + 1);
  const bool three = c >= 0 && note[i + 3].folded == note[i + 1].folded &&
                     (tight ? note.Touches(i + 2) && note.Touches(i + 3) : slash);
  if (three && IsYear(note, i) && b >= 1 && b <= 12 && c >= 1 && c <= 31) return i + 5;
  const bool day_month = (a >= 1 && a <= 31 && b >= 1 && b <= 12) || (a >= 1 && a <= 12 && b <= 31);
  const bool year = IsYear(note, i + 4) ||
                    (note.Digits(i + 4) == 2 && (!note[i + 1].Is(".") || note.Digits(i) == 2));
  if (three && day_month && b >= 1 && year && note.Digits(i) <= 2 && note.Digits(i + 2) <= 2)
    return i + 5;
  if (three || !tight || !slash) return 0;
  if (a >= 1 && a <= 12 && IsYear(note, i + 2)) return i + 3;
  // A day and a month alone are a date only after a word that says so: 12/8 is a blood pressure.
  const bool told =
      i > 0 && InList(note[i - 1].folded,
                      "le du au depuis on since until jusqu lundi mardi mercredi jeudi "
                      "vendredi samedi dimanche monday tuesday wednesday thursday "
                      "friday saturday sunday dated rdv");
  return told && day_month && b >= 1 && note.Digits(i + 2) == 2 ? i + 3 : 0;
}

// 20200312 after a word that announces a date.
bool IsCompact(const NoteText& note, std::size_t i) {
  if (note.Digits(i) != 8 || i == 0) return false;
  const std::string& d = note[i].folded;
  const int year = std::stoi(d.substr(0, 4)), month = std::stoi(d.substr(4, 2)),
            day = std::stoi(d.substr(6, 2));
  const int day_first = std::stoi(d.substr(0, 2)), month_second = std::stoi(d.substr(2, 2)),
            year_last = std::stoi(d.substr(4, 4));
  const auto fits = [](int y, int m, int dd) {
    return y >= 1900 && y <= 2100 && m >= 1 && m <= 12 && dd >= 1 && dd <= 31;
  };
  return fits(year, month, day) || fits(year_last, month_second, day_first);
}

// Around a month's name: "1er mars 2020", "12 janv.", "January 12th, 2020", "mars 2019".
void FindAroundMonth(NoteText& note, std::size_t i) {
  const bool ambiguous = InList(note[i].folded, "mars mai may march mar dec sep jun");
  std::size_t begin = i, end = i + 1;
  if (note[end].Is(".")) ++end;
  std::size_t before = i;
  if (before > 0 &&
      (note[before - 1].Is("-") || note[before - 1].Is("/") || note[before - 1].Is("of")))
    --before;
  if (before > 0 && InList(note[before - 1].folded, "er st nd rd th e eme") && before > 1 &&
      note[before - 2].is_number())
    --before;
  const bool day_before = before > 0 && IsDay(note, before - 1);
  if (day_before) begin = before - 1;
  if (begin > 0 && InList(note[begin - 1].folded, "premier first")) --begin;
  std::size_t at = end;
  bool day_after = false;
  if (!day_before && IsDay(note, at)) {
    day_after = true;
    end = at + 1;
    if (InList(note[end].folded, "st nd rd th")) ++end;
    at = end;
  }
  if (note[at].Is(",") || note[at].Is("-") || note[at].Is("/") || note[at].Is("de") ||
      note[at].Is("of"))
    ++at;
  const bool year = IsYear(note, at) || (note.Digits(at) == 2 && day_before && at > end - 1 &&
                                         (note[at - 1].Is("-") || note[at - 1].Is("/")));
  if (year) end = at + 1;
  if (begin < i || day_after || year) {
    note.Take(begin, end, Identifying::kDate);
    return;
  }
  // A month alone, where a word before says that it is one.
  const bool told =
      i > 0 && InList(note[i - 1].folded, "en in depuis since debut fin mi early late mid de");
  if (told && (!ambiguous || note[i].capital)) note.Take(i, i + 1, Identifying::kDate);
}

void FindDatesProper(NoteText& note) {
  for (std::size_t i = 0; i < note.size(); ++i) {
    if (note.Taken(i)) continue;
    const Token& token = note[i];
    if (token.is_word()) {
      if (MonthOf(token.folded) > 0) FindAroundMonth(note, i);
      continue;
    }
    if (!token.is_number()) continue;
    const std::size_t end = NumericEnd(note, i);
    const bool announced =
        i > 1 && InList(note[i - 1].Is(":") ? note[i - 2].folded : note[i - 1].folded,
                        "le date ddn dob ne nee born du on naissance birth");
    if (end > 0) {
      note.Take(i, end, Identifying::kDate);
    } else if (IsCompact(note, i) && announced) {
      note.Take(i, i + 1, Identifying::kDate);
    }
  }
}

}  // namespace

void FindDates(NoteText& note) {
  FindDatesProper(note);
  // "lundi 12 mars 2018": the day of the week goes with the date.
  for (std::size_t i = 0; i < note.size(); ++i) {
    if (!InList(note[i].folded,
                "lundi mardi mercredi jeudi vendredi samedi dimanche monday tuesday wednesday "
                "thursday friday saturday sunday"))
      continue;
    std::size_t at = note[i + 1].Is(",") ? i + 2 : i + 1;
    if (InList(note[at].folded, "le the")) ++at;
    if (note.Taken(at) && (note[at].is_number() || MonthOf(note[at].folded) > 0))
      note.Take(i, at + 1, Identifying::kDate);
  }
}

}  // namespace essaim::text
