// Survival over three sites equals R's survival 3.5-3 on the pooled rows:
// tests/golden/survival.json, made by tools/reference/survival.R.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

#include "algo/registry.h"
#include "algorithms/survival/register.h"
#include "engine/secure_sum_maker.h"

namespace essaim {
namespace {

using Json = nlohmann::json;
using Texts = std::vector<std::string>;

const Json& Golden() {
  static const Json golden =
      Json::parse(std::ifstream(ESSAIM_SOURCE_DIR "/tests/golden/survival.json"));
  return golden;
}

struct Data {
  Schema schema;
  std::vector<PersonTable> sites;
};

Variable Category(std::string name, Texts levels) {
  Variable v{.name = std::move(name), .kind = VariableKind::kCategory};
  v.levels = std::move(levels);
  return v;
}

Variable Number(std::string name, double lower, double upper) {
  return {.name = std::move(name), .lower = lower, .upper = upper};
}

Data Read(const std::string& file, std::vector<Variable> variables) {
  std::ifstream in(ESSAIM_SOURCE_DIR "/tests/golden/data/" + file);
  std::string line, cell;
  std::getline(in, line);
  Data data{.schema = *Schema::Make(variables)};
  std::vector<std::vector<std::vector<double>>> columns(
      3, std::vector<std::vector<double>>(variables.size()));
  while (std::getline(in, line)) {
    std::stringstream cells(line);
    std::vector<double> row;
    for (const Variable& variable : variables) {
      std::getline(cells, cell, ',');
      if (variable.levels.empty()) {
        row.push_back(std::stod(cell));
      } else {
        const auto at = std::find(variable.levels.begin(), variable.levels.end(), cell);
        row.push_back(static_cast<double>(at - variable.levels.begin()));
      }
    }
    const auto site = static_cast<std::size_t>(row[5]);
    for (std::size_t v = 0; v < row.size(); ++v) columns[site][v].push_back(row[v]);
  }
  for (std::size_t s = 0; s < 3; ++s) {
    auto table = PersonTable::Make(data.schema, columns[s], s);
    EXPECT_TRUE(table.ok()) << table.status();
    data.sites.push_back(*std::move(table));
  }
  return data;
}

// The sixth column is the site, in both files.
const Data& Lung() {
  static const Data data = Read("lung.csv", {Number("time", 0, 1100),
                                             {.name = "event", .kind = VariableKind::kBoolean},
                                             Number("age", 18, 100),
                                             Category("sex", {"male", "female"}),
                                             Number("ecog", 0, 4),
                                             Category("site", {"a", "b", "c"}),
                                             Number("female", 0, 1),
                                             Number("month", 0, 40)});
  return data;
}

const Data& Veteran() {
  static const Data data =
      Read("veteran.csv", {Number("time", 0, 1000),
                           {.name = "event", .kind = VariableKind::kBoolean},
                           Category("trt", {"standard", "test"}),
                           Category("cell", {"squamous", "smallcell", "adeno", "large"}),
                           Number("karno", 0, 100),
                           Category("site", {"a", "b", "c"}),
                           Number("diagtime", 0, 100),
                           Number("age", 18, 100),
                           Number("prior", 0, 10)});
  return data;
}

Result Federate(const Data& data, const std::string& algorithm,
                std::map<std::string, ParamValue> extra) {
  Registry registry;
  RegisterSurvival(registry);
  Setup setup{.schema = data.schema, .sites = {"a", "b", "c"}};
  setup.params.values = {{"time", "time"}, {"event", "event"}};
  for (auto& [name, value] : extra) setup.params.values[name] = value;
  auto made = registry.Make(algorithm, setup);
  EXPECT_TRUE(made.ok()) << made.status();
  if (!made.ok()) return {};
  State state = (*made)->Start();
  while (!state.done) {
    const Layout layout = (*made)->LayoutFor(state);
    std::vector<double> total(layout.length());
    for (const PersonTable& site : data.sites) {
      std::vector<double> own(layout.length());
      const absl::Status status = (*made)->LocalStatistic(site, state, own);
      EXPECT_TRUE(status.ok()) << status;
      for (std::size_t i = 0; i < own.size(); ++i) total[i] += own[i];
    }
    auto next = (*made)->Update(state, SecureSumMaker::Make(layout, std::move(total), {0, 1, 2}));
    EXPECT_TRUE(next.ok()) << next.status();
    if (!next.ok()) return {};
    state = *State::Decode(next->Encode());
  }
  auto result = (*made)->ResultOf(state);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *result : Result{};
}

double At(const Cell& cell) {
  if (const auto* x = std::get_if<double>(&cell)) return *x;
  if (const auto* n = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*n);
  return std::nan("");
}

std::vector<double> Column(const Result& result, const char* table_id, const std::string& name) {
  const ResultTable* table = result.Find(table_id);
  std::vector<double> out;
  if (table == nullptr) {
    ADD_FAILURE() << "no table " << table_id;
    return out;
  }
  for (std::size_t c = 0; c < table->columns.size(); ++c) {
    if (table->columns[c].name != name) continue;
    for (const auto& row : table->rows) out.push_back(At(row[c]));
    return out;
  }
  ADD_FAILURE() << "no column " << name;
  return out;
}

void ExpectNear(const std::vector<double>& got, const Json& want, double tolerance,
                const std::string& what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (want[i].is_null()) {
      EXPECT_TRUE(!std::isfinite(got[i])) << what << "[" << i << "] is " << got[i];
      continue;
    }
    const double w = want[i].get<double>();
    EXPECT_LE(std::abs(got[i] - w), tolerance * std::max(std::abs(w), 1e-3))
        << what << "[" << i << "]: " << got[i] << " not " << w;
  }
}

void ExpectCurve(const Result& result, const std::string& name) {
  const Json& want = Golden()[name];
  for (const char* column : {"time", "at_risk", "events", "censored", "survival", "std_error_log",
                             "lower", "upper", "cumulative_hazard", "std_error_hazard"}) {
    ExpectNear(Column(result, "survival", column), want[column], 1e-10, name + " " + column);
  }
  const std::pair<const char*, const char*> summary[] = {{"n", "records"},
                                                         {"events", "n_events"},
                                                         {"restricted_mean", "rmean"},
                                                         {"restricted_mean_std_error", "rmean_se"},
                                                         {"median", "median"},
                                                         {"median_lower", "median_lower"},
                                                         {"median_upper", "median_upper"}};
  for (const auto& [ours, theirs] : summary) {
    ExpectNear(Column(result, "summary", ours), want[theirs], 1e-10, name + " " + theirs);
  }
}

TEST(SurvivalGolden, KaplanMeier) {
  ExpectCurve(Federate(Lung(), "survival/kaplan_meier", {}), "km_lung");
  ExpectCurve(Federate(Lung(), "survival/kaplan_meier", {{"interval", "plain"}}), "km_lung_plain");
  ExpectCurve(Federate(Lung(), "survival/kaplan_meier", {{"interval", "log-log"}}),
              "km_lung_loglog");
  ExpectCurve(Federate(Lung(), "survival/kaplan_meier", {{"group", "sex"}}), "km_lung_sex");
  ExpectCurve(Federate(Veteran(), "survival/kaplan_meier", {{"group", "cell"}}), "km_veteran_cell");
  const Result alone = Federate(Lung(), "survival/kaplan_meier",
                                {{"group", "sex"}, {"restricted_mean", "individual"}});
  ExpectNear(Column(alone, "summary", "restricted_mean"),
             Golden()["km_lung_sex"]["rmean_individual"], 1e-10, "individual mean");
  ExpectNear(Column(alone, "summary", "restricted_mean_std_error"),
             Golden()["km_lung_sex"]["rmean_individual_se"], 1e-10, "individual error");
}

void ExpectRankTest(const Result& result, const std::string& name) {
  const Json& want = Golden()[name];
  ExpectNear(Column(result, "groups", "observed"), want["observed"], 1e-10, name + " observed");
  ExpectNear(Column(result, "groups", "expected"), want["expected"], 1e-10, name + " expected");
  ExpectNear(Column(result, "test", "chi_squared"), want["chisq"], 1e-10, name + " chisq");
  ExpectNear(Column(result, "test", "p_value"), want["p"], 1e-10, name + " p");
}

TEST(SurvivalGolden, LogRank) {
  ExpectRankTest(Federate(Lung(), "survival/log_rank", {{"group", "sex"}}), "logrank_lung_sex");
  ExpectRankTest(Federate(Lung(), "survival/log_rank", {{"group", "sex"}, {"rho", 1.0}}),
                 "peto_lung_sex");
  ExpectRankTest(Federate(Veteran(), "survival/log_rank", {{"group", "cell"}}),
                 "logrank_veteran_cell");
  ExpectRankTest(Federate(Veteran(), "survival/log_rank", {{"group", "trt"}, {"strata", "cell"}}),
                 "logrank_veteran_trt_strata_cell");
  ExpectRankTest(Federate(Veteran(), "survival/log_rank",
                          {{"group", "cell"}, {"strata", "trt"}, {"rho", 0.5}}),
                 "rho_half_veteran_cell_strata_trt");
}

void ExpectCox(const Result& result, const std::string& name) {
  const Json& want = Golden()[name];
  ExpectNear(Column(result, "coefficients", "coefficient"), want["coef"], 1e-8, name + " coef");
  ExpectNear(Column(result, "coefficients", "std_error"), want["se"], 1e-8, name + " se");
  ExpectNear({Column(result, "fit", "loglik0")[0], Column(result, "fit", "loglik")[0]},
             want["loglik"], 1e-9, name + " loglik");
  ExpectNear(Column(result, "fit", "n"), want["n"], 0, name + " n");
  ExpectNear(Column(result, "fit", "events"), want["nevent"], 0, name + " events");
  if (want.contains("score")) {
    const std::vector<double> tests = Column(result, "tests", "chi_squared");
    EXPECT_NEAR(tests[2], want["score"][0].get<double>(), 1e-8 * tests[2]) << name;
    EXPECT_NEAR(tests[1], want["wald"][0].get<double>(), 1e-8 * tests[1]) << name;
    const double bound = Column(result, "concordance", "bound")[0];
    EXPECT_NEAR(Column(result, "concordance", "concordance")[0],
                want["concordance"][0].get<double>(), 1e-4)
        << name;
    EXPECT_LT(bound, 5e-3) << name;
    EXPECT_NEAR(Column(result, "concordance", "std_error")[0], want["concordance"][1].get<double>(),
                1e-4)
        << name;
  }
  if (want.contains("zph")) {
    std::vector<double> chisq, df, p;
    for (std::size_t i = 0; i < want["zph"].size(); i += 3) {
      chisq.push_back(want["zph"][i]);
      df.push_back(want["zph"][i + 1]);
      p.push_back(want["zph"][i + 2]);
    }
    ExpectNear(Column(result, "proportional_hazards", "chi_squared"), chisq, 1e-7, name + " zph");
    ExpectNear(Column(result, "proportional_hazards", "df"), df, 0, name + " zph df");
    ExpectNear(Column(result, "proportional_hazards", "p_value"), p, 1e-7, name + " zph p");
  }
  if (want.contains("basehaz")) {
    ExpectNear(Column(result, "baseline", "time"), want["basehaz_time"], 0,
               name + " baseline time");
    ExpectNear(Column(result, "baseline", "cumulative_hazard"), want["basehaz"], 1e-7,
               name + " baseline");
  }
}

TEST(SurvivalGolden, CoxEfronAndBreslow) {
  const ParamValue terms = Texts{"age", "sex", "ecog"};
  ExpectCox(Federate(Lung(), "survival/cox", {{"terms", terms}}), "cox_lung_efron");
  ExpectCox(Federate(Lung(), "survival/cox", {{"terms", terms}, {"ties", "breslow"}}),
            "cox_lung_breslow");
  ExpectCox(Federate(Lung(), "survival/cox", {{"terms", terms}, {"time", "month"}}),
            "cox_lung_month_efron");
  ExpectCox(
      Federate(Lung(), "survival/cox", {{"terms", terms}, {"time", "month"}, {"ties", "breslow"}}),
      "cox_lung_month_breslow");
}

TEST(SurvivalGolden, CoxWithFactors) {
  const ParamValue terms = Texts{"trt", "cell", "karno", "diagtime", "age", "prior"};
  ExpectCox(Federate(Veteran(), "survival/cox", {{"terms", terms}}), "cox_veteran_efron");
  ExpectCox(Federate(Veteran(), "survival/cox", {{"terms", terms}, {"ties", "breslow"}}),
            "cox_veteran_breslow");
}

TEST(SurvivalGolden, CoxStrata) {
  ExpectCox(Federate(Veteran(), "survival/cox",
                     {{"terms", Texts{"trt", "karno", "age"}}, {"strata", "cell"}}),
            "cox_veteran_strata");
  ExpectCox(Federate(Lung(), "survival/cox",
                     {{"terms", Texts{"age", "sex", "ecog"}}, {"stratify_by_site", true}}),
            "cox_lung_site");
  // The same model from columns and from sites.
  ExpectCox(Federate(Lung(), "survival/cox",
                     {{"terms", Texts{"age", "sex", "ecog"}}, {"strata", "site"}}),
            "cox_lung_site");
}

TEST(SurvivalGolden, CoxRidge) {
  ExpectCox(
      Federate(Lung(), "survival/cox", {{"terms", Texts{"age", "sex", "ecog"}}, {"ridge", 10.0}}),
      "cox_lung_ridge");
  ExpectCox(
      Federate(
          Veteran(), "survival/cox",
          {{"terms", Texts{"karno", "age", "diagtime"}}, {"ridge", 5.0}, {"standardise", true}}),
      "cox_veteran_ridge_scaled");
}

TEST(SurvivalGolden, Concordance) {
  const Json& want = Golden()["concordance_karno"];
  const Result result =
      Federate(Veteran(), "survival/concordance", {{"score", "karno"}, {"higher_is_worse", true}});
  // Karnofsky scores are few, so every score has a bin of its own and nothing is approximate.
  EXPECT_NEAR(Column(result, "concordance", "concordance")[0], want["concordance"][0].get<double>(),
              1e-12);
  EXPECT_NEAR(Column(result, "concordance", "std_error")[0], want["se"][0].get<double>(), 1e-12);
}

}  // namespace
}  // namespace essaim
