// One thread's share of a secure sum in the ring of 2^32: a client's masking and the hub's sum and
// unmasking, beside what they cannot be faster than on this machine in this run.
//
//   client floor   n * d * 4 bytes / the rate of the stream cipher alone, in the cache
//   hub sum floor  n * d * 4 bytes / the rate of reading and adding a vector that is in memory
//   unmask floor   as the client's: n streams
//
// To hold: client and unmasking at most 1.5 times the floor, hub sum at most 2 times, the portable
// path at most 3 times its own. `--quick` leaves out the vectors of ten million elements.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "crypto/mask.h"
#include "secagg/add_words.h"
#include "secagg/packed.h"

namespace {

using essaim::crypto::MaskKernel;
using essaim::crypto::MaskSign;
using essaim::crypto::SignedMaskKey;
using essaim::secagg::PackedCodec;
using essaim::secagg::PackedVector;
using Words = std::vector<std::uint32_t>;

constexpr double kGiga = 1e9;
constexpr std::size_t kSitesMost = 64;

// The best of several runs, in seconds: other work on the machine only ever adds.
double BestOf(int runs, const std::function<void()>& work) {
  double best = 1e300;
  for (int i = 0; i < runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count());
  }
  return best;
}

SignedMaskKey KeyOf(std::size_t i, MaskSign sign) {
  SignedMaskKey key{.key = {}, .sign = sign};
  std::memcpy(key.key.data(), &i, sizeof i);
  return key;
}

// Bytes a second of the stream alone, written over one small buffer again and again.
double StreamRate(MaskKernel kernel) {
  constexpr std::size_t kBuffer = 16 * 1024, kRounds = 4096;
  std::vector<std::uint8_t> buffer(kBuffer);
  const SignedMaskKey key = KeyOf(1, MaskSign::kAdd);
  const double seconds = BestOf(15, [&] {
    for (std::size_t i = 0; i < kRounds; ++i)
      StreamOnlyWith(kernel, key, buffer, i * (kBuffer / 16));
  });
  return static_cast<double>(kBuffer * kRounds) / seconds;
}

// Bytes a second of reading vectors far larger than the caches and adding them up in registers: the
// better of one and of four at a time.
template <std::size_t kStreams>
double ReadAddRateOf(const std::vector<Words>& vectors) {
  typedef std::uint32_t Lanes __attribute__((vector_size(64)));
  static_assert(kSitesMost % kStreams == 0);
  Lanes total = {};
  const std::size_t d = vectors.front().size();
  const double seconds = BestOf(5, [&] {
    for (std::size_t s = 0; s < vectors.size(); s += kStreams) {
      Lanes sums[kStreams] = {}, x;
      for (std::size_t i = 0; i + 16 <= d; i += 16) {
        for (std::size_t k = 0; k < kStreams; ++k) {
          std::memcpy(&x, vectors[s + k].data() + i, sizeof x);
          sums[k] += x;
        }
      }
      for (const Lanes& sum : sums) total += sum;
    }
  });
  volatile std::uint32_t keep = total[0];
  (void)keep;
  return static_cast<double>(vectors.size() * d * sizeof(std::uint32_t)) / seconds;
}

double ReadAddRate(const std::vector<Words>& vectors) {
  return std::max(ReadAddRateOf<1>(vectors), ReadAddRateOf<4>(vectors));
}

struct Floors {
  double portable = 0, vaes = 0, memory = 0;  // bytes a second
};

std::span<std::uint8_t> BytesOf(Words& v) {
  return {reinterpret_cast<std::uint8_t*>(v.data()), v.size() * sizeof(std::uint32_t)};
}

struct Row {
  double encode = 0, client = 0, portable = 0, sum = 0, unmask = 0;  // seconds
};

