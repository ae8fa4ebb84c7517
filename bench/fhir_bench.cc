// FHIR bulk data to rows, against simdjson parsing the same file: one thread, one run.
//
//   fhir_bench [FACTOR]   the sample resources, FACTOR times (default 400)
#include <simdjson.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "fhir/fhir_files.h"

namespace essaim {
namespace {

double Seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

// Counts rows and their bytes, as a fast database would take them.
class Counter : public CdmSink {
 public:
  absl::Status Row(const CdmTable&, std::span<const std::optional<std::string_view>> cells,
                   const RowOrigin&) override {
    ++rows;
    for (const auto& cell : cells) bytes += cell ? cell->size() : 0;
    return absl::OkStatus();
  }

  absl::Status Reject(const BadRow&, std::string_view) override { return absl::OkStatus(); }

  absl::Status Remove(const CdmTable&, std::int64_t) override { return absl::OkStatus(); }

  absl::Status MergePersons(std::int64_t, std::int64_t) override { return absl::OkStatus(); }

  absl::Status Progress(std::uint64_t) override { return absl::OkStatus(); }

  void EndFile(std::string_view, std::string_view, std::uint64_t) override {}

  void Notice(std::string) override {}

  std::uint64_t rows = 0, bytes = 0;
};

class NoCodes : public Vocabulary {
 public:
  absl::StatusOr<const MappedCode*> Map(std::string_view, std::string_view) override {
    return &none_;
  }

  absl::StatusOr<Concept> Find(std::int64_t) override { return Concept(); }

 private:
  MappedCode none_;
};

double ParseAlone(const std::string& path) {
  const auto start = std::chrono::steady_clock::now();
  std::ifstream in(path);
  std::string line;
  simdjson::dom::parser parser;
  std::uint64_t n = 0;
  while (std::getline(in, line)) {
    simdjson::dom::element element;
    ESSAIM_CHECK(parser.parse(line).get(element) == simdjson::SUCCESS);
    n += element.is_object();
  }
  ESSAIM_CHECK(n > 0);
  return Seconds(start);
}

int Main(int factor) {
  const std::string path = (std::filesystem::temp_directory_path() /
                            absl::StrCat("essaim-fhir-bench-", getpid(), ".ndjson"))
                               .string();
  {
    std::ifstream in(ESSAIM_SOURCE_DIR "/tests/data/fhir/synthea.ndjson");
    std::stringstream once;
    once << in.rdbuf();
    ESSAIM_CHECK(once.str().size() > 100'000);
    std::ofstream out(path);
    for (int i = 0; i < factor; ++i) out << once.str();
  }
  const double megabytes = static_cast<double>(std::filesystem::file_size(path)) / 1e6;
  const IdMaker ids(SecretBytes::CopyOf(std::string(32, 'k')), "p", "s");
  NoCodes vocabulary;
  double best_parse = 1e9, best_load = 1e9;
  std::uint64_t rows = 0;
  for (int repeat = 0; repeat < 3; ++repeat) {
    best_parse = std::min(best_parse, ParseAlone(path));
    const auto start = std::chrono::steady_clock::now();
    const auto source = fhir::OpenFhirFiles({path}, {.ids = &ids, .vocabulary = &vocabulary});
    ESSAIM_CHECK(source.ok());
    Counter counter;
    ESSAIM_CHECK((*source)->Read(counter).ok());
    best_load = std::min(best_load, Seconds(start));
    rows = counter.rows;
  }
  std::filesystem::remove(path);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("%.0f MB of bulk data, %llu rows, one thread\n", megabytes,
              static_cast<unsigned long long>(rows));
  std::printf("simdjson alone          %7.2f s  %6.0f MB/s\n", best_parse, megabytes / best_parse);
  std::printf(
      "parsed, mapped, hashed  %7.2f s  %6.0f MB/s  %.2f x simdjson's speed (wanted: 0.5)\n",
      best_load, megabytes / best_load, best_parse / best_load);
  std::printf("peak memory %.0f MB\n", static_cast<double>(usage.ru_maxrss) / 1024);
  return 0;
}

}  // namespace
}  // namespace essaim

int main(int argc, char** argv) { return essaim::Main(argc > 1 ? std::atoi(argv[1]) : 400); }
