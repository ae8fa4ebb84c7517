// The prime field of 2^61 - 1: what Shamir's sharing is done in.
//
// Elements are below the prime. No tables and no branches on values, so that the time says nothing
// about secrets; Inverse branches on its exponent, which is public.
#pragma once

#include <cstdint>

namespace essaim::secagg {

inline constexpr std::uint64_t kFieldPrime = (std::uint64_t{1} << 61) - 1;

// a below 2^64 to a mod p.
constexpr std::uint64_t ReduceMod(std::uint64_t a) {
  a = (a & kFieldPrime) + (a >> 61);
  const std::uint64_t less = a - kFieldPrime;
  const std::uint64_t keep = 0 - (less >> 63);  // all ones if a < p
  return (a & keep) | (less & ~keep);
}

constexpr std::uint64_t AddMod(std::uint64_t a, std::uint64_t b) { return ReduceMod(a + b); }

constexpr std::uint64_t SubMod(std::uint64_t a, std::uint64_t b) {
  return ReduceMod(a + kFieldPrime - b);
}

constexpr std::uint64_t MulMod(std::uint64_t a, std::uint64_t b) {
  const unsigned __int128 wide = static_cast<unsigned __int128>(a) * b;
  return ReduceMod(static_cast<std::uint64_t>(wide & kFieldPrime) +
                   static_cast<std::uint64_t>(wide >> 61));
}

constexpr std::uint64_t InverseMod(std::uint64_t a) {  // a^(p-2); 0 for 0
  std::uint64_t result = 1;
  for (std::uint64_t e = kFieldPrime - 2; e > 0; e >>= 1) {
    if ((e & 1) != 0) result = MulMod(result, a);
    a = MulMod(a, a);
  }
  return result;
}

}  // namespace essaim::secagg
