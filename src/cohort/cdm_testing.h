// A CDM in a DuckDB file of its own, for tests and benchmarks.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "crypto/entropy.h"
#include "warehouse/sql_engine.h"

namespace essaim::cohort {

class TestCdm {
 public:
  // Every table of the CDM, empty, in a new folder that goes with the object.
  static absl::StatusOr<std::unique_ptr<TestCdm>> Make();
  ~TestCdm();

  // Adds the CSV files of a folder, named after the tables in upper or lower case. Columns that
  // version 5.4 does not have are left out; "" is NULL.
  absl::Status Load(const std::string& folder);

  SqlEngine& engine() { return *engine_; }

  std::string log() const { return log_.text; }

 private:
  class CollectingLog final : public Log {
   public:
    void Write(Severity severity, std::string_view event,
               std::initializer_list<Field> fields) override;
    std::string text;
  };

  TestCdm() = default;
  absl::Status LoadTable(const std::string& path, const CdmTable& table);

  std::filesystem::path folder_;
  crypto::SystemEntropy entropy_;
  CollectingLog log_;
  std::unique_ptr<SqlEngine> engine_;
};

// Rows as lines, cells parted by commas.
std::vector<std::string> Lines(const SqlRows& rows);

}  // namespace essaim::cohort
