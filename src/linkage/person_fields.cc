#include "linkage/person_fields.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/bytes.h"
#include "base/strings.h"
#include "crypto/hash.h"

namespace essaim::linkage {
namespace {

// U+00C0 to U+017F, one letter a code point; '.' is a ligature of kLigatures, ' ' no letter.
constexpr std::string_view kLatin =
    "AAAAAA.CEEEEIIII"   // U+00C0
    "DNOOOOO OUUUUY.."   // U+00D0
    "AAAAAA.CEEEEIIII"   // U+00E0
    "DNOOOOO OUUUUY.Y"   // U+00F0
    "AAAAAACCCCCCCCDD"   // U+0100
    "DDEEEEEEEEEEGGGG"   // U+0110
    "GGGGHHHHIIIIIIII"   // U+0120
    "II..JJKKKLLLLLLL"   // U+0130
    "LLLNNNNNNNNNOOOO"   // U+0140
    "OO..RRRRRRSSSSSS"   // U+0150
    "SSTTTTTTUUUUUUUU"   // U+0160
    "UUUUWWYYYZZZZZZS";  // U+0170

struct Ligature {
  std::uint32_t code;
  std::string_view letters;
};

constexpr Ligature kLigatures[] = {{0xC6, "AE"},  {0xE6, "AE"},  {0xDE, "TH"},  {0xFE, "TH"},
                                   {0xDF, "SS"},  {0x132, "IJ"}, {0x133, "IJ"}, {0x152, "OE"},
                                   {0x153, "OE"}, {0x1E9E, "SS"}};

// The code point at `at`, which moves on; a byte that begins none is a space.
std::uint32_t Next(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at++);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  if (more == 0 || at + static_cast<std::size_t>(more) > text.size()) return ' ';
  std::uint32_t code = first & (0x3Fu >> more);
  for (int i = 0; i < more; ++i) {
    if ((byte(at) & 0xC0) != 0x80) return ' ';
    code = code << 6 | (byte(at++) & 0x3Fu);
  }
  return code;
}

std::string WithoutSpaces(std::string text) {
  std::erase(text, ' ');
  return text;
}

// The words of a folded text, sorted; nothing where there is but one.
std::string PartsOf(std::string_view folded) {
  std::vector<std::string> words = absl::StrSplit(Av(folded), ' ', absl::SkipEmpty());
  if (words.size() < 2) return "";
  std::ranges::sort(words);
  return absl::StrJoin(words, " ");
}

std::string_view FirstOf(std::string_view names) {
  const std::size_t begin = names.find_first_not_of(" ,;");
  if (begin == std::string_view::npos) return "";
  return names.substr(begin, names.find_first_of(" ,;", begin) - begin);
}

// Given names stand in the order of the register; the first is the one that everybody uses. A
// hyphen joins two to one.
std::string FirstGivenName(std::string_view names) {
  return WithoutSpaces(FoldLetters(FirstOf(names)));
}

// YYYY-MM-DD, YYYY-MM, YYYY or YYYYMMDD, with anything after it; DD/MM/YYYY, with any sign between,
// the month first only where it can be nothing else.
std::string BirthOf(std::string_view text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (absl::ascii_isdigit(static_cast<unsigned char>(c))) {
      parts.back() += c;
    } else if ((c == '-' || c == '/' || c == '.') && parts.size() < 3 && !parts.back().empty()) {
      parts.emplace_back();
    } else {
      break;
    }
  }
  if (parts.back().empty()) parts.pop_back();
  if (parts.size() == 3 && parts[2].size() == 4) {
    std::swap(parts[0], parts[2]);
    if (parts[1] > "12" && parts[2] <= "12") std::swap(parts[1], parts[2]);
  }
  std::string digits;
  for (const std::string& part : parts) absl::StrAppend(&digits, part.size() == 1 ? "0" : "", part);
  if (parts.empty() || (parts[0].size() != 4 && parts[0].size() != 8) || digits.size() > 8 ||
      digits.size() % 2 != 0)
    return "";
  digits.resize(8, '0');
  return digits.substr(0, 4) == "0000" ? "" : digits;
}

std::string SexOf(std::string_view text) {
  const std::string lower = absl::AsciiStrToLower(Av(text));
  for (const char* male : {"m", "male", "h", "homme", "1", "8507"})
    if (lower == male) return "M";
  for (const char* female : {"f", "female", "femme", "2", "8532"})
    if (lower == female) return "F";
  return "";
}

std::string PostcodeOf(std::string_view text) {
  std::string kept;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)))
      kept += absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  return kept.substr(0, 10);
}

}  // namespace

