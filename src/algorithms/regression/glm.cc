#include "algorithms/regression/glm.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace essaim::regression {
namespace {

bool AllFinite(const std::vector<double>& v) {
  return std::all_of(v.begin(), v.end(), [](double x) { return std::isfinite(x); });
}

double Magnitude(const Variable& v) { return std::max(std::fabs(v.lower), std::fabs(v.upper)); }

std::vector<Params> Examples() {
  using Text = std::string;
  using Texts = std::vector<std::string>;
  std::vector<Params> all(6);
  all[0].values = {{"outcome", Text("outcome")},
                   {"family", Text("binomial")},
                   {"terms", Texts{"age", "dose", "factor(stage, reference=II)", "sex"}}};
  all[1].values = {
      {"outcome", Text("score")}, {"terms", Texts{"age*arm", "dose"}}, {"weights", Text("weight")}};
  all[2].values = {{"outcome", Text("visits")},
                   {"family", Text("poisson")},
                   {"offset", Text("score")},
                   {"terms", Texts{"age", Text("sex")}}};
  all[3].values = {{"outcome", Text("cost")},
                   {"family", Text("gamma")},
                   {"link", Text("log")},
                   {"terms", Texts{"age", "dose", "site"}}};
  all[4].values = {{"outcome", Text("outcome")}, {"family", Text("binomial")},
                   {"link", Text("probit")},     {"terms", Texts{"age", Text("dose")}},
                   {"standardise", true},        {"lambda", 1.0}};
  all[5].values = {{"outcome", Text("outcome")},
                   {"family", Text("binomial")},
                   {"link", Text("cloglog")},
                   {"terms", Texts{"age", Text("stage")}},
                   {"intercept", false}};
  return all;
}

}  // namespace

absl::Status Glm::SetOutcome(const Setup& setup) {
  const std::string name = setup.params.Text("outcome");
  ESSAIM_ASSIGN_OR_RETURN(outcome_, setup.schema.Index(name));
  const Variable& v = setup.schema.variables()[outcome_];
  const bool numeric = v.kind == VariableKind::kNumber || v.kind == VariableKind::kInteger;
  outcome_lower_ = numeric ? v.lower : 0;
  outcome_upper_ = numeric ? v.upper : 1;
  bool fits = numeric;
  std::string expected = "a number";
  if (family_ == Family::kBinomial) {
    fits = v.kind == VariableKind::kBoolean ||
           (v.kind == VariableKind::kCategory && v.levels.size() == 2) ||
           (numeric && v.lower >= 0 && v.upper <= 1);
    expected = "a boolean, a category of two levels or a proportion in [0, 1]";
  } else if (family_ != Family::kGaussian) {
    fits = numeric && v.lower >= 0 && v.upper > 0;
    expected = "a number whose declared range does not go below 0";
  }
  if (fits) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("outcome '", name, "': the family ",
                                                 Av(NameOf(family_)), " expects ", expected));
}

