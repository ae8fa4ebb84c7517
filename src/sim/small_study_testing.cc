#include "sim/small_study_testing.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace essaim::sim {
namespace {

class Mean final : public PersonSum {
 public:
  explicit Mean(int rounds) : rounds_(rounds) {}

  State Start() const override { return {}; }

  Layout LayoutFor(const State&) const override {
    return {.additivity = Additivity::kPerPerson,
            .blocks = {{.name = "n", .length = 1, .bound = 1, .integral = true},
                       {.name = "x", .length = 1, .bound = 100, .integral = false}}};
  }

  absl::StatusOr<State> Update(const State& state, const SecureSum& sum) const override {
    State next = state;
    next.done = state.round + 1 >= rounds_;
    next.Set("n", sum.scalar("n"));
    next.Set("mean", sum.scalar("x") / sum.scalar("n"));
    return next;
  }

  absl::StatusOr<Result> ResultOf(const State& state) const override {
    Result result;
    result.tables.push_back(
        {.id = "mean",
         .title = "Mean",
         .columns = {{.name = "n", .title = "n", .kind = ColumnKind::kCount, .of = -1},
                     {.name = "mean", .title = "Mean", .kind = ColumnKind::kNumber, .of = -1}},
         .rows = {{static_cast<std::int64_t>(state.Scalar("n")), state.Scalar("mean")}},
         .groups = {},
         .hidden = {}});
    return result;
  }

 protected:
  void Contribute(const PersonTable& table, std::size_t person, const State&,
                  std::span<double> out) const override {
    out[0] = 1;
    out[1] = table.at(person, 0);
  }

 private:
  int rounds_;
};

}  // namespace

void RegisterTestingMean(Registry& registry) {
  AlgorithmInfo info;
  info.name = "testing/mean";
  info.title = "Mean over rounds";
  info.description = "For tests.";
  info.params = {{.name = "rounds",
                  .type = ParamType::kInteger,
                  .required = false,
                  .description = "",
                  .choices = {},
                  .lower = 1,
                  .upper = 100}};
  info.make = [](const Setup& setup) -> absl::StatusOr<std::unique_ptr<Algorithm>> {
    return std::make_unique<Mean>(setup.params.Integer("rounds", 3));
  };
  info.examples = [] { return std::vector<Params>{Params{}}; };
  registry.Add(std::move(info));
}

Study SmallStudy(std::size_t n_sites, Privacy::OnDropout on_dropout, int rounds) {
  std::string sites;
  for (std::size_t i = 0; i < n_sites; ++i) absl::StrAppend(&sites, i == 0 ? "" : ", ", "s", i);
  const std::string text = absl::StrCat(
      "essaim: 1\nname: small\ntitle: Small\npurpose: test\ndata:\n  set: small\n  schema:\n",
      "    - {name: x, type: number, range: [0, 100]}\nsites: [", sites, "]\n",
      "privacy: {minimum_cohort: 2, minimum_cell: 1, minimum_sites: ", n_sites < 3 ? 2 : 3,
      ", collusions: ", n_sites < 3 ? 0 : 1,
      ", on_dropout: ", on_dropout == Privacy::OnDropout::kWait ? "wait" : "continue",
      "}\nanalyses:\n  - {name: mean, algorithm: testing/mean, parameters: {rounds: ", rounds,
      "}}\n");
  absl::StatusOr<Study> study = ParseStudy(text, nullptr);
  if (!study.ok()) std::fprintf(stderr, "%s\n", study.status().ToString().c_str());
  ESSAIM_CHECK(study.ok());
  return *std::move(study);
}

PersonTable SmallTable(const Study& study, std::size_t site) {
  std::vector<double> x;
  for (std::size_t i = 0; i < 20 + site; ++i)
    x.push_back(static_cast<double>((i * 37 + site * 11) % 101) * 0.99);
  absl::StatusOr<PersonTable> table = PersonTable::Make(study.schema, {std::move(x)}, site);
  ESSAIM_CHECK(table.ok());
  return *std::move(table);
}

}  // namespace essaim::sim
