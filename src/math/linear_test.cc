#include "math/linear.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/testing/status_matchers.h"
#include "math/gram.h"

namespace essaim {
namespace {

using testing::HasCode;

TEST(Cholesky, SolvesAndInverts) {
  const std::vector<double> a = {4, 2, 5, 0.6, 1, 3};  // [[4,2,.6],[2,5,1],[.6,1,3]]
  ASSERT_OK_AND_ASSIGN(Cholesky c, Cholesky::Factor(a));
  EXPECT_EQ(c.rank(), 3u);
  const std::vector<double> b = {1, -2, 0.5};
  const std::vector<double> x = c.Solve(b);
  for (std::size_t i = 0; i < 3; ++i) {
    double s = 0;
    for (std::size_t j = 0; j < 3; ++j) s += a[PackedIndex(i, j)] * x[j];
    EXPECT_NEAR(s, b[i], 1e-15);
  }
  const std::vector<double> inverse = c.Inverse();
  EXPECT_NEAR(QuadraticForm(inverse, b, b), b[0] * x[0] + b[1] * x[1] + b[2] * x[2], 1e-15);
  EXPECT_NEAR(c.LogDeterminant(), std::log(4 * (15 - 1) - 2 * (6 - .6) + .6 * (2 - 3)), 1e-14);
}

TEST(Cholesky, NamesTheDependentColumn) {
  // Columns u, v, u + v, w of four rows: the third is explained by the first two.
  const std::vector<double> u = {1, 2, 3, 4}, v = {1, 0, -1, 5}, w = {0, 0, 1, 1};
  std::vector<double> columns;
  for (const auto& column : {u, v, std::vector<double>{2, 2, 2, 9}, w}) {
    columns.insert(columns.end(), column.begin(), column.end());
  }
  std::vector<double> packed(PackedSize(4)), scratch(4);
  AddWeightedGram(columns, 4, std::vector<double>(4, 1.0), scratch, packed);
  ASSERT_OK_AND_ASSIGN(Cholesky c, Cholesky::Factor(packed));
  EXPECT_EQ(c.rank(), 3u);
  EXPECT_EQ(c.dependent(), std::vector<std::size_t>{2});
  const std::vector<double> x = c.Solve(std::vector<double>{1, 1, 2, 1});
  EXPECT_EQ(x[2], 0);
  EXPECT_EQ(c.Inverse()[PackedIndex(2, 2)], 0);
}

TEST(Cholesky, RefusesWhatIsNoTriangle) {
  EXPECT_THAT(Cholesky::Factor(std::vector<double>{1, 2}),
              HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Cholesky::Factor(std::vector<double>{std::numeric_limits<double>::quiet_NaN()}),
              HasCode(absl::StatusCode::kInvalidArgument));
}

TEST(Gram, EqualsTheDefinition) {
  for (const std::size_t n : {0u, 1u, 3u, 4u, 17u, 64u}) {
    for (const std::size_t p : {1u, 4u, 5u, 9u}) {
      std::vector<double> x(n * p), w(n), r(n), scratch(n);
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<double>(i * i + 1));
      for (std::size_t i = 0; i < n; ++i) {
        w[i] = 0.1 + static_cast<double>(i % 5);
        r[i] = std::cos(static_cast<double>(i));
      }
      std::vector<double> packed(PackedSize(p), 1.0), out(p, 2.0);
      AddWeightedGram(x, p, w, scratch, packed);
      AddTransposed(x, p, r, out);
      for (std::size_t j = 0; j < p; ++j) {
        double rx = 2;
        for (std::size_t i = 0; i < n; ++i) rx += r[i] * x[j * n + i];
        EXPECT_NEAR(out[j], rx, 1e-12);
        for (std::size_t k = 0; k <= j; ++k) {
          double s = 1;
          for (std::size_t i = 0; i < n; ++i) s += w[i] * x[j * n + i] * x[k * n + i];
          EXPECT_NEAR(packed[PackedIndex(j, k)], s, 1e-12);
        }
      }
    }
  }
}

}  // namespace
}  // namespace essaim
