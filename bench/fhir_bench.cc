// FHIR bulk data to rows, against simdjson parsing the same bytes: of all kinds of resources as a
// site has them, and of one kind each; and the whole load into an encrypted warehouse.
//
//   fhir_bench [MEGABYTES [KIND]]   of each file (default 100); of one kind of resource alone
//
// simdjson's side is `parse_many` over bytes that lie in memory, on one thread: its fastest way to
// a document a line; told too is `load_many` of the file, its usual one. The rows' side
// parses, maps and looks codes up in a vocabulary on one thread, while another reads the file and
// hashes it; both threads' time is told. Every resource has an id of its own.
#include <simdjson.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/strings.h"
#include "bench/measure.h"
#include "crypto/entropy.h"
#include "fhir/code_maps.h"
#include "fhir/fhir_files.h"
#include "warehouse/cdm_load.h"
#include "warehouse/cdm_sinks.h"
#include "warehouse/duckdb_warehouse.h"
#include "warehouse/sql_engine.h"

namespace essaim {
namespace {

constexpr int kRepeats = 5;
constexpr const char* kKinds[] = {"Observation", "Encounter",    "Condition",
                                  "Procedure",   "Immunization", "Patient"};

std::filesystem::path Folder() {
  return std::filesystem::temp_directory_path() / absl::StrCat("essaim-fhir-bench-", getpid());
}

// Counts rows and their bytes, as a fast database would take them.
class Counter : public NullSink {
 public:
  absl::Status Row(const CdmTable&, std::span<const std::optional<std::string_view>> cells,
                   const RowOrigin&) override {
    ++rows;
    for (const auto& cell : cells) bytes += cell ? cell->size() : 0;
    return absl::OkStatus();
  }

  absl::Status Reject(const BadRow& fault, std::string_view) override {
    return absl::InternalError(fault.ToString());
  }

  void EndFile(std::string_view, std::string_view, std::uint64_t n_read) override {
    resources += n_read;
  }

