// gMock matchers for absl::Status and absl::StatusOr.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace essaim::testing {

inline const absl::Status& StatusOf(const absl::Status& s) { return s; }

template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& s) {
  return s.status();
}

MATCHER(IsOk, "is OK") {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).ok();
}

MATCHER_P(HasCode, code, "has the code") {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).code() == code;
}

MATCHER_P2(StatusIs, code, message, "has the code and a message that matches") {
  *result_listener << StatusOf(arg).ToString();
  const std::string said(StatusOf(arg).message());
  return StatusOf(arg).code() == code &&
         ::testing::ExplainMatchResult(message, said, result_listener);
}

}  // namespace essaim::testing

#define ASSERT_OK(expr) ASSERT_THAT(expr, ::essaim::testing::IsOk())
#define EXPECT_OK(expr) EXPECT_THAT(expr, ::essaim::testing::IsOk())
#define ESSAIM_TEST_CONCAT_INNER_(a, b) a##b
#define ESSAIM_TEST_CONCAT_(a, b) ESSAIM_TEST_CONCAT_INNER_(a, b)
#define ASSERT_OK_AND_ASSIGN_IMPL_(tmp, lhs, expr) \
  auto tmp = (expr);                               \
  ASSERT_TRUE(tmp.ok()) << tmp.status();           \
  lhs = *std::move(tmp)
#define ASSERT_OK_AND_ASSIGN(lhs, expr) \
  ASSERT_OK_AND_ASSIGN_IMPL_(ESSAIM_TEST_CONCAT_(test_or_, __LINE__), lhs, expr)
