#include "warehouse/expression_sql.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "study/yaml_tree.h"

namespace essaim {
namespace {

using Kind = ExpressionNode::Kind;
using Type = ExpressionNode::Type;

std::string Quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out += c;
    out += c;
  }
  return out + quote;
}

std::vector<std::string> Children(const ExpressionNode& node, const Schema& schema) {
  std::vector<std::string> parts;
  for (const auto& child : node.children) parts.push_back(ExpressionSql(*child, schema));
  return parts;
}

// A comparison is unknown where an operand is not finite: DuckDB orders infinities and NaN.
std::string WhereFinite(const ExpressionNode& node, const std::vector<std::string>& operands,
                        const std::string& comparison) {
  std::vector<std::string> tests;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const ExpressionNode& child = *node.children[i];
    if (child.type == Type::kNumber && child.kind != Kind::kConstant &&
        child.kind != Kind::kVariable) {
      tests.push_back(absl::StrCat("isfinite(", operands[i], ")"));
    }
  }
  if (tests.empty()) return absl::StrCat("(", comparison, ")");
  return absl::StrCat("(CASE WHEN ", absl::StrJoin(tests, " AND "), " THEN ", comparison, " END)");
}

// One test for each operand by itself: an infinite bound leaves the other comparison known.
std::string BetweenSql(const ExpressionNode& node, const std::vector<std::string>& c) {
  ExpressionNode low, high;
  low.children = {node.children[1], node.children[0]};
  high.children = {node.children[0], node.children[2]};
  return absl::StrCat("(", WhereFinite(low, {c[1], c[0]}, absl::StrCat(c[1], " <= ", c[0])),
                      " AND ", WhereFinite(high, {c[0], c[2]}, absl::StrCat(c[0], " <= ", c[2])),
                      ")");
}

std::string Constant(const ExpressionNode& node) {
  if (node.type == Type::kBoolean) return node.number != 0 ? "TRUE" : "FALSE";
  return absl::StrCat("CAST('", YamlNumber(node.number), "' AS DOUBLE)");
}

std::string Infix(const ExpressionNode& node, const std::vector<std::string>& c) {
  const auto joined = [&](const char* symbol) { return absl::StrJoin(c, symbol); };
  switch (node.kind) {
    case Kind::kAdd:
      return absl::StrCat("(", joined(" + "), ")");
    case Kind::kMultiply:
      return absl::StrCat("(", joined(" * "), ")");
    case Kind::kDivide:
      return absl::StrCat("(", joined(" / "), ")");
    case Kind::kAnd:
      return absl::StrCat("(", joined(" AND "), ")");
    case Kind::kOr:
      return absl::StrCat("(", joined(" OR "), ")");
    case Kind::kEqual:
      return WhereFinite(node, c, joined(" = "));
    case Kind::kNotEqual:
      return WhereFinite(node, c, joined(" <> "));
    case Kind::kLess:
      return WhereFinite(node, c, joined(" < "));
    case Kind::kLessEqual:
      return WhereFinite(node, c, joined(" <= "));
    default:
      return "NULL";
  }
}

}  // namespace

std::string SqlName(std::string_view name) { return Quoted(name, '"'); }

std::string SqlText(std::string_view text) { return Quoted(text, '\''); }

std::string ExpressionSql(const ExpressionNode& node, const Schema& schema) {
  if (node.kind == Kind::kConstant) return Constant(node);
  if (node.kind == Kind::kVariable || node.kind == Kind::kMissing) {
    const std::string name = SqlName(schema.variables()[node.variable].name);
    if (node.kind == Kind::kMissing) return absl::StrCat("(", name, " IS NULL)");
    return node.type == Type::kBoolean ? absl::StrCat("(", name, " = 1)") : name;
  }
  const std::vector<std::string> c = Children(node, schema);
  switch (node.kind) {
    case Kind::kNegate:
      return absl::StrCat("(-", c[0], ")");
    case Kind::kNot:
      return absl::StrCat("(NOT ", c[0], ")");
    case Kind::kBetween:
      return BetweenSql(node, c);
    case Kind::kIn: {
      const std::vector<std::string> items(c.begin() + 1, c.end());
      return WhereFinite(node, {c[0]},
                         absl::StrCat(c[0], " IN (", absl::StrJoin(items, ", "), ")"));
    }
    default:
      return Infix(node, c);
  }
}

}  // namespace essaim
