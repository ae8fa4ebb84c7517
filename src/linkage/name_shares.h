// How common a record's name is: two Quessadas who agree in their name say more than two Nguyens.
//
// Newcombe, Kennedy, Axford & James (Science 130, 1959) and Winkler, "Frequency-based matching in
// Fellegi-Sunter model of record linkage" (1989): where a name agrees, the probability that two
// different persons agree in *this* name stands in the place of the one that they agree in some.
// For the name v it is its share f_v of the persons. The share is counted among the records; of
// few records it is drawn towards what names have in general, by a beta distribution of the shares
// whose mean and variance are those of the counts (the mean of a posterior: a name that nobody
// else has may still not be rare).
//
// Encodings are counted among the records of their group, whose filters alone can be compared: what
// the matcher sees anyhow, and nothing is sent for it. The larger the sites, the more it says.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

namespace essaim::linkage {

class NameShares {
 public:
  struct Name {
    std::uint64_t key = 0;    // equal for equal names; 0: missing
    std::uint64_t group = 0;  // names are counted among the records of one
  };

  using Names = std::function<Name(bool second, std::size_t i)>;

  // Of two lists, or of one where `n_b` is 0.
  NameShares(std::size_t n_a, std::size_t n_b, const Names& names);

  // The share of the other records that have the name, in (0, 1), when two records (of the two
  // lists or of the one) have it: both are left out. 1 for a name that no record has.
  double Of(const Name& name) const;

 private:
  std::unordered_map<std::uint64_t, std::uint32_t> counts_;  // by name and group
  std::unordered_map<std::uint64_t, std::uint32_t> sizes_;   // of groups: records with a name
  // The beta distribution of the share of the name of a record drawn at random: alpha, and alpha +
  // beta.
  double alpha_ = 1, total_ = 1;
};

}  // namespace essaim::linkage
