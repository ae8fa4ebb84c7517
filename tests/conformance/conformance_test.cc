// What every registered algorithm must keep, whoever wrote it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/testing/status_matchers.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/plain_run.h"

namespace essaim::conformance {
namespace {

constexpr int kExampleRoundsMax = 60;
constexpr double kSumTolerance = 1e-12;  // of bound times persons
// Two runs that see the same persons in another order, or from another start.
constexpr double kResultTolerance = 1e-6;

double BoundAt(const Layout& layout, std::size_t element) {
  for (const Block& block : layout.blocks) {
    if (element < block.length) return block.bound;
    element -= block.length;
  }
  return 0;
}

std::size_t Persons(std::span<const PersonTable> nodes) {
  std::size_t n = 0;
  for (const PersonTable& node : nodes) n += node.n_persons();
  return n;
}

// `slack`: absolute, what an approximate result may differ by.
bool Near(double a, double b, double slack) {
  if (a != a || b != b) return a != a && b != b;
  return a == b ||
         std::fabs(a - b) <= slack + kResultTolerance * (1 + std::max(std::fabs(a), std::fabs(b)));
}

void ExpectNear(const Cell& a, const Cell& b, double slack, const std::string& where) {
  ASSERT_EQ(a.index(), b.index()) << where;
  if (const double* x = std::get_if<double>(&a)) {
    EXPECT_TRUE(Near(*x, std::get<double>(b), slack))
        << where << ": " << *x << ", " << std::get<double>(b);
  } else {
    EXPECT_TRUE(a == b) << where;
  }
}

// How many rounds it took is not part of the answer.
bool CountsRounds(const std::string& column) {
  return column == "iterations" || column == "rounds";
}

void ExpectSameTable(const ResultTable& a, const ResultTable& b, double slack) {
  ASSERT_EQ(a.columns, b.columns) << a.id;
  ASSERT_EQ(a.rows.size(), b.rows.size()) << a.id;
  for (std::size_t i = 0; i < a.rows.size(); ++i) {
    for (std::size_t j = 0; j < a.columns.size(); ++j) {
      if (CountsRounds(a.columns[j].name)) continue;
      // Tables of names and values, one a row.
      const auto* name = std::get_if<std::string>(&a.rows[i][0]);
      if (name != nullptr && CountsRounds(*name)) continue;
      ExpectNear(a.rows[i][j], b.rows[i][j], slack,
                 a.id + "[" + std::to_string(i) + "]." + a.columns[j].name);
    }
  }
}

void ExpectSameSeries(const Series& a, const Series& b, double slack) {
  EXPECT_EQ(a.name, b.name);
  for (const auto member : {&Series::x, &Series::y, &Series::lower, &Series::upper, &Series::n}) {
    const std::vector<double>&u = a.*member, &v = b.*member;
    ASSERT_EQ(u.size(), v.size()) << a.name;
    for (std::size_t i = 0; i < u.size(); ++i) {
      EXPECT_TRUE(Near(u[i], v[i], slack))
          << a.name << " point " << i << ": " << u[i] << ", " << v[i];
    }
  }
}

void ExpectSameResult(const Result& a, const Result& b) {
  // Each may be off by the tolerance that its label gives.
  const bool exact = a.label.exactness == Exactness::kExact;
  const double slack = exact ? 0 : a.label.tolerance + b.label.tolerance;
  ASSERT_EQ(a.tables.size(), b.tables.size());
  for (std::size_t i = 0; i < a.tables.size(); ++i)
    ExpectSameTable(a.tables[i], b.tables[i], slack);
  ASSERT_EQ(a.curves.size(), b.curves.size());
  for (std::size_t i = 0; i < a.curves.size(); ++i) {
    ASSERT_EQ(a.curves[i].series.size(), b.curves[i].series.size());
    for (std::size_t j = 0; j < a.curves[i].series.size(); ++j) {
      ExpectSameSeries(a.curves[i].series[j], b.curves[i].series[j], slack);
    }
  }
}

void ExpectSameSum(const Layout& layout, const std::vector<double>& a, const std::vector<double>& b,
                   std::size_t persons) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double tolerance = kSumTolerance * BoundAt(layout, i) * static_cast<double>(persons);
    ASSERT_LE(std::fabs(a[i] - b[i]), tolerance) << "element " << i;
  }
}

