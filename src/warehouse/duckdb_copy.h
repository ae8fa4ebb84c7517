// Copies an encrypted DuckDB file into a new one under another key.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "base/secret_bytes.h"
#include "warehouse/duckdb_warehouse.h"

namespace essaim {

struct CopyProgress {
  std::uint64_t rows = 0, rows_total = 0;  // told table by table
};

// Every table of `from`, with equal row counts, into `path`, which is overwritten if it is there.
// When this returns, both files are closed and on disk, without a write-ahead log beside them.
// kUnauthenticated, kUnavailable as DuckDbFile::Open. `progress` may be null.
absl::Status CopyDuckDbFile(const DuckDbOptions& from, const std::string& path,
                            const SecretBytes& key,
                            const std::function<void(const CopyProgress&)>& progress);

}  // namespace essaim
