// The 2,374 data quality checks on Synthea27 many times over, in the encrypted warehouse: our run
// against the same checks as one statement each on the same engine. Their counts must be equal.
//
//   quality_bench [FACTOR]    28 persons and 25,000 rows, FACTOR times; 100 unless told. 1000 is
//                             25 M rows and takes some minutes.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "base/strings.h"
#include "bench/naive_checks.h"
#include "crypto/entropy.h"
#include "quality/run_checks.h"
#include "warehouse/duckdb_warehouse.h"
#include "warehouse/omop_files.h"

namespace essaim {
namespace {

constexpr char kAsOf[] = "2023-01-01";

double Seconds(const std::chrono::steady_clock::time_point& since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

// Every table of persons again and again, with keys of its own.
void Multiply(SqlEngine& engine, int factor) {
  for (const CdmTable& table : CdmTables()) {
    if (table.Field("person_id") == nullptr) continue;
    std::vector<std::string> names, values;
    for (const CdmField& field : table.fields) {
      const bool is_own = field.primary_key || field.fk_table == "person" ||
                          absl::StartsWith(Av(field.fk_table), "visit_");
      names.push_back(SqlName(field));
      values.push_back(is_own ? absl::StrCat(SqlName(field), " + i * 1000000") : SqlName(field));
    }
    ESSAIM_CHECK(
        engine
            .Execute(absl::StrCat("INSERT INTO ", Av(table.name), " (", absl::StrJoin(names, ", "),
                                  ") SELECT ", absl::StrJoin(values, ", "), " FROM ",
                                  Av(table.name), ", range(1, ", factor, ") r(i)"))
            .ok());
  }
}

std::int64_t Integer(const SqlValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  const auto* real = std::get_if<double>(&value);
  return real == nullptr ? 0 : static_cast<std::int64_t>(*real);
}

int Main(int factor) {
  crypto::SystemEntropy entropy;
  const std::string path = (std::filesystem::temp_directory_path() /
                            absl::StrCat("essaim-quality-bench-", getpid(), ".duckdb"))
                               .string();
  {
    auto engine = OpenDuckDbEngine(DuckDbOptions{.path = path,
                                                 .key = SecretBytes::CopyOf(std::string(32, 'k')),
                                                 .threads = 2,
                                                 .memory_mib = 12'000,
                                                 .entropy = &entropy,
                                                 .log = nullptr});
    ESSAIM_CHECK(engine.ok());
    ESSAIM_CHECK(
        LoadOmop(**engine, {ESSAIM_SOURCE_DIR "/tests/data/omop/synthea27"}, {}, nullptr).ok());
    Multiply(**engine, factor);

    const auto start = std::chrono::steady_clock::now();
    const auto run = RunChecks(**engine, {.as_of = kAsOf});
    const double grouped = Seconds(start);
    ESSAIM_CHECK(run.ok());

    const auto naive_start = std::chrono::steady_clock::now();
    std::size_t n_statements = 0, n_different = 0;
    for (const CheckResult& r : run->results) {
      const std::string sql = NaiveSql(*r.check, kAsOf, (*engine)->dialect());
      if (sql.empty()) continue;
      const auto answer = (*engine)->Query(sql);
      ESSAIM_CHECK(answer.ok());
      ++n_statements;
      n_different +=
          Integer(answer->rows[0][0]) != r.violated || Integer(answer->rows[0][1]) != r.denominator;
    }
    const double naive = Seconds(naive_start);
    std::printf("%d persons, %zu checks, two threads\n", 28 * factor, run->results.size());
    std::printf("ours            %8.2f s  (%zu statements)\n", grouped, run->n_statements);
    std::printf("one by one      %8.2f s  (%zu statements, %zu with other counts)\n", naive,
                n_statements, n_different);
    std::printf("ratio           %8.2f\n", naive / grouped);
  }
  std::filesystem::remove(path);
  return 0;
}

}  // namespace
}  // namespace essaim

int main(int argc, char** argv) {
  const int factor = argc > 1 ? std::atoi(argv[1]) : 100;
  if (factor < 2 || factor > 10'000) {
    std::fprintf(stderr, "quality_bench [FACTOR], 2 to 10000\n");
    return 2;
  }
  return essaim::Main(factor);
}
