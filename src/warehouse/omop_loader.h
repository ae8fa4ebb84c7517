// Loads files of an OMOP CDM into the warehouse's own CDM 5.4 tables.
//
// A load is one transaction with an id, a manifest of its files and its rejected rows; killed in
// the middle it leaves nothing. The same files again change nothing. Rows whose primary key is
// there already are replaced and kept aside, so that the last load can be undone.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "warehouse/sql_engine.h"
#include "warehouse/warehouse.h"

namespace essaim {

struct OmopLoadRequest {
  // Files named after their table (PERSON.csv, person.parquet) or folders of such files; names and
  // headers in any case. Versions 5.3 and 5.4.
  std::vector<std::string> paths;
  OnBadRow on_bad_row = OnBadRow::kQuarantine;
  std::int64_t now_ms = 0;
  std::function<bool(const LoadProgress&)> progress = nullptr;  // false cancels
};

struct OmopTableReport {
  std::string table, path, sha256;
  std::uint64_t n_read = 0, n_loaded = 0, n_rejected = 0, n_replaced = 0;
};

struct OmopLoadReport {
  std::int64_t number = 0;  // of the load, from 1
  std::string load_id;      // equal for equal files
  bool known = false;       // the same files were loaded before: nothing changed
  std::vector<OmopTableReport> tables;
  std::vector<std::string>
      changes;  // "visit_occurrence.admitting_source_value -> admitted_from_..."
  std::vector<std::string> ignored;  // "person.csv: column 'x'"
  std::vector<BadRow> bad_rows;      // the first of them
};

// Makes the 39 tables that are not there yet, and those of the loads.
absl::Status CreateCdm(SqlEngine& engine);
// kInvalidArgument with file, line and field if a row is bad and may not be kept, or if a path
// names no CDM table. kNotFound. kCancelled.
absl::StatusOr<OmopLoadReport> LoadOmop(SqlEngine& engine, const OmopLoadRequest& request,
                                        Log* log);
// Takes back the last load. kFailedPrecondition: there is none.
absl::Status UndoLastLoad(SqlEngine& engine);

}  // namespace essaim
