// evaluation/classification against R 4.2.2 (tests/golden/evaluation.json, made by
// tools/reference/evaluation.R): a logistic model is fitted over three sites, bound, and evaluated.
#include <gmock/gmock.h>

#include <cmath>

#include "algo/model.h"
#include "algorithms/registry.h"
#include "governance/disclosure.h"
#include "tests/conformance/plain_run.h"
#include "tests/golden/columns.h"

namespace essaim {
namespace {

using golden::Json;

absl::StatusOr<Result> RunOver(const std::string& algorithm, const golden::Data& data,
                               Params params) {
  const Setup setup{.schema = data.schema, .sites = {"a", "b", "c"}, .params = std::move(params)};
  Registry registry;
  RegisterAll(registry);
  ESSAIM_ASSIGN_OR_RETURN(const auto made, registry.Make(algorithm, setup));
  return conformance::PlainRun(*made, golden::Deal(data, 3));
}

double Number(const Result& result, const std::string& table, const std::string& column,
              std::size_t row = 0) {
  const ResultTable* found = result.Find(table);
  EXPECT_NE(found, nullptr) << table;
  return golden::CellNumber(found->rows[row][golden::ColumnIndex(*found, column)]);
}

absl::StatusOr<Result> EvaluateModel(double bins, const Json& want) {
  const golden::Data data =
      golden::ReadColumns(golden::ReadGolden("glm.json").at("datasets").at("birthwt"));
  Params fit;
  fit.values["family"] = std::string("binomial");
  fit.values["outcome"] = std::string("low");
  fit.values["epsilon"] = 1e-14;
  fit.values["standardise"] = true;  // the model table must undo it
  fit.values["terms"] = std::vector<std::string>{"age", "lwt", "race", "smoke", "ptd", "ht", "ui"};
  ESSAIM_ASSIGN_OR_RETURN(const Result model, RunOver("regression/glm", data, fit));
  Params params;
  params.values["outcome"] = std::string("low");
  params.values["bins"] = bins;
  params.values["thresholds"] = want.at("thresholds").get<std::vector<double>>();
  ESSAIM_RETURN_IF_ERROR(BindModel(model, params));
  return RunOver("evaluation/classification", data, std::move(params));
}

TEST(EvaluationGolden, FittedModel) {
  const Json want = golden::ReadGolden("evaluation.json");
  ASSERT_OK_AND_ASSIGN(const Result result, EvaluateModel(65536, want));
  EXPECT_LT(Number(result, "discrimination", "tie_bound"), 1e-3);
  for (const char* name : {"auc", "std_error", "lower", "upper"}) {
    EXPECT_NEAR(Number(result, "discrimination", name), want.at(name), 1e-3) << name;
  }
  for (const char* name : {"brier", "log_loss", "ece", "mce"}) {
    EXPECT_NEAR(Number(result, "calibration", name), want.at(name), 1e-10) << name;
  }
  EXPECT_NEAR(Number(result, "threshold", "accuracy"), want.at("accuracy"), 1e-15);
  EXPECT_NEAR(Number(result, "hosmer_lemeshow", "statistic"), want.at("hl"), 1e-9);
  EXPECT_NEAR(Number(result, "hosmer_lemeshow", "p_value"), want.at("hl_p"), 1e-10);
  // The model is evaluated on the rows that it was fitted on: it is calibrated.
  EXPECT_NEAR(Number(result, "calibration", "slope"), 1, 1e-8);
  EXPECT_NEAR(Number(result, "calibration", "intercept"), 0, 1e-8);
  EXPECT_NEAR(Number(result, "calibration", "in_the_large"), 0, 1e-8);
  for (std::size_t k = 0; k < want.at("thresholds").size(); ++k) {
    EXPECT_NEAR(Number(result, "decision", "net_benefit", k), want.at("net_benefit")[k], 1e-14);
  }
}

TEST(EvaluationGolden, ASmallCellAtTheThresholdHidesWhatWouldTellIt) {
  ASSERT_OK_AND_ASSIGN(Result result, EvaluateModel(256, golden::ReadGolden("evaluation.json")));
  const double least = Number(result, "threshold", "least");
  ASSERT_GT(least, 1);
  Result shown = result;
  Protect(shown, static_cast<int>(least));
  EXPECT_TRUE(shown.Find("threshold")->hidden.empty());
  Protect(result, static_cast<int>(least) + 1);
  const ResultTable& table = *result.Find("threshold");
  for (std::size_t column = 0; column < table.columns.size(); ++column)
    EXPECT_EQ(std::holds_alternative<std::monostate>(table.rows[0][column]),
              table.columns[column].name != "threshold")
        << table.columns[column].name;
}

TEST(EvaluationGolden, CoarseBinsSayHowFarOffTheAucMayBe) {
  const Json want = golden::ReadGolden("evaluation.json");
  for (const double bins : {16.0, 256.0, 4096.0}) {
    ASSERT_OK_AND_ASSIGN(const Result result, EvaluateModel(bins, want));
    const double bound = Number(result, "discrimination", "tie_bound");
    EXPECT_EQ(result.label.tolerance, bound);
    EXPECT_LE(std::fabs(Number(result, "discrimination", "auc") - double(want.at("auc"))),
              bound + 1e-12);
  }
}

TEST(EvaluationGolden, RecalibrationOfAScore) {
  const Json want = golden::ReadGolden("evaluation.json");
  auto schema =
      Schema::Make({Variable{.name = "p"}, Variable{.name = "y", .kind = VariableKind::kBoolean}});
  ASSERT_OK(schema);
  const golden::Data data{*schema,
                          {want.at("distorted").get<std::vector<double>>(),
                           want.at("outcome").get<std::vector<double>>()}};
  Params params;
  params.values["outcome"] = std::string("y");
  params.values["score"] = std::string("p");
  ASSERT_OK_AND_ASSIGN(const Result result, RunOver("evaluation/classification", data, params));
  for (const char* name :
       {"intercept", "slope", "intercept_std_error", "slope_std_error", "in_the_large"}) {
    EXPECT_NEAR(Number(result, "calibration", name), want.at(name), 1e-8) << name;
  }
}

TEST(EvaluationGolden, NeedsAModelOrAScore) {
  const golden::Data data =
      golden::ReadColumns(golden::ReadGolden("glm.json").at("datasets").at("birthwt"));
  Params params;
  params.values["outcome"] = std::string("low");
  EXPECT_THAT(RunOver("evaluation/classification", data, params),
              testing::StatusIs(absl::StatusCode::kInvalidArgument, ::testing::HasSubstr("model")));
  params.values["score"] = std::string("lwt");
  EXPECT_THAT(
      RunOver("evaluation/classification", data, params),
      testing::StatusIs(absl::StatusCode::kInvalidArgument, ::testing::HasSubstr("[0, 1]")));
}

}  // namespace
}  // namespace essaim
