// A warehouse in one encrypted DuckDB file.
//
// The file is AES-256-GCM encrypted block by block (write-ahead log included), with OpenSSL as the
// cipher and as the source of randomness. The database reaches no other file, loads no extension
// and writes no temporary file, and its settings are locked.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "base/log.h"
#include "base/secret_bytes.h"
#include "warehouse/warehouse.h"

namespace essaim {

struct DuckDbOptions {
  // Made if absent; its folder must exist. What does not fit into memory goes to PATH.spill/, under
  // a key that this process alone has and forgets.
  std::string path;
  SecretBytes key;  // 32 bytes
  int threads = 1;  // 1 to 256
  std::uint64_t memory_mib = 1024;
  Entropy* entropy = nullptr;  // not owned; outlives the warehouse and is safe to use from threads
  Log* log = nullptr;          // not owned; may be null
};

// kUnauthenticated: the key does not open the file. kUnavailable: another process has it open.
absl::StatusOr<std::unique_ptr<Warehouse>> OpenDuckDbWarehouse(DuckDbOptions options);

// The same over a file that is open already and that others may share (duckdb_file.h).
class DuckDbFile;
absl::StatusOr<std::unique_ptr<Warehouse>> OpenDuckDbWarehouse(std::shared_ptr<DuckDbFile> file);

}  // namespace essaim
