// What the columns of a person table mean: name, kind, unit, range, levels.
//
// A schema is public: it is part of the study's data set declaration and the same at every site.
// Ranges are therefore no secret and may bound a person's contribution.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace essaim {

enum class VariableKind {
  kNumber,    // a real number in [lower, upper], in `unit`
  kInteger,   // a whole number in [lower, upper]
  kBoolean,   // 0 or 1
  kCategory,  // an index into `levels`; the first level is the reference unless an analysis says
              // otherwise
};

struct Variable {
  std::string name;
  VariableKind kind = VariableKind::kNumber;
  std::string unit;  // UCUM code, empty if none
  std::string description;
  double lower = 0;  // inclusive; values outside are a load error, never clipped in silence
  double upper = 1;  // inclusive
  std::vector<std::string> levels;  // kCategory only

  std::size_t n_levels() const { return kind == VariableKind::kBoolean ? 2 : levels.size(); }

  bool operator==(const Variable&) const = default;
};

class Schema {
 public:
  Schema() = default;
  // kInvalidArgument: repeated or empty name, lower > upper, a range that is not finite, repeated
  // levels.
  static absl::StatusOr<Schema> Make(std::vector<Variable> variables);

  const std::vector<Variable>& variables() const { return variables_; }

  std::size_t size() const { return variables_.size(); }

  std::optional<std::size_t> Find(std::string_view name) const;
  // kNotFound, naming the nearest existing name.
  absl::StatusOr<std::size_t> Index(std::string_view name) const;
  bool operator==(const Schema&) const = default;

 private:
  std::vector<Variable> variables_;
};

}  // namespace essaim
