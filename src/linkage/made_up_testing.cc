#include "linkage/made_up_testing.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/files.h"
#include "base/status_macros.h"

namespace essaim::linkage {
namespace {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() {  // SplitMix64
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  std::size_t Below(std::size_t n) { return static_cast<std::size_t>(Next() % n); }

  double Share() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

  bool Is(double probability) { return Share() < probability; }

 private:
  std::uint64_t state_;
};

struct WeightedNames {
  std::vector<std::string> names;
  std::vector<double> sums;  // of the weights up to each

  const std::string& Draw(Chance& chance) const {
    const double at = chance.Share() * sums.back();
    const auto found = std::ranges::upper_bound(sums, at);
    return names[std::min(names.size() - 1, static_cast<std::size_t>(found - sums.begin()))];
  }
};

using Names = std::map<std::string, WeightedNames>;  // "fr/family"

absl::StatusOr<Names> ReadNames(const std::string& path) {
  ESSAIM_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  Names names;
  for (const auto line : absl::StrSplit(text, '\n')) {
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    double weight = 0;
    if (cells.size() != 4 || !absl::SimpleAtod(cells[3], &weight)) continue;
    WeightedNames& list = names[absl::StrCat(cells[0], "/", cells[1])];
    list.names.push_back(cells[2]);
    list.sums.push_back((list.sums.empty() ? 0 : list.sums.back()) + weight);
  }
  if (names.size() != 6) return absl::InvalidArgumentError(path + ": expected six lists of names");
  return names;
}

// The many names that few people have: no list holds them.
std::string RareName(Chance& chance) {
  static constexpr std::array<const char*, 24> kBegin = {
      "Bar", "Cha",  "Du",  "Fon", "Gri", "La", "Ma",  "Pel", "Que", "Ro",  "Sau", "Ver",
      "Bou", "Cour", "Des", "Gui", "Jo",  "Le", "Mon", "Per", "Rou", "Til", "Val", "Za"};
  static constexpr std::array<const char*, 16> kMiddle = {"bar", "ci",  "de", "gan", "lan", "lo",
                                                          "mi",  "nar", "pi", "ra",  "ron", "sa",
                                                          "te",  "tin", "vi", "ze"};
  static constexpr std::array<const char*, 16> kEnd = {"ard", "aud", "eau", "el",  "er",  "et",
                                                       "ez",  "ier", "in",  "let", "man", "not",
                                                       "on",  "rie", "son", "zy"};
  std::string name = kBegin[chance.Below(24)];
  name += kMiddle[chance.Below(16)];
  if (chance.Is(0.4)) name += kMiddle[chance.Below(16)];
  name += kEnd[chance.Below(16)];
  return chance.Is(0.05) ? absl::StrCat(chance.Is(0.5) ? "Le " : "De ", name) : name;
}

// "Claire", "Claire, Marie", "Jean-Pierre".
std::string GivenNames(const WeightedNames& names, Chance& chance) {
  const std::string& first = names.Draw(chance);
  if (chance.Is(0.06)) return absl::StrCat(first, "-", names.Draw(chance));
  return chance.Is(0.2) ? absl::StrCat(first, ", ", names.Draw(chance)) : first;
}

std::string Postcode(Chance& chance) {
  // A few towns have most of the people.
  const double share = chance.Share();
  const auto town = static_cast<std::size_t>(400 * share * share * share);
  return absl::StrFormat("%05d", (1 + town % 95) * 1000 + (town * 37) % 990);
}

std::string Birth(Chance& chance) {
  const std::size_t month = 1 + chance.Below(12);
  const std::size_t days = month == 2                                              ? 28
                           : month == 4 || month == 6 || month == 9 || month == 11 ? 30
                                                                                   : 31;
  // One draw a statement: compilers differ in the order of arguments.
  const std::size_t day = 1 + chance.Below(days);
  const std::size_t year = 1930 + chance.Below(90);
  return absl::StrFormat("%04d-%02d-%02d", year, month, day);
}

std::string NirFor(const RawPerson& p, Chance& chance) {
  const std::size_t order = chance.Below(999);
  const std::size_t place = chance.Below(990);
  const std::size_t department = 1 + chance.Below(95);
  const std::string first =
      absl::StrFormat("%d%s%s%02d%03d%03d", p.sex == "M" ? 1 : 2, p.birth_date.substr(2, 2),
                      p.birth_date.substr(5, 2), department, place, order);
  std::int64_t number = 0;
  return absl::SimpleAtoi(first, &number) ? absl::StrFormat("%s%02d", first, 97 - number % 97) : "";
}

RawPerson NewPerson(const Names& names, const RawPerson* before, const MadeUpOptions& options,
                    Chance& chance) {
  const std::string language = chance.Is(0.5) ? "fr/" : "en/";
  const bool twin = before != nullptr && chance.Is(0.01);
  const bool namesake = before != nullptr && !twin && chance.Is(0.001);
  const bool household = twin || (before != nullptr && chance.Is(0.125));
  RawPerson p;
  p.sex = chance.Is(0.5) ? "M" : "F";
  p.given_names = GivenNames(names.at(language + (p.sex == "M" ? "male" : "female")), chance);
  p.family_name = chance.Is(language == "fr/" ? 0.6 : 0.2)
                      ? RareName(chance)
                      : names.at(language + "family").Draw(chance);
  p.birth_date = twin ? before->birth_date : Birth(chance);
  p.postcode = Postcode(chance);
  if (household) {
    p.family_name = before->family_name;
    p.postcode = before->postcode;
    if (!twin && p.sex == before->sex && chance.Is(0.04)) p.given_names = before->given_names;
  }
  if (namesake) {
    p = *before;
    p.postcode = Postcode(chance);
    p.identifiers.clear();
  }
  if (chance.Is(options.with_id)) p.identifiers.push_back({"NIR", NirFor(p, chance)});
  return p;
}

char OtherLetter(char c, Chance& chance) {
  static constexpr std::array<const char*, 14> kAlike = {"ao", "ec", "il", "mn", "uv", "sz", "kc",
                                                         "dt", "bp", "fv", "gj", "qp", "rt", "iy"};
  for (int tries = 0; tries < 4; ++tries) {
    const char* pair = kAlike[chance.Below(kAlike.size())];
    if (pair[0] == c) return pair[1];
    if (pair[1] == c) return pair[0];
  }
  return static_cast<char>('a' + chance.Below(26));
}

void Mistype(std::string& text, Chance& chance) {
  if (text.size() < 2) return;
  const std::size_t at = chance.Below(text.size());
  switch (chance.Below(5)) {
    case 0:
      text.insert(at, 1, static_cast<char>('a' + chance.Below(26)));
      break;
    case 1:
      text.erase(at, 1);
      break;
    case 2:
      if (at + 1 < text.size()) std::swap(text[at], text[at + 1]);
      break;
    default:
      text[at] = OtherLetter(text[at], chance);
  }
}

// Letters beyond ASCII as a wrong decoding leaves them: each byte a sign of its own, or a blank.
void LoseAccents(std::string& name, Chance& chance) {
  std::string lost;
  const bool blank = chance.Is(0.5);
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x80) {
      lost += c;
    } else if (static_cast<unsigned char>(c) >= 0xC0) {  // the first byte of a letter
      lost += blank ? "" : "A";
    }
  }
  name = lost;
}

