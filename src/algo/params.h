// Parameters of an analysis: what a study file says, checked against what the algorithm declares.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "data/schema.h"

namespace essaim {

enum class ParamType {
  kBool,
  kInteger,
  kNumber,
  kText,
  kVariable,   // the name of a variable of the schema
  kVariables,  // a list of such names
  kTexts,
  kNumbers,
  kTerms,  // model terms: "age", "age:sex", "factor(stage, reference=II)"; the algorithm parses
           // them
};

struct ParamSpec {
  std::string name;
  ParamType type = ParamType::kText;
  bool required = false;
  std::string description;           // one sentence; says the default
  std::vector<std::string> choices;  // kText, kTexts: the only values allowed, empty for any
  double lower = 0, upper = 0;       // kInteger, kNumber, kNumbers: inclusive, when lower < upper
};

using ParamValue =
    std::variant<bool, double, std::string, std::vector<std::string>, std::vector<double>>;

// Values by name. The getters give the value or the default; the type was checked by CheckParams,
// so a wrong type is a programmer fault.
class Params {
 public:
  std::map<std::string, ParamValue, std::less<>> values;

  bool Has(std::string_view name) const { return values.find(name) != values.end(); }

  bool Bool(std::string_view name, bool otherwise) const;
  double Number(std::string_view name, double otherwise) const;
  int Integer(std::string_view name, int otherwise) const;
  std::string Text(std::string_view name, std::string_view otherwise = "") const;
  std::vector<std::string> Texts(std::string_view name) const;  // empty if absent
  std::vector<double> Numbers(std::string_view name) const;     // empty if absent
};

// kInvalidArgument naming the parameter and what was expected: unknown name (with the nearest),
// missing required one, wrong type, out of range, not a choice, a variable that the schema lacks.
absl::Status CheckParams(const std::vector<ParamSpec>& specs, const Params& params,
                         const Schema& schema);

}  // namespace essaim
