#include "fhir/json_document.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "absl/strings/charconv.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "fhir/json_node.h"

namespace essaim::fhir {
namespace {

constexpr const char* kNoEscape = "an escape of JSON expected in the string";
constexpr std::size_t kFirstBytes = std::size_t{1} << 16;

constexpr std::array<bool, 256> EndsOfScalars() {
  std::array<bool, 256> ends{};
  for (const char c : {' ', '\t', '\n', '\r', ',', ':', '[', ']', '{', '}'})
    ends[static_cast<unsigned char>(c)] = true;
  return ends;
}

constexpr std::array<bool, 256> kEndsScalar = EndsOfScalars();

bool EndsScalar(char c) { return kEndsScalar[static_cast<unsigned char>(c)]; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsNumber(const char* const begin) {
  const char* at = begin;
  if (*at == '-') ++at;
  if (!IsDigit(*at)) return false;
  if (*at++ != '0') {
    while (IsDigit(*at)) ++at;
  }
  if (*at == '.') {
    if (!IsDigit(*++at)) return false;
    while (IsDigit(*at)) ++at;
  }
  const bool has_exponent = *at == 'e' || *at == 'E';
  if (has_exponent) {
    ++at;
    if (*at == '+' || *at == '-') ++at;
    if (!IsDigit(*at)) return false;
    while (IsDigit(*at)) ++at;
  }
  if (!EndsScalar(*at)) return false;
  constexpr std::ptrdiff_t kSafe = 300;  // so few digits without an exponent are below 10^308
  if (!has_exponent && at - begin < kSafe) return true;
  double value = 0;
  return absl::from_chars(begin, at, value).ec == std::errc() || std::abs(value) < 1;
}

const char* WordsOf(simdjson::error_code error) {
  switch (error) {
    case simdjson::UTF8_ERROR:
      return "the text is not UTF-8";
    case simdjson::UNCLOSED_STRING:
      return "a string is not closed";
    case simdjson::UNESCAPED_CHARS:
      return "a control character within a string";
    case simdjson::EMPTY:
      return "an object or a list expected";
    default:
      return "the text cannot be read";
  }
}

}  // namespace

bool JsonDocument::Fail(const char* expected, std::size_t at) {
  expected_ = expected;
  fault_at_ = at;
  return false;
}

std::string JsonDocument::fault() const {
  // simdjson says what is wrong with the characters, and not where.
  if (fault_at_ == std::string_view::npos) return expected_;
  return absl::StrCat("byte ", fault_at_ + 1, ": ", expected_);
}

bool JsonDocument::FindTokens(std::string_view text) {
  if (text.size() > bytes_max_) return Fail("the text is too long", bytes_max_);
  if (finder_ == nullptr) {
    ESSAIM_CHECK(simdjson::get_active_implementation()->create_dom_parser_implementation(
                     std::min(kFirstBytes, bytes_max_), kDepthMax, finder_) == simdjson::SUCCESS);
  }
  if (finder_->capacity() < text.size()) {
    const std::size_t room = std::min(bytes_max_, std::max(text.size(), 2 * finder_->capacity()));
    ESSAIM_CHECK(finder_->set_capacity(room) == simdjson::SUCCESS);
  }
  const auto error = finder_->stage1(reinterpret_cast<const std::uint8_t*>(text.data()),
                                     text.size(), simdjson::stage1_mode::regular);
  if (error != simdjson::SUCCESS) return Fail(WordsOf(error), std::string_view::npos);
  text_ = text.data();
  begins_ = finder_->structural_indexes.get();
  n_tokens_ = finder_->n_structural_indexes;
  if (after_.size() < n_tokens_) after_.resize(std::max<std::size_t>(n_tokens_, 2 * after_.size()));
  return true;
}

bool JsonDocument::Parse(std::string_view text) {
  unescaped_.clear();
  escaped_names_ = false;
  indexed_ = UINT32_MAX;
  text_ = nullptr;
  if (!FindTokens(text)) return false;
  has_escapes_ = std::memchr(text.data(), '\\', text.size()) != nullptr;
  return has_escapes_ ? Check<true>() : Check<false>();
}

// Null if the scalar is one, or what was expected.
template <bool has_escapes>
const char* JsonDocument::CheckScalar(std::uint32_t token) const {
  const char* at = Text(token);
  switch (*at) {
    case '"':
      return !has_escapes || IsString(token) ? nullptr : kNoEscape;
    case 't':
      return std::memcmp(at, "true", 4) == 0 && EndsScalar(at[4]) ? nullptr : "true expected";
    case 'f':
      return std::memcmp(at, "false", 5) == 0 && EndsScalar(at[5]) ? nullptr : "false expected";
    case 'n':
      return std::memcmp(at, "null", 4) == 0 && EndsScalar(at[4]) ? nullptr : "null expected";
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
      return IsNumber(at) ? nullptr : "a number that a double can hold expected";
    default:
      return "a value expected";
  }
}

// A string's escapes are JSON's.
bool JsonDocument::IsString(std::uint32_t token) const {
  const std::string_view inside = Inside(token);
  return inside.find('\\') == std::string_view::npos || Unescaped(token).data() != nullptr;
}

// The grammar, token by token. The last token closes what the first opened, and nothing but the
// closing of something is content with such a token: what stands before it may look one further.
template <bool has_escapes>
bool JsonDocument::Check() {
  const char first = At(0);
  if (first != '{' && first != '[') return Fail("an object or a list expected", begins_[0]);
  if (const char last = At(n_tokens_ - 1); last != '}' && last != ']')
    return Fail("an end of the object or list expected", begins_[n_tokens_ - 1]);
  open_[0] = first == '{';  // twice the token, and whether it opens an object
  std::uint32_t depth = 1, i = 1;
  bool in_object = first == '{', begins = true;
  while (true) {
    char c = At(i);
    if (c == (in_object ? '}' : ']')) {
      after_[open_[--depth] / 2] = ++i;
      if (depth == 0) return i == n_tokens_ || Fail("nothing further expected", begins_[i]);
      if (i == n_tokens_) return Fail("an end of the object or list expected", begins_[i]);
      in_object = (open_[depth - 1] & 1) != 0;
      begins = false;
      continue;
    }
    if (!begins) {
      if (c != ',') return Fail("a comma expected", begins_[i]);
      c = At(++i);
    }
    if (in_object) {
      if (c != '"') return Fail("a name in quotes expected", begins_[i]);
      if (has_escapes && !CheckName(i)) return Fail(kNoEscape, begins_[i]);
      if (At(i + 1) != ':') return Fail("a colon expected", begins_[i + 1]);
      c = At(i += 2);
    }
    if (c == '"' && !has_escapes) {
      after_[i] = i + 1;
      ++i;
      begins = false;
      continue;
    }
    begins = c == '{' || c == '[';
    if (begins) {
      if (depth == kDepthMax) return Fail("fewer levels expected", begins_[i]);
      in_object = c == '{';
      open_[depth++] = 2 * i++ + (in_object ? 1 : 0);
      continue;
    }
    if (const char* expected = CheckScalar<has_escapes>(i)) return Fail(expected, begins_[i]);
    after_[i] = i + 1;
    ++i;
  }
}

bool JsonDocument::CheckName(std::uint32_t token) {
  if (Inside(token).find('\\') == std::string_view::npos) return true;
  escaped_names_ = true;
  return Unescaped(token).data() != nullptr;
}

// Its `data()` is null if the escapes are none of JSON's.
std::string_view JsonDocument::Unescaped(std::uint32_t string) const {
  const std::string_view inside = Inside(string);
  if (inside.find('\\') == std::string_view::npos) return inside;
  auto room = std::make_unique<char[]>(inside.size() + kPadding);
  auto* const begin = reinterpret_cast<std::uint8_t*>(room.get());
  const std::uint8_t* end =
      finder_->parse_string(reinterpret_cast<const std::uint8_t*>(inside.data()), begin);
  if (end == nullptr) return {};
  unescaped_.push_back(std::move(room));
  return {unescaped_.back().get(), static_cast<std::size_t>(end - begin)};
}

void JsonDocument::Index(std::uint32_t object) const {
  indexed_ = UINT32_MAX;
  std::memset(slots_, 0, sizeof slots_);
  if (escaped_names_ || At(object) != '{') return;
  std::size_t n_names = 0;
  for (std::uint32_t name = object + 1; At(name) != '}';) {
    if (++n_names > kSlots / 2) return;
    const std::string_view inside = Inside(name);
    const std::size_t n = inside.size() + 1;
    std::uint64_t first = Key::WordAt(inside.data());
    if (n < Key::kWord) first &= (std::uint64_t{1} << (8 * n)) - 1;
    std::size_t slot = Key::HashOf(first);
    while (slots_[slot] != 0) slot = (slot + 1) % kSlots;
    slots_[slot] = name;
    name = after_[name + 2];
    if (At(name) == ',') ++name;
  }
  indexed_ = object;
}

}  // namespace essaim::fhir
