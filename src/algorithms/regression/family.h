// Families and links of generalised linear models, with R's own guards at the ends of their ranges,
// so that iterations equal glm.fit()'s step for step.
//
// Pure values; may run concurrently.
// Reference: McCullagh and Nelder (1989), Generalized Linear Models; R 4.2.2 stats/R/family.R and
// stats/src/family.c.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace essaim::regression {

enum class Family { kGaussian, kBinomial, kPoisson, kGamma };
enum class Link { kIdentity, kLogit, kProbit, kCloglog, kLog, kInverse };

std::string_view NameOf(Family family);
std::string_view NameOf(Link link);
std::vector<std::string> FamilyNames();
std::vector<std::string> LinkNames();

// The family of that name with that link, or its default link if `link` is empty.
// kInvalidArgument if the family does not have the link here.
struct FamilyAndLink {
  Family family = Family::kGaussian;
  Link link = Link::kIdentity;
};

absl::StatusOr<FamilyAndLink> ParseFamily(std::string_view family, std::string_view link);

double LinkOf(Link link, double mu);        // eta
double InverseLink(Link link, double eta);  // mu
double MuEta(Link link, double eta);        // d mu / d eta
double Variance(Family family, double mu);
// One observation's share of the deviance, without its weight.
double UnitDeviance(Family family, double y, double mu);
// R's starting mean.
double MuStart(Family family, double y, double weight);
// Largest prior-weight-free working weight and |working weight x residual| of binomial links.
double BinomialWeightBound(Link link);
double BinomialScoreBound(Link link);

}  // namespace essaim::regression
