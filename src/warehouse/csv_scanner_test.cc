#include "warehouse/csv_scanner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/strings.h"
#include "base/testing/status_matchers.h"

namespace essaim {
namespace {

using ::testing::ElementsAre;

// What the scanner says of each row, if the source gives at most `piece` bytes at a time.
std::vector<std::string> Scan(std::string_view text, std::size_t piece,
                              CsvQuotes quotes = CsvQuotes::kRfc4180) {
  CsvScanner scanner(
      [&](std::span<char> buffer) -> absl::StatusOr<std::size_t> {
        const std::size_t n = std::min({piece, buffer.size(), text.size()});
        std::copy_n(text.data(), n, buffer.data());
        text.remove_prefix(n);
        return n;
      },
      quotes);
  std::vector<std::string> said;
  if (const absl::Status status = scanner.ReadHeader(); !status.ok())
    return {std::string(status.message())};
  while (true) {
    const auto event = scanner.Next();
    if (!event.ok()) {
      said.push_back(std::string(event.status().message()));
      return said;
    }
    if (*event == CsvScanner::Event::kEnd) return said;
    if (*event == CsvScanner::Event::kBad) {
      said.push_back(absl::StrCat(scanner.line(), ": ", Av(scanner.reason())));
      continue;
    }
    std::vector<std::string> cells(scanner.cells().begin(), scanner.cells().end());
    said.push_back(absl::StrCat(scanner.line(), "|", absl::StrJoin(cells, "|")));
  }
}

// The scan in one pass takes records whose end is well within the buffer; bytes that come one by
// one are all read the other way.
TEST(CsvScanner, BothWaysOfReadingARecordAgree) {
  std::mt19937 random(7);
  const std::vector<std::string> words = {
      "1",
      "",
      "12.5",
      "2020-01-31",
      "\"a, b\"",
      "é",
      "\xff",
      std::string(1, '\0'),
      "\"a,b\"",
      "\"a\"\"b\"",
      "\"\"",
      "\"two\nlines\"",
      "a\"b",
      "\"",
      "\"a\"b",
      "\r",
      "a long text that fills the blocks of sixty-four bytes more than once, twice"};
  for (const char* line_end : {"\n", "\r\n"}) {
    for (int file = 0; file < 60; ++file) {
      std::string text = absl::StrCat("a,b,c", line_end);
      for (int row = 0; row < 40; ++row) {
        const std::size_t n = random() % 10 == 0 ? random() % 5 : 3;
        // Most rows are plain, as most are.
        const std::size_t kinds = random() % 3 == 0 ? words.size() : 5;
        for (std::size_t c = 0; c < n; ++c)
          absl::StrAppend(&text, c == 0 ? "" : ",", words[random() % kinds]);
        absl::StrAppend(&text, line_end);
      }
      for (int i = 0; i < 20; ++i) absl::StrAppend(&text, "1,2,3", line_end);
      const std::vector<std::string> expected = Scan(text, 1);
      for (const std::size_t piece :
           {std::size_t{63}, std::size_t{64}, std::size_t{1000}, text.size()})
        ASSERT_EQ(Scan(text, piece), expected) << text;
    }
  }
}

TEST(CsvScanner, SaysWhatIsWrongAndGoesOn) {
  const std::string far(200, ' ');  // keeps the rows away from the buffer's end
  EXPECT_THAT(Scan("a,b\n1,2\n\n3\n4,5,6\n7,\xff\n8,9\r\n1\r0,2\n11,12\n13," + far, 10'000),
              ElementsAre("2|1|2", "3: an empty line", "4: 1 cell, expected 2",
                          "5: too many cells, expected 2", "6: not UTF-8 text", "7|8|9",
                          "8: a stray carriage return", "9|11|12", "10|13|" + far));
}

TEST(CsvScanner, AQuoteIsTextWhereTheFileSaysSo) {
  const std::string text = "a\tb\n1\t5\" nail\n\"2\"\t3\n" + std::string(100, 'x') + "\ty\n";
  EXPECT_THAT(Scan(text, 10'000, CsvQuotes::kTextIfTabs),
              ElementsAre("2|1|5\" nail", "3|\"2\"|3", "4|" + std::string(100, 'x') + "|y"));
  EXPECT_EQ(Scan(text, 1, CsvQuotes::kTextIfTabs), Scan(text, 10'000, CsvQuotes::kTextIfTabs));
}

}  // namespace
}  // namespace essaim
