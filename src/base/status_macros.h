// Early return on a failed absl::Status or absl::StatusOr.
//
//   ESSAIM_RETURN_IF_ERROR(Check(x));
//   ESSAIM_ASSIGN_OR_RETURN(auto value, Compute(x));
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define ESSAIM_RETURN_IF_ERROR(expr)                 \
  do {                                               \
    ::absl::Status essaim_status_ = (expr);          \
    if (!essaim_status_.ok()) return essaim_status_; \
  } while (false)

#define ESSAIM_CONCAT_INNER_(a, b) a##b
#define ESSAIM_CONCAT_(a, b) ESSAIM_CONCAT_INNER_(a, b)

#define ESSAIM_ASSIGN_OR_RETURN(lhs, expr) \
  ESSAIM_ASSIGN_OR_RETURN_IMPL_(ESSAIM_CONCAT_(essaim_or_, __LINE__), lhs, expr)

#define ESSAIM_ASSIGN_OR_RETURN_IMPL_(tmp, lhs, expr) \
  auto tmp = (expr);                                  \
  if (!tmp.ok()) return std::move(tmp).status();      \
  lhs = *std::move(tmp)
