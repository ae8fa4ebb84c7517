// A JSON text (RFC 8259), checked to its last byte and read where it lies.
//
// simdjson finds where the tokens of a text begin and checks its UTF-8; one pass over them checks
// the grammar of everything, also of what nobody asks for, and notes where each value ends. Nothing
// is copied and no number is converted before it is asked for: of a FHIR resource a row needs a few
// members, and a tree of all of them would cost more than the row.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace essaim::fhir {

class Node;

// A member's name as the program knows it, closing quote included, as words to compare with.
class Key {
 public:
  // A literal is a name: node["id"].
  template <std::size_t n>
  // NOLINTNEXTLINE(google-explicit-constructor)
  consteval Key(const char (&name)[n]) : name_(name, n - 1) {
    const auto byte = [&](std::size_t i) {
      return std::uint64_t{static_cast<unsigned char>(i == n - 1 ? '"' : name[i])};
    };
    for (std::size_t i = 0; i < kWord && i < n; ++i) {
      first_ |= byte(i) << (8 * i);
      mask_ |= std::uint64_t{0xFF} << (8 * i);
    }
    for (std::size_t i = 0; i < kWord && n >= kWord; ++i) last_ |= byte(n - kWord + i) << (8 * i);
  }

  constexpr std::string_view name() const { return name_; }

  // A hash of names of other lengths or of another first word.
  constexpr std::size_t hash() const { return HashOf(first_); }

  static constexpr std::size_t HashOf(std::uint64_t first) {
    return (first * 0x9E3779B97F4A7C15) >> 58;  // 6 bits of a multiplicative hash
  }

  static std::uint64_t WordAt(const char* at) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    return word;
  }

  // Whether the text at `at`, behind a quote, is this name and a quote. Reads kWord bytes at least.
  bool IsAt(const char* at) const {
    if ((WordAt(at) & mask_) != first_) return false;
    const std::size_t n = name_.size() + 1;
    if (n <= kWord) return true;
    if (WordAt(at + n - kWord) != last_) return false;
    return n <= 2 * kWord || std::memcmp(at + kWord, name_.data() + kWord, n - 2 * kWord) == 0;
  }

  static constexpr std::size_t kWord = sizeof(std::uint64_t);

 private:
  std::string_view name_;
  std::uint64_t first_ = 0, mask_ = 0, last_ = 0;
};

// Threads: one.
class JsonDocument {
 public:
  // What may be read behind a text.
  static constexpr std::size_t kPadding = simdjson::SIMDJSON_PADDING;

  explicit JsonDocument(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // Borrows `text`, behind which kPadding bytes may be read, until the next Parse. False if it is
  // no JSON object or list: then fault() says what was expected, and where.
  bool Parse(std::string_view text);
  std::string fault() const;
  Node root() const;

 private:
  friend class Node;
  static constexpr std::uint32_t kNone = 0;  // no member's value is the first token
  static constexpr std::size_t kSlots = 64, kDepthMax = 1024;

  bool Fail(const char* expected, std::size_t at);
  bool FindTokens(std::string_view text);
  template <bool has_escapes>
  bool Check();
  template <bool has_escapes>
  const char* CheckScalar(std::uint32_t token) const;
  bool IsString(std::uint32_t token) const;
  bool CheckName(std::uint32_t token);
  void Index(std::uint32_t object) const;

  char At(std::uint32_t token) const { return text_[begins_[token]]; }

  const char* Text(std::uint32_t token) const { return text_ + begins_[token]; }

  // Of a string, without its quotes: what stands between it and the next token is white.
  std::string_view Inside(std::uint32_t string) const {
    const char* end = Text(string + 1) - 1;
    while (*end != '"') --end;
    const char* begin = Text(string) + 1;
    return {begin, static_cast<std::size_t>(end - begin)};
  }

  std::string_view Unescaped(std::uint32_t string) const;

  bool IsName(std::uint32_t name, const Key& wanted) const {
    return escaped_names_ ? Unescaped(name) == wanted.name() : wanted.IsAt(Text(name) + 1);
  }

  // The first token of the member's value; kNone if there is no such member.
  std::uint32_t Find(std::uint32_t object, const Key& key) const {
    return object == indexed_ ? FindIndexed(key) : FindInOrder(object, key);
  }

  std::uint32_t FindInOrder(std::uint32_t object, const Key& key) const {
    if (At(object) != '{' || At(object + 1) == '}') return kNone;
    for (std::uint32_t name = object + 1;;) {
      if (IsName(name, key)) return name + 2;
      const std::uint32_t next = after_[name + 2];
      if (At(next) == '}') return kNone;
      name = next + 1;
    }
  }

  std::uint32_t FindIndexed(const Key& key) const {
    for (std::size_t slot = key.hash(); slots_[slot] != 0; slot = (slot + 1) % kSlots) {
      if (key.IsAt(Text(slots_[slot]) + 1)) return slots_[slot] + 2;
    }
    return kNone;
  }

  const std::size_t bytes_max_;
  std::unique_ptr<simdjson::internal::dom_parser_implementation> finder_;
  const char* text_ = nullptr;
  const std::uint32_t* begins_ = nullptr;  // of each token, in the text
  std::uint32_t n_tokens_ = 0;
  std::vector<std::uint32_t> after_;  // of a value's first token: the first behind the value
  bool has_escapes_ = false;          // there is a backslash in the text
  bool escaped_names_ = false;        // and one in a member's name
  std::uint32_t open_[kDepthMax];     // objects and lists around what is being checked
  mutable std::uint32_t indexed_ = UINT32_MAX;
  mutable std::uint32_t slots_[kSlots] = {};  // tokens of names of the indexed object; 0: free
  const char* expected_ = "";
  std::size_t fault_at_ = 0;
  mutable std::vector<std::unique_ptr<char[]>> unescaped_;  // texts handed out
};

}  // namespace essaim::fhir
