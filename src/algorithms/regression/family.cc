#include "algorithms/regression/family.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "math/distributions.h"

namespace essaim::regression {
namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr double kLogitMax = 30;                   // R: THRESH in family.c
constexpr double kProbitMax = 8.1258906647190030;  // R: -qnorm(.Machine$double.eps)

constexpr std::array<std::string_view, 4> kFamilies = {"gaussian", "binomial", "poisson", "gamma"};
constexpr std::array<std::string_view, 6> kLinks = {"identity", "logit", "probit",
                                                    "cloglog",  "log",   "inverse"};

// y log(y / mu), 0 at y = 0.
double YLogY(double y, double mu) { return y != 0 ? y * std::log(y / mu) : 0; }

}  // namespace

std::string_view NameOf(Family family) { return kFamilies[static_cast<std::size_t>(family)]; }

std::string_view NameOf(Link link) { return kLinks[static_cast<std::size_t>(link)]; }

std::vector<std::string> FamilyNames() { return {kFamilies.begin(), kFamilies.end()}; }

std::vector<std::string> LinkNames() { return {kLinks.begin(), kLinks.end()}; }

absl::StatusOr<FamilyAndLink> ParseFamily(std::string_view family, std::string_view link) {
  using enum Link;
  const std::array<std::vector<Link>, 4> allowed = {
      std::vector<Link>{kIdentity}, {kLogit, kProbit, kCloglog}, {kLog}, {kInverse, kLog}};
  for (std::size_t f = 0; f < kFamilies.size(); ++f) {
    if (kFamilies[f] != family) continue;
    for (const Link l : allowed[f]) {
      if (link.empty() || NameOf(l) == link) return FamilyAndLink{static_cast<Family>(f), l};
    }
    std::string names;
    for (const Link l : allowed[f])
      absl::StrAppend(&names, names.empty() ? "" : ", ", Av(NameOf(l)));
    return absl::InvalidArgumentError(absl::StrCat("family ", Av(family), " has the links ", names,
                                                   " here, not '", Av(link), "'"));
  }
  return absl::InvalidArgumentError(absl::StrCat("no family '", Av(family), "'"));
}

double LinkOf(Link link, double mu) {
  switch (link) {
    case Link::kIdentity:
      return mu;
    case Link::kLogit:
      return std::log(mu / (1 - mu));
    case Link::kProbit:
      return NormalQuantile(mu);
    case Link::kCloglog:
      return std::log(-std::log1p(-mu));
    case Link::kLog:
      return std::log(mu);
    case Link::kInverse:
      return 1 / mu;
  }
  return mu;
}

double InverseLink(Link link, double eta) {
  switch (link) {
    case Link::kIdentity:
      return eta;
    case Link::kLogit: {
      const double e = eta < -kLogitMax ? kEps : eta > kLogitMax ? 1 / kEps : std::exp(eta);
      return e / (1 + e);
    }
    case Link::kProbit:
      return NormalCdf(std::clamp(eta, -kProbitMax, kProbitMax));
    case Link::kCloglog:
      return std::clamp(-std::expm1(-std::exp(eta)), kEps, 1 - kEps);
    case Link::kLog:
      return std::max(std::exp(eta), kEps);
    case Link::kInverse:
      return 1 / eta;
  }
  return eta;
}

double MuEta(Link link, double eta) {
  switch (link) {
    case Link::kIdentity:
      return 1;
    case Link::kLogit: {
      if (std::fabs(eta) > kLogitMax) return kEps;
      const double e = std::exp(eta);
      return e / ((1 + e) * (1 + e));
    }
    case Link::kProbit:
      return std::max(NormalDensity(eta), kEps);
    case Link::kCloglog: {
      const double e = std::exp(std::min(eta, 700.0));
      return std::max(e * std::exp(-e), kEps);
    }
    case Link::kLog:
      return std::max(std::exp(eta), kEps);
    case Link::kInverse:
      return -1 / (eta * eta);
  }
  return 1;
}

double Variance(Family family, double mu) {
  switch (family) {
    case Family::kGaussian:
      return 1;
    case Family::kBinomial:
      return mu * (1 - mu);
    case Family::kPoisson:
      return mu;
    case Family::kGamma:
      return mu * mu;
  }
  return 1;
}

double UnitDeviance(Family family, double y, double mu) {
  switch (family) {
    case Family::kGaussian:
      return (y - mu) * (y - mu);
    case Family::kBinomial:
      return 2 * (YLogY(y, mu) + YLogY(1 - y, 1 - mu));
    case Family::kPoisson:
      return 2 * (YLogY(y, mu) - (y - mu));
    case Family::kGamma:
      return -2 * (std::log(y / mu) - (y - mu) / mu);
  }
  return 0;
}

double MuStart(Family family, double y, double weight) {
  if (family == Family::kBinomial) return (weight * y + 0.5) / (weight + 1);
  return family == Family::kPoisson ? y + 0.1 : y;
}

double BinomialWeightBound(Link link) { return link == Link::kLogit ? 0.2501 : 0.66; }

double BinomialScoreBound(Link link) {
  if (link == Link::kLogit) return 1.01;
  return link == Link::kProbit ? 8.5 : 40;
}

}  // namespace essaim::regression
