// A site's data: loading it, and turning a cohort into the person table that algorithms see.
//
// Errors: a status's message may name files, lines and columns, never a value; the database's own
// messages, which may hold a value, go to the node's log alone. Threads: one call at a time (an
// implementation locks).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "data/person_table.h"
#include "study/study.h"

namespace essaim {

enum class OnBadRow {
  kStop,        // the load fails and the data stay as they were
  kQuarantine,  // the row is kept apart, encrypted, and counted
};

struct LoadProgress {
  std::uint64_t bytes_done = 0, bytes_total = 0;
  std::uint64_t rows = 0;
};

struct LoadRequest {
  std::string dataset;             // the name that studies use, [a-z0-9-]{1,64}
  std::vector<std::string> files;  // paths: .csv, .tsv, .txt, .parquet; loaded in this order
  std::string schema_yaml;         // study/schema_file.h
  OnBadRow on_bad_row = OnBadRow::kStop;
  std::int64_t now_ms = 0;                            // for the manifest only
  std::function<bool(const LoadProgress&)> progress;  // may be null; false cancels the load
};

// Why a row cannot be loaded. Never the value.
struct BadRow {
  std::string file;
  std::uint64_t line = 0;  // of the row's first byte, from 1; for Parquet the row's number; 0: none
  std::string column;      // the file's header, empty if the row as a whole is wrong
  std::string reason;      // "not a number", "outside [18, 100]"

  std::string ToString() const;  // "file:line: column 'x': reason"
};

struct LoadedFile {
  std::string path;
  std::string sha256;  // hexadecimal
  std::uint64_t n_rows = 0;
};

struct LoadReport {
  std::string dataset;
  std::string load_id;  // equal for equal files, schema and rule
  std::vector<LoadedFile> files;
  std::uint64_t n_read = 0, n_loaded = 0, n_quarantined = 0;  // read = loaded + quarantined
  std::vector<BadRow> bad_rows;                               // the first kBadRowsMax
  std::vector<std::string> ignored_columns;                   // in a file but not in the schema

  static constexpr std::size_t kBadRowsMax = 100;
};

struct DataSetInfo {
  std::string name;
  std::string load_id;
  std::uint64_t n_rows = 0, n_quarantined = 0;
  std::int64_t loaded_at_ms = 0;
  Schema schema;
};

struct FrozenCohort {
  PersonTable table;            // in the order of loading, so equal at every call
  std::string definition_hash;  // hexadecimal SHA-256 of the cohort's definition
  std::string snapshot_id;      // hexadecimal SHA-256 of the load and the definition
  std::uint64_t n_rows = 0;
};

class Warehouse {
 public:
  virtual ~Warehouse() = default;

  // All or nothing: replaces the data set of that name, or leaves everything as it was, whenever
  // the process dies. kInvalidArgument with the first bad rows if one may not be kept;
  // kNotFound: no such file; kCancelled.
  virtual absl::StatusOr<LoadReport> Load(const LoadRequest& request) = 0;
  virtual absl::StatusOr<std::vector<DataSetInfo>> DataSets() = 0;
  // kNotFound: no data set of that name. kFailedPrecondition: its variables are not the study's
  // (the message names the variable).
  virtual absl::StatusOr<FrozenCohort> Freeze(const Study& study, const Analysis& analysis,
                                              std::size_t site) = 0;
};

}  // namespace essaim