class Conformance : public ::testing::TestWithParam<Example> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(algorithm_, MakeExample(GetParam()));
    tables_ = ConformanceTables();
    ASSERT_OK_AND_ASSIGN(states_, PlainStates(*algorithm_, [&](int) { return Tables(); }));
  }

  std::span<const PersonTable> Tables() const { return tables_; }

  // The states before a sum.
  std::vector<State> OpenStates() const { return {states_.begin(), states_.end() - 1}; }

  // Every site cut into nodes of its own rows in another order; a person's site stays.
  std::vector<PersonTable> Split(std::size_t parts, std::uint64_t seed) const {
    Lcg lcg(seed);
    std::vector<PersonTable> nodes;
    for (const PersonTable& table : tables_) {
      std::vector<std::vector<std::size_t>> rows(parts);
      for (const std::size_t person : Shuffled(table.n_persons(), lcg)) {
        rows[lcg.Below(parts)].push_back(person);
      }
      for (const auto& own : rows) nodes.push_back(table.Select(own));
    }
    return nodes;
  }

  bool PerPerson() const {
    return algorithm_->LayoutFor(algorithm_->Start()).additivity == Additivity::kPerPerson;
  }

  std::unique_ptr<Algorithm> algorithm_;
  std::vector<PersonTable> tables_;
  std::vector<State> states_;
};

TEST_P(Conformance, LayoutIsWellFormedAndAFunctionOfTheState) {
  for (const State& state : OpenStates()) {
    const Layout layout = algorithm_->LayoutFor(state);
    EXPECT_GT(layout.length(), 0U);
    EXPECT_LE(layout.length(), limits::kVectorLengthMax);
    std::set<std::string> names;
    for (const Block& block : layout.blocks) {
      EXPECT_TRUE(names.insert(block.name).second) << block.name << " is repeated";
      EXPECT_LE(block.name.size(), limits::kNameBytesMax);
      EXPECT_TRUE(std::isfinite(block.bound) && block.bound > 0) << block.name;
    }
    ASSERT_OK_AND_ASSIGN(const State decoded, State::Decode(state.Encode()));
    const Layout again = algorithm_->LayoutFor(decoded);
    ASSERT_EQ(again.blocks.size(), layout.blocks.size());
    for (std::size_t i = 0; i < layout.blocks.size(); ++i) {
      EXPECT_EQ(again.blocks[i].name, layout.blocks[i].name);
      EXPECT_EQ(again.blocks[i].length, layout.blocks[i].length);
      EXPECT_EQ(again.blocks[i].bound, layout.blocks[i].bound);
      EXPECT_EQ(again.blocks[i].integral, layout.blocks[i].integral);
    }
  }
}

TEST_P(Conformance, AVectorOfAnotherLengthIsRefused) {
  const State start = algorithm_->Start();
  std::vector<double> out(algorithm_->LayoutFor(start).length() + 1);
  EXPECT_FALSE(algorithm_->LocalStatistic(tables_[0], start, out).ok());
}

TEST_P(Conformance, NoRowsGiveZeros) {
  const PersonTable empty = tables_[0].Select({});
  for (const State& state : OpenStates()) {
    std::vector<double> out(algorithm_->LayoutFor(state).length());
    ASSERT_OK(algorithm_->LocalStatistic(empty, state, out));
    EXPECT_TRUE(std::all_of(out.begin(), out.end(), [](double x) { return x == 0; }));
  }
}

