// Rows that loads rejected: counted, read for mending.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "warehouse/cdm_load.h"
#include "warehouse/cell_cipher.h"
#include "warehouse/sql_engine.h"

namespace essaim {

struct RejectedCount {
  std::int64_t load = 0;
  std::string file, field, reason;
  std::uint64_t n_rows = 0, n_retried = 0;
};

struct RejectedRow {
  RejectedId id;
  BadRow fault;
  std::string raw;
};

// By load, file, field and reason.
absl::StatusOr<std::vector<RejectedCount>> CountRejected(SqlEngine& engine);

// Rows that were not loaded again since, without their own text.
absl::StatusOr<std::vector<RejectedRow>> OpenRejected(SqlEngine& engine);

// A row's own text as UTF-8: without NUL, and other bytes taken for ISO 8859-1.
std::string TextOfRaw(std::string raw);

// The same of one load or (0) of all, with their own text; empty if the warehouse did not keep it.
// kDataLoss: a text does not open.
absl::StatusOr<std::vector<RejectedRow>> ReadRejected(SqlEngine& engine, const CellCipher& cipher,
                                                      std::int64_t load);

// A CSV of such rows for a person to mend: columns load, row, file, line, field, reason, raw.
std::string RejectedCsv(const std::vector<RejectedRow>& rows);
// The same as it came back: `load`, `row` and `raw` are read. kInvalidArgument with the line.
absl::StatusOr<std::vector<RejectedRow>> ReadMendedCsv(const std::string& path);

}  // namespace essaim
