#include "study/expression_parser.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "study/expression_lexer.h"

namespace essaim {
namespace {

using Node = ExpressionNode;
using NodePtr = std::shared_ptr<const Node>;
using Kind = Node::Kind;
using Type = Node::Type;
using Token = ExpressionToken;

constexpr std::string_view kReserved[] = {"and",     "or",      "not",  "in",
                                          "between", "missing", "true", "false"};

// A parsed piece: a typed tree, or a 'text' that takes its meaning from what it is compared with.
struct Piece {
  NodePtr node;      // null for a text
  std::string text;  // the text
  std::size_t column = 1;
};

NodePtr MakeNode(Kind kind, Type type, std::vector<NodePtr> children) {
  auto node = std::make_shared<Node>();
  node->kind = kind;
  node->type = type;
  node->children = std::move(children);
  return node;
}

NodePtr MakeConstant(Type type, double number) {
  auto node = std::make_shared<Node>();
  node->type = type;
  node->number = number;
  return node;
}

std::string_view TypeName(Type type) {
  switch (type) {
    case Type::kNumber:
      return "a number";
    case Type::kBoolean:
      return "a condition";
    case Type::kCategory:
      return "a category";
  }
  return "";
}

class Parser {
 public:
  Parser(std::vector<Token> tokens, const Schema& schema)
      : tokens_(std::move(tokens)), schema_(schema) {}

  absl::StatusOr<NodePtr> Parse() {
    ESSAIM_ASSIGN_OR_RETURN(Piece piece, Or());
    if (Peek().kind != Token::Kind::kEnd) {
      return Fault(Peek().column, absl::StrCat("unexpected ", Av(Describe(Peek())),
                                               ", expected and, or, or the end"));
    }
    ESSAIM_RETURN_IF_ERROR(Require(piece, Type::kBoolean));
    return piece.node;
  }

 private:
  // Counts nesting for as long as it lives.
  class Deeper {
   public:
    explicit Deeper(Parser& parser) : parser_(parser) { ++parser_.depth_; }

    ~Deeper() { --parser_.depth_; }

    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

   private:
    Parser& parser_;
  };

  static absl::Status Fault(std::size_t column, std::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("column ", column, ": ", Av(what)));
  }

  static std::string Describe(const Token& token) {
    if (token.kind == Token::Kind::kEnd) return "end of the condition";
    if (token.kind == Token::Kind::kNumber) return "number";
    return absl::StrCat("'", token.text.substr(0, limits::kNameBytesMax), "'");
  }

  const Token& Peek() const { return tokens_[at_]; }

  Token Take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }

  bool Accept(Token::Kind kind, std::string_view text) {
    if (Peek().kind != kind || Peek().text != text) return false;
    Take();
    return true;
  }

  bool AcceptWord(std::string_view word) { return Accept(Token::Kind::kName, word); }

  bool AcceptSymbol(std::string_view symbol) { return Accept(Token::Kind::kSymbol, symbol); }

  absl::Status ExpectSymbol(std::string_view symbol) {
    if (AcceptSymbol(symbol)) return absl::OkStatus();
    return Fault(Peek().column, absl::StrCat("unexpected ", Av(Describe(Peek())), ", expected '",
                                             Av(symbol), "'"));
  }

  static absl::Status Require(const Piece& piece, Type type) {
    if (piece.node == nullptr) {
      return Fault(piece.column, "a text stands only beside == , != or in, with a category");
    }
    if (piece.node->type == type) return absl::OkStatus();
    return Fault(piece.column, absl::StrCat("this is ", Av(TypeName(piece.node->type)),
                                            ", expected ", Av(TypeName(type))));
  }

  absl::StatusOr<Piece> Chain(std::string_view word, Kind kind,
                              absl::StatusOr<Piece> (Parser::*operand)()) {
    ESSAIM_ASSIGN_OR_RETURN(Piece first, (this->*operand)());
    if (Peek().kind != Token::Kind::kName || Peek().text != word) return first;
    ESSAIM_RETURN_IF_ERROR(Require(first, Type::kBoolean));
    std::vector<NodePtr> children = {first.node};
    while (AcceptWord(word)) {
      ESSAIM_ASSIGN_OR_RETURN(Piece next, (this->*operand)());
      ESSAIM_RETURN_IF_ERROR(Require(next, Type::kBoolean));
      children.push_back(next.node);
    }
    first.node = MakeNode(kind, Type::kBoolean, std::move(children));
    return first;
  }

