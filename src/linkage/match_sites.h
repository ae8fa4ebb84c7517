// What the matcher does: encodings of two or more sites in, each site's own links out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "linkage/encoding_file.h"
#include "linkage/linker.h"

namespace essaim::linkage {

struct SitePairReport {
  std::string a, b;
  std::uint64_t n_compared = 0, n_all = 0;
  double n_matches = 0;  // as the model estimates them
  std::size_t n_linked = 0;
  std::size_t n_uncertain = 0;  // left apart: a person would have to look, and nobody can
};

struct MatchReport {
  std::vector<LinksFile> links;  // one a site, in the order of the files
  std::vector<SitePairReport> pairs;
  std::size_t n_shared = 0;  // persons at more than one site
};

// A person has one record at a site. Which site counts a person first is drawn by chance for each.
// kInvalidArgument: fewer than two files, a site twice, other projects or secrets.
absl::StatusOr<MatchReport> MatchSites(const std::vector<EncodingFile>& files, Entropy& entropy,
                                       double probability_least = kLinkProbability);

}  // namespace essaim::linkage
