#include "algorithms/survival/cox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "algo/registry.h"
#include "algorithms/survival/pairs.h"
#include "algorithms/survival/redundant_cholesky.h"
#include "algorithms/survival/register.h"
#include "base/testing/status_matchers.h"
#include "engine/secure_sum_maker.h"

namespace essaim::survival {
namespace {

using ::testing::HasSubstr;
using Texts = std::vector<std::string>;

Schema SmallSchema() {
  return *Schema::Make({{.name = "time", .lower = 0, .upper = 400},
                        {.name = "event", .kind = VariableKind::kBoolean},
                        {.name = "age", .lower = 0, .upper = 100},
                        {.name = "twice", .lower = 0, .upper = 200},
                        {.name = "marker", .kind = VariableKind::kBoolean},
                        {.name = "lab", .lower = -1e6, .upper = 1e6}});
}

// A small linear congruential generator: the same rows everywhere.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  double Next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(state_ >> 11) * 0x1p-53;
  }

 private:
  std::uint64_t state_;
};

PersonTable Site(std::size_t site, std::size_t n, bool separated = false) {
  Dice dice(site + 1);
  std::vector<std::vector<double>> columns(6);
  for (std::size_t i = 0; i < n; ++i) {
    const double age = std::floor(100 * dice.Next());
    const bool marker = dice.Next() < 0.4;
    const double hazard = std::exp(0.02 * (age - 50) + 0.5 * (marker ? 1 : 0)) / 120;
    const double failure = std::ceil(-std::log(dice.Next()) / hazard);
    const double censoring = std::ceil(300 * dice.Next());
    const bool event = failure <= censoring && (!separated || marker);
    columns[0].push_back(std::min({failure, censoring, 400.0}));
    columns[1].push_back(event ? 1 : 0);
    columns[2].push_back(age);
    columns[3].push_back(2 * age);
    columns[4].push_back(marker ? 1 : 0);
    columns[5].push_back(age / 100 - 0.5);
  }
  return *PersonTable::Make(SmallSchema(), columns, site);
}

std::unique_ptr<Algorithm> Make(std::map<std::string, ParamValue> extra,
                                const std::string& name = "survival/cox") {
  Registry registry;
  RegisterSurvival(registry);
  Setup setup{.schema = SmallSchema(), .sites = {"a", "b", "c"}};
  setup.params.values = {{"time", "time"}, {"event", "event"}};
  for (auto& [key, value] : extra) setup.params.values[key] = value;
  auto made = registry.Make(name, setup);
  EXPECT_OK(made.status());
  return made.ok() ? *std::move(made) : nullptr;
}

absl::StatusOr<State> Round(const Algorithm& algorithm, const std::vector<PersonTable>& tables,
                            const State& state) {
  const Layout layout = algorithm.LayoutFor(state);
  std::vector<double> total(layout.length());
  std::vector<std::size_t> sites;
  for (const PersonTable& table : tables) {
    std::vector<double> own(layout.length());
    const absl::Status status = algorithm.LocalStatistic(table, state, own);
    if (!status.ok()) return status;
    for (std::size_t i = 0; i < own.size(); ++i) total[i] += own[i];
    sites.push_back(table.site());
  }
  return algorithm.Update(state, SecureSumMaker::Make(layout, std::move(total), sites));
}

// Runs with `first` for `rounds` rounds, then with `rest`.
absl::StatusOr<Result> Play(const Algorithm& algorithm, const std::vector<PersonTable>& first,
                            const std::vector<PersonTable>& rest, int rounds) {
  State state = algorithm.Start();
  for (int round = 0; !state.done; ++round) {
    auto next = Round(algorithm, round < rounds ? first : rest, state);
    if (!next.ok()) return next.status();
    state = *next;
    if (round > 100) return absl::InternalError("no end");
  }
  return algorithm.ResultOf(state);
}

absl::StatusOr<Result> RunAll(const Algorithm& algorithm, const std::vector<PersonTable>& tables) {
  return Play(algorithm, tables, tables, 0);
}

double Number(const Result& result, const char* table, std::size_t row, std::size_t column) {
  const Cell& cell = result.Find(table)->rows[row][column];
  return std::holds_alternative<double>(cell) ? std::get<double>(cell) : std::nan("");
}

