// Cells to values: every cell of a row checked against the schema.
//
// A cell is trimmed of blanks; then it is missing if it is one of the column's codes for missing,
// else it must be of the variable's type and within its range or levels.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "base/text_hash.h"
#include "study/schema_file.h"

namespace essaim {

class RowReader {
 public:
  // kInvalidArgument naming a column of the schema that the header lacks.
  static absl::StatusOr<RowReader> Make(const SchemaFile& schema,
                                        const std::vector<std::string>& header);

  // values[v] is variable v, NaN if missing. `cells` are as many as the header. False: the row is
  // bad, see bad_column() and bad_reason(); the values are then of no use.
  bool Read(std::span<const std::string_view> cells, std::span<double> values);

  const std::string& bad_column() const { return columns_[bad_].source; }

  const std::string& bad_reason() const { return reason_; }

  const std::vector<std::string>& ignored_columns() const { return ignored_; }

 private:
  using Codes = std::unordered_map<std::string, double, TextHash, std::equal_to<>>;

  struct Column {
    std::string source;
    std::size_t position = 0;  // in the file
    VariableKind kind = VariableKind::kNumber;
    bool is_date = false;
    double lower = 0, upper = 0;
    std::vector<std::string> missing;
    Codes codes;  // categories and booleans
    std::string range_text;
  };

  RowReader() = default;
  const char* Value(const Column& column, std::string_view cell, double& value) const;

  std::vector<Column> columns_;
  std::vector<std::string> ignored_;
  std::size_t bad_ = 0;
  std::string reason_;
};

}  // namespace essaim
