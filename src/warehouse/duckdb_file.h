// One encrypted DuckDB file, open, with its settings locked.
//
// The database reaches no other file, loads no extension and writes no temporary file.
#pragma once

#include <duckdb.hpp>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "warehouse/duckdb_warehouse.h"

namespace essaim {

class DuckDbFile {
 public:
  static constexpr char kName[] = "site";  // of the attached database

  // kUnauthenticated: the key does not open the file. kUnavailable: another process has it open.
  static absl::StatusOr<std::shared_ptr<DuckDbFile>> Open(const DuckDbOptions& options);

  // A connection of its own; names without a database are those of this file.
  absl::StatusOr<std::unique_ptr<duckdb::Connection>> Connect();

  Log* log() const { return log_; }

 private:
  explicit DuckDbFile(Log* log) : log_(log) {}

  Log* log_;
  std::unique_ptr<duckdb::DuckDB> database_;
};

// Attaches a file under a name, made if absent. kUnauthenticated, kUnavailable as Open.
absl::Status AttachEncrypted(duckdb::Connection& connection, const std::string& path,
                             const SecretBytes& key, const std::string& name, Log* log);

}  // namespace essaim