TEST(Cox, ASiteLostAfterAnyRoundLeavesTheOthersResult) {
  const std::vector<PersonTable> all = {Site(0, 80), Site(1, 90), Site(2, 70)};
  const std::vector<PersonTable> rest = {all[0], all[2]};
  for (const bool by_site : {false, true}) {
    const auto cox = Make({{"terms", Texts{"age", "marker"}},
                           {"stratify_by_site", by_site},
                           {"ridge", 2.0},
                           {"standardise", true}});
    const auto want = RunAll(*cox, rest);
    ASSERT_OK(want.status());
    const auto different = RunAll(*cox, all);
    ASSERT_OK(different.status());
    EXPECT_NE(different->Find("coefficients")->rows, want->Find("coefficients")->rows);
    for (int rounds = 1; rounds < want->rounds; ++rounds) {
      const auto got = Play(*cox, all, rest, rounds);
      ASSERT_OK(got.status());
      EXPECT_EQ(got->tables, want->tables) << rounds;
    }
  }
}

TEST(Cox, SitesThatComeAndGoEndTheFit) {
  const std::vector<PersonTable> all = {Site(0, 80), Site(1, 90)};
  const std::vector<PersonTable> one = {all[0]};
  const auto cox = Make({{"terms", Texts{"age"}}});
  State state = cox->Start();
  absl::Status last;
  for (int round = 0; round < 60 && last.ok(); ++round) {
    auto next = Round(*cox, round % 2 == 0 ? all : one, state);
    last = next.status();
    if (next.ok()) state = *next;
  }
  EXPECT_EQ(last.code(), absl::StatusCode::kFailedPrecondition);
}

TEST(Cox, ATimeOffTheGridIsRefusedWithoutItsValue) {
  PersonTable odd = *PersonTable::Make(SmallSchema(), {{1.5}, {1}, {50}, {100}, {0}, {0}});
  const auto cox = Make({{"terms", Texts{"age"}}});
  const absl::Status status = Round(*cox, {odd}, cox->Start()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("resolution"));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("1.5")));
  const auto half = Make({{"terms", Texts{"age"}}, {"resolution", 0.5}});
  EXPECT_OK(Round(*half, {odd, Site(1, 10)}, half->Start()).status());
}