  std::uint64_t rows = 0, bytes = 0, resources = 0;
};

// The sample's lines of one type, all if it is empty.
std::string LinesOf(std::string_view type) {
  std::ifstream in(ESSAIM_SOURCE_DIR "/tests/data/fhir/synthea.ndjson");
  std::string lines, line;
  while (std::getline(in, line)) {
    if (type.empty() || line.starts_with(absl::StrCat("{\"resourceType\":\"", Av(type), "\"")))
      absl::StrAppend(&lines, line, "\n");
  }
  ESSAIM_CHECK(!lines.empty());
  return lines;
}

// Where the UUIDs of a text end.
std::vector<std::size_t> UuidsOf(const std::string& text) {
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  std::vector<std::size_t> ends;
  for (std::size_t at = 0; at + kShape.size() <= text.size(); ++at) {
    std::size_t n = 0;
    while (n < kShape.size() &&
           (kShape[n] == '-' ? text[at + n] == '-'
                             : std::isxdigit(static_cast<unsigned char>(text[at + n])) != 0))
      ++n;
    if (n < kShape.size()) continue;
    at += kShape.size() - 1;
    ends.push_back(at + 1);
  }
  return ends;
}

// The text again and again, each time with UUIDs of its own.
std::string Multiplied(std::string once, std::size_t bytes) {
  const std::vector<std::size_t> ends = UuidsOf(once);
  std::string all;
  all.reserve(bytes + once.size() + simdjson::SIMDJSON_PADDING);
  for (unsigned i = 0; all.size() < bytes; ++i) {
    const std::string number = absl::StrFormat("%06x", i);
    for (const std::size_t end : ends) once.replace(end - number.size(), number.size(), number);
    all += once;
  }
  return all;
}

using Codes = std::set<std::pair<std::string, std::string>>;  // a vocabulary and a code of it

void AddCodes(simdjson::dom::element element, Codes& codes) {
  simdjson::dom::object object;
  simdjson::dom::array list;
  std::string_view system, code;
  if (element.get(object) == simdjson::SUCCESS) {
    if (object["system"].get(system) == simdjson::SUCCESS &&
        object["code"].get(code) == simdjson::SUCCESS)
      codes.emplace(fhir::VocabularyOf(system), code);
    for (const auto& [key, value] : object) AddCodes(value, codes);
  } else if (element.get(list) == simdjson::SUCCESS) {
    for (const simdjson::dom::element item : list) AddCodes(item, codes);
  }
}

// Each code of the sample as a concept.
void FillVocabulary(SqlEngine& engine) {
  constexpr const char* kDomains[][2] = {{"SNOMED", "Condition"},
                                         {"LOINC", "Measurement"},
                                         {"CVX", "Drug"},
                                         {"RxNorm", "Drug"},
                                         {"UCUM", "Unit"}};
  simdjson::dom::parser parser;
  simdjson::dom::document_stream resources;
  const simdjson::padded_string text(LinesOf(""));
  ESSAIM_CHECK(parser.parse_many(text).get(resources) == simdjson::SUCCESS);
  Codes codes;
  for (auto resource : resources) AddCodes(resource.value(), codes);
  int concept_id = 1'000;
  for (const auto& [vocabulary, code] : codes) {
    for (const auto& [known, domain] : kDomains) {
      if (vocabulary != known) continue;
      ESSAIM_CHECK(engine
                       .Execute(absl::StrCat(
                           "INSERT INTO concept (concept_id, concept_name, domain_id, "
                           "vocabulary_id, concept_class_id, standard_concept, concept_code, "
                           "valid_start_date, valid_end_date) VALUES (",
                           ++concept_id, ", 'c', '", domain, "', '", known, "', 'c', 'S', '", code,
                           "', DATE '1970-01-01', DATE '2099-12-31')"))
                       .ok());
    }
  }
}

void CountAll(simdjson::dom::document_stream& documents) {
  std::uint64_t n = 0;
  for (auto document : documents) {
    simdjson::dom::element element;
    ESSAIM_CHECK(document.get(element) == simdjson::SUCCESS);
    n += element.is_object();
  }
  ESSAIM_CHECK(n > 0);
}

void ParseAlone(const std::string& bytes, Best& best) {
  const Stretch stretch;
  simdjson::dom::parser parser;
  parser.threaded = false;
  simdjson::dom::document_stream documents;
  ESSAIM_CHECK(parser.parse_many(bytes.data(), bytes.size(), std::size_t{1} << 20).get(documents) ==
               simdjson::SUCCESS);
  CountAll(documents);
  best.Take(stretch);
}

void ParseFile(const std::string& path, Best& best) {
  const Stretch stretch;
  simdjson::dom::parser parser;
  parser.threaded = false;
  simdjson::dom::document_stream documents;
  ESSAIM_CHECK(parser.load_many(path).get(documents) == simdjson::SUCCESS);
  CountAll(documents);
  best.Take(stretch);
}

class FhirBench {
 public:
  explicit FhirBench(std::size_t bytes) : bytes_(bytes) {
    std::filesystem::create_directories(Folder());
    engine_ = Open("vocabulary.duckdb");
    ESSAIM_CHECK(CreateCdm(*engine_).ok());
    FillVocabulary(*engine_);
    vocabulary_ = OpenSqlVocabulary(*engine_);
  }

  ~FhirBench() { std::filesystem::remove_all(Folder()); }

  FhirBench(const FhirBench&) = delete;
  FhirBench& operator=(const FhirBench&) = delete;