Row Measure(std::size_t n, std::size_t d, const std::vector<Words>& vectors) {
  const auto codec = PackedCodec::Plan({.bound = 1, .bits = 32, .n_sites = n, .length = d});
  ESSAIM_CHECK(codec.ok());
  std::vector<float> x(d);
  for (std::size_t i = 0; i < d; ++i) x[i] = static_cast<float>(i % 1000) / 1000;
  const int runs = n * d > 100'000'000 ? 3 : 7;
  Row row;
  PackedVector encoded;
  row.encode = BestOf(runs, [&] { encoded = *codec->Encode(std::span<const float>(x)); });
  const Words before = encoded.words;

  std::vector<SignedMaskKey> mask, unmask;
  for (std::size_t i = 0; i < n; ++i) {
    const bool add = i % 2 == 0;
    mask.push_back(KeyOf(i, add ? MaskSign::kAdd : MaskSign::kSubtract));
    unmask.push_back(KeyOf(i, add ? MaskSign::kSubtract : MaskSign::kAdd));
  }
  Words v = before;
  row.client = BestOf(runs, [&] { essaim::crypto::ApplyMasks(std::span(v), mask); });
  row.unmask = BestOf(runs, [&] { essaim::crypto::ApplyMasks(std::span(v), unmask); });
  ESSAIM_CHECK(v == before);  // as often unmasked as masked
  row.portable = BestOf(runs, [&] { ApplyMasksWith(MaskKernel::kPortable, BytesOf(v), 4, mask); });
  for (int i = 0; i < runs; ++i) essaim::crypto::ApplyMasks(std::span(v), unmask);
  ESSAIM_CHECK(v == before);  // the two kernels are each other's inverse

  std::vector<const Words*> sent;
  Words expected(1, 0);
  for (std::size_t i = 0; i < n; ++i) {
    sent.push_back(&vectors[i]);
    expected[0] += sent.back()->front();
  }
  Words sum(d, 0);
  row.sum =
      BestOf(runs, [&] { essaim::secagg::AddManyWords(sum, std::span(std::as_const(sent))); });
  ESSAIM_CHECK(sum[0] == static_cast<std::uint32_t>(expected[0] * static_cast<unsigned>(runs)));
  return row;
}

const char* Held(double ratio, double most) { return ratio <= most ? "" : " OVER"; }

void Print(std::size_t n, std::size_t d, const Row& row, const Floors& f) {
  const double bytes = static_cast<double>(n) * static_cast<double>(d) * 4;
  const double stream = essaim::crypto::HasVaes() ? f.vaes : f.portable;
  const double client = row.client * stream / bytes, portable = row.portable * f.portable / bytes;
  const double sum = row.sum * f.memory / bytes, unmask = row.unmask * stream / bytes;
  std::printf(
      "%4zu %9zu | %8.4f | %8.4f %5.2fx%s | %8.4f %5.2fx%s | %8.4f %5.2fx%s | %8.4f %5.2fx%s\n", n,
      d, row.encode, row.client, client, Held(client, 1.5), row.portable, portable,
      Held(portable, 3), row.sum, sum, Held(sum, 2), row.unmask, unmask, Held(unmask, 2));
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = argc > 1 && std::string_view(argv[1]) == "--quick";
  std::vector<std::size_t> lengths = {1'000'000};
  if (!quick) lengths.push_back(10'000'000);
  for (const std::size_t d : lengths) {
    // One vector a site: a vector that stands in for two is in the cache the second time.
    std::vector<Words> vectors(kSitesMost, Words(d));
    for (std::size_t s = 0; s < vectors.size(); ++s) {
      for (std::size_t i = 0; i < d; ++i)
        vectors[s][i] = static_cast<std::uint32_t>(i * 2654435761U + s);
    }
    Floors floors{.portable = StreamRate(MaskKernel::kPortable), .vaes = 0, .memory = 0};
    if (essaim::crypto::HasVaes()) floors.vaes = StreamRate(MaskKernel::kVaes);
    floors.memory = ReadAddRate(vectors);
    std::printf("AES-128-CTR: OpenSSL %.2f GB/s, fused VAES %.2f GB/s; read and add %.2f GB/s\n",
                floors.portable / kGiga, floors.vaes / kGiga, floors.memory / kGiga);
    std::printf("%4s %9s | %8s | %15s | %15s | %15s | %15s   (seconds, times the floor)\n", "n",
                "d", "encode", "client mask", "portable mask", "hub sum", "hub unmask");
    for (const std::size_t n : {std::size_t{4}, std::size_t{16}, kSitesMost})
      Print(n, d, Measure(n, d, vectors), floors);
  }
  return 0;
}
