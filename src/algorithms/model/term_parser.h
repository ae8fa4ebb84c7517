// Reads model terms. The only maker of ModelTerms; see terms.h for the language and the errors.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "algorithms/model/terms.h"

namespace essaim {

class TermParser {
 public:
  TermParser(const Schema& schema, const std::vector<std::string>& sites)
      : schema_(schema), sites_(sites) {}

  absl::StatusOr<ModelTerms> Parse(const std::vector<std::string>& terms, bool intercept);
  absl::StatusOr<ModelTerms> ByName(const std::vector<std::string>& names);

 private:
  // One variable of a term as written, with the columns that it can give.
  struct Factor {
    std::string label;  // how R would write it: "age", "scale(age, 50, 10)", "stage"
    bool categorical = false;
    ModelTerms::Part value;  // not categorical
    std::vector<ModelTerms::Part> levels;
    std::vector<std::string> level_names;
    std::ptrdiff_t reference = -1;  // position of the level asked for; -1: the first
  };

  using Term = std::vector<Factor>;

  absl::StatusOr<Factor> ParseFactor(std::string_view text, std::string_view term) const;
  absl::StatusOr<Factor> ParseCall(std::string_view name, std::string_view arguments,
                                   std::string_view term) const;
  absl::StatusOr<Factor> Plain(std::string_view name, std::string_view term) const;
  absl::StatusOr<std::vector<Term>> ParseTerm(const std::string& text) const;
  absl::Status AddTerm(const Term& term, const std::set<std::set<std::string>>& margins);
  absl::Status AddColumn(std::string name, ModelTerms::Column column);
  std::optional<ModelTerms::Column> MatchColumn(std::string_view name) const;
  bool MatchPart(std::string_view name, ModelTerms::Column& column) const;
  static void Harmonise(std::vector<Term>& terms);
  void Finish();

  const Schema& schema_;
  const std::vector<std::string>& sites_;
  ModelTerms out_;
};

}  // namespace essaim
