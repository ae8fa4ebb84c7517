// Loads a source into the warehouse's CDM 5.4 tables.
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
#include "warehouse/cdm_source.h"
#include "warehouse/sql_engine.h"

namespace essaim {

struct CdmLoadOptions {
  OnBadRow on_bad_row = OnBadRow::kQuarantine;
  std::int64_t now_ms = 0;
  bool dry_run = false;  // everything is done, and then taken back
  std::function<bool(const LoadProgress&)> progress = nullptr;  // false cancels
};

struct CdmFileReport {
  std::string path, sha256;
  std::uint64_t n_read = 0, n_rejected = 0;
};

struct CdmTableReport {
  std::string table;
  std::uint64_t n_loaded = 0, n_rejected = 0;
  std::uint64_t n_replaced = 0;  // earlier rows that gave way, were taken back or changed person
};

struct CdmLoadReport {
  std::int64_t number = 0;  // of the load, from 1
  std::string load_id;      // equal for equal files and settings
  bool known = false;       // the same was loaded before: nothing changed
  std::vector<CdmFileReport> files;
  std::vector<CdmTableReport> tables;  // in the CDM's order, those with rows
  std::vector<std::string> notices;
  std::vector<BadRow> bad_rows;  // the first of them
};

// Makes the 39 tables that are not there yet, and those of the loads.
absl::Status CreateCdm(SqlEngine& engine);
// kInvalidArgument with file, line and field if a row is bad and may not be kept. kCancelled.
absl::StatusOr<CdmLoadReport> LoadCdm(SqlEngine& engine, CdmSource& source,
                                      const CdmLoadOptions& options);
// Takes back the last load. kFailedPrecondition: there is none.
absl::Status UndoLastLoad(SqlEngine& engine);

}  // namespace essaim