TEST_P(Conformance, AnySplitOfPersonsInAnyOrderGivesTheSameSum) {
  if (!PerPerson()) GTEST_SKIP() << "not a sum over persons";
  for (const State& state : OpenStates()) {
    const Layout layout = algorithm_->LayoutFor(state);
    ASSERT_OK_AND_ASSIGN(const auto whole, SumOf(*algorithm_, state, Tables()));
    for (const std::size_t parts : {std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
      ASSERT_OK_AND_ASSIGN(const auto sum, SumOf(*algorithm_, state, Split(parts, parts)));
      ExpectSameSum(layout, whole, sum, Persons(Tables()));
    }
  }
}

TEST_P(Conformance, AnySplitOfPersonsInAnyOrderGivesTheSameResult) {
  if (!PerPerson()) GTEST_SKIP() << "not a sum over persons";
  ASSERT_OK_AND_ASSIGN(const Result whole, algorithm_->ResultOf(states_.back()));
  for (const std::size_t parts : {std::size_t{1}, std::size_t{3}}) {
    const std::vector<PersonTable> nodes = Split(parts, 40 + parts);
    ASSERT_OK_AND_ASSIGN(const Result result, PlainRun(*algorithm_, nodes));
    ExpectSameResult(whole, result);
  }
}

TEST_P(Conformance, RowOrderIsFree) {
  Lcg lcg(7);
  for (const State& state : OpenStates()) {
    const Layout layout = algorithm_->LayoutFor(state);
    for (const PersonTable& table : tables_) {
      std::vector<double> a(layout.length()), b(layout.length());
      ASSERT_OK(algorithm_->LocalStatistic(table, state, a));
      const PersonTable other = table.Select(Shuffled(table.n_persons(), lcg));
      ASSERT_OK(algorithm_->LocalStatistic(other, state, b));
      ExpectSameSum(layout, a, b, table.n_persons());
    }
  }
}

TEST_P(Conformance, TheSameRowsGiveTheSameBits) {
  for (const State& state : OpenStates()) {
    std::vector<double> a(algorithm_->LayoutFor(state).length()), b(a.size());
    ASSERT_OK(algorithm_->LocalStatistic(tables_[0], state, a));
    ASSERT_OK_AND_ASSIGN(const State decoded, State::Decode(state.Encode()));
    ASSERT_OK(algorithm_->LocalStatistic(tables_[0], decoded, b));
    EXPECT_EQ(a, b);
  }
}

// One contribution is a person's, or a whole node's where the layout says so.
TEST_P(Conformance, OneContributionIsWithinTheBounds) {
  std::vector<PersonTable> contributions;
  for (const PersonTable& table : tables_) {
    if (!PerPerson()) contributions.push_back(table);
    for (std::size_t person = 0; PerPerson() && person < table.n_persons(); person += 3) {
      contributions.push_back(table.Select({&person, 1}));
    }
  }
  for (const State& state : OpenStates()) {
    const Layout layout = algorithm_->LayoutFor(state);
    for (const PersonTable& one : contributions) {
      std::vector<double> own(layout.length());
      ASSERT_OK(algorithm_->LocalStatistic(one, state, own));
      for (std::size_t i = 0; i < own.size(); ++i) {
        ASSERT_LE(std::fabs(own[i]), BoundAt(layout, i) * (1 + 1e-12)) << "element " << i;
      }
    }
  }
}

TEST_P(Conformance, IntegralBlocksHoldWholeNumbers) {
  for (const State& state : OpenStates()) {
    const Layout layout = algorithm_->LayoutFor(state);
    std::vector<double> own(layout.length());
    ASSERT_OK(algorithm_->LocalStatistic(tables_[0], state, own));
    std::size_t i = 0;
    for (const Block& block : layout.blocks) {
      for (const std::size_t end = i + block.length; i < end; ++i) {
        if (!block.integral) continue;
        ASSERT_EQ(own[i], std::round(own[i])) << block.name;
      }
    }
  }
}

TEST_P(Conformance, StatesSurviveEncodingAndRoundsAreBounded) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    EXPECT_EQ(states_[i].round, static_cast<int>(i));
    ASSERT_OK_AND_ASSIGN(const State decoded, State::Decode(states_[i].Encode()));
    EXPECT_EQ(decoded.Encode(), states_[i].Encode());
    EXPECT_EQ(decoded.round, states_[i].round);
    EXPECT_EQ(decoded.done, states_[i].done);
  }
  EXPECT_TRUE(states_.back().done);
  EXPECT_LT(states_.back().round, kExampleRoundsMax);
}

TEST_P(Conformance, TheResultIsWellFormedAndEncodes) {
  ASSERT_OK_AND_ASSIGN(const State decoded, State::Decode(states_.back().Encode()));
  ASSERT_OK_AND_ASSIGN(const Result result, algorithm_->ResultOf(decoded));
  EXPECT_EQ(result.algorithm, GetParam().algorithm);
  EXPECT_EQ(result.rounds, states_.back().round);
  EXPECT_TRUE(std::isfinite(result.label.tolerance) && result.label.tolerance >= 0);
  EXPECT_FALSE(result.label.reference.empty());
  EXPECT_FALSE(result.tables.empty() && result.curves.empty());
  for (const ResultTable& table : result.tables) {
    for (const ResultColumn& column : table.columns) {
      if (column.of < 0) continue;
      ASSERT_LT(column.of, static_cast<int>(table.columns.size()));
      EXPECT_EQ(table.columns[static_cast<std::size_t>(column.of)].kind, ColumnKind::kCount)
          << table.id << "." << column.name;
    }
    for (const auto& row : table.rows) EXPECT_EQ(row.size(), table.columns.size()) << table.id;
    EXPECT_TRUE(table.groups.empty() || table.groups.size() == table.rows.size()) << table.id;
  }
  ASSERT_OK_AND_ASSIGN(const Result again, Result::Decode(result.Encode()));
  EXPECT_EQ(again.Encode(), result.Encode());
}

// Whatever round a site is lost after, the result is that of the sites that stayed.
TEST_P(Conformance, ASiteLostBetweenRoundsLeavesTheOthersResult) {
  const std::span<const PersonTable> staying = Tables().first(2);
  ASSERT_OK_AND_ASSIGN(const Result expected, PlainRun(*algorithm_, staying));
  for (int lost_after = 1; lost_after < states_.back().round; ++lost_after) {
    SCOPED_TRACE("lost after round " + std::to_string(lost_after));
    ASSERT_OK_AND_ASSIGN(const auto states, PlainStates(*algorithm_, [&](int round) {
                           return round < lost_after ? Tables() : staying;
                         }));
    EXPECT_LT(states.back().round, 2 * kExampleRoundsMax);
    ASSERT_OK_AND_ASSIGN(const Result result, algorithm_->ResultOf(states.back()));
    ExpectSameResult(expected, result);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Conformance, ::testing::ValuesIn(AllExamples()),
                         [](const auto& param_info) { return param_info.param.Name(); });

}  // namespace
}  // namespace essaim::conformance
