// A PostgreSQL cluster of a test's own: a temporary folder, a Unix socket, no port.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace essaim {

class PostgresCluster {
 public:
  // kUnavailable: PostgreSQL 15 is not installed, or does not start.
  static absl::StatusOr<std::unique_ptr<PostgresCluster>> Start();
  ~PostgresCluster();  // stops it and removes its folder

  // Of a new, empty database.
  absl::StatusOr<std::string> NewDatabase();

 private:
  explicit PostgresCluster(std::string folder) : folder_(std::move(folder)) {}

  std::string folder_;
  int n_databases_ = 0;
};

}  // namespace essaim
