#include "sim/simulate.h"

#include <cstdio>

#include "base/testing/status_matchers.h"
#include "engine/context.h"
#include "engine/plain_run.h"
#include "sim/small_study_testing.h"

namespace essaim::sim {
namespace {

using ::essaim::testing::StatusIs;
using ::testing::HasSubstr;

class SimTest : public ::testing::Test {
 protected:
  SimTest() { RegisterTestingMean(registry_); }

  absl::StatusOr<SimAnalysis> RunSmall(std::size_t n, Privacy::OnDropout dropout,
                                       const SimOptions& options, int rounds = 3) const {
    const Study study = SmallStudy(n, dropout, rounds);
    const TableSource tables = [&](const Analysis&, std::size_t site) {
      return SmallTable(study, site);
    };
    absl::StatusOr<std::vector<SimAnalysis>> done = Simulate(study, tables, registry_, options);
    if (!done.ok()) return done.status();
    return done->front();
  }

  // What the pooled rows of the sites give, without cryptography.
  double PooledMean(std::size_t n, const std::vector<std::size_t>& sites) const {
    const Study study = SmallStudy(n, Privacy::OnDropout::kWait, 1);
    double sum = 0, count = 0;
    for (const std::size_t site : sites) {
      const PersonTable table = SmallTable(study, site);
      for (const double x : table.column(0)) sum += x;
      count += static_cast<double>(table.n_persons());
    }
    return sum / count;
  }

  static double MeanOf(const SimAnalysis& a) {
    return std::get<double>(a.result.tables[0].rows[0][1]);
  }

  Registry registry_;
};

TEST_F(SimTest, EqualsThePooledRows) {
  for (const std::size_t n : {3, 4, 7, 16}) {
    ASSERT_OK_AND_ASSIGN(const SimAnalysis done, RunSmall(n, Privacy::OnDropout::kWait, {}));
    std::vector<std::size_t> all(n);
    for (std::size_t i = 0; i < n; ++i) all[i] = i;
    EXPECT_NEAR(MeanOf(done), PooledMean(n, all), 1e-12) << n;
    EXPECT_EQ(done.sites.size(), n);
  }
}

// Above 64 sites masks and shares go to some neighbours only; five sites stop for good.
TEST_F(SimTest, SeventySitesOfWhichFiveStop) {
  SimOptions options;
  options.faults.lost = {{3, 900}, {17, 900}, {29, 900}, {44, 900}, {60, 900}};
  ASSERT_OK_AND_ASSIGN(const SimAnalysis done,
                       RunSmall(70, Privacy::OnDropout::kContinue, options));
  EXPECT_EQ(done.sites.size(), 65u);
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < 70; ++i) {
    if (i != 3 && i != 17 && i != 29 && i != 44 && i != 60) left.push_back(i);
  }
  EXPECT_NEAR(MeanOf(done), PooledMean(70, left), 1e-12);
}

TEST_F(SimTest, MoreRoundsThanABatchHasSessions) {
  ASSERT_OK_AND_ASSIGN(const SimAnalysis done, RunSmall(4, Privacy::OnDropout::kWait, {}, 20));
  EXPECT_EQ(done.result.rounds, 20);
}

// Whatever is dropped, delayed, doubled, reordered or restarted: the same result, byte for byte.
TEST_F(SimTest, FaultsDoNotChangeTheResult) {
  ASSERT_OK_AND_ASSIGN(const SimAnalysis quiet, RunSmall(4, Privacy::OnDropout::kWait, {}));
  int restarts = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SimOptions options{.seed = seed};
    options.faults = {.drop = 0.1,
                      .duplicate = 0.2,
                      .delay = 0.3,
                      .restart_hub = 0.05,
                      .restart_node = 0.1,
                      .lost = {}};
    const absl::StatusOr<SimAnalysis> done = RunSmall(4, Privacy::OnDropout::kWait, options);
    ASSERT_OK(done) << "seed " << seed;
    ASSERT_EQ(done->result.Encode(), quiet.result.Encode()) << "seed " << seed;
    restarts += done->restarts;
  }
  EXPECT_GT(restarts, 100);
}

// A site lost at any step of a run that goes on: the remaining sites' pooled result, or
// everybody's.
TEST_F(SimTest, ContinueGivesTheRemainingSitesResult) {
  const double everybody = PooledMean(4, {0, 1, 2, 3}), without = PooledMean(4, {0, 1, 3});
  int lost_runs = 0;
  for (std::size_t step = 0; step < 90; ++step) {
    SimOptions options{.seed = step};
    options.faults.lost = {{2, step}};
    ASSERT_OK_AND_ASSIGN(const SimAnalysis done,
                         RunSmall(4, Privacy::OnDropout::kContinue, options));
    const bool lost = done.sites.size() == 3;
    lost_runs += lost;
    EXPECT_NEAR(MeanOf(done), lost ? without : everybody, 1e-12) << "step " << step;
  }
  EXPECT_GT(lost_runs, 20);
}

TEST_F(SimTest, WaitPausesAndSaysSo) {
  SimOptions options;
  options.faults.lost = {{2, 30}};
  EXPECT_THAT(RunSmall(4, Privacy::OnDropout::kWait, options),
              StatusIs(absl::StatusCode::kUnavailable,
                       HasSubstr("paused: 3 of 4 sites answer, 4 are needed; waiting for s2")));
}

TEST_F(SimTest, BelowTheThresholdARunThatGoesOnPausesToo) {
  SimOptions options;
  options.faults.lost = {{2, 30}, {3, 30}};
  EXPECT_THAT(RunSmall(4, Privacy::OnDropout::kContinue, options),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("paused")));
}

TEST_F(SimTest, OneSitesRefusalDoesNotFailTheOthers) {
  const Study study = SmallStudy(4, Privacy::OnDropout::kWait, 2);
  const TableSource tables = [&](const Analysis&, std::size_t site) -> absl::StatusOr<PersonTable> {
    if (site == 1) return absl::NotFoundError("no such data set");
    return SmallTable(study, site);
  };
  ASSERT_OK_AND_ASSIGN(const auto done, Simulate(study, tables, registry_, {}));
  EXPECT_THAT(done[0].sites, ::testing::ElementsAre("s0", "s2", "s3"));
  EXPECT_NEAR(MeanOf(done[0]), PooledMean(4, {0, 2, 3}), 1e-12);
}

TEST_F(SimTest, TooFewSitesThatTakePartFailWithAReason) {
  const Study study = SmallStudy(3, Privacy::OnDropout::kWait, 2);
  const TableSource tables = [&](const Analysis&, std::size_t site) -> absl::StatusOr<PersonTable> {
    if (site == 1) return absl::NotFoundError("no such data set");
    return SmallTable(study, site);
  };
  EXPECT_THAT(Simulate(study, tables, registry_, {}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("s1: REFUSAL_DATA")));
}

}  // namespace
}  // namespace essaim::sim
