#include "text/fold.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/utf8.h"

namespace essaim::text {
namespace {

const icu::Normalizer2& Nfd() {
  static const icu::Normalizer2* const kNfd = [] {
    UErrorCode code = U_ZERO_ERROR;
    const icu::Normalizer2* nfd = icu::Normalizer2::getNFDInstance(code);
    ESSAIM_CHECK(U_SUCCESS(code) && nfd != nullptr);
    return nfd;
  }();
  return *kNfd;
}

void AppendFolded(UChar32 c, std::string& out) {
  switch (c) {
    case 0x153:
      out += "oe";
      return;
    case 0xE6:
      out += "ae";
      return;
    case 0xF8:
      out += 'o';
      return;
    case 0x142:
      out += 'l';
      return;
    case 0x2019:
    case 0x2018:
    case 0x2BC:
      out += '\'';
      return;
    case 0x2010:
    case 0x2011:
    case 0x2013:
    case 0x2014:
      out += '-';
      return;
    case 0xA0:
    case 0x202F:
    case 0x2009:
      out += ' ';
      return;
    default:
      break;
  }
  std::array<char, 4> bytes;
  std::int32_t n = 0;
  U8_APPEND_UNSAFE(bytes.data(), n, c);
  out.append(bytes.data(), static_cast<std::size_t>(n));
}

// Windows-1252's 0x80 to 0x9F; 0 where it has none.
constexpr std::array<char16_t, 32> kWindows = {
    0x20AC, 0,      0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
    0x2039, 0x152,  0,      0x17D,  0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0,      0x17E,  0x178};

}  // namespace

std::string Fold(std::string_view text) {
  std::string out;
  if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    out.assign(text);
    for (char& c : out) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
  }
  if (Utf8Prefix(text) != text.size()) return std::string(text);
  UErrorCode code = U_ZERO_ERROR;
  icu::UnicodeString unicode = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
  unicode.foldCase();
  const icu::UnicodeString parted = Nfd().normalize(unicode, code);
  if (U_FAILURE(code)) return std::string(text);
  out.reserve(text.size());
  for (std::int32_t i = 0; i < parted.length(); i = parted.moveIndex32(i, 1)) {
    const UChar32 c = parted.char32At(i);
    if (u_charType(c) != U_NON_SPACING_MARK) AppendFolded(c, out);
  }
  return out;
}

std::string ToUtf8(std::string_view bytes, bool& was_latin1) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  std::string out;
  was_latin1 = Utf8Prefix(bytes) != bytes.size();
  if (was_latin1) {
    out.reserve(bytes.size() + bytes.size() / 8);
    for (const char byte : bytes) {
      UChar32 c = static_cast<unsigned char>(byte);
      if (c >= 0x80 && c < 0xA0 && kWindows[static_cast<std::size_t>(c - 0x80)] != 0)
        c = kWindows[static_cast<std::size_t>(c - 0x80)];
      std::array<char, 4> encoded;
      std::int32_t n = 0;
      U8_APPEND_UNSAFE(encoded.data(), n, c);
      out.append(encoded.data(), static_cast<std::size_t>(n));
    }
  } else {
    out.assign(bytes);
  }
  std::ranges::replace(out, '\0', ' ');
  return out;
}

}  // namespace essaim::text
