// Every engine of the warehouse for tests that are parameterised by its name.
#pragma once

#include <memory>
#include <string>

#include "crypto/entropy.h"
#include "warehouse/postgres_testing.h"
#include "warehouse/sql_engine.h"

namespace essaim {

// One PostgreSQL cluster serves all tests of a process.
class TestEngines {
 public:
  static constexpr const char* kNames[] = {"duckdb", "postgresql"};

  // A new, empty warehouse; `folder` is the test's own.
  absl::StatusOr<std::unique_ptr<SqlEngine>> Make(const std::string& name,
                                                  const std::string& folder);
  // The same warehouse again, after the engine that Make gave is gone.
  absl::StatusOr<std::unique_ptr<SqlEngine>> Again();

 private:
  crypto::SystemEntropy entropy_;
  std::string duckdb_path_, connection_;
};

}  // namespace essaim
