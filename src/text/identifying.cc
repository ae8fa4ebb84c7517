#include "text/identifying.h"

#include <algorithm>
#include <array>
#include <string>

namespace essaim::text {
namespace {

constexpr std::array<std::string_view, kIdentifyingKinds> kTags = {
    "NOM", "ADRESSE", "CODE_POSTAL", "TELEPHONE", "MAIL",    "URL",
    "NIR", "IPP",     "RPPS",        "DATE",      "HOPITAL", "AGE"};

bool AllDigits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// The department's letter as what it counts for.
bool PlainNir(std::string_view number13, std::string& digits) {
  if (number13.size() != 13) return false;
  digits = std::string(number13);
  if (digits[5] == '2' && (digits[6] == 'A' || digits[6] == 'a')) {
    digits[5] = '1';
    digits[6] = '9';
  } else if (digits[5] == '2' && (digits[6] == 'B' || digits[6] == 'b')) {
    digits[5] = '1';
    digits[6] = '8';
  }
  return AllDigits(digits);
}

}  // namespace

std::string_view TagOf(Identifying kind) { return kTags[static_cast<std::size_t>(kind)]; }

std::optional<Identifying> KindOfTag(std::string_view tag) {
  const auto at = std::ranges::find(kTags, tag);
  if (at == kTags.end()) return std::nullopt;
  return static_cast<Identifying>(at - kTags.begin());
}

bool NirKeyFits(std::string_view number13, std::string_view key2) {
  std::string digits;
  if (!PlainNir(number13, digits) || key2.size() != 2 || !AllDigits(key2)) return false;
  std::uint64_t number = 0;
  for (const char c : digits) number = 10 * number + static_cast<std::uint64_t>(c - '0');
  const auto key = static_cast<std::uint64_t>(10 * (key2[0] - '0') + (key2[1] - '0'));
  return key == 97 - number % 97;
}

bool NirPlausible(std::string_view number13) {
  std::string digits;
  if (!PlainNir(number13, digits)) return false;
  const bool sex = std::string_view("123478").find(digits[0]) != std::string_view::npos;
  const int month = 10 * (digits[3] - '0') + (digits[4] - '0');
  // 20 to 42 and 50 to 99: the month of birth is not known, or numbers ran out.
  const bool month_fits =
      (month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50;
  return sex && month_fits;
}

bool LuhnFits(std::string_view digits) {
  if (digits.empty() || !AllDigits(digits)) return false;
  int sum = 0;
  bool doubled = false;
  for (auto c = digits.rbegin(); c != digits.rend(); ++c) {
    const int d = (*c - '0') * (doubled ? 2 : 1);
    sum += d > 9 ? d - 9 : d;
    doubled = !doubled;
  }
  return sum % 10 == 0;
}

}  // namespace essaim::text
