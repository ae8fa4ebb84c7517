// For an unordered map of texts, with std::equal_to<>: looks up without making a string, and takes
// eight bytes at a step, which short codes and identifiers need few of.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace essaim {

struct TextHash {
  using is_transparent = void;

  std::size_t operator()(std::string_view text) const {
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
    std::uint64_t hash = text.size() * kOdd, word = 0;
    const auto add = [&](const char* at, std::size_t n) {
      word = 0;
      std::memcpy(&word, at, n);
      hash = (hash ^ word) * kOdd;
      hash ^= hash >> 29;
    };
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left >= sizeof word; left -= sizeof word, at += sizeof word) add(at, sizeof word);
    if (left == 0) return hash;
    if (text.size() >= sizeof word) {
      add(text.data() + text.size() - sizeof word, sizeof word);
    } else {
      for (std::size_t i = 0; i < left; ++i) word = word << 8 | static_cast<unsigned char>(at[i]);
      hash = (hash ^ word) * kOdd;
      hash ^= hash >> 29;
    }
    return hash;
  }
};

}  // namespace essaim
