// FHIR bulk data to rows, against simdjson parsing the same file: one thread, one run.
//
//   fhir_bench [FACTOR]   the sample resources, FACTOR times (default 400)
#include <simdjson.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "bench/measure.h"
#include "fhir/fhir_files.h"
#include "warehouse/cdm_sinks.h"

namespace essaim {
namespace {

// Counts rows and their bytes, as a fast database would take them.
class Counter : public NullSink {
 public:
  absl::Status Row(const CdmTable&, std::span<const std::optional<std::string_view>> cells,
                   const RowOrigin&) override {
    ++rows;
    for (const auto& cell : cells) bytes += cell ? cell->size() : 0;
    return absl::OkStatus();
  }

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

struct Best {
  double seconds = 1e300, cpu_seconds = 1e300;

  void Take(const Stretch& stretch) {
    seconds = std::min(seconds, stretch.Seconds());
    cpu_seconds = std::min(cpu_seconds, stretch.CpuSeconds());
  }
};

void Print(const char* what, const Best& best, double megabytes) {
  std::printf("%-24s %7.2f s  %7.2f s of processor  %6.0f MB/s\n", what, best.seconds,
              best.cpu_seconds, megabytes / best.cpu_seconds);
}

void ParseAlone(const std::string& path, Best& best) {
  const Stretch stretch;
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
  best.Take(stretch);
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
  Best parse, load;
  constexpr int kRepeats = 5;
  Stretch::ForgetPeak();
  std::uint64_t rows = 0;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    ParseAlone(path, parse);
    const Stretch stretch;
    const auto source = fhir::OpenFhirFiles({path}, {.ids = &ids, .vocabulary = &vocabulary});
    ESSAIM_CHECK(source.ok());
    Counter counter;
    ESSAIM_CHECK((*source)->Read(counter).ok());
    load.Take(stretch);
    rows = counter.rows;
  }
  std::filesystem::remove(path);
  std::printf("%.0f MB of bulk data, %llu rows, one thread\n", megabytes,
              static_cast<unsigned long long>(rows));
  Print("simdjson alone", parse, megabytes);
  Print("parsed, mapped, hashed", load, megabytes);
  std::printf("%.2f of simdjson's speed by the clock, %.2f by the processor (wanted: 0.5)\n",
              parse.seconds / load.seconds, parse.cpu_seconds / load.cpu_seconds);
  std::printf("peak memory %.0f MB\n", Stretch::PeakMegabytes());
  return 0;
}

}  // namespace
}  // namespace essaim

int main(int argc, char** argv) { return essaim::Main(argc > 1 ? std::atoi(argv[1]) : 400); }
