// Distribution functions: normal, Student t, chi-squared, F, and the logarithm of gamma.
//
// Relative error below 1e-14 in the body and below 1e-12 in tails as small as 1e-300: upper tails
// are computed as such and never as 1 - cdf. NaN in, or a parameter out of its range, gives NaN.
// Pure functions; may run concurrently.
// Reference: Loader (2000), "Fast and accurate computation of binomial probabilities"; Wichura
// (1988), AS 241; Lentz's continued fractions as in DiDonato and Morris (1992), TOMS 708.
#pragma once

namespace essaim {

double LogGamma(double x);  // x > 0

double NormalDensity(double x);
double NormalCdf(double x);
double NormalUpper(double x);     // P(Z > x)
double NormalQuantile(double p);  // p in [0, 1]; -inf and +inf at the ends

double StudentTCdf(double t, double df);       // df > 0
double StudentTUpper(double t, double df);     // P(T > t)
double StudentTQuantile(double p, double df);  // p in [0, 1]

double ChiSquaredUpper(double x, double df);      // P(X > x), df > 0
double FUpper(double f, double df1, double df2);  // P(F > f), df1, df2 > 0

double GammaUpper(double a, double x);           // regularised incomplete gamma Q(a, x)
double BetaLower(double x, double a, double b);  // regularised incomplete beta I_x(a, b)

}  // namespace essaim
