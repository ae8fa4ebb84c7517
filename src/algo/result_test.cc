#include "algo/result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"

namespace essaim {
namespace {

Result Sample() {
  ResultTable table{.id = "t", .title = "T"};
  table.columns = {{.name = "level", .title = "Level", .kind = ColumnKind::kText},
                   {.name = "n", .title = "n", .kind = ColumnKind::kCount},
                   {.name = "share", .title = "Share", .kind = ColumnKind::kShare, .of = 1}};
  table.rows = {{std::string("a"), std::int64_t{5}, 0.5}, {std::string("b"), {}, {}}};
  table.groups = {0, 0};
  table.hidden = {{1, 1}, {1, 2}};
  Curve curve{.id = "c", .title = "C", .x_title = "x", .y_title = "y"};
  curve.series = {{.name = "s", .x = {0, 1}, .y = {1, 0.5}, .n = {10, 5}, .step = true}};
  return {.algorithm = "family/name",
          .label = {.exactness = Exactness::kApproximate, .tolerance = 0.5, .reference = "R"},
          .rounds = 4,
          .tables = {table},
          .curves = {curve},
          .notes = {"a note"}};
}

TEST(ResultTest, SurvivesEncoding) {
  const Result sample = Sample();
  ASSERT_OK_AND_ASSIGN(const Result decoded, Result::Decode(sample.Encode()));
  EXPECT_EQ(decoded.Encode(), sample.Encode());
  EXPECT_EQ(decoded.tables, sample.tables);
  EXPECT_EQ(decoded.curves, sample.curves);
  EXPECT_EQ(decoded.notes, sample.notes);
  EXPECT_EQ(decoded.rounds, 4);
  EXPECT_EQ(decoded.label.exactness, Exactness::kApproximate);
  EXPECT_EQ(decoded.label.tolerance, 0.5);
}

TEST(ResultTest, FindsATable) {
  const Result sample = Sample();
  ASSERT_NE(sample.Find("t"), nullptr);
  EXPECT_EQ(sample.Find("t")->title, "T");
  EXPECT_EQ(sample.Find("absent"), nullptr);
}

TEST(ResultTest, EveryTruncationAndTailIsRefused) {
  const std::string bytes = Sample().Encode();
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(Result::Decode(bytes.substr(0, n)).ok()) << n;
  }
  EXPECT_FALSE(Result::Decode(bytes + "x").ok());
}

TEST(ResultTest, AcceptsOnlyTheCanonicalForm) {
  const std::string bytes = Sample().Encode();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const int bit : {1, 64, 128}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ bit);
      const auto decoded = Result::Decode(changed);
      if (!decoded.ok()) continue;
      EXPECT_EQ(decoded->Encode(), changed) << "byte " << i;
    }
  }
}

TEST(ResultTest, RefusesWhatPointsOutsideTheTable) {
  Result bad = Sample();
  bad.tables[0].columns[2].of = 3;
  EXPECT_FALSE(Result::Decode(bad.Encode()).ok());
  bad = Sample();
  bad.tables[0].hidden = {{2, 0}};
  EXPECT_FALSE(Result::Decode(bad.Encode()).ok());
  bad = Sample();
  bad.curves[0].series[0].lower = {1};
  EXPECT_FALSE(Result::Decode(bad.Encode()).ok());
}

}  // namespace
}  // namespace essaim
