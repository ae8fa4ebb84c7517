#include "algorithms/model/terms.h"

#include <gmock/gmock.h>

#include <cmath>

#include "algo/conformance_schema.h"
#include "algo/model.h"
#include "algorithms/model/linear_predictor.h"
#include "base/testing/status_matchers.h"

namespace essaim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::StatusIs;
using Names = std::vector<std::string>;

const Names kSites = {"north", "south", "west"};

absl::StatusOr<ModelTerms> Parse(const Names& terms, bool intercept = true) {
  return ModelTerms::Parse(terms, ConformanceSchema(), kSites, intercept);
}

TEST(ModelTerms, NamesAreRs) {
  ASSERT_OK_AND_ASSIGN(const ModelTerms t, Parse({"age:sex", "stage", "age", "sex"}));
  EXPECT_THAT(t.names(), ElementsAre("(Intercept)", "stageII", "stageIII", "stageIV", "age", "sex",
                                     "age:sex"));
  ASSERT_OK_AND_ASSIGN(const ModelTerms r, Parse({"factor(stage, reference=III)", "site"}));
  EXPECT_THAT(r.names(),
              ElementsAre("(Intercept)", "stageI", "stageII", "stageIV", "sitesouth", "sitewest"));
}

TEST(ModelTerms, CategoriesWithoutTheirMarginAreCodedInFull) {
  ASSERT_OK_AND_ASSIGN(const ModelTerms t, Parse({"arm", "arm:age"}));
  EXPECT_THAT(t.names(),
              ElementsAre("(Intercept)", "armtreated", "armcontrol:age", "armtreated:age"));
  ASSERT_OK_AND_ASSIGN(const ModelTerms none, Parse({"arm", "stage"}, false));
  EXPECT_EQ(none.names().size(), 2u + 3u);
}

TEST(ModelTerms, BoundsFollowFromTheSchema) {
  ASSERT_OK_AND_ASSIGN(const ModelTerms t, Parse({"scale(age, 50, 10)", "score:age", "stage"}));
  EXPECT_EQ(t.names()[1], "scale(age, 50, 10)");
  EXPECT_DOUBLE_EQ(t.lower(1), -3.2);
  EXPECT_DOUBLE_EQ(t.upper(1), 4);
  EXPECT_DOUBLE_EQ(t.bound(5), 4 * 90);
  EXPECT_TRUE(t.indicator(2));
}

TEST(ModelTerms, ErrorsNameTheTerm) {
  const auto bad = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(Parse({"agee"}), StatusIs(bad, HasSubstr("did you mean 'age'")));
  EXPECT_THAT(Parse({"factor(stage, reference=V)"}), StatusIs(bad, HasSubstr("I, II, III, IV")));
  EXPECT_THAT(Parse({"factor(age)"}), StatusIs(bad, HasSubstr("category")));
  EXPECT_THAT(Parse({"scale(age, 1, 0)"}), StatusIs(bad, HasSubstr("sd > 0")));
  EXPECT_THAT(Parse({"age:"}), StatusIs(bad, HasSubstr("age:")));
  EXPECT_THAT(Parse({"log(age)"}), StatusIs(bad, HasSubstr("no function 'log'")));
  EXPECT_THAT(Parse({"(age"}), StatusIs(bad, HasSubstr("parenthesis")));
}

PersonTable TwoPersons(double stage) {
  const Schema schema = ConformanceSchema();
  std::vector<std::vector<double>> columns;
  for (const Variable& v : schema.variables()) columns.push_back({v.lower, v.upper});
  for (const char* name : {"stage", "arm", "split"}) columns[*schema.Find(name)] = {0, 1};
  columns[*schema.Find("stage")][1] = stage;
  auto table = PersonTable::Make(schema, std::move(columns), 2);
  EXPECT_OK(table);
  return *std::move(table);
}

TEST(ModelTerms, RowsAndBlocksAgreeAndNamesMakeTheSameColumns) {
  const Names terms = {"age*stage", "site", "sex:arm", "scale(dose, 1, 2)"};
  ASSERT_OK_AND_ASSIGN(const ModelTerms t, Parse(terms));
  ASSERT_OK_AND_ASSIGN(const ModelTerms again,
                       ModelTerms::FromNames(t.names(), ConformanceSchema(), kSites));
  for (const double stage : {2.0, std::nan("")}) {
    const PersonTable table = TwoPersons(stage);
    std::vector<double> x(2 * t.size()), row(t.size()), same(t.size());
    std::vector<std::uint8_t> complete(2, 1);
    t.Columns(table, 0, 2, x, complete);
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(t.Row(table, i, row), complete[i] != 0);
      EXPECT_EQ(again.Row(table, i, same), complete[i] != 0);
      for (std::size_t j = 0; j < t.size() && complete[i] != 0; ++j) {
        EXPECT_EQ(x[j * 2 + i], row[j]) << t.names()[j];
        EXPECT_EQ(same[j], row[j]) << t.names()[j];
        EXPECT_GE(row[j], t.lower(j));
        EXPECT_LE(row[j], t.upper(j));
      }
    }
    EXPECT_EQ(complete[1], stage == stage ? 1 : 0);
  }
}

TEST(Model, BindsWhatAFitReleasesAndLeavesOutDroppedColumns) {
  Result fit;
  AddModel({{"(Intercept)", 1, 0, 1}, {"age", 0.5, 40, 10}, {"sex", std::nan(""), 0, 1}},
           "binomial", "logit", fit);
  essaim::Setup setup{.schema = ConformanceSchema(), .sites = kSites, .params = {}};
  ASSERT_OK(BindModel(fit, setup.params));
  EXPECT_THAT(setup.params.Texts("model_terms"), ElementsAre("(Intercept)", "age"));
  ASSERT_OK_AND_ASSIGN(const LinearPredictor predictor, LinearPredictor::Make(setup));
  std::vector<double> eta(2);
  predictor.Eta(TwoPersons(0), 0, 2, eta);
  EXPECT_NEAR(eta[0], 1 + 0.5 * (18 - 40) / 10, 1e-14);
  EXPECT_NEAR(eta[1], 1 + 0.5 * (90 - 40) / 10, 1e-14);
  EXPECT_GE(predictor.bound(), 3.5);
  EXPECT_DOUBLE_EQ(predictor.Mean(0), 0.5);
}

TEST(Model, RefusesWhatIsNoModel) {
  Params params;
  EXPECT_THAT(BindModel(Result(), params), testing::HasCode(absl::StatusCode::kInvalidArgument));
  essaim::Setup setup{.schema = ConformanceSchema(), .sites = kSites, .params = {}};
  setup.params.values["model_terms"] = Names{"weird"};
  EXPECT_THAT(LinearPredictor::Make(setup), testing::HasCode(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace essaim
