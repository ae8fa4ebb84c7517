#include "fhir/json_document.h"

#include <cmath>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "fhir/json_node.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace essaim::fhir {
namespace {

// A text and what may be read behind it.
class Text {
 public:
  explicit Text(std::string_view text)
      : bytes_(std::string(text) + std::string(JsonDocument::kPadding, '\0')), size_(text.size()) {}

  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::string bytes_;
  std::size_t size_;
};

// What our document and simdjson's tree say of the same value.
void ExpectSame(Node ours, simdjson::dom::element theirs, int depth = 0) {
  ASSERT_LT(depth, 20);
  ASSERT_TRUE(ours);
  simdjson::dom::object object;
  simdjson::dom::array list;
  std::string_view text;
  double number = 0;
  bool truth = false;
  if (theirs.get(list) == simdjson::SUCCESS) {
    std::vector<Node> items;
    for (const Node item : ours.Items()) items.push_back(item);
    ASSERT_EQ(items.size(), list.size());
    for (std::size_t i = 0; i < items.size(); ++i) ExpectSame(items[i], list.at(i), depth + 1);
  } else if (theirs.get(object) == simdjson::SUCCESS) {
    EXPECT_TRUE(ours.IsObject());
    std::string minified(ours.Raw().size(), ' ');
    std::size_t n = 0;
    ASSERT_EQ(simdjson::minify(ours.Raw().data(), ours.Raw().size(), minified.data(), n),
              simdjson::SUCCESS);
  } else if (theirs.get(text) == simdjson::SUCCESS) {
    EXPECT_EQ(ours.Text(), text);
  } else if (theirs.get(number) == simdjson::SUCCESS) {
    EXPECT_EQ(ours.Number(), number);
  } else if (theirs.get(truth) == simdjson::SUCCESS) {
    EXPECT_EQ(ours.Truth(), truth);
  } else {
    EXPECT_TRUE(theirs.is_null());
    EXPECT_EQ(ours.Text(), "");
  }
}

TEST(JsonDocument, FindsMembersInAnyOrderWithAndWithoutAnIndex) {
  const Text text(R"({"a":1,"id":"x","eightlet":2,"eightletters":3,"aNameOfMoreThanSixteen":true,)"
                  R"("list":[1,{"a":"deep"},[]],"none":null, "empty" : {} ,"a":9})");
  JsonDocument document(1'000);
  ASSERT_TRUE(document.Parse(text.view())) << document.fault();
  const Node r = document.root();
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(r["a"].Number(), 1);  // the first of a name
    EXPECT_EQ(r["id"].Text(), "x");
    EXPECT_EQ(r["eightlet"].Number(), 2);
    EXPECT_EQ(r["eightletters"].Number(), 3);
    EXPECT_EQ(r["aNameOfMoreThanSixteen"].Truth(), true);
    EXPECT_TRUE(r["none"]);
    EXPECT_TRUE(r["empty"].IsObject());
    EXPECT_FALSE(r["empty"]["a"]);
    EXPECT_EQ(r["list"].First().NumberText(), "1");
    EXPECT_EQ(r["list"].First()["a"].Text(), "");
    for (const Node item : r["list"].Items()) {
      EXPECT_EQ(item["a"].Text(), item.IsObject() ? "deep" : "");
    }
    EXPECT_FALSE(r["eightletter"]);
    EXPECT_FALSE(r["i"]);
    EXPECT_FALSE(r["aNameOfMoreThanSixteeN"]);
    r.Index();
  }
}

TEST(JsonDocument, ReadsTheSampleAsATreeDoes) {
  std::ifstream in(ESSAIM_SOURCE_DIR "/tests/data/fhir/synthea.ndjson");
  JsonDocument document(std::size_t{1} << 20);
  simdjson::dom::parser parser;
  std::string line;
  int n = 0;
  while (std::getline(in, line)) {
    ++n;
    const Text text(line);
    ASSERT_TRUE(document.Parse(text.view())) << document.fault();
    const simdjson::dom::element tree = parser.parse(line);
    for (const auto& [ours, theirs] :
         {std::pair{document.root()["id"], "/id"},
          {document.root()["text"]["div"], "/text/div"},
          {document.root()["code"]["coding"], "/code/coding"},
          {document.root()["name"].First()["given"], "/name/0/given"},
          {document.root()["valueQuantity"]["value"], "/valueQuantity/value"},
          {document.root()["extension"], "/extension"}}) {
      simdjson::dom::element found;
      if (tree.at_pointer(theirs).get(found) != simdjson::SUCCESS) {
        EXPECT_FALSE(ours) << theirs;
      } else {
        ExpectSame(ours, found);
      }
    }
  }
  EXPECT_EQ(n, 205);
}

TEST(JsonDocument, EscapesAreTextToo) {
  const Text text(R"({"a\u0062":"A\n\"\\\u00e9\ud83d\ude00","c":["\/"],"plain":"x"})");
  JsonDocument document(1'000);
  ASSERT_TRUE(document.Parse(text.view())) << document.fault();
  document.root().Index();
  EXPECT_EQ(document.root()["ab"].Text(), "A\n\"\\\u00e9\U0001F600");
  EXPECT_EQ(document.root()["c"].First().Text(), "/");
  EXPECT_EQ(document.root()["plain"].Text(), "x");
}

// Also where nobody asks for the value.
TEST(JsonDocument, WhatIsNoJsonIsRefusedWhereverItStands) {
  JsonDocument document(1'000);
  for (const auto& [text, fault] : {
           std::pair{R"()", "an object or a list expected"},
           {R"(   )", "an object or a list expected"},
           {R"(1)", "byte 1: an object or a list expected"},
           {R"({"a":1)", "byte 6: an end of the object or list expected"},
           {R"({"a":1]])", "byte 7: a comma expected"},
           {R"({"a":[1}})", "byte 8: a comma expected"},
           {R"({"a":1}})", "byte 8: nothing further expected"},
           {R"({"a":1} {})", "byte 9: nothing further expected"},
           {R"({"a":1,})", "byte 8: a name in quotes expected"},
           {R"({,"a":1})", "byte 2: a name in quotes expected"},
           {R"({"a" 1})", "byte 6: a colon expected"},
           {R"({"a":})", "byte 6: a value expected"},
           {R"({"a":1 "b":2})", "byte 8: a comma expected"},
           {R"({a:1})", "byte 2: a name in quotes expected"},
           {R"({1:1})", "byte 2: a name in quotes expected"},
           {R"([1,])", "byte 4: a value expected"},
           {R"([,1])", "byte 2: a value expected"},
           {R"(["x"y])", "byte 5: a comma expected"},
           {R"([1"x"])", "byte 2: a number that a double can hold expected"},
           {R"([01])", "byte 2: a number that a double can hold expected"},
           {R"([1.])", "byte 2: a number that a double can hold expected"},
           {R"([.5])", "byte 2: a value expected"},
           {R"([+1])", "byte 2: a value expected"},
           {R"([-])", "byte 2: a number that a double can hold expected"},
           {R"([1e])", "byte 2: a number that a double can hold expected"},
           {R"([1e999])", "byte 2: a number that a double can hold expected"},
           {R"([1x])", "byte 2: a number that a double can hold expected"},
           {R"([NaN])", "byte 2: a value expected"},
           {R"([tru])", "byte 2: true expected"},
           {R"([truex])", "byte 2: true expected"},
           {R"([nul])", "byte 2: null expected"},
           {R"([falsé])", "byte 2: false expected"},
           {R"(["\x"])", "byte 2: an escape of JSON expected in the string"},
           {R"(["\u12"])", "byte 2: an escape of JSON expected in the string"},
           {R"(["\ud800"])", "byte 2: an escape of JSON expected in the string"},
           {R"({"\q":1})", "byte 2: an escape of JSON expected in the string"},
           {R"(["x])", "a string is not closed"},
           {"[\"\x01\"]", "a control character within a string"},
           {"[\"\xff\"]", "the text is not UTF-8"},
       }) {
    EXPECT_FALSE(document.Parse(Text(text).view())) << text;
    EXPECT_EQ(document.fault(), fault) << text;
  }
  JsonDocument large(10'000);
  EXPECT_FALSE(large.Parse(Text(std::string(2'000, '[') + std::string(2'000, ']')).view()));
  EXPECT_EQ(large.fault(), "byte 1025: fewer levels expected");
  EXPECT_FALSE(document.Parse(Text("[\"" + std::string(1'000, 'x') + "\"]").view()));
  EXPECT_EQ(document.fault(), "byte 1001: the text is too long");
}

TEST(JsonDocument, NumbersKeepTheirTextAndTheirValue) {
  const Text text("[0, -0.5 ,1e-400,12345678901234567890123, 1.5E+2\t]");
  JsonDocument document(1'000);
  ASSERT_TRUE(document.Parse(text.view())) << document.fault();
  std::vector<std::string> texts;
  std::vector<double> numbers;
  for (const Node item : document.root().Items()) {
    texts.emplace_back(item.NumberText());
    numbers.push_back(item.Number());
  }
  EXPECT_THAT(texts,
              ::testing::ElementsAre("0", "-0.5", "1e-400", "12345678901234567890123", "1.5E+2"));
  EXPECT_THAT(numbers, ::testing::ElementsAre(0, -0.5, 0, 12345678901234567890123.0, 150));
  EXPECT_TRUE(std::isnan(document.root().Number()));
}

}  // namespace
}  // namespace essaim::fhir
