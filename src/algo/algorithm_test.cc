#include "algo/algorithm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "algo/registry.h"
#include "base/testing/status_matchers.h"

namespace essaim {
namespace {

using ::essaim::testing::HasCode;
using ::essaim::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

PersonTable Table(std::vector<double> x) {
  auto schema = Schema::Make({{.name = "x", .lower = -1e9, .upper = 1e9}});
  EXPECT_OK(schema);
  auto table = PersonTable::Make(*schema, {std::move(x)});
  EXPECT_OK(table);
  return *table;
}

// x in a block with bound 10, and times the state's factor in a whole-number block.
class SumOfX : public PersonSum {
 public:
  State Start() const override { return {}; }

  Layout LayoutFor(const State&) const override {
    return {.blocks = {{.name = "x", .length = 1, .bound = 10},
                       {.name = "n", .length = 1, .bound = 2.5, .integral = true}}};
  }

  absl::StatusOr<State> Update(const State& state, const SecureSum&) const override {
    return state;
  }

  absl::StatusOr<Result> ResultOf(const State&) const override { return Result{}; }

 protected:
  void Contribute(const PersonTable& table, std::size_t person, const State& state,
                  std::span<double> out) const override {
    out[0] = table.at(person, 0);
    out[1] = state.Has("factor") ? state.Scalar("factor") : 1;
  }
};

TEST(PersonSumTest, AddsAndClipsToTheBounds) {
  std::vector<double> out(2);
  ASSERT_OK(SumOfX().LocalStatistic(Table({1, 2, 1e6, -1e6}), {}, out));
  EXPECT_THAT(out, ElementsAre(3, 4));
  State state;
  state.Set("factor", 100);
  ASSERT_OK(SumOfX().LocalStatistic(Table({1}), state, out));
  EXPECT_THAT(out, ElementsAre(1, 2));  // the largest whole number within 2.5
}

TEST(PersonSumTest, AddsWithCompensation) {
  std::vector<double> out(2);
  ASSERT_OK(SumOfX().LocalStatistic(Table(std::vector<double>(1'000'000, 0.1)), {}, out));
  EXPECT_DOUBLE_EQ(out[0], 100'000);
}

TEST(PersonSumTest, RefusesWhatIsNotFiniteOrNotWhole) {
  std::vector<double> out(2);
  EXPECT_THAT(
      SumOfX().LocalStatistic(Table({1, std::numeric_limits<double>::quiet_NaN()}), {}, out),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'x' is not finite")));
  State state;
  state.Set("factor", 0.5);
  EXPECT_THAT(SumOfX().LocalStatistic(Table({1}), state, out),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'n' is not a whole number")));
  std::vector<double> longer(3);
  EXPECT_THAT(SumOfX().LocalStatistic(Table({1}), {}, longer),
              HasCode(absl::StatusCode::kInvalidArgument));
}

// Counts the calls and persons; element 0 sums x.
class BlocksOfX : public BlockSum {
 public:
  explicit BlocksOfX(std::size_t length) : length_(length) {}

  State Start() const override { return {}; }

  Layout LayoutFor(const State&) const override {
    return {.blocks = {{.name = "x", .length = length_, .bound = 1e9}}};
  }

  absl::StatusOr<State> Update(const State& state, const SecureSum&) const override {
    return state;
  }

  absl::StatusOr<Result> ResultOf(const State&) const override { return Result{}; }

  mutable std::vector<std::size_t> block_sizes;

 protected:
  absl::Status ContributeBlock(const PersonTable& table, std::size_t begin, std::size_t end,
                               const State&, std::span<double> out) const override {
    block_sizes.push_back(end - begin);
    for (std::size_t i = begin; i < end; ++i) out[0] += table.at(i, 0);
    return absl::OkStatus();
  }

 private:
  std::size_t length_;
};

TEST(BlockSumTest, AddsBlocksOf1024Persons) {
  for (const std::size_t length : {std::size_t{1}, BlockSum::kDenseMax + 1}) {
    const BlocksOfX algorithm(length);
    std::vector<double> out(length);
    ASSERT_OK(algorithm.LocalStatistic(Table(std::vector<double>(2500, 2)), {}, out));
    EXPECT_EQ(out[0], 5000);
    EXPECT_THAT(algorithm.block_sizes, ElementsAre(1024, 1024, 452));
  }
}

TEST(BlockSumTest, NobodyGivesZerosAndNaNIsRefused) {
  const BlocksOfX algorithm(1);
  std::vector<double> out(1);
  ASSERT_OK(algorithm.LocalStatistic(Table({}), {}, out));
  EXPECT_EQ(out[0], 0);
  EXPECT_THAT(algorithm.LocalStatistic(Table({std::numeric_limits<double>::quiet_NaN()}), {}, out),
              HasCode(absl::StatusCode::kInvalidArgument));
}

TEST(RegistryTest, FindsMakesAndSuggests) {
  Registry registry;
  registry.Add({.name = "descriptive/sum",
                .params = {{.name = "bins", .type = ParamType::kInteger}},
                .make = [](const essaim::Setup&) -> absl::StatusOr<std::unique_ptr<Algorithm>> {
                  return std::make_unique<SumOfX>();
                },
                .examples = [] { return std::vector<Params>{Params{}}; }});
  EXPECT_EQ(registry.All().size(), 1U);
  EXPECT_EQ(registry.Find("sum"), nullptr);
  EXPECT_OK(registry.Make("descriptive/sum", {}));
  EXPECT_THAT(registry.Make("sum", {}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("did you mean 'descriptive/sum'?")));
  EXPECT_THAT(registry.Make("descriptve/sum", {}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("did you mean 'descriptive/sum'?")));
  EXPECT_THAT(registry.Make("descriptive/sum", {.params = {{{"bin", 1.0}}}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("did you mean 'bins'?")));
}

TEST(RegistryDeathTest, ANameIsFamilyAndName) {
  Registry registry;
  EXPECT_DEATH(registry.Add({.name = "sum"}), "IsName");
}

TEST(LayoutTest, LengthAndOffsets) {
  const Layout layout{.blocks = {{.name = "a", .length = 2}, {.name = "b", .length = 3}}};
  EXPECT_EQ(layout.length(), 5U);
  EXPECT_EQ(layout.OffsetOf("b"), 2U);
  EXPECT_EQ(layout.OffsetOf("c"), std::nullopt);
}

}  // namespace
}  // namespace essaim