std::string FoldLetters(std::string_view utf8) {
  std::string folded;
  bool space = false;
  const auto put = [&](std::string_view letters) {
    if (space && !folded.empty()) folded += ' ';
    space = false;
    folded += letters;
  };
  for (std::size_t at = 0; at < utf8.size();) {
    const std::size_t begin = at;
    const std::uint32_t code = Next(utf8, at);
    const auto* ligature = std::ranges::find(kLigatures, code, &Ligature::code);
    if (code < 0x80) {
      const auto c = static_cast<unsigned char>(code);
      if (absl::ascii_isalpha(c)) {
        const char upper = absl::ascii_toupper(c);
        put({&upper, 1});
      } else if (c != '\'') {  // "d'Arc" and "dArc" are one word
        space = true;
      }
    } else if (ligature != std::end(kLigatures)) {
      put(ligature->letters);
    } else if (code >= 0xC0 && code < 0xC0 + kLatin.size()) {
      const char letter = kLatin[code - 0xC0];
      letter >= 'A' ? put({&letter, 1}) : void(space = true);
    } else if (code >= 0x370) {
      // Another script, as it is; but the typographical signs between U+2000 and U+206F are no
      // letters, and the apostrophe among them parts nothing.
      if (code < 0x2000 || code > 0x206F)
        put(utf8.substr(begin, at - begin));
      else if (code != 0x2019)
        space = true;
    }
    // Combining accents (U+0300 to U+036F) and the rest below are dropped.
  }
  return folded;
}

std::string NirOf(std::string_view system, std::string_view value) {
  std::string nir;
  for (const char c : value) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)))
      nir += absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  if (nir.size() != 13 && nir.size() != 15) return "";
  std::string digits = nir;  // Corsica: 2A counts as 19, 2B as 18
  if (nir[6] == 'A' || nir[6] == 'B') {
    digits[5] = '1';
    digits[6] = nir[6] == 'A' ? '9' : '8';
  }
  std::int64_t number = 0, key = 0;
  if (!absl::SimpleAtoi(digits.substr(0, 13), &number) || (nir[0] < '1' || nir[0] > '8')) return "";
  if (nir.size() == 15) {
    if (!absl::SimpleAtoi(digits.substr(13), &key) || key != 97 - number % 97) return "";
  } else {
    const std::string upper = absl::AsciiStrToUpper(Av(system));
    // The registered roots of the INS: its NIR and its NIA (ANS, "Identité nationale de santé").
    if (!absl::StrContains(upper, "NIR") && !absl::StrContains(upper, "1.2.250.1.213.1.4.8") &&
        !absl::StrContains(upper, "1.2.250.1.213.1.4.9"))
      return "";
  }
  return nir.substr(0, 13);
}

std::string Soundex(std::string_view folded) {
  static constexpr std::string_view kCodes = "01230120022455012623010202";  // A to Z
  const auto code_of = [](char c) { return kCodes[static_cast<std::size_t>(c - 'A')]; };
  if (folded.empty() || folded[0] < 'A' || folded[0] > 'Z') return "";
  std::string soundex(1, folded[0]);
  char last = code_of(folded[0]);
  for (std::size_t i = 1; i < folded.size() && soundex.size() < 4; ++i) {
    const char c = folded[i];
    if (c < 'A' || c > 'Z' || c == 'H' || c == 'W') continue;  // they part nothing
    const char code = code_of(c);
    if (code != '0' && code != last) soundex += code;
    last = code;
  }
  soundex.resize(4, '0');
  return soundex;
}

bool IsHashedId(std::string_view value) {
  return value.size() == 2 * crypto::kHashBytes && std::ranges::all_of(value, [](char c) {
           return absl::ascii_isxdigit(static_cast<unsigned char>(c));
         });
}

std::string HashedId(const SecretBytes& secret, std::string_view nir) {
  return ToHex(crypto::HmacSha256(secret.span(), nir));
}

PersonFields Normalise(const RawPerson& raw) {
  PersonFields fields{.family = WithoutSpaces(FoldLetters(raw.family_name)),
                      .given = FirstGivenName(raw.given_names),
                      .family_parts = PartsOf(FoldLetters(raw.family_name)),
                      .given_parts = PartsOf(FoldLetters(FirstOf(raw.given_names))),
                      .given_all = PartsOf(FoldLetters(raw.given_names)),
                      .birth = BirthOf(raw.birth_date),
                      .sex = SexOf(raw.sex),
                      .postcode = PostcodeOf(raw.postcode),
                      .national_id = ""};
  for (const auto& [system, value] : raw.identifiers) {
    if (fields.national_id.empty()) fields.national_id = NirOf(system, value);
  }
  for (const auto& [system, value] : raw.identifiers) {
    if (fields.national_id.empty() && IsHashedId(value))
      fields.national_id = absl::AsciiStrToLower(value);
  }
  return fields;
}

}  // namespace essaim::linkage
