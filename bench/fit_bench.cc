// A whole logistic fit in simulation, four nodes with secure sums, beside R's glm() on the pooled
// rows.
//
//   fit_bench [PERSONS]      1,000,000 persons by default, 20 covariates
//
// Prints both times, their ratio, and the largest difference of any coefficient and standard error.
// Without Rscript there is no peer: it says so and prints only its own time.
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "algorithms/registry.h"
#include "base/check.h"
#include "sim/simulate.h"
#include "study/study.h"

namespace essaim {
namespace {

constexpr std::size_t kSites = 4, kCovariates = 20;

double Uniform(std::uint64_t& seed) {
  seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
  return static_cast<double>(seed >> 11) * 0x1p-53;
}

// Covariates in [-1, 1], then the outcome.
std::vector<std::vector<double>> MakeColumns(std::size_t n_persons) {
  std::uint64_t seed = 11;
  std::vector<std::vector<double>> columns(kCovariates + 1, std::vector<double>(n_persons));
  for (std::size_t i = 0; i < n_persons; ++i) {
    double eta = -0.5;
    for (std::size_t j = 0; j < kCovariates; ++j) {
      columns[j][i] = 2 * Uniform(seed) - 1;
      eta += columns[j][i] * (j % 2 == 0 ? 0.1 : -0.1) * static_cast<double>(j % 7);
    }
    columns[kCovariates][i] = Uniform(seed) < 1 / (1 + std::exp(-eta)) ? 1 : 0;
  }
  return columns;
}

std::string StudyText() {
  std::string text =
      "essaim: 1\nname: fit\ntitle: A fit\npurpose: A benchmark\ndata:\n  set: bench\n  schema:\n";
  std::string terms;
  for (std::size_t j = 0; j < kCovariates; ++j) {
    const std::string name = "x" + std::to_string(j);
    text += "    - {name: " + name + ", type: number, range: [-1, 1]}\n";
    terms += (j == 0 ? "" : ", ") + name;
  }
  return text +
         "    - {name: y, type: boolean}\nsites: [a, b, c, d]\n"
         "analyses:\n  - name: fit\n    algorithm: regression/glm\n"
         "    parameters: {family: binomial, outcome: y, terms: [" +
         terms + "]}\n";
}

struct Fit {
  double seconds = 0;
  std::vector<double> estimates;  // coefficients, then standard errors
};

Fit Federated(const std::vector<std::vector<double>>& columns) {
  const absl::StatusOr<Study> study = ParseStudy(StudyText(), nullptr);
  ESSAIM_CHECK(study.ok());
  Registry registry;
  RegisterAll(registry);
  std::vector<PersonTable> tables;
  const std::size_t n = columns[0].size() / kSites;
  for (std::size_t site = 0; site < kSites; ++site) {
    std::vector<std::vector<double>> part;
    for (const auto& column : columns) {
      const std::size_t first = site * n, past = site + 1 == kSites ? column.size() : first + n;
      part.emplace_back(column.data() + first, column.data() + past);
    }
    auto table = PersonTable::Make(study->schema, std::move(part));
    ESSAIM_CHECK(table.ok());
    tables.push_back(*std::move(table));
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto done = sim::Simulate(
      *study, [&](const Analysis&, std::size_t site) { return tables[site]; }, registry, {});
  Fit fit;
  fit.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  ESSAIM_CHECK(done.ok());
  const ResultTable& table = done->front().result.tables.front();
  for (const std::size_t column : {1, 2}) {
    for (const auto& row : table.rows) fit.estimates.push_back(std::get<double>(row[column]));
  }
  return fit;
}

constexpr char kScript[] = R"R(
args <- commandArgs(TRUE)
n <- as.integer(args[2])
m <- matrix(readBin(args[1], "double", n * 21), nrow = n)
d <- data.frame(m)
colnames(d) <- c(paste0("x", 0:19), "y")
t <- system.time(f <- glm(y ~ ., family = binomial, data = d))[["elapsed"]]
s <- summary(f)$coefficients
cat(sprintf("%.17g\n", c(t, s[, 1], s[, 2])), sep = "")
)R";

Fit InR(const std::vector<std::vector<double>>& columns) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("essaim-fit-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  {
    std::ofstream rows(folder / "rows", std::ios::binary);
    for (const auto& c : columns) {
      rows.write(reinterpret_cast<const char*>(c.data()),
                 static_cast<std::streamsize>(c.size() * sizeof(double)));
    }
    std::ofstream(folder / "fit.R") << kScript;
  }
  const std::string command = "Rscript --vanilla " + (folder / "fit.R").string() + " " +
                              (folder / "rows").string() + " " + std::to_string(columns[0].size()) +
                              " > " + (folder / "out").string();
  Fit fit;
  if (std::system(command.c_str()) == 0) {
    std::ifstream out(folder / "out");
    out >> fit.seconds;
    for (double x = 0; out >> x;) fit.estimates.push_back(x);
  }
  std::filesystem::remove_all(folder);
  return fit;
}

int Main(int argc, char** argv) {
  const std::size_t n_persons = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const auto columns = MakeColumns(n_persons);
  const Fit ours = Federated(columns);
  std::printf("four nodes, secure sums   %8.2f s   (%zu persons, %zu covariates, one thread)\n",
              ours.seconds, n_persons, kCovariates);
  const Fit theirs = InR(columns);
  if (theirs.estimates.size() != ours.estimates.size()) {
    std::printf(
        "R's glm(), pooled rows    not run: Rscript is missing (apt-get install r-base-core)\n");
    return 0;
  }
  double largest = 0;
  for (std::size_t k = 0; k < ours.estimates.size(); ++k) {
    largest = std::max(largest, std::fabs(ours.estimates[k] / theirs.estimates[k] - 1));
  }
  std::printf("R's glm(), pooled rows    %8.2f s\nratio                     %8.2f\n",
              theirs.seconds, theirs.seconds / ours.seconds);
  std::printf("largest relative difference of coefficients and standard errors  %.2g\n", largest);
  return largest < 1e-8 ? 0 : 1;
}

}  // namespace
}  // namespace essaim

int main(int argc, char** argv) { return essaim::Main(argc, argv); }
