#include "study/expression_lexer.h"

#include <charconv>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace essaim {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

absl::Status Fault(std::size_t at, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("column ", at + 1, ": ", Av(what)));
}

// 'text' with '' for a quote inside. Moves `at` past it.
absl::StatusOr<std::string> LexText(std::string_view text, std::size_t& at) {
  const std::size_t start = at;
  std::string value;
  for (++at; at < text.size(); ++at) {
    if (text[at] != '\'') {
      value += text[at];
    } else if (at + 1 < text.size() && text[at + 1] == '\'') {
      value += text[at++];
    } else {
      ++at;
      return value;
    }
  }
  return Fault(start, "this text is not closed, expected a ' at its end");
}

absl::StatusOr<double> LexNumber(std::string_view text, std::size_t& at) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), value);
  const std::size_t start = at;
  at = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || !std::isfinite(value) ||
      (at < text.size() && IsNameStart(text[at]))) {
    return Fault(start, "not a number, expected digits such as 18 or 0.5");
  }
  return value;
}

absl::StatusOr<std::string> LexSymbol(std::string_view text, std::size_t& at) {
  static constexpr std::string_view kDouble[] = {"==", "!=", "<=", ">="};
  for (std::string_view symbol : kDouble) {
    if (text.substr(at, 2) == symbol) {
      at += 2;
      return std::string(symbol);
    }
  }
  const char c = text[at];
  if (std::string_view("<>()+-*/,").find(c) != std::string_view::npos) {
    ++at;
    return std::string(1, c);
  }
  if (c == '=') return Fault(at, "'=' is not a comparison, expected ==");
  if (c == '"') return Fault(at, "texts are written in single quotes, expected 'level'");
  if (c == '&') return Fault(at, "'&' is not an operator, expected and");
  if (c == '|') return Fault(at, "'|' is not an operator, expected or");
  if (c == '!') return Fault(at, "'!' is not an operator, expected not or !=");
  return Fault(at, "unexpected character, expected a variable, a number or an operator");
}

}  // namespace

absl::StatusOr<std::vector<ExpressionToken>> LexExpression(std::string_view text) {
  using Kind = ExpressionToken::Kind;
  if (text.size() > limits::kStudyBytesMax) return Fault(0, "the condition is too long");
  std::vector<ExpressionToken> tokens;
  std::size_t at = 0;
  while (true) {
    while (at < text.size() && IsSpace(text[at])) ++at;
    ExpressionToken token;
    token.column = at + 1;
    if (at == text.size()) {
      tokens.push_back(std::move(token));
      return tokens;
    }
    const char c = text[at];
    if (IsNameStart(c)) {
      const std::size_t start = at;
      while (at < text.size() && (IsNameStart(text[at]) || IsDigit(text[at]))) ++at;
      token.kind = Kind::kName;
      token.text = text.substr(start, at - start);
    } else if (IsDigit(c) || (c == '.' && at + 1 < text.size() && IsDigit(text[at + 1]))) {
      token.kind = Kind::kNumber;
      ESSAIM_ASSIGN_OR_RETURN(token.number, LexNumber(text, at));
    } else if (c == '\'') {
      token.kind = Kind::kText;
      ESSAIM_ASSIGN_OR_RETURN(token.text, LexText(text, at));
    } else {
      token.kind = Kind::kSymbol;
      ESSAIM_ASSIGN_OR_RETURN(token.text, LexSymbol(text, at));
    }
    tokens.push_back(std::move(token));
  }
}

}  // namespace essaim