void SpoilName(std::string& name, const std::string& other, Chance& chance) {
  const std::size_t kind = chance.Below(20);
  const bool accents =
      std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  if (kind == 0) {
    name.clear();
  } else if (kind == 1) {
    name = chance.Is(0.5) ? absl::StrCat(name, "-", other) : absl::StrCat(other, "-", name);
  } else if (accents && kind < 12) {
    LoseAccents(name, chance);
  } else {
    Mistype(name, chance);
    if (kind < 5) Mistype(name, chance);
  }
}

// Of "Jean-Pierre" the hyphen or the second name goes, of "Claire, Marie" the order.
void SpoilGiven(std::string& names, const std::string& other, Chance& chance) {
  const std::size_t hyphen = names.find('-'), comma = names.find(", ");
  if (hyphen != std::string::npos && chance.Is(0.6)) {
    names = chance.Is(0.5) ? names.substr(0, hyphen)
                           : absl::StrCat(names.substr(0, hyphen), " ", names.substr(hyphen + 1));
  } else if (comma != std::string::npos && chance.Is(0.2)) {
    names = absl::StrCat(names.substr(comma + 2), ", ", names.substr(0, comma));
  } else {
    SpoilName(names, other, chance);
  }
}

void SpoilBirth(std::string& date, Chance& chance) {
  const std::size_t kind = chance.Below(20);
  if (kind < 6) {  // day and month exchanged
    date = absl::StrCat(date.substr(0, 5), date.substr(8), "-", date.substr(5, 2));
  } else if (kind < 8) {
    date.clear();
  } else if (kind == 8) {  // the year is all that was known
    date.replace(5, 5, "01-01");
  } else {  // a digit of the year's end, the month's or the day's
    static constexpr std::array<std::size_t, 5> kDigits = {2, 3, 6, 8, 9};
    const std::size_t at = kDigits[chance.Below(kDigits.size())];
    date[at] = static_cast<char>('0' + chance.Below(at == 8 ? 3 : 10));
  }
}

