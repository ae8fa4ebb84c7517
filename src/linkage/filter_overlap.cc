#include "linkage/filter_overlap.h"

namespace essaim::linkage {
namespace {

// The same source with the processor's own count of bits, chosen when the program starts; without
// it a count is a dozen operations. Sanitizers cannot run before that choice. Wider registers do
// not help: a filter is four words, and the next one lies elsewhere.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    !defined(__clang__)
#define ESSAIM_POPCOUNT __attribute__((target_clones("popcnt", "default")))
#else
#define ESSAIM_POPCOUNT
#endif

}  // namespace

ESSAIM_POPCOUNT Overlap OverlapOf(const Filter& a, const Filter& b) {
  Overlap overlap;
  for (std::size_t i = 0; i < kFilterWords; ++i) {
    overlap.n_a += static_cast<std::uint32_t>(__builtin_popcountll(a[i]));
    overlap.n_b += static_cast<std::uint32_t>(__builtin_popcountll(b[i]));
    overlap.n_both += static_cast<std::uint32_t>(__builtin_popcountll(a[i] & b[i]));
  }
  return overlap;
}

}  // namespace essaim::linkage