  absl::StatusOr<Piece> Or() {
    Deeper deeper(*this);
    if (depth_ > limits::kExpressionDepthMax) {
      return Fault(Peek().column, absl::StrCat("nested too deeply, expected at most ",
                                               limits::kExpressionDepthMax, " levels"));
    }
    return Chain("or", Kind::kOr, &Parser::And);
  }

  absl::StatusOr<Piece> And() { return Chain("and", Kind::kAnd, &Parser::NotOrComparison); }

  absl::StatusOr<Piece> NotOrComparison() {
    const std::size_t column = Peek().column;
    bool negated = false;  // a row of nots is a loop, not a recursion
    bool any = false;
    while (AcceptWord("not")) {
      negated = !negated;
      any = true;
    }
    ESSAIM_ASSIGN_OR_RETURN(Piece piece, Comparison());
    if (!any) return piece;
    ESSAIM_RETURN_IF_ERROR(Require(piece, Type::kBoolean));
    piece.column = column;
    if (negated) piece.node = MakeNode(Kind::kNot, Type::kBoolean, {piece.node});
    return piece;
  }

  // Gives a text its level's index, as a constant of the category that it is compared with.
  absl::StatusOr<NodePtr> Level(const Piece& text, const Piece& category) const {
    if (category.node == nullptr || category.node->kind != Kind::kVariable ||
        category.node->type != Type::kCategory) {
      return Fault(
          text.column,
          absl::StrCat("'", text.text, "' is a text, expected it beside a category variable"));
    }
    const Variable& variable = schema_.variables()[category.node->variable];
    const auto found = std::find(variable.levels.begin(), variable.levels.end(), text.text);
    if (found == variable.levels.end()) {
      const std::string nearest = NearestName(text.text, variable.levels);
      return Fault(
          text.column,
          absl::StrCat("'", text.text, "' is not a level of ", variable.name,
                       nearest.empty() ? "" : absl::StrCat(", did you mean '", nearest, "'"),
                       "? expected one of ",
                       absl::StrJoin(variable.levels.begin(),
                                     variable.levels.begin() +
                                         static_cast<std::ptrdiff_t>(
                                             std::min<std::size_t>(variable.levels.size(), 10)),
                                     ", "),
                       variable.levels.size() > 10 ? ", ..." : ""));
    }
    return MakeConstant(Type::kCategory, static_cast<double>(found - variable.levels.begin()));
  }

