// Generalised linear models against R 4.2.2 glm() (tests/golden/glm.json, made by
// tools/reference/glm.R): the rows are dealt to three sites, and coefficients, standard errors,
// deviances, AIC and the number of iterations must be R's.
#include <gmock/gmock.h>

#include <cmath>
#include <map>

#include "algorithms/registry.h"
#include "tests/conformance/plain_run.h"
#include "tests/golden/columns.h"

namespace essaim {
namespace {

using golden::Json;

const Json& Golden() {
  static const Json* const golden = new Json(golden::ReadGolden("glm.json"));
  return *golden;
}

absl::StatusOr<Result> Fit(const golden::Data& data, const Json& params, std::size_t n_sites) {
  Setup setup{.schema = data.schema, .sites = {}, .params = golden::ReadParams(params)};
  for (std::size_t i = 0; i < n_sites; ++i) setup.sites.push_back("site" + std::to_string(i));
  Registry registry;
  RegisterAll(registry);
  ESSAIM_ASSIGN_OR_RETURN(const auto algorithm, registry.Make("regression/glm", setup));
  return conformance::PlainRun(*algorithm, golden::Deal(data, n_sites));
}

void ExpectNear(double got, double want, double relative, const std::string& what) {
  if (std::isnan(want)) {
    EXPECT_TRUE(std::isnan(got)) << what << " is " << got << ", R has none";
    return;
  }
  EXPECT_LE(std::fabs(got - want), relative * std::max(std::fabs(want), 1e-7))
      << what << ": " << got << " is not R's " << want;
}

class GlmGolden : public ::testing::TestWithParam<std::size_t> {};

TEST_P(GlmGolden, EqualsR) {
  const Json& test = Golden().at("cases")[GetParam()];
  SCOPED_TRACE(test.at("name").get<std::string>());
  const golden::Data data =
      golden::ReadColumns(Golden().at("datasets").at(std::string(test.at("data"))));
  const double tolerance = test.at("tolerance");
  ASSERT_OK_AND_ASSIGN(const Result result, Fit(data, test.at("params"), 3));
  const ResultTable& table = *result.Find("coefficients");
  ASSERT_EQ(table.rows.size(), test.at("terms").size());
  for (std::size_t j = 0; j < table.rows.size(); ++j) {
    const std::string term = test.at("terms")[j];
    EXPECT_EQ(std::get<std::string>(table.rows[j][0]), term);
    for (const char* column : {"estimate", "std_error", "p_value"}) {
      const double want = golden::NumberOrNan(test.at(column)[j]);
      const double got = golden::CellNumber(table.rows[j][golden::ColumnIndex(table, column)]);
      const bool p = std::string(column) == "p_value";
      ExpectNear(got, want, p ? 100 * tolerance : tolerance, term + " " + column);
    }
  }
  const ResultTable& fit = *result.Find("fit");
  for (const auto& [name, want] : test.at("fit").items()) {
    const double got = golden::CellNumber(fit.rows[0][golden::ColumnIndex(fit, name)]);
    const double exact =
        name == "log_likelihood" || name == "deviance" || name == "aic" ? 1e-9 : 1e-8;
    ExpectNear(got, golden::NumberOrNan(want), std::max(exact, tolerance > 1e-8 ? tolerance : 0),
               name);
  }
  const std::string note = test.at("note");
  const auto has_note = ::testing::Contains(::testing::HasSubstr(note));
  if (!note.empty()) {
    EXPECT_THAT(result.notes, has_note);
  } else if (!test.at("params").contains("lambda")) {
    EXPECT_THAT(result.notes, ::testing::IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(R, GlmGolden,
                         ::testing::Range(std::size_t{0}, Golden().at("cases").size()),
                         [](const auto& test) {
                           return std::string(Golden().at("cases")[test.param].at("name"));
                         });

}  // namespace
}  // namespace essaim
