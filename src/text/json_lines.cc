#include "text/json_lines.h"

#include <simdjson.h>

#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace essaim::text {
namespace {

constexpr int kDepthMax = 4;

std::string TextOf(const simdjson::dom::element& value) {
  std::string_view text;
  std::int64_t whole = 0;
  double number = 0;
  bool truth = false;
  if (value.get(text) == simdjson::SUCCESS) return std::string(text);
  if (value.get(whole) == simdjson::SUCCESS) return absl::StrCat(whole);
  if (value.get(number) == simdjson::SUCCESS) return absl::StrCat(number);
  if (value.get(truth) == simdjson::SUCCESS) return truth ? "true" : "false";
  return "";
}

absl::Status AddFields(const simdjson::dom::object& object, const std::string& prefix, int depth,
                       JsonFields& fields) {
  for (const auto& [key, value] : object) {
    if (fields.size() >= kJsonFieldsMax)
      return absl::InvalidArgumentError(absl::StrCat("more than ", kJsonFieldsMax, " fields"));
    const std::string name = absl::StrCat(prefix, Av(key));
    if (value.is_null()) continue;
    simdjson::dom::object inner;
    simdjson::dom::array list;
    if (depth < kDepthMax && value.get(inner) == simdjson::SUCCESS) {
      ESSAIM_RETURN_IF_ERROR(AddFields(inner, absl::StrCat(name, "."), depth + 1, fields));
    } else if (value.get(list) == simdjson::SUCCESS) {
      std::string& text = fields[name];
      for (const simdjson::dom::element item : list)
        absl::StrAppend(&text, text.empty() ? "" : "\n", TextOf(item));
    } else {
      fields[name] = TextOf(value);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<JsonFields> ReadJsonFields(std::string_view line) {
  thread_local simdjson::dom::parser parser(kJsonLineBytesMax + 64);
  simdjson::dom::element element;
  const simdjson::error_code error = parser.parse(line.data(), line.size()).get(element);
  if (error != simdjson::SUCCESS)
    return absl::InvalidArgumentError(
        absl::StrCat("not a JSON object: ", simdjson::error_message(error)));
  simdjson::dom::object object;
  if (element.get(object) != simdjson::SUCCESS)
    return absl::InvalidArgumentError("expected a JSON object");
  JsonFields fields;
  ESSAIM_RETURN_IF_ERROR(AddFields(object, "", 0, fields));
  return fields;
}

absl::StatusOr<std::unique_ptr<JsonLines>> JsonLines::Open(const std::string& path) {
  std::unique_ptr<JsonLines> lines(new JsonLines());
  ESSAIM_ASSIGN_OR_RETURN(lines->file_, ByteFile::Open(path));
  lines->buffer_.resize(std::size_t{1} << 18);
  return lines;
}

absl::StatusOr<bool> JsonLines::Next(std::string_view& line) {
  while (true) {
    const void* found = std::memchr(buffer_.data() + begin_, '\n', end_ - begin_);
    if (found == nullptr) {
      if (end_ - begin_ > kJsonLineBytesMax)
        return absl::ResourceExhaustedError(
            absl::StrCat("line ", line_ + 1, ": longer than ", kJsonLineBytesMax >> 20, " MiB"));
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
      if (end_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
      ESSAIM_ASSIGN_OR_RETURN(const std::size_t n,
                              file_->Read({buffer_.data() + end_, buffer_.size() - end_}));
      end_ += n;
      bytes_done_ += n;
      if (n > 0) continue;
      if (begin_ == end_) return false;
    }
    const std::size_t stop =
        found == nullptr
            ? end_
            : static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
    line = std::string_view(buffer_).substr(begin_, stop - begin_);
    begin_ = found == nullptr ? end_ : stop + 1;
    ++line_;
    if (line_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    const absl::string_view bare = absl::StripAsciiWhitespace(Av(line));
    if (bare.empty()) continue;
    line = std::string_view(bare.data(), bare.size());
    return true;
  }
}

}  // namespace essaim::text
