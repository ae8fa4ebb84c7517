// Sums in rings, sixteen bytes at a time: the hub's inner loop over every site's vector. Written
// with vector types because gcc 12 does not vectorise it at -O2, and without intrinsics because
// memory, not arithmetic, is what it waits for.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "base/check.h"

namespace essaim::secagg {

// a[i] += b[i] mod 2^(8 sizeof T) for i < n.
template <typename T>
void AddWords(T* a, const T* b, std::size_t n) {
  std::size_t i = 0;
  if constexpr (sizeof(T) < 16) {
    typedef T Words __attribute__((vector_size(64)));  // four additions in flight
    constexpr std::size_t kLanes = 64 / sizeof(T);
    for (; i + kLanes <= n; i += kLanes) {
      Words x, y;
      std::memcpy(&x, a + i, sizeof x);
      std::memcpy(&y, b + i, sizeof y);
      x += y;
      std::memcpy(a + i, &x, sizeof x);
    }
  }
  for (; i < n; ++i) a[i] += b[i];
}

// a[i] += b[i] + c[i] + d[i] + e[i]
template <typename T>
void AddFourWords(T* a, const T* b, const T* c, const T* d, const T* e, std::size_t n) {
  std::size_t i = 0;
  if constexpr (sizeof(T) < 16) {
    typedef T Words __attribute__((vector_size(64)));
    constexpr std::size_t kLanes = 64 / sizeof(T);
    for (; i + kLanes <= n; i += kLanes) {
      Words w[5];
      std::memcpy(&w[0], a + i, sizeof w[0]);
      std::memcpy(&w[1], b + i, sizeof w[0]);
      std::memcpy(&w[2], c + i, sizeof w[0]);
      std::memcpy(&w[3], d + i, sizeof w[0]);
      std::memcpy(&w[4], e + i, sizeof w[0]);
      w[0] += (w[1] + w[2]) + (w[3] + w[4]);
      std::memcpy(a + i, &w[0], sizeof w[0]);
    }
  }
  for (; i < n; ++i) a[i] += b[i] + c[i] + d[i] + e[i];
}

// Equal lengths, or a programmer fault.
template <typename T>
void AddWords(std::vector<T>& a, const std::vector<T>& b) {
  ESSAIM_CHECK(a.size() == b.size());
  AddWords(a.data(), b.data(), a.size());
}

// a[i] += v[i] for every v, tile by tile, so that `a` stays in cache and each v is read from memory
// once: what the hub's sum costs is then the reading of what the sites sent. Four vectors at a
// time, because one stream alone does not keep the memory busy. Equal lengths, or a programmer
// fault.
template <typename T>
void AddManyWords(std::vector<T>& a, std::span<const std::vector<T>* const> vs) {
  constexpr std::size_t kTile = 16 * 1024 / sizeof(T);
  for (const std::vector<T>* v : vs) ESSAIM_CHECK(v->size() == a.size());
  for (std::size_t at = 0; at < a.size(); at += kTile) {
    const std::size_t n = std::min(kTile, a.size() - at);
    T* const out = a.data() + at;
    std::size_t i = 0;
    for (; i + 4 <= vs.size(); i += 4) {
      AddFourWords(out, vs[i]->data() + at, vs[i + 1]->data() + at, vs[i + 2]->data() + at,
                   vs[i + 3]->data() + at, n);
    }
    for (; i < vs.size(); ++i) AddWords(out, vs[i]->data() + at, n);
  }
}

}  // namespace essaim::secagg
