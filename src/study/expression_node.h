// The syntax tree of a condition, for those who evaluate it (expression.cc) or compile it to SQL
// (warehouse/expression_sql.cc). Both must give the same answer for every row.
//
// Values are doubles: a boolean is 0 or 1, a level its index, missing or unknown is NaN.
// Arithmetic is IEEE-754; a comparison with a value that is not finite (missing, or a division by
// zero) is unknown. `and`, `or`, `not` follow Kleene's three-valued logic.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace essaim {

struct ExpressionNode {
  enum class Kind {
    kConstant,  // number
    kVariable,  // variable
    kNegate,    // - child
    kAdd,       // children in order, two or more
    kMultiply,  // two children
    kDivide,    // two children
    kEqual,     // two children of one type
    kNotEqual,
    kLess,
    kLessEqual,
    kIn,       // children[0] is one of the constants children[1..]
    kBetween,  // children[1] <= children[0] <= children[2]
    kMissing,  // the variable has no value: never unknown
    kAnd,      // children in order, one or more
    kOr,
    kNot,
  };
  enum class Type { kNumber, kBoolean, kCategory };

  Kind kind = Kind::kConstant;
  Type type = Type::kBoolean;
  double number = 1;         // kConstant
  std::size_t variable = 0;  // kVariable, kMissing: the index in the schema
  std::vector<std::shared_ptr<const ExpressionNode>> children;
};

}  // namespace essaim
