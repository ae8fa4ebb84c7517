// The fused kernel: sixteen AES blocks in flight in four 512-bit registers, added to the vector
// before they leave the registers. Source of the round structure: Intel, "Advanced Encryption
// Standard (AES) New Instructions".

// gcc 12 warns inside its own intrinsics header (its PR 105593); nothing of ours is uninitialised.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "crypto/mask_kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

#include <cstring>

#include "base/check.h"

namespace essaim::crypto::internal {

#if defined(__x86_64__)
namespace {

#define ESSAIM_VAES __attribute__((target("avx512f,avx512bw,avx512dq,vaes,aes,sse4.1,ssse3")))

constexpr unsigned kVaesBit = 1U << 9;  // CPUID leaf 7, ECX
constexpr int kRounds = 10;
constexpr std::size_t kStepBytes = 512;  // eight registers of four blocks

struct Schedule {
  __m128i keys[kRounds + 1];
};

template <int kRcon>
ESSAIM_VAES __m128i NextKey(__m128i key) {
  __m128i word = _mm_shuffle_epi32(_mm_aeskeygenassist_si128(key, kRcon), 0xff);
  key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
  key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
  key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
  return _mm_xor_si128(key, word);
}

ESSAIM_VAES void Expand(const std::uint8_t* key, Schedule& s) {
  s.keys[0] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(key));
  s.keys[1] = NextKey<0x01>(s.keys[0]);
  s.keys[2] = NextKey<0x02>(s.keys[1]);
  s.keys[3] = NextKey<0x04>(s.keys[2]);
  s.keys[4] = NextKey<0x08>(s.keys[3]);
  s.keys[5] = NextKey<0x10>(s.keys[4]);
  s.keys[6] = NextKey<0x20>(s.keys[5]);
  s.keys[7] = NextKey<0x40>(s.keys[6]);
  s.keys[8] = NextKey<0x80>(s.keys[7]);
  s.keys[9] = NextKey<0x1b>(s.keys[8]);
  s.keys[10] = NextKey<0x36>(s.keys[9]);
}

constexpr std::size_t kOverwrite = 0;  // a width: the stream itself

// a +- b on words of kWidth bytes. For 128 bits the carry goes from each low to its high half.
template <std::size_t kWidth, bool kSubtract>
ESSAIM_VAES inline __m512i Combine(__m512i a, __m512i b) {
  if constexpr (kWidth == 4) return kSubtract ? _mm512_sub_epi32(a, b) : _mm512_add_epi32(a, b);
  if constexpr (kWidth == 8) return kSubtract ? _mm512_sub_epi64(a, b) : _mm512_add_epi64(a, b);
  const __m512i r = kSubtract ? _mm512_sub_epi64(a, b) : _mm512_add_epi64(a, b);
  // carry: r < a (add); borrow: a < b (subtract); looked at in the low halves, moved to the high
  // ones.
  const __mmask8 over = kSubtract ? _mm512_cmplt_epu64_mask(a, b) : _mm512_cmplt_epu64_mask(r, a);
  const auto high = static_cast<__mmask8>((over & 0x55) << 1);
  const __m512i one = _mm512_set1_epi64(1);
  return kSubtract ? _mm512_mask_sub_epi64(r, high, r, one)
                   : _mm512_mask_add_epi64(r, high, r, one);
}

// One step: the stream of 32 blocks from `counter` (four big-endian counters in each register after
// the shuffle).
template <std::size_t kWidth, bool kSubtract>
ESSAIM_VAES void Run(const Schedule& s, std::uint8_t* v, std::size_t n, std::uint64_t first_block) {
  __m512i keys[kRounds + 1];
  for (int r = 0; r <= kRounds; ++r) keys[r] = _mm512_broadcast_i32x4(s.keys[r]);
  // Reverses the bytes of each 128-bit lane: counters are kept little-endian and enciphered
  // big-endian.
  const __m512i swap =
      _mm512_broadcast_i32x4(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  const auto c = static_cast<long long>(first_block);
  __m512i counter = _mm512_set_epi64(0, c + 3, 0, c + 2, 0, c + 1, 0, c);
  const __m512i four = _mm512_set_epi64(0, 4, 0, 4, 0, 4, 0, 4);
  for (std::size_t at = 0; at < n; at += kStepBytes) {
    __m512i x[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      x[i] = _mm512_xor_si512(_mm512_shuffle_epi8(counter, swap), keys[0]);
      counter = _mm512_add_epi64(counter, four);
    }
#pragma GCC unroll 9
    for (int r = 1; r < kRounds; ++r) {
#pragma GCC unroll 8
      for (int i = 0; i < 8; ++i) x[i] = _mm512_aesenc_epi128(x[i], keys[r]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) x[i] = _mm512_aesenclast_epi128(x[i], keys[kRounds]);
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      std::uint8_t* p = v + at + 64 * i;
      if constexpr (kWidth == kOverwrite) {
        _mm512_storeu_si512(p, x[i]);
        continue;
      }
      _mm512_storeu_si512(p, Combine<kWidth, kSubtract>(_mm512_loadu_si512(p), x[i]));
    }
  }
}

template <std::size_t kWidth, bool kSubtract>
void RunWithTail(const Schedule& s, std::uint8_t* v, std::size_t n, std::uint64_t first_block) {
  const std::size_t whole = n / kStepBytes * kStepBytes;
  Run<kWidth, kSubtract>(s, v, whole, first_block);
  if (whole == n) return;
  std::uint8_t tail[kStepBytes] = {};
  std::memcpy(tail, v + whole, n - whole);
  Run<kWidth, kSubtract>(s, tail, kStepBytes, first_block + whole / 16);
  std::memcpy(v + whole, tail, n - whole);
}

class Vaes final : public MaskCipher {
 public:
  explicit Vaes(const SignedMaskKey& key) : subtract_(key.sign == MaskSign::kSubtract) {
    Expand(key.key.data(), schedule_);
  }

  ~Vaes() override { explicit_bzero(&schedule_, sizeof schedule_); }

  void Apply(std::uint8_t* v, std::size_t n, std::size_t width,
             std::uint64_t first_block) override {
    switch (width) {
      case 4:
        return subtract_ ? RunWithTail<4, true>(schedule_, v, n, first_block)
                         : RunWithTail<4, false>(schedule_, v, n, first_block);
      case 8:
        return subtract_ ? RunWithTail<8, true>(schedule_, v, n, first_block)
                         : RunWithTail<8, false>(schedule_, v, n, first_block);
      default:
        return subtract_ ? RunWithTail<16, true>(schedule_, v, n, first_block)
                         : RunWithTail<16, false>(schedule_, v, n, first_block);
    }
  }

  void Generate(std::uint8_t* out, std::size_t n, std::uint64_t first_block) override {
    RunWithTail<kOverwrite, false>(schedule_, out, n, first_block);
  }

 private:
  Schedule schedule_;
  bool subtract_;
};

}  // namespace

bool ProcessorHasVaes() {
  // clang 14's __builtin_cpu_supports does not know VAES; for AVX-512 it also asks whether the
  // operating system saves the registers.
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("aes") &&
         __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (c & kVaesBit) != 0;
}

std::unique_ptr<MaskCipher> MakeVaes(const SignedMaskKey& key) {
  ESSAIM_CHECK(HasVaes());
  return std::make_unique<Vaes>(key);
}

#else

bool ProcessorHasVaes() { return false; }

std::unique_ptr<MaskCipher> MakeVaes(const SignedMaskKey&) {
  ESSAIM_CHECK(false);
  return nullptr;
}

#endif

}  // namespace essaim::crypto::internal