TEST(Cox, NoEventsIsSaid) {
  const PersonTable alive = *PersonTable::Make(
      SmallSchema(), {{1, 2, 3}, {0, 0, 0}, {5, 6, 7}, {1, 1, 1}, {0, 1, 0}, {0, 0, 0}});
  const auto cox = Make({{"terms", Texts{"age"}}});
  const absl::Status status = RunAll(*cox, {alive}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no events"));
}

TEST(Cox, SeparationIsExplained) {
  for (const bool by_site : {false, true}) {
    const auto cox = Make({{"terms", Texts{"age", "marker"}}, {"stratify_by_site", by_site}});
    const auto result = RunAll(*cox, {Site(0, 100, true), Site(1, 100, true)});
    ASSERT_OK(result.status());
    ASSERT_FALSE(result->notes.empty());
    EXPECT_THAT(result->notes[0], HasSubstr("marker"));
    EXPECT_THAT(result->notes[0], HasSubstr("infinite"));
  }
}

TEST(Cox, ADependentColumnIsLeftOutAndNamed) {
  const auto both = Make({{"terms", Texts{"age", "twice"}}});
  const auto one = Make({{"terms", Texts{"age"}}});
  const std::vector<PersonTable> tables = {Site(0, 100), Site(1, 100)};
  const auto got = RunAll(*both, tables);
  const auto want = RunAll(*one, tables);
  ASSERT_OK(got.status());
  ASSERT_OK(want.status());
  EXPECT_NEAR(Number(*got, "coefficients", 0, 1), Number(*want, "coefficients", 0, 1), 1e-10);
  EXPECT_TRUE(std::isnan(Number(*got, "coefficients", 1, 1)));
  EXPECT_THAT(got->notes[0], HasSubstr("twice was left out"));
}

TEST(Cox, AWideDeclaredRangeCostsNoAccuracy) {
  const auto wide = Make({{"terms", Texts{"lab"}}});
  const auto narrow = Make({{"terms", Texts{"age"}}});
  const std::vector<PersonTable> tables = {Site(0, 100), Site(1, 100)};
  const auto got = RunAll(*wide, tables);
  const auto want = RunAll(*narrow, tables);
  ASSERT_OK(got.status());
  ASSERT_OK(want.status());
  const double b = Number(*want, "coefficients", 0, 1) * 100;
  EXPECT_NEAR(Number(*got, "coefficients", 0, 1), b, 1e-8 * std::abs(b));
}

TEST(Cox, NobodyExceedsTheBoundsOfALayout) {
  const auto cox = Make({{"terms", Texts{"age", "marker"}}});
  const PersonTable table = Site(0, 60);
  State state = cox->Start();
  while (!state.done) {
    const Layout layout = cox->LayoutFor(state);
    for (std::size_t i = 0; i < table.n_persons(); ++i) {
      const std::size_t one[] = {i};
      std::vector<double> own(layout.length());
      ASSERT_OK(cox->LocalStatistic(table.Select(one), state, own));
      std::size_t k = 0;
      for (const Block& block : layout.blocks) {
        for (const std::size_t end = k + block.length; k < end; ++k) {
          ASSERT_LE(std::abs(own[k]), block.bound * (1 + 1e-15)) << block.name;
        }
      }
    }
    auto next = Round(*cox, {table}, state);
    ASSERT_OK(next.status());
    state = *next;
  }
}

TEST(Pairs, AgreeWithCountingThemOneByOne) {
  Dice dice(7);
  std::vector<PairItem> items;
  for (int i = 0; i < 60; ++i) {
    items.push_back({std::floor(12 * dice.Next()), dice.Next() < 0.5, std::floor(9 * dice.Next()),
                     1 + std::floor(3 * dice.Next())});
  }
  std::vector<PairItem> single;
  for (const PairItem& item : items) {
    for (double k = 0; k < item.weight; ++k)
      single.push_back({item.time, item.event, item.score, 1});
  }
  PairCounts want;
  for (std::size_t i = 0; i < single.size(); ++i) {
    double a = 0, b = 0;
    for (std::size_t j = 0; j < single.size(); ++j) {
      if (i == j) continue;
      const PairItem &x = single[i], &y = single[j];
      const bool x_first = x.event && (x.time < y.time || (x.time == y.time && !y.event));
      const bool y_first = y.event && (y.time < x.time || (x.time == y.time && !x.event));
      if (x.event && y.event && x.time == y.time && i < j) {
        (x.score == y.score ? want.tied_both : want.tied_time) += 1;
      }
      if (!x_first && !y_first) continue;
      const double sign = (x_first ? 1 : -1) * (x.score > y.score ? 1 : x.score < y.score ? -1 : 0);
      a += sign;
      b += 1;
      if (i < j) (sign > 0 ? want.concordant : sign < 0 ? want.discordant : want.tied_score) += 1;
    }
    want.sum_aa += a * a;
    want.sum_ab += a * b;
    want.sum_bb += b * b;
  }
  for (const PairCounts& got : {CountPairs(items), CountPairs(single)}) {
    EXPECT_EQ(got.concordant, want.concordant);
    EXPECT_EQ(got.discordant, want.discordant);
    EXPECT_EQ(got.tied_score, want.tied_score);
    EXPECT_EQ(got.tied_time, want.tied_time);
    EXPECT_EQ(got.tied_both, want.tied_both);
    EXPECT_EQ(got.sum_aa, want.sum_aa);
    EXPECT_EQ(got.sum_ab, want.sum_ab);
    EXPECT_EQ(got.sum_bb, want.sum_bb);
  }
}

TEST(RedundantCholesky, LeavesOutTheLaterOfTwoEqualColumns) {
  const std::vector<double> matrix = {4, 4, 2, 4, 4, 2, 2, 2, 3};
  const RedundantCholesky factor(matrix, 3);
  EXPECT_EQ(factor.rank(), 2u);
  EXPECT_TRUE(factor.redundant(1));
  EXPECT_THAT(
      factor.Solve(std::vector<double>{8, 8, 8}),
      ::testing::ElementsAre(::testing::DoubleNear(1, 1e-14), 0, ::testing::DoubleNear(2, 1e-14)));
}

}  // namespace
}  // namespace essaim::survival