RawPerson Spoil(RawPerson p, const Names& names, double rate, Chance& chance) {
  if (chance.Is(rate)) SpoilName(p.family_name, names.at("fr/family").Draw(chance), chance);
  if (chance.Is(rate)) SpoilGiven(p.given_names, names.at("fr/female").Draw(chance), chance);
  if (chance.Is(rate / 10)) std::swap(p.family_name, p.given_names);
  if (p.sex == "F" && chance.Is(rate / 4)) p.family_name = names.at("en/family").Draw(chance);
  if (chance.Is(rate)) SpoilBirth(p.birth_date, chance);
  if (chance.Is(rate / 5)) p.sex = chance.Is(0.5) ? "" : p.sex == "M" ? "F" : "M";
  if (chance.Is(rate)) {
    const double kind = chance.Share();
    if (kind < 0.6)
      p.postcode = Postcode(chance);
    else if (kind < 0.8)
      p.postcode.clear();
    else
      Mistype(p.postcode, chance);
  }
  if (chance.Is(rate)) p.identifiers.clear();
  return p;
}

}  // namespace

absl::StatusOr<MadeUpLists> MakeUp(const std::string& names_csv, const MadeUpOptions& options) {
  ESSAIM_ASSIGN_OR_RETURN(const Names names, ReadNames(names_csv));
  Chance chance(options.seed);
  MadeUpLists lists;
  const auto n_shared = static_cast<std::size_t>(options.shared * static_cast<double>(options.n));
  std::vector<MadeUpPerson> all;
  for (std::size_t i = 0; i < 2 * options.n - n_shared; ++i)
    all.push_back({NewPerson(names, i == 0 ? nullptr : &all.back().raw, options, chance), i});
  // Households are on both sides: the persons are drawn, not cut in two.
  std::vector<std::size_t> order(all.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
    std::swap(order[i], order[chance.Below(i + 1)]);
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    MadeUpPerson person = all[order[i]];
    if (i < options.n) lists.a.push_back(person);
    if (i < n_shared || i >= options.n) {
      person.raw = Spoil(person.raw, names, options.error_rate, chance);
      lists.b.push_back(person);
    }
  }
  for (std::size_t i = 1; i < lists.b.size(); ++i)
    std::swap(lists.b[i], lists.b[chance.Below(i + 1)]);
  return lists;
}

std::vector<PersonFields> FieldsOf(const std::vector<MadeUpPerson>& people) {
  std::vector<PersonFields> fields;
  for (const MadeUpPerson& person : people) fields.push_back(Normalise(person.raw));
  return fields;
}

Accuracy AccuracyOf(const MadeUpLists& lists, const std::vector<Pair>& called) {
  std::set<Pair> right;
  for (const auto& [a, b] : called) {
    if (lists.a[a].who == lists.b[b].who) right.insert(Pair{a, b});
  }
  const double n_right = static_cast<double>(right.size());
  return {.precision = called.empty() ? 1 : n_right / static_cast<double>(called.size()),
          .recall = Completeness(lists, called)};
}

double Completeness(const MadeUpLists& lists, const std::vector<Pair>& compared) {
  std::unordered_map<std::uint64_t, std::uint32_t> in_b;
  for (std::uint32_t j = 0; j < lists.b.size(); ++j) in_b[lists.b[j].who] = j;
  std::set<std::uint32_t> found;
  for (const auto& [a, b] : compared) {
    if (lists.a[a].who == lists.b[b].who) found.insert(a);
  }
  std::size_t n_shared = 0;
  for (const MadeUpPerson& person : lists.a) n_shared += in_b.contains(person.who) ? 1 : 0;
  return n_shared == 0 ? 1 : static_cast<double>(found.size()) / static_cast<double>(n_shared);
}

}  // namespace essaim::linkage
