// The words of a condition.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace essaim {

struct ExpressionToken {
  enum class Kind { kName, kNumber, kText, kSymbol, kEnd } kind = Kind::kEnd;
  std::string text;        // the name, the symbol, or the text without its quotes
  double number = 0;       // kNumber
  std::size_t column = 1;  // of its first byte, from 1
};

// Ends with a kEnd token. kInvalidArgument with "column N: ...".
absl::StatusOr<std::vector<ExpressionToken>> LexExpression(std::string_view text);

}  // namespace essaim
