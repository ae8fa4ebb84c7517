#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace essaim {
namespace {

TEST(Utf8Prefix, TakesCharactersOfEveryLength) {
  for (const char* text : {"", "a", "\xC2\x80", "\xC3\xA9", "\xE0\xA0\x80", "\xED\x9F\xBF",
                           "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_EQ(Utf8Prefix(text), std::string(text).size()) << text;
  EXPECT_EQ(Utf8Prefix(std::string("a\0b", 3)), 3U);
}

TEST(Utf8Prefix, StopsBeforeWhatIsNone) {
  // Continuation first, cut off, overlong, surrogates, above U+10FFFF, bytes that never occur.
  for (const char* bad :
       {"\x80", "\xBF", "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF",
        "\xF0\x8F\xBF\xBF", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
        "\xFE", "\xFF", "\xC3z"})
    EXPECT_EQ(Utf8Prefix(std::string("ok") + bad + "z"), 2U) << bad;
}

}  // namespace
}  // namespace essaim
