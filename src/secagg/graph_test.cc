#include "secagg/graph.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/testing/status_matchers.h"
#include "secagg/threshold.h"

namespace essaim::secagg {
namespace {

using ::essaim::testing::HasCode;

nlohmann::json Golden() {
  std::ifstream in(ESSAIM_SOURCE_DIR "/tests/golden/secagg_graph.json");
  return nlohmann::json::parse(in);
}

GraphRequirements RequirementsOf(const nlohmann::json& c, HubModel hub) {
  return {.n_sites = c["n"],
          .adversarial_rate = c["adversarial"],
          .dropout_rate = c["dropout"],
          .hub = hub};
}

TEST(Graph, TheSixteenPublishedCases) {
  const nlohmann::json golden = Golden();
  ASSERT_EQ(golden["published"].size(), 16u);
  for (const auto& c : golden["published"]) {
    const HubModel hub =
        c["adversary"] == "curious" ? HubModel::kCurious : HubModel::kSemiMalicious;
    ASSERT_OK_AND_ASSIGN(const GraphParameters found, FindGraphParameters(RequirementsOf(c, hub)));
    EXPECT_EQ(found.degree, c["degree"].get<std::size_t>()) << c;
    EXPECT_LE(found.threshold, c["threshold_at_most"].get<std::size_t>()) << c;
    EXPECT_GE(found.threshold + 1, c["threshold_at_most"].get<std::size_t>()) << c;
  }
}

TEST(Graph, TheTableOfAnIndependentFinder) {
  const nlohmann::json golden = Golden();
  ASSERT_EQ(golden["computed"].size(), 35u);
  for (const auto& c : golden["computed"]) {
    for (const auto& [key, hub] : {std::pair{"semi_honest", HubModel::kCurious},
                                   {"semi_malicious", HubModel::kSemiMalicious}}) {
      const auto found = FindGraphParameters(RequirementsOf(c, hub));
      if (c[key].is_null()) {
        EXPECT_THAT(found, HasCode(absl::StatusCode::kFailedPrecondition)) << c;
        continue;
      }
      ASSERT_OK(found) << c;
      EXPECT_EQ(found->degree, c[key][0].get<std::size_t>()) << key << c;
      EXPECT_EQ(found->threshold, c[key][1].get<std::size_t>()) << key << c;
    }
  }
}

// n, colluding sites, dropouts, threshold: complete graph, signed consistency round.
TEST(Graph, CompleteToSixtyFourSitesWithTheExactThreshold) {
  const std::size_t table[][4] = {{3, 1, 0, 3},  {4, 1, 1, 3},   {5, 1, 1, 4},    {7, 2, 2, 5},
                                  {10, 3, 3, 7}, {16, 4, 5, 11}, {64, 12, 25, 39}};
  for (const auto& [n, c, f, t] : table) {
    ASSERT_OK_AND_ASSIGN(const GraphParameters p, PlanGraph(n, c, f));
    EXPECT_EQ(p.degree, n - 1);
    EXPECT_EQ(p.threshold, t);
    EXPECT_THAT(PlanGraph(n, c, n - t + 1), HasCode(absl::StatusCode::kInvalidArgument));
  }
}

TEST(Graph, SparseAboveAndStillBeyondBothHalves) {
  for (const std::size_t n : {65u, 100u, 200u}) {
    ASSERT_OK_AND_ASSIGN(const GraphParameters p, PlanGraph(n, n / 20, n / 10));
    EXPECT_LT(p.degree, n - 1) << n;
    EXPECT_EQ(p.degree % 2, 0u);
    EXPECT_GT(2 * p.threshold, p.degree);  // no two disjoint sets of a threshold of neighbours
    EXPECT_LE(p.threshold, p.degree);
  }
  EXPECT_THAT(PlanGraph(201, 1, 1), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(PlanGraph(100, 100, 1), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(PlanGraph(100, 45, 40), HasCode(absl::StatusCode::kFailedPrecondition));
}

TEST(Graph, RefusesRatesOutOfRange) {
  EXPECT_THAT(FindGraphParameters({.n_sites = 1}), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(FindGraphParameters({.n_sites = 100, .adversarial_rate = -0.1}),
              HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(FindGraphParameters({.n_sites = 100, .dropout_rate = std::nan("")}),
              HasCode(absl::StatusCode::kInvalidArgument));
}

TEST(Graph, NeighboursAreMutualDistinctAndAsManyAsAsked) {
  for (const auto& [n, degree] : std::vector<std::pair<std::size_t, std::size_t>>{
           {2, 1}, {3, 2}, {4, 3}, {7, 4}, {64, 63}, {65, 64}, {100, 28}, {200, 94}}) {
    ASSERT_OK_AND_ASSIGN(const auto neighbours, NeighboursOf(n, degree, "a seed"));
    for (std::uint32_t i = 0; i < n; ++i) {
      const std::set<std::uint32_t> own(neighbours[i].begin(), neighbours[i].end());
      EXPECT_EQ(own.size(), degree) << n;
      EXPECT_EQ(neighbours[i].size(), degree) << n;
      EXPECT_FALSE(own.contains(i));
      for (const std::uint32_t j : own) {
        EXPECT_TRUE(std::ranges::binary_search(neighbours[j], i)) << i << " " << j;
      }
    }
  }
  EXPECT_EQ(*NeighboursOf(100, 28, "a"), *NeighboursOf(100, 28, "a"));
  EXPECT_NE(*NeighboursOf(100, 28, "a"), *NeighboursOf(100, 28, "b"));
  EXPECT_THAT(NeighboursOf(100, 27, "a"), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(NeighboursOf(100, 100, "a"), HasCode(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace essaim::secagg