absl::Status Glm::SetWeights(const Setup& setup) {
  for (const char* role : {"weights", "offset"}) {
    if (!setup.params.Has(role)) continue;
    ESSAIM_ASSIGN_OR_RETURN(const std::size_t index, setup.schema.Index(setup.params.Text(role)));
    const Variable& v = setup.schema.variables()[index];
    const bool numeric = v.kind == VariableKind::kNumber || v.kind == VariableKind::kInteger;
    const bool weights = std::string_view(role) == "weights";
    if (!numeric || (weights && (v.lower < 0 || v.upper <= 0))) {
      return absl::InvalidArgumentError(absl::StrCat(role, " '", v.name, "': expected a number",
                                                     weights ? " of range >= 0" : ""));
    }
    (weights ? weights_ : offset_) = index;
    (weights ? weight_bound_ : offset_bound_) = Magnitude(v);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Algorithm>> Glm::Make(const Setup& setup) {
  std::unique_ptr<Glm> glm(new Glm());
  ESSAIM_ASSIGN_OR_RETURN(
      const FamilyAndLink family,
      ParseFamily(setup.params.Text("family", "gaussian"), setup.params.Text("link")));
  glm->family_ = family.family;
  glm->link_ = family.link;
  std::vector<std::string> terms = setup.params.Texts("terms");
  if (setup.params.Bool("site_effect", false)) terms.emplace_back("site");
  const bool intercept = setup.params.Bool("intercept", true);
  ESSAIM_ASSIGN_OR_RETURN(glm->terms_, ModelTerms::Parse(terms, setup, intercept));
  if (glm->terms_.size() == 0) return absl::InvalidArgumentError("a model without a column");
  ESSAIM_RETURN_IF_ERROR(glm->SetOutcome(setup));
  ESSAIM_RETURN_IF_ERROR(glm->SetWeights(setup));
  glm->options_ = {.lambda = setup.params.Number("lambda", 0),
                   .epsilon = setup.params.Number("epsilon", 1e-8),
                   .level = setup.params.Number("level", 0.95),
                   .iterations_max = setup.params.Integer("iterations", 25),
                   .standardise = setup.params.Bool("standardise", false)};
  if (glm->options_.standardise && !intercept) {
    return absl::InvalidArgumentError("standardise needs the intercept");
  }
  for (std::size_t j = 0; j < glm->terms_.size(); ++j) {
    const std::vector<std::size_t>& used = glm->terms_.variables();
    if (std::find(used.begin(), used.end(), glm->outcome_) != used.end()) {
      return absl::InvalidArgumentError("the outcome is among the terms");
    }
    if (!std::isfinite(glm->terms_.bound(j)) || glm->terms_.bound(j) > 1e100) {
      return absl::InvalidArgumentError(
          absl::StrCat("the range of column '", glm->terms_.names()[j], "' is too wide"));
    }
  }
  return std::unique_ptr<Algorithm>(std::move(glm));
}

// Working columns are (x - centre) / scale: at first from the schema's ranges.
void Glm::SetBasis(State& state) const {
  std::vector<double> centre(terms_.size(), 0.0), scale(terms_.size(), 1.0);
  for (std::size_t j = 0; j < terms_.size(); ++j) {
    if (terms_.indicator(j)) continue;
    const double half = 0.5 * (terms_.upper(j) - terms_.lower(j));
    if (terms_.intercept()) centre[j] = 0.5 * (terms_.upper(j) + terms_.lower(j));
    const double largest = terms_.intercept() ? half : terms_.bound(j);
    if (largest > 0) scale[j] = largest;
  }
  state.vectors["centre"] = std::move(centre);
  state.vectors["scale"] = std::move(scale);
}

State Glm::Start() const {
  State state;
  state.Set("fitting", options_.standardise ? 0 : 1);
  state.Set("iteration", 0);
  state.Set("frozen", 0);
  state.Set("null_intercept", 0);
  state.Set("outcome_centre",
            family_ == Family::kGaussian ? 0.5 * (outcome_lower_ + outcome_upper_) : 0);
  SetBasis(state);
  return state;
}

// States come from the hub: a node checks them before it uses them.
bool Glm::Accepts(const State& state) const {
  for (const char* name : {"fitting", "iteration", "frozen", "null_intercept", "outcome_centre"}) {
    if (state.Get(name).size() != 1 || !AllFinite(state.Get(name))) return false;
  }
  for (const char* name : {"centre", "scale"}) {
    if (state.Get(name).size() != terms_.size() || !AllFinite(state.Get(name))) return false;
  }
  const std::vector<double>& scale = state.Get("scale");
  if (!std::all_of(scale.begin(), scale.end(), [](double s) { return s > 1e-200; })) return false;
  if (state.Scalar("iteration") > 0) {
    if (state.Get("beta").size() != terms_.size() || !AllFinite(state.Get("beta"))) return false;
    const std::size_t before = state.Get("before").size();
    if (before != 0 && (before != terms_.size() || !AllFinite(state.Get("before")))) return false;
  }
  return std::isfinite(EtaBound(state)) && EtaBound(state) < 1e100;
}

double Glm::reach(const State& state, std::size_t j) const {
  const double centre = state.Get("centre")[j];
  const double largest =
      std::max(std::fabs(terms_.lower(j) - centre), std::fabs(terms_.upper(j) - centre));
  return largest / state.Get("scale")[j];
}

double Glm::EtaBound(const State& state) const {
  double bound = offset_bound_;
  if (state.Scalar("iteration") > 0) {
    const std::vector<double>& beta = state.Get("beta");
    for (std::size_t j = 0; j < terms_.size(); ++j) bound += std::fabs(beta[j]) * reach(state, j);
  }
  return bound;
}

AlgorithmInfo Glm::Info() {
  AlgorithmInfo info;
  info.name = "regression/glm";
  info.title = "Generalised linear model";
  info.description =
      "Gaussian, binomial, Poisson or gamma regression, with weights, offset and ridge penalty, "
      "equal to R's glm() on the pooled rows.";
  const auto add = [&](std::string name, ParamType type, std::string description) -> ParamSpec& {
    ParamSpec spec;
    spec.name = std::move(name);
    spec.type = type;
    spec.description = std::move(description);
    info.params.push_back(std::move(spec));
    return info.params.back();
  };
  add("outcome", ParamType::kVariable, "The variable to explain.").required = true;
  add("terms", ParamType::kTerms, "The terms of the model; none fits the intercept alone.");
  add("family", ParamType::kText, "The outcome's distribution; gaussian by default.").choices =
      FamilyNames();
  add("link", ParamType::kText, "The link; the family's usual one by default.").choices =
      LinkNames();
  add("weights", ParamType::kVariable, "Prior weights >= 0; 1 by default.");
  add("offset", ParamType::kVariable, "Added to the linear predictor; none by default.");
  add("intercept", ParamType::kBool, "Whether the model has an intercept; true by default.");
  add("site_effect", ParamType::kBool, "An intercept a site, as a fixed effect; false by default.");
  add("standardise", ParamType::kBool,
      "Columns are centred by their mean and divided by their standard deviation over all sites; "
      "false by default.");
  ParamSpec& lambda = add("lambda", ParamType::kNumber,
                          "Ridge penalty lambda/2 sum of squared coefficients (the intercept is "
                          "free); 0 by default.");
  lambda.upper = 1e12;
  ParamSpec& epsilon =
      add("epsilon", ParamType::kNumber,
          "Relative change of deviance that ends the iterations; 1e-8 by default.");
  epsilon.lower = 1e-15;
  epsilon.upper = 0.1;
  ParamSpec& iterations =
      add("iterations", ParamType::kInteger, "The most iterations; 25 by default.");
  iterations.lower = 1;
  iterations.upper = 100;
  ParamSpec& level =
      add("level", ParamType::kNumber, "Level of the confidence intervals; 0.95 by default.");
  level.lower = 0.5;
  level.upper = 0.9999;
  info.make = Make;
  info.examples = Examples;
  return info;
}

}  // namespace essaim::regression
