// What the warehouse keeps of each load: its files with their hashes, its rows by table, what was
// rejected and what became of that.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "warehouse/cdm_load.h"
#include "warehouse/sql_engine.h"

namespace essaim {

struct LoadHeading {
  std::string_view kind;
  std::int64_t now_ms;
  std::string arguments;
};

// In the caller's transaction.
absl::Status WriteManifest(SqlEngine& engine, const LoadHeading& heading,
                           const CdmLoadReport& report);

struct LoadEntry {
  std::int64_t number = 0, loaded_at_ms = 0;
  std::string load_id, kind, arguments;
  std::vector<CdmFileReport> files;
  std::vector<CdmTableReport> tables;
  std::uint64_t n_retried = 0;  // of its rejected rows, loaded again since
};

// The first first. kResourceExhausted: more files than a query gives.
absl::StatusOr<std::vector<LoadEntry>> ReadLoads(SqlEngine& engine);

}  // namespace essaim