  // Gives the file's path.
  std::string Map(const char* kind) {
    const std::string path =
        (Folder() / absl::StrCat(*kind == '\0' ? "all" : kind, ".ndjson")).string();
    std::string text = Multiplied(LinesOf(kind), bytes_);
    std::ofstream(path, std::ios::binary) << text;
    text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    Best parse, load, map;
    Counter counter;
    double peak = 0;
    for (int repeat = 0; repeat < kRepeats; ++repeat) {
      ParseAlone(text, parse);
      ParseFile(path, load);
      Stretch::ForgetPeak();
      const double before = Stretch::PeakMegabytes();
      counter = Counter();
      const Stretch stretch;
      const auto source = Source(path);
      ESSAIM_CHECK(source->Read(counter).ok());
      map.Take(stretch);
      peak = std::max(peak, Stretch::PeakMegabytes() - before);
    }
    const double megabytes = static_cast<double>(text.size()) / 1e6;
    std::printf(
        "%-13s %.0f MB, %llu resources, %llu rows: simdjson %.0f MB/s in memory, %.0f from the "
        "file; parsed and mapped %.0f MB/s of one thread: %.2f of it, %.2f from the file; with the "
        "thread that reads and hashes %.2f; by the clock %.2f; %.0f MB of memory\n",
        *kind == '\0' ? "all kinds" : kind, megabytes,
        static_cast<unsigned long long>(counter.resources),
        static_cast<unsigned long long>(counter.rows), megabytes / parse.cpu_seconds,
        megabytes / load.cpu_seconds, megabytes / map.thread_cpu_seconds,
        parse.cpu_seconds / map.thread_cpu_seconds, load.cpu_seconds / map.thread_cpu_seconds,
        parse.cpu_seconds / map.cpu_seconds, parse.seconds / map.seconds, peak);
    return path;
  }

  void Load(const std::string& path) {
    const auto engine = Open("site.duckdb");
    Stretch::ForgetPeak();
    const Stretch stretch;
    const auto report = LoadCdm(*engine, *Source(path), {});
    ESSAIM_CHECK(report.ok());
    std::uint64_t rows = 0;
    for (const CdmTableReport& table : report->tables) rows += table.n_loaded;
    const double megabytes = static_cast<double>(std::filesystem::file_size(path)) / 1e6;
    std::printf(
        "whole load of all kinds into DuckDB: %.0f rows/s and %.0f MB/s of processor time, %.0f "
        "rows/s by the clock, %.0f MB at most\n",
        static_cast<double>(rows) / stretch.CpuSeconds(), megabytes / stretch.CpuSeconds(),
        static_cast<double>(rows) / stretch.Seconds(), Stretch::PeakMegabytes());
  }

 private:
  std::unique_ptr<SqlEngine> Open(const char* name) {
    auto engine = OpenDuckDbEngine(DuckDbOptions{.path = (Folder() / name).string(),
                                                 .key = SecretBytes::CopyOf(std::string(32, 'k')),
                                                 .threads = 1,
                                                 .memory_mib = 4'000,
                                                 .entropy = &entropy_,
                                                 .log = nullptr});
    ESSAIM_CHECK(engine.ok());
    return *std::move(engine);
  }

  std::unique_ptr<CdmSource> Source(const std::string& path) {
    auto source = fhir::OpenFhirFiles({path}, {.ids = &ids_, .vocabulary = vocabulary_.get()});
    ESSAIM_CHECK(source.ok());
    return *std::move(source);
  }

  const std::size_t bytes_;
  crypto::SystemEntropy entropy_;
  std::unique_ptr<SqlEngine> engine_;
  std::unique_ptr<Vocabulary> vocabulary_;
  const IdMaker ids_{SecretBytes::CopyOf(std::string(32, 'k')), "p", "s"};
};

int Main(int megabytes, const char* kind) {
  FhirBench bench(static_cast<std::size_t>(megabytes) * 1'000'000);
  if (kind != nullptr) {
    bench.Map(kind);
    return 0;
  }
  const std::string all = bench.Map("");
  for (const char* each : kKinds) bench.Map(each);
  std::printf("(wanted: mapped at 0.5 of simdjson's speed)\n");
  bench.Load(all);
  return 0;
}

}  // namespace
}  // namespace essaim

int main(int argc, char** argv) {
  const int megabytes = argc > 1 ? std::atoi(argv[1]) : 100;
  if (megabytes < 1 || megabytes > 10'000) {
    std::fprintf(stderr, "fhir_bench [MEGABYTES [KIND]], 1 to 10,000\n");
    return 2;
  }
  return essaim::Main(megabytes, argc > 2 ? argv[2] : nullptr);
}
