#include "algorithms/evaluation/scores.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace essaim::evaluation {

absl::StatusOr<Scores> Scores::Make(const Setup& setup) {
  Scores scores;
  ESSAIM_ASSIGN_OR_RETURN(scores.outcome_, setup.schema.Index(setup.params.Text("outcome")));
  const Variable& outcome = setup.schema.variables()[scores.outcome_];
  const bool yes_no = outcome.kind == VariableKind::kBoolean ||
                      (outcome.kind == VariableKind::kCategory && outcome.levels.size() == 2);
  if (!yes_no) {
    return absl::InvalidArgumentError(absl::StrCat(
        "outcome '", outcome.name, "': expected a boolean or a category of two levels"));
  }
  const bool has_model = !setup.params.Texts("model_terms").empty();
  if (has_model == setup.params.Has("score")) {
    return absl::InvalidArgumentError(
        "expected a fitted model (`model` of the analysis) or `score`, one of the two");
  }
  if (has_model) {
    ESSAIM_ASSIGN_OR_RETURN(scores.model_, LinearPredictor::Make(setup));
    if (scores.model_.family() != "binomial") {
      return absl::InvalidArgumentError("the model is not of the binomial family");
    }
  } else {
    ESSAIM_ASSIGN_OR_RETURN(scores.score_, setup.schema.Index(setup.params.Text("score")));
    const Variable& score = setup.schema.variables()[*scores.score_];
    const bool number = score.kind == VariableKind::kNumber || score.kind == VariableKind::kInteger;
    if (score.kind != VariableKind::kBoolean && (!number || score.lower < 0 || score.upper > 1)) {
      return absl::InvalidArgumentError(
          absl::StrCat("score '", score.name, "': expected a number of range [0, 1]"));
    }
  }
  return scores;
}

void Scores::Of(const PersonTable& table, std::size_t begin, std::size_t end,
                std::span<double> p) const {
  if (score_) {
    const std::span<const double> column = table.column(*score_).subspan(begin, end - begin);
    std::copy(column.begin(), column.end(), p.begin());
    return;
  }
  model_.Eta(table, begin, end, p);
  for (double& x : p) x = model_.Mean(x);
}

}  // namespace essaim::evaluation
