// How a fitted model travels from the analysis that fitted it to the one that evaluates it.
//
// A fit's Result has two tables. "model": term (text, a column of the design matrix by its name),
// coefficient, centre, scale (numbers; 0 and 1 when not standardised), so that the predictor is the
// sum of coefficient (x - centre) / scale. "model_info", one row: family, link (text).
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "algo/params.h"
#include "algo/result.h"

namespace essaim {

// One column of a fitted model. A coefficient that is NaN was dropped (aliased).
struct ModelColumn {
  std::string term;
  double coefficient = 0;
  double centre = 0;
  double scale = 1;
};

// Appends the two tables.
void AddModel(const std::vector<ModelColumn>& columns, const std::string& family,
              const std::string& link, Result& result);

// Puts model_terms, model_coefficients, model_centres, model_scales, model_family and model_link
// into `params`, leaving out dropped columns. kInvalidArgument if `fit` holds no model, or an
// unusable one.
absl::Status BindModel(const Result& fit, Params& params);

// The specifications of those parameters, for an algorithm that evaluates a model: none is
// required, for none stands in a study file.
std::vector<ParamSpec> ModelParamSpecs();

}  // namespace essaim
