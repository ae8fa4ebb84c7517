#include "math/distributions.h"

#include <cmath>
#include <limits>

namespace essaim {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr double kTiny = 1e-300;
constexpr double kLogSqrt2Pi = 0.918938533204672741780329736406;
constexpr double kTwoPi = 6.283185307179586476925286766559;
constexpr int kIterationsMax = 200'000;

// log(n!) - log(Stirling's formula for n!): Loader's delta(n).
double StirlingError(double n) {
  if (n < 16) return LogGamma(n + 1) - (n + 0.5) * std::log(n) + n - kLogSqrt2Pi;
  const double nn = n * n;
  return (1.0 / 12 -
          (1.0 / 360 -
           (1.0 / 1260 - (1.0 / 1680 - (1.0 / 1188 - 691.0 / 360360 / nn) / nn) / nn) / nn) /
              nn) /
         n;
}

// x log(x / m) + m - x without cancellation for x near m: Loader's D0.
double Deviance(double x, double m) {
  if (std::fabs(x - m) < 0.1 * (x + m)) {
    const double v = (x - m) / (x + m);
    double s = (x - m) * v;
    double ej = 2 * x * v;
    const double vv = v * v;
    for (int j = 1; j < 1000; ++j) {
      ej *= vv;
      const double next = s + ej / (2 * j + 1);
      if (next == s) return next;
      s = next;
    }
  }
  return x * std::log(x / m) + m - x;
}

// x^a exp(-x) / Gamma(a + 1).
double PoissonWeight(double a, double x) {
  if (a < 1e-8) return std::exp(a * std::log(x) - x - LogGamma(a + 1));
  return std::exp(-StirlingError(a) - Deviance(a, x)) / std::sqrt(kTwoPi * a);
}

// x^a y^b / (a B(a, b)) with x + y = 1, both given so that neither is rounded.
double BetaWeight(double x, double y, double a, double b) {
  const double n = a + b;
  if (a < 1e-8 || b < 1e-8) {
    return std::exp(a * std::log(x) + b * std::log(y) + LogGamma(n) - LogGamma(a) - LogGamma(b)) /
           a;
  }
  const double log_part = StirlingError(n) - StirlingError(a) - StirlingError(b) -
                          Deviance(a, n * x) - Deviance(b, n * y);
  return std::exp(log_part) * std::sqrt(n / (kTwoPi * a * b)) * (b / n);
}

double GammaSeries(double a, double x) {  // P(a, x) for x < a + 1
  double term = 1, sum = 1;
  for (int n = 1; n < kIterationsMax && term > sum * kEps * 0.25; ++n) {
    term *= x / (a + n);
    sum += term;
  }
  return PoissonWeight(a, x) * sum;
}

double GammaFraction(double a, double x) {  // Q(a, x) for x >= a + 1
  double b = x + 1 - a;
  double c = 1 / kTiny;
  double d = 1 / b;
  double h = d;
  for (int i = 1; i < kIterationsMax; ++i) {
    const double an = -i * (i - a);
    b += 2;
    d = an * d + b;
    if (std::fabs(d) < kTiny) d = kTiny;
    c = b + an / c;
    if (std::fabs(c) < kTiny) c = kTiny;
    d = 1 / d;
    const double step = d * c;
    h *= step;
    if (std::fabs(step - 1) < kEps) break;
  }
  return PoissonWeight(a, x) * a * h;
}

// I_x(a, b) by the continued fraction of TOMS 708 (bfrac), whose terms have no cancellation for
// x near 1; for x <= (a + 1) / (a + b + 2).
double BetaFraction(double x, double y, double a, double b) {
  const double lambda = a > b ? (a + b) * y - b : a - (a + b) * x;
  const double c = lambda + 1;
  const double c0 = b / a;
  const double c1 = 1 / a + 1;
  double p = 1, s = a + 1, an = 0, bn = 1, anp1 = 1, bnp1 = c / c1, r = c1 / c;
  for (int n = 1; n < kIterationsMax; ++n) {
    const double t = n / a;
    const double w = n * (b - n) * x;
    const double e = a / s;
    const double alpha = p * (p + c0) * e * e * (w * x);
    const double beta = n + w / s + (t + 1) / (c1 + t + t) * (c + n * (y + 1));
    p = t + 1;
    s += 2;
    const double a_next = alpha * an + beta * anp1;
    const double b_next = alpha * bn + beta * bnp1;
    const double before = r;
    r = a_next / b_next;
    if (std::fabs(r - before) <= kEps * r) break;
    an = anp1 / b_next;
    bn = bnp1 / b_next;
    anp1 = r;
    bnp1 = 1;
  }
  return BetaWeight(x, y, a, b) * a * r;
}

double BetaOf(double x, double y, double a, double b) {  // I_x(a, b), x + y = 1
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  if (x <= (a + 1) / (a + b + 2)) return BetaFraction(x, y, a, b);
  return 1 - BetaFraction(y, x, b, a);
}

// P(|T| > t): the small one of the two tails' sums, t >= 0.
double StudentTwoSided(double t, double df) {
  const double tt = t * t;
  if (!std::isfinite(tt)) {
    // t^2 overflows: the leading term of the tail, in logarithms.
    if (!std::isfinite(t)) return 0;
    const double log_x = std::log(df) - 2 * std::log(t);
    const double a = df / 2;
    return std::exp(a * log_x + LogGamma(a + 0.5) - LogGamma(a) - LogGamma(0.5)) / a;
  }
  return BetaOf(df / (df + tt), tt / (df + tt), df / 2, 0.5);
}

double StudentDensity(double t, double df) {
  const double half = df / 2;
  return std::exp(LogGamma(half + 0.5) - LogGamma(half) - 0.5 * std::log(df * kTwoPi / 2) -
                  (half + 0.5) * std::log1p(t * t / df));
}

// Wichura (1988), "Algorithm AS 241", Applied Statistics 37: three rational approximations, in the
// middle of q = p - 1/2, in the tails and the far tails of r = sqrt(-log of the smaller tail).
double QuantileInMiddle(double q) {
  const double r = 0.180625 - q * q;
  const double num =
      (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r +
           45921.953931549871457) *
              r +
          13731.693765509461125) *
             r +
         1971.5909503065514427) *
            r +
        133.14166789178437745) *
           r +
       3.387132872796366608);
  const double den =
      (((((((5226.495278852854561 * r + 28729.085735721942674) * r + 39307.89580009271061) * r +
           21213.794301586595867) *
              r +
          5394.1960214247511077) *
             r +
         687.1870074920579083) *
            r +
        42.313330701600911252) *
           r +
       1);
  return q * num / den;
}

