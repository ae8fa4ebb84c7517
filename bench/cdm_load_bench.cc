// Loading a file of measurements into a fresh encrypted CDM (its tables made, every cell checked,
// the file hashed, rows that replace former ones kept, one transaction), as OMOP's own file and
// through a mapping, against DuckDB's own reader filling an encrypted table of the same types from
// the same file: one thread each, in one run.
//
//   cdm_load_bench [ROWS]   2,000,000 unless told: 250 MB
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <duckdb.hpp>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/strings.h"
#include "bench/measure.h"
#include "crypto/entropy.h"
#include "mapping/mapped_files.h"
#include "warehouse/cdm_staging.h"
#include "warehouse/duckdb_warehouse.h"
#include "warehouse/encryption.h"
#include "warehouse/omop_files.h"

namespace essaim {
namespace {

constexpr int kRepeats = 3;

std::filesystem::path Folder() {
  return std::filesystem::temp_directory_path() / absl::StrCat("essaim-cdm-load-bench-", getpid());
}

// `quote` stands around dates and texts.
std::string WriteMeasurements(int n_rows, const char* quote) {
  const std::string path = (Folder() / "MEASUREMENT.csv").string();
  std::FILE* file = std::fopen(path.c_str(), "wb");
  ESSAIM_CHECK(file != nullptr);
  std::fputs(
      "measurement_id,person_id,measurement_concept_id,measurement_date,measurement_datetime,"
      "measurement_time,measurement_type_concept_id,operator_concept_id,value_as_number,"
      "value_as_concept_id,unit_concept_id,range_low,range_high,provider_id,visit_occurrence_id,"
      "visit_detail_id,measurement_source_value,measurement_source_concept_id,unit_source_value,"
      "unit_source_concept_id,value_source_value,measurement_event_id,meas_event_field_concept_id"
      "\n",
      file);
  constexpr const char* kUnits[] = {"kg", "mm[Hg]", "mg/dL", "mmol/L", "{score}"};
  for (int i = 0; i < n_rows; ++i) {
    const int year = 2000 + i % 23, month = 1 + i % 12, day = 1 + i % 28;
    std::fprintf(
        file,
        "%d,%d,%d,%s%04d-%02d-%02d%s,%s%04d-%02d-%02d %02d:%02d:00%s,%s%04d-%02d-%02d%s,38000267,0,"
        "%d.%d,0,%d,,,%d,%d,%d,%s%d-%d%s,%d,%s%s%s,,%s%d.%d%s,,\n",
        i + 1, 1 + i % 50'000, 3'000'000 + i % 997, quote, year, month, day, quote, quote, year,
        month, day, i % 24, i % 60, quote, quote, year, month, day, quote, i % 300, i % 10,
        9'000 + i % 40, 1 + i % 900, 1 + i / 11, 1'000'000 + i / 11, quote, 10'000 + i % 997,
        i % 10, quote, 3'000'000 + i % 997, quote, kUnits[i % 5], quote, quote, i % 300, i % 10,
        quote);
  }
  std::fclose(file);
  return path;
}

std::unique_ptr<SqlEngine> Open(const char* name, Entropy& entropy) {
  const std::string path = (Folder() / name).string();
  std::filesystem::remove(path);
  auto engine = OpenDuckDbEngine(DuckDbOptions{.path = path,
                                               .key = SecretBytes::CopyOf(std::string(32, 'k')),
                                               .threads = 1,
                                               .memory_mib = 4'000,
                                               .entropy = &entropy,
                                               .log = nullptr});
  ESSAIM_CHECK(engine.ok());
  return *std::move(engine);
}

void Load(CdmSource& source, int n_rows, Best& best) {
  crypto::SystemEntropy entropy;
  auto engine = Open("ours.duckdb", entropy);
  const Stretch stretch;
  const auto report = LoadCdm(*engine, source, {});
  ESSAIM_CHECK(report.ok());
  engine.reset();  // with the file's last bytes
  best.Take(stretch);
  ESSAIM_CHECK(report->bad_rows.empty());
  ESSAIM_CHECK(report->tables.size() == 1);
  ESSAIM_CHECK(report->tables[0].n_loaded == static_cast<std::uint64_t>(n_rows));
}

void Ours(const std::string& path, int n_rows, Best& best) {
  const auto source = OpenOmopFiles({path}, nullptr);
  ESSAIM_CHECK(source.ok());
  Load(**source, n_rows, best);
}

// Each column as it is.
void Mapped(const std::string& path, int n_rows, Best& best) {
  std::string yaml =
      "mapping: 1\ntables:\n  - from: MEASUREMENT.csv\n    to: measurement\n    fields:\n";
  for (const CdmField& field : FindCdmTable("measurement")->fields)
    absl::StrAppend(&yaml, "      ", Av(field.name), ": ", Av(field.name), "\n");
  auto mapping = mapping::ParseMapping(yaml);
  ESSAIM_CHECK(mapping.ok());
  crypto::SystemEntropy entropy;
  const auto codes = Open("codes.duckdb", entropy);
  const auto vocabulary = OpenSqlVocabulary(*codes);
  const IdMaker ids(SecretBytes::CopyOf(std::string(32, 'k')), "p", "s");
  const auto source = mapping::OpenMappedFiles({path}, *std::move(mapping),
                                               {.ids = &ids, .vocabulary = vocabulary.get()});
  ESSAIM_CHECK(source.ok());
  Load(**source, n_rows, best);
}

void DuckDbReader(const std::string& path, int n_rows, Best& best) {
  crypto::SystemEntropy entropy;
  const std::string file = (Folder() / "reader.duckdb").string();
  std::filesystem::remove(file);
  auto database = std::make_unique<duckdb::DuckDB>(nullptr);
  UseEncryption(*database, entropy);
  const Stretch stretch;
  {
    duckdb::Connection connection(*database);
    const CdmTable& table = *FindCdmTable("measurement");
    for (const std::string& sql :
         {std::string("SET threads=1"),
          absl::StrCat("ATTACH '", file, "' AS site (ENCRYPTION_KEY '", std::string(64, 'a'),
                       "', ENCRYPTION_CIPHER 'GCM')"),
          std::string("USE site"),
          absl::StrCat("CREATE TABLE measurement (", DefinitionsOf(table, DuckDbDialect()), ")"),
          absl::StrCat("INSERT INTO measurement SELECT * FROM read_csv('", path,
                       "', header=true)")}) {
      const auto result = connection.Query(sql);
      if (result->HasError()) std::fprintf(stderr, "%s\n", result->GetError().c_str());
      ESSAIM_CHECK(!result->HasError());
    }
    const auto count = connection.Query("SELECT COUNT(*) FROM measurement");
    ESSAIM_CHECK(count->GetValue(0, 0).GetValue<std::int64_t>() == n_rows);
  }
  database.reset();
  best.Take(stretch);
}

void Print(const char* what, const Best& best, int n_rows, double megabytes) {
  std::printf("%-16s %8.2f s  %8.2f s of processor  %9.0f rows a second  %6.0f MB at most\n", what,
              best.seconds, best.cpu_seconds, n_rows / best.cpu_seconds, megabytes);
}

void Compare(int n_rows, const char* quote) {
  const std::string path = WriteMeasurements(n_rows, quote);
  Best ours, mapped, reader;
  double ours_peak = 0, mapped_peak = 0, reader_peak = 0;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    Stretch::ForgetPeak();
    Ours(path, n_rows, ours);
    ours_peak = std::max(ours_peak, Stretch::PeakMegabytes());
    Stretch::ForgetPeak();
    Mapped(path, n_rows, mapped);
    mapped_peak = std::max(mapped_peak, Stretch::PeakMegabytes());
    Stretch::ForgetPeak();
    DuckDbReader(path, n_rows, reader);
    reader_peak = std::max(reader_peak, Stretch::PeakMegabytes());
  }
  std::printf("%d measurements, %.0f MB%s, one thread\n", n_rows,
              static_cast<double>(std::filesystem::file_size(path)) / 1e6,
              *quote == '\0' ? "" : ", dates and texts in quotes");
  Print("load", ours, n_rows, ours_peak);
  Print("mapped load", mapped, n_rows, mapped_peak);
  Print("DuckDB's reader", reader, n_rows, reader_peak);
  std::printf("%.2f of its speed by the clock, %.2f by the processor (wanted: 1)\n",
              reader.seconds / ours.seconds, reader.cpu_seconds / ours.cpu_seconds);
  std::printf("mapped: %.2f by the clock, %.2f by the processor\n", reader.seconds / mapped.seconds,
              reader.cpu_seconds / mapped.cpu_seconds);
}

int Main(int n_rows) {
  std::filesystem::create_directories(Folder());
  for (const char* quote : {"", "\""}) Compare(n_rows, quote);
  std::filesystem::remove_all(Folder());
  return 0;
}

}  // namespace
}  // namespace essaim

int main(int argc, char** argv) {
  const int n_rows = argc > 1 ? std::atoi(argv[1]) : 2'000'000;
  if (n_rows < 1'000 || n_rows > 100'000'000) {
    std::fprintf(stderr, "cdm_load_bench [ROWS], 1,000 to 100,000,000\n");
    return 2;
  }
  return essaim::Main(n_rows);
}