  // Makes both sides trees of one type.
  absl::Status Unify(Piece& a, Piece& b) const {
    if (a.node == nullptr) {
      ESSAIM_ASSIGN_OR_RETURN(a.node, Level(a, b));
      return absl::OkStatus();
    }
    if (b.node == nullptr) {
      ESSAIM_ASSIGN_OR_RETURN(b.node, Level(b, a));
      return absl::OkStatus();
    }
    if (a.node->type == Type::kCategory || b.node->type == Type::kCategory) {
      return Fault(b.column, "a category is compared with one of its levels, expected 'level'");
    }
    if (a.node->type != b.node->type) {
      return Fault(b.column,
                   absl::StrCat("this is ", Av(TypeName(b.node->type)), ", expected ",
                                Av(TypeName(a.node->type)), " as on the left",
                                a.node->type == Type::kBoolean ? " (true or false)" : ""));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Piece> Comparison() {
    ESSAIM_ASSIGN_OR_RETURN(Piece left, Sum());
    if (AcceptWord("in")) return In(std::move(left), false);
    if (AcceptWord("between")) return Between(std::move(left), false);
    if (Peek().kind == Token::Kind::kName && Peek().text == "not") {
      Take();
      if (AcceptWord("in")) return In(std::move(left), true);
      if (AcceptWord("between")) return Between(std::move(left), true);
      return Fault(Peek().column, "unexpected word after not, expected in or between");
    }
    static constexpr std::string_view kSymbols[] = {"==", "!=", "<", "<=", ">", ">="};
    const Token symbol = Peek();
    if (symbol.kind != Token::Kind::kSymbol ||
        std::find(std::begin(kSymbols), std::end(kSymbols), symbol.text) == std::end(kSymbols)) {
      return left;
    }
    Take();
    ESSAIM_ASSIGN_OR_RETURN(Piece right, Sum());
    ESSAIM_RETURN_IF_ERROR(Unify(left, right));
    if (symbol.text != "==" && symbol.text != "!=") {
      ESSAIM_RETURN_IF_ERROR(Require(left, Type::kNumber));
      ESSAIM_RETURN_IF_ERROR(Require(right, Type::kNumber));
    }
    if (symbol.text[0] == '>') std::swap(left.node, right.node);
    const Kind kind = symbol.text == "=="       ? Kind::kEqual
                      : symbol.text == "!="     ? Kind::kNotEqual
                      : symbol.text.size() == 1 ? Kind::kLess
                                                : Kind::kLessEqual;
    left.node = MakeNode(kind, Type::kBoolean, {left.node, right.node});
    return left;
  }

  absl::StatusOr<Piece> In(Piece left, bool negated) {
    ESSAIM_RETURN_IF_ERROR(ExpectSymbol("("));
    if (left.node == nullptr) return Require(left, Type::kCategory);
    std::vector<NodePtr> children = {left.node};
    do {
      ESSAIM_ASSIGN_OR_RETURN(Piece item, Sum());
      Piece subject = left;
      ESSAIM_RETURN_IF_ERROR(Unify(subject, item));
      if (item.node->kind == Kind::kNegate && item.node->children[0]->kind == Kind::kConstant) {
        item.node = MakeConstant(Type::kNumber, -item.node->children[0]->number);
      }
      if (item.node->kind != Kind::kConstant) {
        return Fault(item.column, "expected a number, true, false or a 'level' in this list");
      }
      children.push_back(item.node);
    } while (AcceptSymbol(","));
    ESSAIM_RETURN_IF_ERROR(ExpectSymbol(")"));
    left.node = MakeNode(Kind::kIn, Type::kBoolean, std::move(children));
    if (negated) left.node = MakeNode(Kind::kNot, Type::kBoolean, {left.node});
    return left;
  }

  absl::StatusOr<Piece> Between(Piece left, bool negated) {
    ESSAIM_RETURN_IF_ERROR(Require(left, Type::kNumber));
    ESSAIM_ASSIGN_OR_RETURN(Piece low, Sum());
    ESSAIM_RETURN_IF_ERROR(Require(low, Type::kNumber));
    if (!AcceptWord("and")) return Fault(Peek().column, "expected and, as in between A and B");
    ESSAIM_ASSIGN_OR_RETURN(Piece high, Sum());
    ESSAIM_RETURN_IF_ERROR(Require(high, Type::kNumber));
    left.node = MakeNode(Kind::kBetween, Type::kBoolean, {left.node, low.node, high.node});
    if (negated) left.node = MakeNode(Kind::kNot, Type::kBoolean, {left.node});
    return left;
  }

  // A sum is one node with as many children as terms: a - b is a + (-b), which is the same number.
  absl::StatusOr<Piece> Sum() {
    ESSAIM_ASSIGN_OR_RETURN(Piece left, Product());
    std::vector<NodePtr> children = {left.node};
    while (Peek().kind == Token::Kind::kSymbol && (Peek().text == "+" || Peek().text == "-")) {
      const bool minus = Take().text == "-";
      ESSAIM_RETURN_IF_ERROR(Require(left, Type::kNumber));
      ESSAIM_ASSIGN_OR_RETURN(Piece right, Product());
      ESSAIM_RETURN_IF_ERROR(Require(right, Type::kNumber));
      children.push_back(minus ? MakeNode(Kind::kNegate, Type::kNumber, {right.node}) : right.node);
    }
    if (children.size() > 1) left.node = MakeNode(Kind::kAdd, Type::kNumber, std::move(children));
    return left;
  }

  absl::StatusOr<Piece> Product() {
    ESSAIM_ASSIGN_OR_RETURN(Piece left, Unary());
    std::size_t factors = 1;
    while (Peek().kind == Token::Kind::kSymbol && (Peek().text == "*" || Peek().text == "/")) {
      const Token symbol = Take();
      if (++factors > limits::kExpressionDepthMax) {
        return Fault(symbol.column, absl::StrCat("too many factors, expected at most ",
                                                 limits::kExpressionDepthMax));
      }
      ESSAIM_RETURN_IF_ERROR(Require(left, Type::kNumber));
      ESSAIM_ASSIGN_OR_RETURN(Piece right, Unary());
      ESSAIM_RETURN_IF_ERROR(Require(right, Type::kNumber));
      left.node = MakeNode(symbol.text == "*" ? Kind::kMultiply : Kind::kDivide, Type::kNumber,
                           {left.node, right.node});
    }
    return left;
  }

  absl::StatusOr<Piece> Unary() {
    const std::size_t column = Peek().column;
    bool negative = false, any = false;
    while (AcceptSymbol("-")) {
      negative = !negative;
      any = true;
    }
    ESSAIM_ASSIGN_OR_RETURN(Piece piece, Primary());
    if (!any) return piece;
    ESSAIM_RETURN_IF_ERROR(Require(piece, Type::kNumber));
    piece.column = column;
    if (negative) piece.node = MakeNode(Kind::kNegate, Type::kNumber, {piece.node});
    return piece;
  }

  absl::StatusOr<Piece> Primary() {
    const Token token = Take();
    Piece piece{nullptr, "", token.column};
    if (token.kind == Token::Kind::kNumber) {
      piece.node = MakeConstant(Type::kNumber, token.number);
      return piece;
    }
    if (token.kind == Token::Kind::kText) {
      piece.text = token.text;
      return piece;
    }
    if (token.kind == Token::Kind::kSymbol && token.text == "(") {
      ESSAIM_ASSIGN_OR_RETURN(Piece inner, Or());
      ESSAIM_RETURN_IF_ERROR(ExpectSymbol(")"));
      inner.column = token.column;
      return inner;
    }
    if (token.kind != Token::Kind::kName) {
      return Fault(token.column, absl::StrCat("unexpected ", Av(Describe(token)),
                                              ", expected a variable, a number or a 'level'"));
    }
    if (token.text == "true" || token.text == "false") {
      piece.node = MakeConstant(Type::kBoolean, token.text == "true" ? 1 : 0);
      return piece;
    }
    if (token.text == "missing") return Missing(token.column);
    if (IsReservedWord(token.text)) {
      return Fault(token.column,
                   absl::StrCat("unexpected '", token.text, "', expected a variable or a number"));
    }
    return VariableAt(token, Kind::kVariable);
  }

  absl::StatusOr<Piece> Missing(std::size_t column) {
    ESSAIM_RETURN_IF_ERROR(ExpectSymbol("("));
    const Token name = Take();
    if (name.kind != Token::Kind::kName) {
      return Fault(name.column, "expected a variable, as in missing(age)");
    }
    ESSAIM_ASSIGN_OR_RETURN(Piece piece, VariableAt(name, Kind::kMissing));
    ESSAIM_RETURN_IF_ERROR(ExpectSymbol(")"));
    piece.column = column;
    return piece;
  }

  absl::StatusOr<Piece> VariableAt(const Token& name, Kind kind) const {
    const auto index = schema_.Index(name.text);
    if (!index.ok()) {
      return Fault(name.column, std::string_view(index.status().message().data(),
                                                 index.status().message().size()));
    }
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->variable = *index;
    const VariableKind variable = schema_.variables()[*index].kind;
    node->type = kind == Kind::kMissing || variable == VariableKind::kBoolean ? Type::kBoolean
                 : variable == VariableKind::kCategory                        ? Type::kCategory
                                                                              : Type::kNumber;
    return Piece{std::move(node), "", name.column};
  }

  std::vector<Token> tokens_;
  const Schema& schema_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

bool IsReservedWord(std::string_view word) {
  return std::find(std::begin(kReserved), std::end(kReserved), word) != std::end(kReserved);
}

absl::StatusOr<NodePtr> ParseExpression(std::string_view text, const Schema& schema) {
  ESSAIM_ASSIGN_OR_RETURN(std::vector<Token> tokens, LexExpression(text));
  if (tokens.size() == 1) return MakeConstant(Type::kBoolean, 1);
  return Parser(std::move(tokens), schema).Parse();
}

}  // namespace essaim
