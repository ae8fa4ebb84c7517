// A JSON value that may not be there: a path through absent members ends in an absent value, not in
// an error, which is how FHIR's optional elements read best.
#pragma once

#include <simdjson.h>

#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

namespace essaim::fhir {

// Borrows from the parser's document.
class Node {
 public:
  Node() = default;

  explicit Node(simdjson::dom::element element) : element_(element), present_(true) {}

  explicit operator bool() const { return present_; }

  Node operator[](std::string_view key) const {
    simdjson::dom::element found;
    if (!present_ || element_.at_key(key).get(found) != simdjson::SUCCESS) return {};
    return Node(found);
  }

  // A list's first value; a value that is no list itself.
  Node First() const {
    simdjson::dom::array list;
    if (!present_ || element_.get(list) != simdjson::SUCCESS) return *this;
    for (const simdjson::dom::element item : list) return Node(item);
    return {};
  }

  // A list's values; a value that is no list alone; nothing of an absent one.
  std::vector<Node> Items() const {
    std::vector<Node> items;
    simdjson::dom::array list;
    if (!present_) return items;
    if (element_.get(list) != simdjson::SUCCESS) return {*this};
    for (const simdjson::dom::element item : list) items.emplace_back(item);
    return items;
  }

  // Empty if it is no text.
  std::string_view Text() const {
    std::string_view text;
    if (!present_ || element_.get(text) != simdjson::SUCCESS) return {};
    return text;
  }

  // NaN if it is no number.
  double Number() const {
    double number = 0;
    if (!present_ || element_.get(number) != simdjson::SUCCESS) return std::nan("");
    return number;
  }

  bool IsObject() const { return present_ && element_.is_object(); }

  simdjson::dom::element element() const { return element_; }

 private:
  simdjson::dom::element element_;
  bool present_ = false;
};

}  // namespace essaim::fhir
