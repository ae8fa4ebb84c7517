// Typed conditions over the variables of a schema: "age >= 18 and stage in ('II', 'III') and not
// missing(chol)".
//
// Grammar (docs/study.md): or, and, not, comparisons (== != < <= > >=), in (...), between A and B,
// missing(v),
// + - * / on numbers, parentheses, numbers, 'text' for levels, true and false. Missing values
// follow SQL's three-valued logic: a comparison with a missing value is unknown, and a person is in
// only if it is true.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "data/person_table.h"
#include "data/schema.h"

namespace essaim {

struct ExpressionNode;  // study/expression_node.h, for those who compile it (warehouse)

class Expression {
 public:
  // kInvalidArgument with "column N: ..." and what was expected. Empty text is `true`.
  static absl::StatusOr<Expression> Parse(std::string_view text, const Schema& schema);

  const ExpressionNode& root() const { return *root_; }

  // The positions of the persons for whom the condition is true, ascending.
  std::vector<std::size_t> Matches(const PersonTable& table) const;
  static Expression And(const Expression& a, const Expression& b);
  static Expression Not(const Expression& a);

 private:
  explicit Expression(std::shared_ptr<const ExpressionNode> root) : root_(std::move(root)) {}

  std::shared_ptr<const ExpressionNode> root_;
};

}  // namespace essaim
