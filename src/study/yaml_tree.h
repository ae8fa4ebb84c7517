// A YAML document as a plain tree with positions: the only way that YAML enters Essaim.
//
// Narrower than YAML: one document; no anchors, aliases or tags (so no text grows when it is read);
// keys are scalars and unique; at most kDepthMax levels and kNodesMax nodes.
// The parsing library's exceptions end here.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace essaim {

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap } kind = Kind::kNull;
  std::string text;                  // kScalar
  bool quoted = false;               // kScalar: written in quotes or as a block, so always a text
  std::vector<YamlNode> items;       // kList: the items; kMap: the values
  std::vector<std::string> keys;     // kMap: one per item
  std::size_t line = 1, column = 1;  // of the node's first byte, from 1

  static constexpr std::size_t kDepthMax = 32;
  static constexpr std::size_t kNodesMax = 200'000;

  const YamlNode* Find(std::string_view key) const;  // nullptr if absent or not a map

  // An unquoted true or false; a finite number; a whole number. nullopt if it is something else.
  std::optional<bool> AsBool() const;
  std::optional<double> AsNumber() const;

  bool IsText() const { return kind == Kind::kScalar; }
};

// kInvalidArgument with "line:column: what is wrong". `bytes_max` is checked first.
absl::StatusOr<YamlNode> ParseYaml(std::string_view text, std::size_t bytes_max);

// Collects what is wrong with a document, to be told all at once.
class YamlFaults {
 public:
  static constexpr std::size_t kFaultsMax = 20;

  // "line:column: key: what"
  void Add(const YamlNode& at, std::string_view key, std::string_view what);
  void Add(const YamlNode& at, std::string_view key, const absl::Status& status);
  void Add(const YamlFaults& others);

  bool empty() const { return lines_.empty(); }

  absl::Status ToStatus() const;  // OK if empty, else kInvalidArgument, one line a fault

 private:
  std::vector<std::string> lines_;
  std::size_t left_out_ = 0;
};

// Whether `node` is a map with no other keys than `allowed`; each stranger is a fault that names
// the nearest key.
bool CheckKeys(const YamlNode& node, std::string_view key, const std::vector<std::string>& allowed,
               YamlFaults& faults);

// A double-quoted YAML scalar, and the shortest decimal that reads back as the same double.
std::string YamlQuote(std::string_view text);
std::string YamlNumber(double value);

}  // namespace essaim
