#include "study/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>
#include <stdexcept>
#include <unordered_set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/nearest.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "base/utf8.h"

namespace essaim {
namespace {

std::string Position(std::size_t line, std::size_t column) {
  return absl::StrCat(line, ":", column, ": ");
}

// What the handler refuses; caught in ParseYaml.
struct Refused : std::runtime_error {
  Refused(const YAML::Mark& mark, const std::string& what)
      : std::runtime_error(Position(static_cast<std::size_t>(std::max(mark.line, 0)) + 1,
                                    static_cast<std::size_t>(std::max(mark.column, 0)) + 1) +
                           what) {}
};

class TreeBuilder final : public YAML::EventHandler {
 public:
  YamlNode TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}

  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(mark, "", anchor, YamlNode::Kind::kNull);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused(mark, "aliases (*name) are not allowed, expected the value itself");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode& node = Add(mark, tag, anchor, YamlNode::Kind::kScalar);
    node.text = value;
    node.quoted = tag == "!";
    if (!node.quoted && (value.empty() || value == "~" || value == "null")) {
      node.kind = YamlNode::Kind::kNull;
    }
    Close();
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Add(mark, tag, anchor, YamlNode::Kind::kList), mark);
  }

  void OnSequenceEnd() override { End(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(Add(mark, tag, anchor, YamlNode::Kind::kMap), mark);
  }

  void OnMapEnd() override { End(); }

 private:
  struct Level {
    YamlNode node;
    bool has_key = false;
    std::unordered_set<std::string> seen;
  };

  // The node being made stays in `current_` until it is closed into its parent.
  YamlNode& Add(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                YamlNode::Kind kind) {
    if (anchor != 0) {
      throw Refused(mark, "anchors (&name) are not allowed, expected the value itself");
    }
    if (!tag.empty() && tag != "?" && tag != "!") {
      throw Refused(mark, "tags (!name) are not allowed, expected the value itself");
    }
    if (++n_nodes_ > YamlNode::kNodesMax) {
      throw Refused(mark, absl::StrCat("too many entries, expected at most ", YamlNode::kNodesMax));
    }
    current_ = YamlNode();
    current_.kind = kind;
    current_.line = static_cast<std::size_t>(std::max(mark.line, 0)) + 1;
    current_.column = static_cast<std::size_t>(std::max(mark.column, 0)) + 1;
    if (kind == YamlNode::Kind::kNull) Close();
    return current_;
  }

  void Open(YamlNode& node, const YAML::Mark& mark) {
    if (levels_.size() >= YamlNode::kDepthMax) {
      throw Refused(mark, absl::StrCat("nested too deeply, expected at most ", YamlNode::kDepthMax,
                                       " levels"));
    }
    if (!levels_.empty() && levels_.back().node.kind == YamlNode::Kind::kMap &&
        !levels_.back().has_key) {
      throw Refused(mark, "a key must be a plain word");
    }
    levels_.push_back({std::move(node), false, {}});
  }

  void End() {
    current_ = std::move(levels_.back().node);
    levels_.pop_back();
    Close();
  }

  void Close() {
    if (levels_.empty()) {
      root_ = std::move(current_);
      return;
    }
    Level& parent = levels_.back();
    if (parent.node.kind == YamlNode::Kind::kMap && !parent.has_key) {
      const YAML::Mark mark = MarkOf(current_);
      if (current_.kind != YamlNode::Kind::kScalar)
        throw Refused(mark, "a key must be a plain word");
      if (!parent.seen.insert(current_.text).second) {
        throw Refused(mark, "this key is given twice, expected it once");
      }
      parent.node.keys.push_back(std::move(current_.text));
      parent.has_key = true;
      return;
    }
    parent.has_key = false;
    parent.node.items.push_back(std::move(current_));
  }

  static YAML::Mark MarkOf(const YamlNode& node) {
    YAML::Mark mark;
    mark.line = static_cast<int>(node.line) - 1;
    mark.column = static_cast<int>(node.column) - 1;
    return mark;
  }

  YamlNode root_, current_;
  std::vector<Level> levels_;
  std::size_t n_nodes_ = 0;
};

}  // namespace

