// Units as laboratories and devices write them.
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/strings.h"
#include "ucum/ucum.h"

namespace essaim::ucum {
namespace {

struct Spelling {
  std::string_view written;  // in small letters
  std::string_view ucum;
};

// Whole parts between . and /; only what is not UCUM already, or says something else there.
constexpr Spelling kSpellings[] = {
    {"mmhg", "mm[Hg]"},
    {"mm hg", "mm[Hg]"},
    {"cmh2o", "cm[H2O]"},
    {"°c", "Cel"},
    {"degc", "Cel"},
    {"celsius", "Cel"},
    {"°f", "[degF]"},
    {"degf", "[degF]"},
    {"fahrenheit", "[degF]"},
    {"iu", "[iU]"},
    {"ui", "[iU]"},
    {"miu", "m[iU]"},
    {"mui", "m[iU]"},
    {"uiu", "u[iU]"},
    {"kiu", "k[iU]"},
    {"kui", "k[iU]"},
    {"mcg", "ug"},
    {"mcl", "ul"},
    {"mcmol", "umol"},
    {"mcm", "um"},
    {"meq", "meq"},
    {"mosm", "mosm"},
    {"mosmol", "mosm"},
    {"cc", "ml"},
    {"lb", "[lb_av]"},
    {"lbs", "[lb_av]"},
    {"pounds", "[lb_av]"},
    {"oz", "[oz_av]"},
    {"in", "[in_i]"},
    {"inch", "[in_i]"},
    {"inches", "[in_i]"},
    {"ft", "[ft_i]"},
    {"sec", "s"},
    {"mn", "min"},
    {"minute", "min"},
    {"minutes", "min"},
    {"hr", "h"},
    {"hrs", "h"},
    {"hour", "h"},
    {"hours", "h"},
    {"heure", "h"},
    {"day", "d"},
    {"days", "d"},
    {"jour", "d"},
    {"jours", "d"},
    {"j", "d"},
    {"24h", "d"},
    {"24 h", "d"},
    {"week", "wk"},
    {"weeks", "wk"},
    {"month", "mo"},
    {"months", "mo"},
    {"year", "a"},
    {"years", "a"},
    {"yr", "a"},
    {"yrs", "a"},
    {"an", "a"},
    {"ans", "a"},
    {"bpm", "{beats}/min"},
    {"percent", "%"},
    {"cells", "{cells}"},
    {"cell", "{cells}"},
    {"cellules", "{cells}"},
    {"giga", "10*9"},
    {"tera", "10*12"},
    {"g/l", "10*9/L"},  // the whole text in capitals, see below
    {"t/l", "10*12/L"},
};

std::string PartOf(std::string_view part) {
  const std::string small = absl::AsciiStrToLower(Av(part));
  for (const Spelling& spelling : kSpellings) {
    if (spelling.written == small) return std::string(spelling.ucum);
  }
  return std::string(part);
}

std::string Tidy(std::string_view text) {
  std::string tidy = absl::StrReplaceAll(
      absl::StripAsciiWhitespace(Av(text)),
      {{"µ", "u"}, {"μ", "u"}, {"²", "2"}, {"³", "3"}, {"·", "."}, {" per ", "/"}, {" / ", "/"}});
  for (const std::string_view times : {"x10", "X10", "×10", "x 10", "× 10"}) {
    if (absl::StartsWith(tidy, Av(times))) tidy = "10" + tidy.substr(times.size());
  }
  for (const std::string_view power : {"10E", "10e", "10**"}) {
    if (absl::StartsWith(tidy, Av(power))) tidy = "10*" + tidy.substr(power.size());
  }
  return tidy;
}

// Other readings of the text, the nearest to what is written first.
std::vector<std::string> Readings(std::string_view text) {
  const std::string tidy = Tidy(text);
  std::string spelled;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= tidy.size(); ++i) {
    if (i < tidy.size() && tidy[i] != '/' && tidy[i] != '.') continue;
    absl::StrAppend(&spelled, PartOf(std::string_view(tidy).substr(start, i - start)));
    if (i < tidy.size()) spelled.push_back(tidy[i]);
    start = i + 1;
  }
  std::vector<std::string> readings = {tidy, spelled};
  // French counts of cells: giga and tera a litre, where UCUM reads gauss and tesla.
  if (tidy == "G/L" || tidy == "G/l" || tidy == "T/L" || tidy == "T/l")
    readings.push_back(PartOf(tidy));
  return readings;
}

}  // namespace

absl::StatusOr<Conversion> ConvertText(std::string_view from, const Unit& to,
                                       std::optional<double> molar_mass) {
  if (from.size() > kCodeBytesMax) return absl::InvalidArgumentError("a unit that is too long");
  absl::Status first = absl::OkStatus();
  for (const std::string& reading : Readings(from)) {
    const absl::StatusOr<Unit> unit = ParseUnit(reading);
    const absl::StatusOr<Conversion> conversion =
        unit.ok() ? Convert(*unit, to, molar_mass) : absl::StatusOr<Conversion>(unit.status());
    if (conversion.ok()) return conversion;
    if (first.ok()) first = conversion.status();
  }
  return first;
}

}  // namespace essaim::ucum
