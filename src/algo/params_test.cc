#include "algo/params.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "algo/conformance_schema.h"
#include "base/testing/status_matchers.h"

namespace essaim {
namespace {

using ::essaim::testing::StatusIs;
using ::testing::HasSubstr;

std::vector<ParamSpec> Specs() {
  return {{.name = "variable", .type = ParamType::kVariable, .required = true},
          {.name = "covariates", .type = ParamType::kVariables},
          {.name = "ties", .type = ParamType::kText, .choices = {"efron", "breslow"}},
          {.name = "ridge", .type = ParamType::kNumber, .lower = 0, .upper = 10},
          {.name = "bins", .type = ParamType::kInteger, .lower = 1, .upper = 100},
          {.name = "edges", .type = ParamType::kNumbers},
          {.name = "robust", .type = ParamType::kBool},
          {.name = "terms", .type = ParamType::kTerms}};
}

absl::Status Check(const std::string& name, ParamValue value) {
  Params params{{{"variable", std::string("age")}}};
  params.values[name] = std::move(value);
  return CheckParams(Specs(), params, ConformanceSchema());
}

void ExpectRefused(const absl::Status& status, const std::string& why) {
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(why)));
}

TEST(ParamsTest, AcceptsWhatIsDeclared) {
  EXPECT_OK(Check("covariates", std::vector<std::string>{"age", "sex"}));
  EXPECT_OK(Check("ties", std::string("efron")));
  EXPECT_OK(Check("ridge", 10.0));
  EXPECT_OK(Check("bins", 7.0));
  EXPECT_OK(Check("edges", std::vector<double>{1, 2}));
  EXPECT_OK(Check("robust", true));
  EXPECT_OK(Check("terms", std::vector<std::string>{"age:sex"}));
}

TEST(ParamsTest, RefusesWithTheNameAndWhatWasExpected) {
  ExpectRefused(Check("covariate", true),
                "unknown parameter 'covariate'; did you mean 'covariates'?");
  ExpectRefused(Check("variable", std::string("aeg")), "'variable': there is no variable 'aeg'");
  ExpectRefused(Check("covariates", std::vector<std::string>{"age", "agee"}),
                "did you mean 'age'?");
  ExpectRefused(Check("covariates", std::vector<std::string>{"age", "age"}), "given twice");
  ExpectRefused(Check("ties", std::string("exact")), "expected one of efron, breslow");
  ExpectRefused(Check("ties", 1.0), "expected a text");
  ExpectRefused(Check("ridge", 10.5), "from 0 to 10");
  ExpectRefused(Check("ridge", std::numeric_limits<double>::quiet_NaN()), "finite");
  ExpectRefused(Check("bins", 1.5), "whole number");
  ExpectRefused(Check("bins", true), "expected a whole number");
  ExpectRefused(Check("edges", std::vector<double>{1, std::numeric_limits<double>::infinity()}),
                "finite");
  ExpectRefused(CheckParams(Specs(), Params{}, ConformanceSchema()), "'variable': required");
}

TEST(ParamsTest, GettersGiveTheValueOrTheDefault) {
  const Params params{{{"bins", 7.0}, {"robust", true}, {"ties", std::string("efron")}}};
  EXPECT_EQ(params.Integer("bins", 1), 7);
  EXPECT_EQ(params.Integer("absent", 1), 1);
  EXPECT_EQ(params.Number("bins", 0), 7);
  EXPECT_TRUE(params.Bool("robust", false));
  EXPECT_EQ(params.Text("ties"), "efron");
  EXPECT_EQ(params.Text("absent", "x"), "x");
  EXPECT_TRUE(params.Texts("absent").empty());
  EXPECT_TRUE(params.Numbers("absent").empty());
}

}  // namespace
}  // namespace essaim