const YamlNode* YamlNode::Find(std::string_view key) const {
  const auto found = std::find(keys.begin(), keys.end(), key);
  return found == keys.end() ? nullptr : &items[static_cast<std::size_t>(found - keys.begin())];
}

std::optional<bool> YamlNode::AsBool() const {
  if (kind != Kind::kScalar || quoted) return std::nullopt;
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<double> YamlNode::AsNumber() const {
  if (kind != Kind::kScalar || quoted || text.empty()) return std::nullopt;
  double value = 0;
  const char* begin = text.data() + (text[0] == '+' && text.size() > 1 && text[1] != '-' ? 1 : 0);
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

absl::StatusOr<YamlNode> ParseYaml(std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    return absl::InvalidArgumentError(
        absl::StrCat("1:1: the file has ", text.size(), " bytes, expected at most ", bytes_max));
  }
  const std::string_view readable = text.substr(0, Utf8Prefix(text));
  if (readable.size() < text.size()) {
    const auto line = 1 + std::ranges::count(readable, '\n');
    const std::size_t column = readable.size() - (readable.rfind('\n') + 1) + 1;
    return absl::InvalidArgumentError(Position(static_cast<std::size_t>(line), column) +
                                      "a byte that is no UTF-8 text, expected a file in UTF-8");
  }
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    TreeBuilder builder;
    if (!parser.HandleNextDocument(builder)) {
      return absl::InvalidArgumentError("1:1: the file is empty");
    }
    YamlNode root = builder.TakeRoot();
    TreeBuilder second;
    if (parser.HandleNextDocument(second)) {
      return absl::InvalidArgumentError("1:1: the file has two documents, expected one (no ---)");
    }
    return root;
  } catch (const YAML::Exception& e) {
    return absl::InvalidArgumentError(
        Position(static_cast<std::size_t>(std::max(e.mark.line, 0)) + 1,
                 static_cast<std::size_t>(std::max(e.mark.column, 0)) + 1) +
        "not valid YAML: " + e.msg);
  } catch (const std::exception& e) {
    return absl::InvalidArgumentError(e.what());
  }
}

void YamlFaults::Add(const YamlNode& at, std::string_view key, std::string_view what) {
  if (lines_.size() >= kFaultsMax) {
    ++left_out_;
    return;
  }
  lines_.push_back(
      absl::StrCat(Position(at.line, at.column), Av(key), key.empty() ? "" : ": ", Av(what)));
}

void YamlFaults::Add(const YamlNode& at, std::string_view key, const absl::Status& status) {
  Add(at, key, std::string_view(status.message().data(), status.message().size()));
}

void YamlFaults::Add(const YamlFaults& others) {
  for (const std::string& line : others.lines_) {
    if (lines_.size() < kFaultsMax) {
      lines_.push_back(line);
    } else {
      ++left_out_;
    }
  }
  left_out_ += others.left_out_;
}

absl::Status YamlFaults::ToStatus() const {
  if (lines_.empty()) return absl::OkStatus();
  std::string text = absl::StrJoin(lines_, "\n");
  if (left_out_ > 0) absl::StrAppend(&text, "\n... and ", left_out_, " more");
  return absl::InvalidArgumentError(text);
}

bool CheckKeys(const YamlNode& node, std::string_view key, const std::vector<std::string>& allowed,
               YamlFaults& faults) {
  if (node.kind != YamlNode::Kind::kMap) {
    faults.Add(node, key,
               absl::StrCat("expected a map with the keys ", absl::StrJoin(allowed, ", ")));
    return false;
  }
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const std::string& name = node.keys[i];
    if (std::find(allowed.begin(), allowed.end(), name) != allowed.end()) continue;
    const std::string nearest = NearestName(name, allowed);
    faults.Add(node.items[i], absl::StrCat(Av(key), key.empty() ? "" : ".", name),
               nearest.empty()
                   ? absl::StrCat("unknown key, expected one of ", absl::StrJoin(allowed, ", "))
                   : absl::StrCat("unknown key, did you mean ", nearest, "?"));
  }
  return true;
}

std::string YamlQuote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      static constexpr char kDigits[] = "0123456789abcdef";
      out += "\\x";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string YamlNumber(double value) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  return error == std::errc() ? std::string(buffer, end) : "0";
}

}  // namespace essaim
