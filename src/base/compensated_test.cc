#include "base/compensated.h"

#include <gtest/gtest.h>

namespace essaim {
namespace {

TEST(CompensatedTest, KeepsWhatPlainAdditionLoses) {
  CompensatedSum sum;
  CompensatedVector vector(2);
  for (const double x : {1.0, 1e100, 1.0, -1e100}) {
    sum.Add(x);
    const double both[] = {x, -x};
    vector.Add(both);
  }
  EXPECT_EQ(sum.Value(), 2);
  EXPECT_EQ(vector.Value(0), 2);
  EXPECT_EQ(vector.Value(1), -2);
}

TEST(CompensatedTest, AMillionTenths) {
  CompensatedSum sum;
  for (int i = 0; i < 1'000'000; ++i) sum.Add(0.1);
  EXPECT_DOUBLE_EQ(sum.Value(), 100'000);
}

TEST(CompensatedTest, AddsAtAnOffset) {
  CompensatedVector vector(3);
  const double x[] = {5};
  vector.Add(x, 2);
  EXPECT_EQ(vector.Value(0), 0);
  EXPECT_EQ(vector.Value(2), 5);
}

}  // namespace
}  // namespace essaim
