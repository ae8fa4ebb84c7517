// Whether a word is one of a list that stands in the program's text, "a b c".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace essaim::text {

// Made when the program is compiled, with a Bloom filter of two bits a word: nearly every word of a
// note is in none of the lists, and its bits say so without a look at them.
class WordList {
 public:
  // Not explicit, so that a literal is a list.
  template <std::size_t N>
  consteval WordList(const char (&words)[N]) : words_(words, N - 1) {
    for (std::size_t at = 0; at < words_.size();) {
      std::size_t end = at;
      while (end < words_.size() && words_[end] != ' ') ++end;
      if (end > at) {
        for (const unsigned bit : BitsOf(words_.substr(at, end - at)))
          bits_[bit / 64] |= std::uint64_t{1} << (bit % 64);
      }
      at = end + 1;
    }
  }

  bool Has(std::string_view word) const {
    if (word.empty()) return false;
    const auto [one, other] = BitsOf(word);
    return IsSet(one) && IsSet(other) && Search(word);
  }

 private:
  static constexpr unsigned kBits = 1024;

  static constexpr std::array<unsigned, 2> BitsOf(std::string_view word) {
    const auto code = [&](std::size_t i) -> unsigned {
      return static_cast<unsigned char>(word[i]);
    };
    const auto n = static_cast<unsigned>(word.size());
    const unsigned first = code(0), middle = code(n / 2), last = code(n - 1), next = code(n > 1);
    return {(first * 7 + middle * 29 + last * 113 + n * 53) % kBits,
            (first * 61 + next * 211 + middle * 17 + last * 5 + n * 331) % kBits};
  }

  constexpr bool IsSet(unsigned bit) const { return (bits_[bit / 64] >> (bit % 64) & 1) != 0; }

  bool Search(std::string_view word) const;

  std::string_view words_;
  std::array<std::uint64_t, kBits / 64> bits_{};
};

inline bool InList(std::string_view word, const WordList& list) { return list.Has(word); }

}  // namespace essaim::text
