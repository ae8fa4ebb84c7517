// Reed-Solomon decoding over the field of 2^61 - 1: the polynomial behind shares of which some are
// wrong.
//
// Source: Gao (2003), "A New Algorithm for Decoding Reed-Solomon Codes", in Communications,
// Information and Network Security, Springer. O(n^2) time. Runs where the secret is about to be
// known, so its time may depend on the values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace essaim::secagg {

// The `n_coefficients` coefficients, lowest first, of the one polynomial that agrees with all but
// at most (n - n_coefficients) / 2 of the n points; nullopt if there is none. The xs are distinct,
// everything is below the prime, and 1 <= n_coefficients <= n.
std::optional<std::vector<std::uint64_t>> DecodePolynomial(std::span<const std::uint64_t> xs,
                                                           std::span<const std::uint64_t> ys,
                                                           std::size_t n_coefficients);

// Its value at x.
std::uint64_t EvaluateAt(std::span<const std::uint64_t> coefficients, std::uint64_t x);

}  // namespace essaim::secagg
