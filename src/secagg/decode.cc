#include "secagg/decode.h"

#include <utility>

#include "base/check.h"
#include "secagg/field.h"

namespace essaim::secagg {
namespace {

using Polynomial = std::vector<std::uint64_t>;  // lowest first, no leading zero; empty is zero

void Trim(Polynomial& p) {
  while (!p.empty() && p.back() == 0) p.pop_back();
}

// p * (X - root)
Polynomial TimesLinear(const Polynomial& p, std::uint64_t root) {
  Polynomial out(p.size() + 1, 0);
  for (std::size_t i = 0; i < p.size(); ++i) {
    out[i + 1] = AddMod(out[i + 1], p[i]);
    out[i] = SubMod(out[i], MulMod(p[i], root));
  }
  return out;
}

// p / (X - root), where root is a root of p: synthetic division.
Polynomial WithoutRoot(const Polynomial& p, std::uint64_t root) {
  Polynomial out(p.size() - 1, 0);
  std::uint64_t carry = 0;
  for (std::size_t i = p.size() - 1; i > 0; --i) {
    carry = AddMod(p[i], MulMod(carry, root));
    out[i - 1] = carry;
  }
  return out;
}

// The polynomial of degree below n through all points; `all` is the product of (X - x).
Polynomial Interpolate(std::span<const std::uint64_t> xs, std::span<const std::uint64_t> ys,
                       const Polynomial& all) {
  Polynomial sum(xs.size(), 0);
  for (std::size_t i = 0; i < xs.size(); ++i) {
    const Polynomial rest = WithoutRoot(all, xs[i]);
    const std::uint64_t weight = MulMod(ys[i], InverseMod(EvaluateAt(rest, xs[i])));
    for (std::size_t k = 0; k < rest.size(); ++k) sum[k] = AddMod(sum[k], MulMod(weight, rest[k]));
  }
  Trim(sum);
  return sum;
}

// a = quotient * b + a afterwards, with deg a < deg b; b is not zero.
Polynomial DivideInPlace(Polynomial& a, const Polynomial& b) {
  if (a.size() < b.size()) return {};
  Polynomial quotient(a.size() - b.size() + 1, 0);
  const std::uint64_t inverse = InverseMod(b.back());
  for (std::size_t k = quotient.size(); k-- > 0;) {
    const std::uint64_t factor = MulMod(a[k + b.size() - 1], inverse);
    quotient[k] = factor;
    for (std::size_t i = 0; i < b.size(); ++i) a[k + i] = SubMod(a[k + i], MulMod(factor, b[i]));
  }
  Trim(a);
  return quotient;
}

// a - q * b
Polynomial MinusProduct(Polynomial a, const Polynomial& q, const Polynomial& b) {
  if (q.empty() || b.empty()) return a;
  if (a.size() < q.size() + b.size() - 1) a.resize(q.size() + b.size() - 1, 0);
  for (std::size_t i = 0; i < q.size(); ++i) {
    for (std::size_t k = 0; k < b.size(); ++k) a[i + k] = SubMod(a[i + k], MulMod(q[i], b[k]));
  }
  Trim(a);
  return a;
}

}  // namespace

std::uint64_t EvaluateAt(std::span<const std::uint64_t> coefficients, std::uint64_t x) {
  std::uint64_t value = 0;
  for (std::size_t k = coefficients.size(); k-- > 0;)
    value = AddMod(MulMod(value, x), coefficients[k]);
  return value;
}

std::optional<std::vector<std::uint64_t>> DecodePolynomial(std::span<const std::uint64_t> xs,
                                                           std::span<const std::uint64_t> ys,
                                                           std::size_t n_coefficients) {
  ESSAIM_CHECK(xs.size() == ys.size() && n_coefficients >= 1 && n_coefficients <= xs.size());
  Polynomial all{1};
  for (const std::uint64_t x : xs) all = TimesLinear(all, x);
  Polynomial above = all, below = Interpolate(xs, ys, all);
  Polynomial locator_above, locator{1};
  // Euclid's algorithm, stopped half-way: the locator then has the wrong points as its roots.
  while (!below.empty() && 2 * (below.size() - 1) >= xs.size() + n_coefficients) {
    const Polynomial quotient = DivideInPlace(above, below);
    std::swap(above, below);
    Polynomial next = MinusProduct(std::move(locator_above), quotient, locator);
    locator_above = std::exchange(locator, std::move(next));
  }
  Polynomial message = DivideInPlace(below, locator);
  if (!below.empty() || message.size() > n_coefficients) return std::nullopt;
  message.resize(n_coefficients, 0);
  return message;
}

}  // namespace essaim::secagg