double QuantileInTail(double r) {
  r -= 1.6;
  return (((((((7.7454501427834140764e-4 * r + .0227238449892691845833) * r +
               .24178072517745061177) *
                  r +
              1.27045825245236838258) *
                 r +
             3.64784832476320460504) *
                r +
            5.7694972214606914055) *
               r +
           4.6303378461565452959) *
              r +
          1.42343711074968357734) /
         (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r +
               .0151986665636164571966) *
                  r +
              .14810397642748007459) *
                 r +
             .68976733498510000455) *
                r +
            1.6763848301838038494) *
               r +
           2.05319162663775882187) *
              r +
          1);
}

double QuantileInFarTail(double r) {
  r -= 5;
  return (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r +
               .0012426609473880784386) *
                  r +
              .026532189526576123093) *
                 r +
             .29656057182850489123) *
                r +
            1.7848265399172913358) *
               r +
           5.4637849111641143699) *
              r +
          6.6579046435011037772) /
         (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r +
               1.8463183175100546818e-5) *
                  r +
              7.868691311456132591e-4) *
                 r +
             .0148753612908506148525) *
                r +
            .13692988092273580531) *
               r +
           .59983220655588793769) *
              r +
          1);
}

}  // namespace

double LogGamma(double x) {
  if (!(x > 0)) return kNan;
  int sign = 0;
  return ::lgamma_r(x, &sign);  // std::lgamma writes a global
}

