#include "algo/params.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "base/nearest.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace essaim {
namespace {

template <typename T>
const T* Value(const Params& params, std::string_view name) {
  const auto it = params.values.find(name);
  if (it == params.values.end()) return nullptr;
  const T* value = std::get_if<T>(&it->second);
  ESSAIM_CHECK(value != nullptr);
  return value;
}

std::string_view Expected(ParamType type) {
  switch (type) {
    case ParamType::kBool:
      return "true or false";
    case ParamType::kInteger:
      return "a whole number";
    case ParamType::kNumber:
      return "a number";
    case ParamType::kText:
      return "a text";
    case ParamType::kVariable:
      return "the name of a variable";
    case ParamType::kVariables:
      return "a list of variables";
    case ParamType::kTexts:
      return "a list of texts";
    case ParamType::kNumbers:
      return "a list of numbers";
    case ParamType::kTerms:
      return "a list of terms";
  }
  return "something else";
}

absl::Status Bad(const ParamSpec& spec, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("parameter '", spec.name, "': ", Av(why)));
}

bool TypeFits(ParamType type, const ParamValue& value) {
  switch (type) {
    case ParamType::kBool:
      return std::holds_alternative<bool>(value);
    case ParamType::kInteger:
    case ParamType::kNumber:
      return std::holds_alternative<double>(value);
    case ParamType::kText:
    case ParamType::kVariable:
      return std::holds_alternative<std::string>(value);
    case ParamType::kVariables:
    case ParamType::kTexts:
    case ParamType::kTerms:
      return std::holds_alternative<std::vector<std::string>>(value);
    case ParamType::kNumbers:
      return std::holds_alternative<std::vector<double>>(value);
  }
  return false;
}

absl::Status CheckNumber(const ParamSpec& spec, double x) {
  if (!std::isfinite(x)) return Bad(spec, "not a finite number");
  if (spec.type == ParamType::kInteger) {
    if (x != std::nearbyint(x)) return Bad(spec, "expected a whole number");
    if (std::fabs(x) > 0x7fffffff) return Bad(spec, "too large");
  }
  if (spec.lower < spec.upper && (x < spec.lower || x > spec.upper)) {
    return Bad(
        spec, absl::StrCat("expected a number from ", spec.lower, " to ", spec.upper, ", not ", x));
  }
  return absl::OkStatus();
}

absl::Status CheckText(const ParamSpec& spec, const std::string& text) {
  if (spec.choices.empty()) return absl::OkStatus();
  if (std::find(spec.choices.begin(), spec.choices.end(), text) != spec.choices.end()) {
    return absl::OkStatus();
  }
  return Bad(spec, absl::StrCat("expected one of ", absl::StrJoin(spec.choices, ", "), ", not '",
                                text, "'"));
}

absl::Status CheckVariable(const ParamSpec& spec, const std::string& name, const Schema& schema) {
  const auto index = schema.Index(name);
  if (index.ok()) return absl::OkStatus();
  const absl::string_view message = index.status().message();
  return Bad(spec, {message.data(), message.size()});
}

absl::Status CheckList(const ParamSpec& spec, const std::vector<std::string>& list,
                       const Schema& schema) {
  if (spec.required && list.empty()) return Bad(spec, "the list is empty");
  std::set<std::string> seen;
  for (const std::string& item : list) {
    if (spec.type == ParamType::kVariables) {
      ESSAIM_RETURN_IF_ERROR(CheckVariable(spec, item, schema));
    } else if (spec.type == ParamType::kTexts) {
      ESSAIM_RETURN_IF_ERROR(CheckText(spec, item));
    }
    if (!seen.insert(item).second) return Bad(spec, absl::StrCat("'", item, "' is given twice"));
  }
  return absl::OkStatus();
}

absl::Status CheckValue(const ParamSpec& spec, const ParamValue& value, const Schema& schema) {
  if (!TypeFits(spec.type, value)) {
    return Bad(spec, absl::StrCat("expected ", Av(Expected(spec.type))));
  }
  switch (spec.type) {
    case ParamType::kBool:
      return absl::OkStatus();
    case ParamType::kInteger:
    case ParamType::kNumber:
      return CheckNumber(spec, std::get<double>(value));
    case ParamType::kText:
      return CheckText(spec, std::get<std::string>(value));
    case ParamType::kVariable:
      return CheckVariable(spec, std::get<std::string>(value), schema);
    case ParamType::kVariables:
    case ParamType::kTexts:
    case ParamType::kTerms:
      return CheckList(spec, std::get<std::vector<std::string>>(value), schema);
    case ParamType::kNumbers: {
      const auto& list = std::get<std::vector<double>>(value);
      if (spec.required && list.empty()) return Bad(spec, "the list is empty");
      for (const double x : list) ESSAIM_RETURN_IF_ERROR(CheckNumber(spec, x));
      return absl::OkStatus();
    }
  }
  return Bad(spec, "of no known type");
}

}  // namespace

bool Params::Bool(std::string_view name, bool otherwise) const {
  const bool* v = Value<bool>(*this, name);
  return v == nullptr ? otherwise : *v;
}

double Params::Number(std::string_view name, double otherwise) const {
  const double* v = Value<double>(*this, name);
  return v == nullptr ? otherwise : *v;
}

int Params::Integer(std::string_view name, int otherwise) const {
  const double* v = Value<double>(*this, name);
  return v == nullptr ? otherwise : static_cast<int>(*v);
}

std::string Params::Text(std::string_view name, std::string_view otherwise) const {
  const std::string* v = Value<std::string>(*this, name);
  return v == nullptr ? std::string(otherwise) : *v;
}

std::vector<std::string> Params::Texts(std::string_view name) const {
  const auto* v = Value<std::vector<std::string>>(*this, name);
  return v == nullptr ? std::vector<std::string>() : *v;
}

std::vector<double> Params::Numbers(std::string_view name) const {
  const auto* v = Value<std::vector<double>>(*this, name);
  return v == nullptr ? std::vector<double>() : *v;
}

absl::Status CheckParams(const std::vector<ParamSpec>& specs, const Params& params,
                         const Schema& schema) {
  std::vector<std::string> names;
  names.reserve(specs.size());
  for (const ParamSpec& spec : specs) names.push_back(spec.name);
  for (const auto& [name, value] : params.values) {
    const auto it = std::find(names.begin(), names.end(), name);
    if (it == names.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown parameter '", name, "'", DidYouMean(name, names),
                       names.empty() ? "; it takes none"
                                     : absl::StrCat("; it takes ", absl::StrJoin(names, ", "))));
    }
    ESSAIM_RETURN_IF_ERROR(
        CheckValue(specs[static_cast<std::size_t>(it - names.begin())], value, schema));
  }
  for (const ParamSpec& spec : specs) {
    if (spec.required && !params.Has(spec.name)) {
      return Bad(spec, absl::StrCat("required: ", Av(Expected(spec.type))));
    }
  }
  return absl::OkStatus();
}

}  // namespace essaim
