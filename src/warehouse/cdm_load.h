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
#include "warehouse/cdm_period.h"
#include "warehouse/cdm_source.h"
#include "warehouse/date_shift.h"
#include "warehouse/row_protection.h"
#include "warehouse/sql_engine.h"

namespace essaim {

// A row that a load rejected: the load's number, and its own among them.
struct RejectedId {
  std::int64_t load, row_number;
};

struct CdmLoadOptions {
  OnBadRow on_bad_row = OnBadRow::kQuarantine;
  std::int64_t now_ms = 0;
  bool dry_run = false;  // everything is done, and then taken back
  // The files are the whole of their tables: rows of an earlier load of the same kind of source
  // that are not in them are closed, which is to say taken out and kept for an undo. No row may be
  // bad.
  bool whole = false;
  // Of `whole`: the files are the whole of this period alone (cdm_period.h); empty: of all times.
  Period period = {};
  FreeTextRule free_text = {};
  const DateShift* date_shift = nullptr;  // null: dates stay. Outlives the load
  std::string arguments = "";             // kept with the load, for whoever repeats it
  std::vector<RejectedId> retries = {};   // rows that come again, mended, with this load
  std::function<bool(const LoadProgress&)> progress = nullptr;  // false cancels
};

struct CdmFileReport {
  std::string path, sha256;
  std::string header = "";  // of a file of rows with one, as it stands there
  std::uint64_t n_read = 0, n_rejected = 0;
};

struct CdmTableReport {
  std::string table;
  std::uint64_t n_loaded = 0, n_rejected = 0;
  std::uint64_t n_replaced = 0;  // earlier rows that gave way, were taken back or changed person
  std::uint64_t n_closed = 0;    // of these, rows that a whole file no longer has
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

// Makes the 39 tables and the extensions' (omop/extensions.h) that are not there yet, and those of
// the loads. Outside a transaction.
absl::Status CreateCdm(SqlEngine& engine);
// kInvalidArgument with file, line and field if a row is bad and may not be kept. kCancelled.
// kFailedPrecondition: dates in the warehouse are moved otherwise than this load would.
absl::StatusOr<CdmLoadReport> LoadCdm(SqlEngine& engine, CdmSource& source,
                                      const CdmLoadOptions& options);
// Takes back the last load. kFailedPrecondition: there is none, or what it replaced is not kept.
absl::Status UndoLastLoad(SqlEngine& engine);

}  // namespace essaim
