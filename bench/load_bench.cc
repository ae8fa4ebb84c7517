// Loading a CSV file of 1 M rows x 6 columns: every cell checked, encrypted and durable, against
// DuckDB's own reader making an unencrypted table of the same file in memory, one thread each.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdio>
#include <duckdb.hpp>
#include <filesystem>
#include <string>

#include "base/check.h"
#include "crypto/entropy.h"
#include "warehouse/duckdb_warehouse.h"

namespace essaim {
namespace {

constexpr int kRows = 1'000'000;
constexpr char kSchema[] =
    "variables:\n"
    "  - {name: age, type: number, range: [0, 120]}\n"
    "  - {name: dose, type: number, range: [0, 1000]}\n"
    "  - {name: score, type: number, range: [-10, 10]}\n"
    "  - {name: visits, type: integer, range: [0, 100]}\n"
    "  - {name: sick, type: boolean}\n"
    "  - {name: stage, type: category, levels: [I, II, III]}\n";

std::filesystem::path Folder() {
  static const std::filesystem::path kFolder =
      std::filesystem::temp_directory_path() / ("essaim-load-bench-" + std::to_string(getpid()));
  return kFolder;
}

const std::string& File() {
  static const std::string kFile = [] {
    std::filesystem::create_directories(Folder());
    const std::string path = (Folder() / "rows.csv").string();
    std::FILE* file = std::fopen(path.c_str(), "wb");
    std::fputs("age,dose,score,visits,sick,stage\n", file);
    const char* stages[] = {"I", "II", "III"};
    for (int i = 0; i < kRows; ++i) {
      std::fprintf(file, "%d.%d,%d.%03d,-%d.%04d,%d,%s,%s\n", 20 + i % 80, i % 10, i % 997,
                   i % 1000, i % 9, i % 10000, i % 100, i % 3 == 0 ? "true" : "false",
                   stages[i % 3]);
    }
    std::fclose(file);
    return path;
  }();
  return kFile;
}

void Load(benchmark::State& state) {
  crypto::SystemEntropy entropy;
  LoadRequest request;
  request.dataset = "bench";
  request.files = {File()};
  request.schema_yaml = kSchema;
  for (auto _ : state) {
    const std::string path = (Folder() / "site.duckdb").string();
    std::filesystem::remove(path);
    auto warehouse = OpenDuckDbWarehouse({.path = path,
                                          .key = SecretBytes(32),
                                          .threads = 1,
                                          .memory_mib = 2048,
                                          .entropy = &entropy});
    ESSAIM_CHECK(warehouse.ok());
    const auto report = (*warehouse)->Load(request);
    ESSAIM_CHECK(report.ok() && report->n_loaded == kRows);
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}

void DuckDbReader(benchmark::State& state) {
  for (auto _ : state) {
    duckdb::DuckDB database(nullptr);
    duckdb::Connection connection(database);
    connection.Query("SET threads=1");
    const auto made =
        connection.Query("CREATE TABLE t AS SELECT * FROM read_csv('" + File() + "')");
    ESSAIM_CHECK(!made->HasError());
    const auto count = connection.Query("SELECT count(*) FROM t");
    ESSAIM_CHECK(count->GetValue(0, 0).GetValue<std::int64_t>() == kRows);
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}

BENCHMARK(Load)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(DuckDbReader)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace essaim

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  std::error_code error;
  std::filesystem::remove_all(essaim::Folder(), error);
  return 0;
}