double NormalDensity(double x) { return std::exp(-0.5 * x * x) * 0.398942280401432677939946059934; }

double NormalCdf(double x) { return NormalUpper(-x); }

double NormalUpper(double x) {
  // erfc is steep in its tail, so the rounding of x / sqrt(2) is put back to first order.
  constexpr double kHi = 0.70710678118654757;
  constexpr double kLo = -4.8336466567264567e-17;
  const double t = x * kHi;
  const double rest = std::fma(x, kHi, -t) + x * kLo;
  const double tail = std::erfc(t);
  if (!std::isfinite(t) || tail == 0) return 0.5 * tail;
  return 0.5 * (tail - 1.1283791670955126 * std::exp(-t * t) * rest);
}

double NormalQuantile(double p) {
  if (!(p >= 0 && p <= 1)) return kNan;
  if (p == 0) return -kInf;
  if (p == 1) return kInf;
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) return QuantileInMiddle(q);
  const double r = std::sqrt(-std::log(q < 0 ? p : 1 - p));
  const double x = r <= 5 ? QuantileInTail(r) : QuantileInFarTail(r);
  return q < 0 ? -x : x;
}

double StudentTUpper(double t, double df) {
  if (std::isnan(t) || !(df > 0)) return kNan;
  if (df > 1e14) return NormalUpper(t);
  const double both = StudentTwoSided(std::fabs(t), df);
  return t > 0 ? 0.5 * both : 1 - 0.5 * both;
}

double StudentTCdf(double t, double df) { return StudentTUpper(-t, df); }

double StudentTQuantile(double p, double df) {
  if (!(p >= 0 && p <= 1) || !(df > 0)) return kNan;
  if (p == 0.5) return 0;
  if (p == 0) return -kInf;
  if (p == 1) return kInf;
  if (df > 1e14) return NormalQuantile(p);
  // The upper tail's log is nearly linear in log t, so Newton runs there, inside a bracket.
  const double tail = p < 0.5 ? p : 1 - p;
  double low = 0, high = 1;
  while (StudentTUpper(high, df) > tail && high < 1e150) {
    low = high;
    high *= 2;
  }
  double t = 0.5 * (low + high);
  for (int i = 0; i < 200; ++i) {
    const double at = StudentTUpper(t, df);
    if (at > tail) {
      low = t;
    } else {
      high = t;
    }
    const double slope = StudentDensity(t, df);
    double next = slope > 0 ? t * std::exp(at * std::log(at / tail) / (t * slope)) : kNan;
    if (tail > 0.2 && slope > 0) next = t + (at - tail) / slope;
    if (!(next >= low && next <= high)) next = 0.5 * (low + high);
    if (std::fabs(next - t) <= 0.5 * kEps * t || next == t) {
      t = next;
      break;
    }
    t = next;
  }
  return p < 0.5 ? -t : t;
}

double GammaUpper(double a, double x) {
  if (std::isnan(x) || !(a > 0)) return kNan;
  if (x <= 0) return 1;
  if (!std::isfinite(x)) return 0;
  return x < a + 1 ? 1 - GammaSeries(a, x) : GammaFraction(a, x);
}

double ChiSquaredUpper(double x, double df) { return GammaUpper(df / 2, x / 2); }

double BetaLower(double x, double a, double b) {
  if (!(x >= 0 && x <= 1) || !(a > 0) || !(b > 0)) return kNan;
  return BetaOf(x, 1 - x, a, b);
}

double FUpper(double f, double df1, double df2) {
  if (std::isnan(f) || !(df1 > 0) || !(df2 > 0)) return kNan;
  if (f <= 0) return 1;
  const double a = df1 * f;
  if (!std::isfinite(a)) return 0;
  return BetaOf(df2 / (df2 + a), a / (df2 + a), df2 / 2, df1 / 2);
}

}  // namespace essaim
