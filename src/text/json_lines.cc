#include "text/json_lines.h"

#include <simdjson.h>

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

absl::StatusOr<bool> NextJsonLine(LineReader& lines, std::string_view& line) {
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(const bool some, lines.Next(line));
    if (!some) return false;
    if (lines.n_lines() == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    const absl::string_view bare = absl::StripAsciiWhitespace(Av(line));
    if (bare.empty()) continue;
    line = std::string_view(bare.data(), bare.size());
    return true;
  }
}

}  // namespace essaim::text
