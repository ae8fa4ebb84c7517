#include "math/gram.h"

#include <cstring>

namespace essaim {
namespace {

// The same source for processors with wide registers, chosen when the program starts. Sanitizers
// cannot run before that choice.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    !defined(__clang__)
#define ESSAIM_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define ESSAIM_WIDE
#endif
#define ESSAIM_INLINE inline __attribute__((always_inline))

// Four lanes: two registers of SSE2, one of AVX. The lanes fix the order of the additions, so the
// result does not depend on what the compiler makes of it, nor on the processor.
using Lanes = double __attribute__((vector_size(32)));

ESSAIM_INLINE void Load(const double* from, Lanes& to) { std::memcpy(&to, from, sizeof(Lanes)); }

ESSAIM_INLINE double Total(const Lanes& v) { return (v[0] + v[1]) + (v[2] + v[3]); }

// a . b[0..3], four columns `stride` apart: each value of `a` is loaded once.
ESSAIM_INLINE void Dot4(const double* a, const double* b, std::size_t stride, std::size_t n,
                        double* out) {
  Lanes s0{}, s1{}, s2{}, s3{};
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    Lanes x, y0, y1, y2, y3;
    Load(a + i, x);
    Load(b + i, y0);
    Load(b + stride + i, y1);
    Load(b + 2 * stride + i, y2);
    Load(b + 3 * stride + i, y3);
    s0 += x * y0;
    s1 += x * y1;
    s2 += x * y2;
    s3 += x * y3;
  }
  double t0 = Total(s0), t1 = Total(s1), t2 = Total(s2), t3 = Total(s3);
  for (; i < n; ++i) {
    t0 += a[i] * b[i];
    t1 += a[i] * b[stride + i];
    t2 += a[i] * b[2 * stride + i];
    t3 += a[i] * b[3 * stride + i];
  }
  out[0] += t0;
  out[1] += t1;
  out[2] += t2;
  out[3] += t3;
}

ESSAIM_INLINE void Dot1(const double* a, const double* b, std::size_t n, double* out) {
  Lanes s{};
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    Lanes x, y;
    Load(a + i, x);
    Load(b + i, y);
    s += x * y;
  }
  double t = Total(s);
  for (; i < n; ++i) t += a[i] * b[i];
  *out += t;
}

ESSAIM_INLINE void DotAll(const double* a, const double* columns, std::size_t count, std::size_t n,
                          double* out) {
  std::size_t k = 0;
  for (; k + 4 <= count; k += 4) Dot4(a, columns + k * n, n, n, out + k);
  for (; k < count; ++k) Dot1(a, columns + k * n, n, out + k);
}

}  // namespace

ESSAIM_WIDE void AddWeightedGram(std::span<const double> columns, std::size_t p,
                                 std::span<const double> weights, std::span<double> scratch,
                                 std::span<double> packed) {
  const std::size_t n = weights.size();
  for (std::size_t j = 0; j < p; ++j) {
    const double* const x = columns.data() + j * n;
    for (std::size_t i = 0; i < n; ++i) scratch[i] = weights[i] * x[i];
    DotAll(scratch.data(), columns.data(), j + 1, n, packed.data() + j * (j + 1) / 2);
  }
}

ESSAIM_WIDE void AddTransposed(std::span<const double> columns, std::size_t p,
                               std::span<const double> r, std::span<double> out) {
  DotAll(r.data(), columns.data(), p, r.size(), out.data());
}

}  // namespace essaim
