// A CDM in a database of its own, for tests and benchmarks.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "warehouse/engines_testing.h"
#include "warehouse/sql_engine.h"

namespace essaim::cohort {

class TestCdm {
 public:
  // Every table of the CDM, empty, in a new folder that goes with the object. `engine`: one of
  // TestEngines::kNames.
  static absl::StatusOr<std::unique_ptr<TestCdm>> Make(const std::string& engine = "duckdb");
  ~TestCdm();

  // Adds the CSV files of a folder, named after the tables in upper or lower case. Columns that
  // version 5.4 does not have are left out; "" is NULL.
  absl::Status Load(const std::string& folder);

  SqlEngine& engine() { return *engine_; }

 private:
  TestCdm() = default;
  absl::Status LoadTable(const std::string& path, const CdmTable& table);

  std::filesystem::path folder_;
  TestEngines engines_;
  std::unique_ptr<SqlEngine> engine_;
};

// Rows as lines, cells parted by commas.
std::vector<std::string> Lines(const SqlRows& rows);

}  // namespace essaim::cohort
