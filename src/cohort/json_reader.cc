#include "cohort/json_reader.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace essaim::cohort {
namespace {

// Later drafts of Circe name the unit of every length; days are what all lengths are in here.
bool IsUnit(std::string_view key) {
  return key == "TimeUnit" || key == "OffsetUnit" || key == "EraPadUnit" || key == "IntervalUnit";
}

bool SaysNothing(std::string_view key, const nlohmann::json& value) {
  if (value.is_null() || value == false || value == "") return true;
  if ((value.is_array() || value.is_object()) && value.empty()) return true;
  if (IsUnit(key)) return value == "day";
  return value == 0 && absl::EndsWith(Av(key), "UnitValue") &&
         IsUnit(key.substr(0, key.size() - std::string_view("Value").size()));
}

bool IsAbsent(const nlohmann::json& value) { return value == "" || value == "null"; }

}  // namespace

absl::Status JsonReader::Wrong(std::string_view what) const {
  return absl::InvalidArgumentError(absl::StrCat(path_, ": ", Av(what)));
}

absl::Status JsonReader::Unsupported(std::string_view what) const {
  return absl::UnimplementedError(absl::StrCat(path_, ": ", Av(what)));
}

absl::Status JsonReader::IsObject() const {
  return value_->is_object() ? absl::OkStatus() : Wrong("expected an object");
}

absl::Status JsonReader::CheckKeys(const std::vector<std::string_view>& keys) const {
  ESSAIM_RETURN_IF_ERROR(IsObject());
  for (const auto& [key, value] : value_->items()) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end() || SaysNothing(key, value)) continue;
    return JsonReader(value, absl::StrCat(path_, ".", key.substr(0, 64)))
        .Unsupported("this field is not supported");
  }
  return absl::OkStatus();
}

std::optional<JsonReader> JsonReader::Get(std::string_view key) const {
  const auto at = value_->find(std::string(key));
  if (at == value_->end() || at->is_null()) return std::nullopt;
  return JsonReader(*at, absl::StrCat(path_, ".", Av(key)));
}

absl::StatusOr<JsonReader> JsonReader::Need(std::string_view key) const {
  const std::optional<JsonReader> found = Get(key);
  if (!found.has_value()) return Wrong(std::string(absl::StrCat("expected the field ", Av(key))));
  return *found;
}

absl::StatusOr<std::vector<JsonReader>> JsonReader::Items(std::size_t max) const {
  if (!value_->is_array()) return Wrong("expected a list");
  if (value_->size() > max) return Wrong(absl::StrCat("more than ", max, " items"));
  std::vector<JsonReader> items;
  for (std::size_t i = 0; i < value_->size(); ++i) {
    items.emplace_back((*value_)[i], absl::StrCat(path_, "[", i, "]"));
  }
  return items;
}

absl::StatusOr<bool> JsonReader::Bool() const {
  if (value_->is_boolean()) return value_->get<bool>();
  if (value_->is_number_integer()) return *value_ != 0;
  if (value_->is_string()) {
    const std::string text =
        absl::AsciiStrToLower(absl::StripAsciiWhitespace(value_->get_ref<const std::string&>()));
    if (text == "true") return true;
    if (text == "false" || text.empty()) return false;
  }
  return Wrong("expected true or false");
}

absl::StatusOr<std::int64_t> JsonReader::Integer(std::int64_t low, std::int64_t high) const {
  std::int64_t number = 0;
  if (value_->is_number_float()) {  // Jackson cuts the fraction off
    const double real = value_->get<double>();
    if (!(std::abs(real) < 1e15)) return Wrong("the number is too large");
    number = static_cast<std::int64_t>(real);
    if (number >= low && number <= high) return number;
    return Wrong(absl::StrCat("expected a whole number from ", low, " to ", high));
  }
  const bool is_text = value_->is_string();  // ATLAS writes some numbers as texts
  if (is_text ? !absl::SimpleAtoi(value_->get<std::string>(), &number)
              : !value_->is_number_integer()) {
    return Wrong("expected a whole number");
  }
  if (!is_text) {
    if (value_->is_number_unsigned() && value_->get<std::uint64_t>() > std::uint64_t{INT64_MAX}) {
      return Wrong("the number is too large");
    }
    number = value_->get<std::int64_t>();
  }
  if (number < low || number > high) {
    return Wrong(absl::StrCat("expected a whole number from ", low, " to ", high));
  }
  return number;
}

absl::StatusOr<double> JsonReader::Number() const {
  double number = 0;
  if (value_->is_number()) {
    number = value_->get<double>();
  } else if (!value_->is_string() || !absl::SimpleAtod(value_->get<std::string>(), &number)) {
    return Wrong("expected a number");
  }
  if (!std::isfinite(number) || std::abs(number) > 1e15) return Wrong("the number is too large");
  return number;
}

absl::StatusOr<std::string> JsonReader::Text(std::size_t max) const {
  if (!value_->is_string() && !value_->is_number() && !value_->is_boolean())
    return Wrong("expected a text");
  std::string text = value_->is_string() ? value_->get<std::string>() : value_->dump();
  if (text.size() > max) return Wrong(absl::StrCat("longer than ", max, " bytes"));
  if (text.find('\0') != std::string::npos) return Wrong("a NUL character");
  return text;
}

absl::StatusOr<bool> JsonReader::BoolOr(std::string_view key, bool otherwise) const {
  const auto found = Get(key);
  if (!found.has_value()) return otherwise;
  return found->Bool();
}

absl::StatusOr<int> JsonReader::IntOr(std::string_view key, int low, int high,
                                      int otherwise) const {
  ESSAIM_ASSIGN_OR_RETURN(const std::optional<int> number, MaybeInt(key, low, high));
  return number.value_or(otherwise);
}

absl::StatusOr<std::optional<int>> JsonReader::MaybeInt(std::string_view key, int low,
                                                        int high) const {
  const auto found = Get(key);
  if (!found.has_value() || IsAbsent(found->value())) return std::optional<int>();
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t number, found->Integer(low, high));
  return std::optional<int>(static_cast<int>(number));
}

absl::StatusOr<std::string> JsonReader::TextOr(std::string_view key, std::size_t max,
                                               std::string_view otherwise) const {
  const auto found = Get(key);
  if (!found.has_value()) return std::string(otherwise);
  return found->Text(max);
}

}  // namespace essaim::cohort
