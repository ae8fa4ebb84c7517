#include "study/expression.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/status_macros.h"
#include "study/expression_node.h"
#include "study/expression_parser.h"

namespace essaim {
namespace {

using Kind = ExpressionNode::Kind;
using NodePtr = std::shared_ptr<const ExpressionNode>;
using Values = std::vector<double>;

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kRowsPerChunk = 1024;

double Truth(bool value) { return value ? 1 : 0; }

// A comparison is unknown unless both sides are finite: missing is NaN, x / 0 is infinite or NaN.
template <typename Compare>
double Known(double a, double b, Compare compare) {
  return std::isfinite(a) && std::isfinite(b) ? Truth(compare(a, b)) : kUnknown;
}

double Kleene(double a, double b, double absorbing) {
  if (a == absorbing || b == absorbing) return absorbing;
  return std::isnan(a) || std::isnan(b) ? kUnknown : 1 - absorbing;
}

class Evaluator {
 public:
  Evaluator(const PersonTable& table, std::size_t begin, std::size_t end)
      : table_(table), begin_(begin), n_(end - begin) {}

  Values Evaluate(const ExpressionNode& node) const {
    switch (node.kind) {
      case Kind::kConstant:
        return Values(n_, node.number);
      case Kind::kVariable:
        return Column(node);
      case Kind::kMissing:
        return Map(Column(node), [](double v) { return Truth(std::isnan(v)); });
      case Kind::kNegate:
        return Map(Child(node, 0), [](double v) { return -v; });
      case Kind::kNot:
        return Map(Child(node, 0), [](double v) { return 1 - v; });
      case Kind::kIn:
        return In(node);
      case Kind::kBetween:
        return Between(node);
      default:
        break;
    }
    Values total = Child(node, 0);
    for (std::size_t c = 1; c < node.children.size(); ++c) {
      const Values next = Child(node, c);
      for (std::size_t i = 0; i < n_; ++i) total[i] = Combine(node.kind, total[i], next[i]);
    }
    return total;
  }

 private:
  static double Combine(Kind kind, double a, double b) {
    switch (kind) {
      case Kind::kAdd:
        return a + b;
      case Kind::kMultiply:
        return a * b;
      case Kind::kDivide:
        return a / b;
      case Kind::kEqual:
        return Known(a, b, [](double x, double y) { return x == y; });
      case Kind::kNotEqual:
        return Known(a, b, [](double x, double y) { return x != y; });
      case Kind::kLess:
        return Known(a, b, [](double x, double y) { return x < y; });
      case Kind::kLessEqual:
        return Known(a, b, [](double x, double y) { return x <= y; });
      case Kind::kAnd:
        return Kleene(a, b, 0);
      case Kind::kOr:
        return Kleene(a, b, 1);
      default:
        return kUnknown;
    }
  }

  template <typename F>
  static Values Map(Values values, F f) {
    for (double& v : values) v = f(v);
    return values;
  }

  Values Child(const ExpressionNode& node, std::size_t c) const {
    return Evaluate(*node.children[c]);
  }

  Values Column(const ExpressionNode& node) const {
    const auto column = table_.column(node.variable).subspan(begin_, n_);
    return {column.begin(), column.end()};
  }

  Values In(const ExpressionNode& node) const {
    return Map(Child(node, 0), [&node](double v) {
      if (!std::isfinite(v)) return kUnknown;
      return Truth(std::any_of(node.children.begin() + 1, node.children.end(),
                               [v](const NodePtr& item) { return item->number == v; }));
    });
  }

  Values Between(const ExpressionNode& node) const {
    const auto at_most = [](double x, double y) { return x <= y; };
    Values value = Child(node, 0);
    const Values low = Child(node, 1), high = Child(node, 2);
    for (std::size_t i = 0; i < n_; ++i) {
      value[i] = Kleene(Known(low[i], value[i], at_most), Known(value[i], high[i], at_most), 0);
    }
    return value;
  }

  const PersonTable& table_;
  std::size_t begin_;
  std::size_t n_;
};

NodePtr Join(Kind kind, std::vector<NodePtr> children) {
  auto node = std::make_shared<ExpressionNode>();
  node->kind = kind;
  node->type = ExpressionNode::Type::kBoolean;
  node->children = std::move(children);
  return node;
}

}  // namespace

absl::StatusOr<Expression> Expression::Parse(std::string_view text, const Schema& schema) {
  ESSAIM_ASSIGN_OR_RETURN(NodePtr root, ParseExpression(text, schema));
  return Expression(std::move(root));
}

std::vector<std::size_t> Expression::Matches(const PersonTable& table) const {
  std::vector<std::size_t> persons;
  for (std::size_t begin = 0; begin < table.n_persons(); begin += kRowsPerChunk) {
    const std::size_t end = std::min(begin + kRowsPerChunk, table.n_persons());
    const Values truth = Evaluator(table, begin, end).Evaluate(*root_);
    for (std::size_t i = 0; i < truth.size(); ++i) {
      if (truth[i] == 1) persons.push_back(begin + i);
    }
  }
  return persons;
}

Expression Expression::And(const Expression& a, const Expression& b) {
  return Expression(Join(Kind::kAnd, {a.root_, b.root_}));
}

// Where unknown: `not` of unknown is unknown, so a person is in neither a nor Not(a).
Expression Expression::Not(const Expression& a) { return Expression(Join(Kind::kNot, {a.root_})); }

}  // namespace essaim
