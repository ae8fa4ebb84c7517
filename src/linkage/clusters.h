// Which records are one person, from pairs that are likely to be.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace essaim::linkage {

struct Tie {
  std::uint32_t a = 0, b = 0;  // records
  double weight = 0;
};

// Takes ties by falling weight (equal weights by record) and joins the groups of the two unless
// `may_join` says that their union would be no person: two records of a site that has each person
// once, two different identifiers. With one record a site in a group this is a one-to-one
// assignment, the greedy one. Gives each record its group: the smallest record in it.
std::vector<std::uint32_t> Clusters(
    std::size_t n_records, std::vector<Tie> ties,
    const std::function<bool(std::span<const std::uint32_t>, std::span<const std::uint32_t>)>&
        may_join);

}  // namespace essaim::linkage
