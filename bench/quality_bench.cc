// The 2,374 data quality checks on Synthea27 many times over, in the encrypted warehouse: our run
// and the report on seven characteristics, against the same checks as one statement each on the
// same engine. Their counts must be equal.
//
//   quality_bench [FACTOR] [times]
//     28 persons and 25,000 rows, FACTOR times; 100 unless told. 1000 is 25 M rows and takes some
//     minutes. "times": the time of the statements one by one, by kind of check.
//   quality_bench FOLDER [times]
//     The OMOP tables in the folder as they are: whether the counts are equal.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "bench/measure.h"
#include "bench/multiply.h"
#include "crypto/entropy.h"
#include "quality/characteristics.h"
#include "quality/naive_checks_testing.h"
#include "quality/run_checks.h"
#include "quality/snapshot.h"
#include "warehouse/duckdb_warehouse.h"
#include "warehouse/omop_files.h"

namespace essaim {
namespace {

constexpr char kAsOf[] = "2023-01-01";

std::int64_t Integer(const SqlValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  const auto* real = std::get_if<double>(&value);
  return real == nullptr ? 0 : static_cast<std::int64_t>(*real);
}

struct Figures {
  double seconds = 0, cpu_seconds = 0, peak_megabytes = 0;

  explicit Figures(const Stretch& stretch)
      : seconds(stretch.Seconds()),
        cpu_seconds(stretch.CpuSeconds()),
        peak_megabytes(Stretch::PeakMegabytes()) {}
};

void Print(const char* what, const Figures& figures, std::size_t n_statements) {
  std::printf("%-16s %8.2f s  %8.2f s of processor  %6.0f MB at most", what, figures.seconds,
              figures.cpu_seconds, figures.peak_megabytes);
  if (n_statements > 0) std::printf("  %zu statements", n_statements);
  std::printf("\n");
  std::fflush(stdout);
}

struct OneByOne {
  std::size_t n_statements = 0, n_different = 0;
  std::map<std::string, double> seconds_by_kind;
};

OneByOne RunOneByOne(SqlEngine& engine, const CheckRun& run) {
  OneByOne done;
  for (const CheckResult& r : run.results) {
    const std::string sql = NaiveSql(*r.check, kAsOf, engine.dialect());
    if (sql.empty()) continue;
    const Stretch one;
    const auto answer = engine.Query(sql);
    ESSAIM_CHECK(answer.ok());
    ++done.n_statements;
    done.seconds_by_kind[std::string(InfoOf(r.check->kind).name)] += one.CpuSeconds();
    if (Integer(answer->rows[0][0]) == r.violated && Integer(answer->rows[0][1]) == r.denominator)
      continue;
    ++done.n_different;
    std::printf("%s: %lld of %lld, and as one statement %lld of %lld\n", CheckId(*r.check).c_str(),
                static_cast<long long>(r.violated), static_cast<long long>(r.denominator),
                static_cast<long long>(Integer(answer->rows[0][0])),
                static_cast<long long>(Integer(answer->rows[0][1])));
  }
  return done;
}

std::unique_ptr<SqlEngine> Open(const std::string& path) {
  static crypto::SystemEntropy entropy;
  auto engine = OpenDuckDbEngine(DuckDbOptions{.path = path,
                                               .key = SecretBytes::CopyOf(std::string(32, 'k')),
                                               .threads = 2,
                                               .memory_mib = 12'000,
                                               .entropy = &entropy,
                                               .log = nullptr});
  ESSAIM_CHECK(engine.ok());
  return *std::move(engine);
}

// Each side reads and decrypts the file anew.
void Measure(const std::string& path, bool with_times) {
  auto engine = Open(path);
  Stretch::ForgetPeak();
  const Stretch checks_stretch;
  const auto run = RunChecks(*engine, {.as_of = kAsOf});
  const Figures checks(checks_stretch);
  ESSAIM_CHECK(run.ok());
  const auto persons = engine->Query("SELECT COUNT(*) FROM person");
  std::printf("%lld persons, %zu checks, two threads\n",
              static_cast<long long>(Integer(persons->rows[0][0])), run->results.size());
  Print("checks", checks, run->n_statements);

  Stretch::ForgetPeak();
  const Stretch report_stretch;
  const auto report = Characteristics(*engine, *run, {.as_of = kAsOf});
  const auto snapshot = SnapshotOf(*engine, *run, 0);  // what the next load is compared with
  const Figures figures(report_stretch);
  ESSAIM_CHECK(report.ok() && snapshot.ok());
  Print("seven figures", figures, 0);

  engine.reset();
  engine = Open(path);
  Stretch::ForgetPeak();
  const Stretch naive_stretch;
  const OneByOne done = RunOneByOne(*engine, *run);
  const Figures naive(naive_stretch);
  Print("one by one", naive, done.n_statements);
  std::printf("%zu with other counts\n", done.n_different);
  std::printf(
      "checks           %8.2f times faster by the clock, %.2f by the processor (wanted: 12)\n",
      naive.seconds / checks.seconds, naive.cpu_seconds / checks.cpu_seconds);
  std::printf("seven figures    %8.2f times the checks' time, %.2f of the processor (wanted: 1)\n",
              figures.seconds / checks.seconds, figures.cpu_seconds / checks.cpu_seconds);
  if (!with_times) return;
  for (const auto& [kind, seconds] : done.seconds_by_kind)
    std::printf("%8.2f s of processor  %s\n", seconds, kind.c_str());
}

// The folder's tables, or the sample's, `factor` times.
int Main(const std::string& folder, int factor, bool with_times) {
  const std::string path = (std::filesystem::temp_directory_path() /
                            absl::StrCat("essaim-quality-bench-", getpid(), ".duckdb"))
                               .string();
  {
    const auto engine = Open(path);
    const auto loaded = LoadOmop(*engine, {folder}, {}, nullptr);
    if (!loaded.ok()) {
      std::fprintf(stderr, "%s: %s\n", folder.c_str(), loaded.status().ToString().c_str());
      return 1;
    }
    if (factor > 1) Multiply(*engine, factor);
  }
  Measure(path, with_times);
  std::filesystem::remove(path);
  return 0;
}

}  // namespace
}  // namespace essaim

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "100";
  if (std::filesystem::is_directory(what)) return essaim::Main(what, 1, argc > 2);
  const int factor = std::atoi(what.c_str());
  if (factor < 2 || factor > 10'000) {
    std::fprintf(stderr, "quality_bench [FACTOR | FOLDER] [times], 2 to 10000\n");
    return 2;
  }
  return essaim::Main(ESSAIM_SOURCE_DIR "/tests/data/omop/synthea27", factor, argc > 2);
}
