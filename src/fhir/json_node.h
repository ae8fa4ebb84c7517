// A JSON value that may not be there: a path through absent members ends in an absent value, not in
// an error, which is how FHIR's optional elements read best.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

#include "fhir/json_document.h"

namespace essaim::fhir {

// Borrows from the document.
class Node {
 public:
  class Iterator;
  class Range;

  Node() = default;

  Node(const JsonDocument& document, std::uint32_t token) : document_(&document), token_(token) {}

  explicit operator bool() const { return document_ != nullptr; }

  Node operator[](const Key& key) const {
    if (document_ == nullptr) return {};
    const std::uint32_t found = document_->Find(token_, key);
    return found == JsonDocument::kNone ? Node() : Node(*document_, found);
  }

  // A list's first value; a value that is no list itself.
  Node First() const {
    if (document_ == nullptr || document_->At(token_) != '[') return *this;
    return document_->At(token_ + 1) == ']' ? Node() : Node(*document_, token_ + 1);
  }

  // A list's values; a value that is no list alone; nothing of an absent one.
  Range Items() const;

  // Empty if it is no text.
  std::string_view Text() const {
    if (document_ == nullptr || document_->At(token_) != '"') return {};
    return document_->has_escapes_ ? document_->Unescaped(token_) : document_->Inside(token_);
  }

  // NaN if it is no number.
  double Number() const {
    if (!IsNumber()) return std::nan("");
    double number = 0;  // and 0 it stays if it is too small for a double; one too large is no JSON
    std::from_chars(document_->Text(token_), document_->Text(token_ + 1), number);
    return number;
  }

  bool IsNumber() const {
    if (document_ == nullptr) return false;
    const char c = document_->At(token_);
    return c == '-' || (c >= '0' && c <= '9');
  }

  // As it stands there; empty if it is no number.
  std::string_view NumberText() const {
    if (!IsNumber()) return {};
    const char* const begin = document_->Text(token_);
    const char* end = document_->Text(token_ + 1);
    while (end[-1] <= ' ') --end;
    return {begin, static_cast<std::size_t>(end - begin)};
  }

  std::optional<bool> Truth() const {
    if (document_ == nullptr) return std::nullopt;
    const char c = document_->At(token_);
    return c == 't' || c == 'f' ? std::optional(c == 't') : std::nullopt;
  }

  // The members of this object are found faster from here on; of one object of a document at a
  // time.
  void Index() const {
    if (document_ != nullptr) document_->Index(token_);
  }

  bool IsObject() const { return document_ != nullptr && document_->At(token_) == '{'; }

  // An object as it stands in the document; empty of anything else.
  std::string_view Raw() const {
    if (!IsObject()) return {};
    const char* begin = document_->Text(token_);
    const char* last = document_->Text(document_->after_[token_] - 1);
    return {begin, static_cast<std::size_t>(last + 1 - begin)};
  }

 private:
  const JsonDocument* document_ = nullptr;
  std::uint32_t token_ = 0;
};

class Node::Iterator {
 public:
  Iterator() = default;

  Iterator(const JsonDocument* document, std::uint32_t token, bool in_list)
      : document_(document), token_(token), in_list_(in_list) {}

  Node operator*() const { return {*document_, token_}; }

  Iterator& operator++() {
    const std::uint32_t next = document_->after_[token_];
    token_ = in_list_ && document_->At(next) == ',' ? next + 1 : kEnd;
    return *this;
  }

  bool operator!=(const Iterator& other) const { return token_ != other.token_; }

 private:
  static constexpr std::uint32_t kEnd = UINT32_MAX;

  const JsonDocument* document_ = nullptr;
  std::uint32_t token_ = kEnd;
  bool in_list_ = false;
};

class Node::Range {
 public:
  explicit Range(Iterator begin) : begin_(begin) {}

  Iterator begin() const { return begin_; }

  Iterator end() const { return {}; }

 private:
  Iterator begin_;
};

inline Node::Range Node::Items() const {
  if (document_ == nullptr) return Range(Iterator());
  if (document_->At(token_) != '[') return Range(Iterator(document_, token_, false));
  if (document_->At(token_ + 1) == ']') return Range(Iterator());
  return Range(Iterator(document_, token_ + 1, true));
}

inline Node JsonDocument::root() const { return {*this, 0}; }

}  // namespace essaim::fhir
