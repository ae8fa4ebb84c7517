// Text to syntax tree: a recursive descent over the grammar of docs/study.md.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "data/schema.h"
#include "study/expression_node.h"

namespace essaim {

// kInvalidArgument with "column N: what is wrong, what was expected"; N counts bytes from 1.
absl::StatusOr<std::shared_ptr<const ExpressionNode>> ParseExpression(std::string_view text,
                                                                      const Schema& schema);

// Whether the word has a meaning of its own in a condition, so that no variable may bear it.
bool IsReservedWord(std::string_view word);

}  // namespace essaim
