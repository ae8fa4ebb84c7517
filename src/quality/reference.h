// The population that a site should stand for, by sex, age and region, and how far the site is from
// it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "quality/figure.h"
#include "warehouse/sql_engine.h"

namespace essaim {

// Whoever has the sex, the age in completed calendar years and the region.
struct Stratum {
  std::string name;              // "F 40-59 Bretagne"
  char sex = 0;                  // 'F', 'M'; 0: any
  int age_from = 0, age_to = 0;  // both included; kAgeMax: no upper end
  // As in a field of LOCATION: state, county, city, country_source_value or location_source_value,
  // whatever the case; digits are the beginning of a zip. Empty: any.
  std::string region;
  double share = 0;  // of the population, 0 to 1
};

inline constexpr int kAgeMax = 999;
inline constexpr std::size_t kStrataMax = 5'000;
inline constexpr std::size_t kRegionsMax = 500;

// "F 40-59", "M 80+", "F 40-59 Bretagne". kInvalidArgument.
absl::StatusOr<Stratum> ParseStratum(std::string_view name, double share);

// A CSV file with the columns stratum,share, or share and any of sex,age_from,age_to,region (an
// empty cell: any). kInvalidArgument with file and line: a cell that is none, strata that share
// persons, shares that come to more than 1.
absl::StatusOr<std::vector<Stratum>> ReadReference(const std::string& path);

struct StratumFigures {
  Stratum stratum;
  double n_persons = 0, share = 0;     // at the site
  double coverage = 0;                 // share at the site over the reference's
  double standardised_difference = 0;  // (p - q) / sqrt((p (1 - p) + q (1 - q)) / 2), Austin 2009
  double log_disparity = 0;            // log of the odds over the reference's (Qi et al. 2021)
};

struct Representation {
  std::vector<StratumFigures> strata;  // those of the reference, in its order
  double n_persons = 0;                // all, whichever stratum
};

// `as_of`: YYYY-MM-DD.
absl::StatusOr<Representation> RepresentationOf(SqlEngine& engine,
                                                const std::vector<Stratum>& reference,
                                                const std::string& as_of);

// R1, R2, R3, R5, R6. Cramér's V is that of the goodness of fit, sqrt(chi2 / (n (k - 1))); odds
// have half a person added, so that an empty stratum has a finite disparity.
std::vector<Figure> FiguresOf(const Representation& representation);

}  // namespace essaim
