#include <duckdb.hpp>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "warehouse/database.h"
#include "warehouse/duckdb_appender.h"
#include "warehouse/duckdb_file.h"
#include "warehouse/sql_engine.h"

namespace essaim {
namespace {

SqlValue ValueOf(const duckdb::Value& value) {
  if (value.IsNull()) return std::monostate{};
  switch (value.type().id()) {
    case duckdb::LogicalTypeId::BOOLEAN:
    case duckdb::LogicalTypeId::TINYINT:
    case duckdb::LogicalTypeId::SMALLINT:
    case duckdb::LogicalTypeId::INTEGER:
    case duckdb::LogicalTypeId::BIGINT:
    case duckdb::LogicalTypeId::UTINYINT:
    case duckdb::LogicalTypeId::USMALLINT:
    case duckdb::LogicalTypeId::UINTEGER:
    case duckdb::LogicalTypeId::HUGEINT:  // what SUM of integers gives
      return value.GetValue<std::int64_t>();
    case duckdb::LogicalTypeId::FLOAT:
    case duckdb::LogicalTypeId::DOUBLE:
    case duckdb::LogicalTypeId::DECIMAL:
      return value.GetValue<double>();
    default:
      return value.ToString();
  }
}

template <typename T>
void Take(duckdb::Vector& vector, std::size_t n, std::vector<double>& column) {
  const T* data = duckdb::FlatVector::GetData<T>(vector);
  const duckdb::ValidityMask& valid = duckdb::FlatVector::Validity(vector);
  for (std::size_t i = 0; i < n; ++i) {
    column.push_back(valid.RowIsValid(i) ? static_cast<double>(data[i])
                                         : std::numeric_limits<double>::quiet_NaN());
  }
}

bool TakeNumbers(duckdb::Vector& vector, std::size_t n, std::vector<double>& column) {
  switch (vector.GetType().id()) {
    case duckdb::LogicalTypeId::BOOLEAN:
      Take<bool>(vector, n, column);
      return true;
    case duckdb::LogicalTypeId::INTEGER:
      Take<std::int32_t>(vector, n, column);
      return true;
    case duckdb::LogicalTypeId::BIGINT:
      Take<std::int64_t>(vector, n, column);
      return true;
    case duckdb::LogicalTypeId::DOUBLE:
      Take<double>(vector, n, column);
      return true;
    case duckdb::LogicalTypeId::TINYINT:
    case duckdb::LogicalTypeId::SMALLINT:
    case duckdb::LogicalTypeId::UTINYINT:
    case duckdb::LogicalTypeId::USMALLINT:
    case duckdb::LogicalTypeId::UINTEGER:
    case duckdb::LogicalTypeId::HUGEINT:  // what SUM of integers gives
    case duckdb::LogicalTypeId::FLOAT:
    case duckdb::LogicalTypeId::DECIMAL:
      for (std::size_t i = 0; i < n; ++i) {
        const duckdb::Value value = vector.GetValue(i);
        column.push_back(value.IsNull() ? std::numeric_limits<double>::quiet_NaN()
                                        : value.GetValue<double>());
      }
      return true;
    default:
      return false;
  }
}

absl::Status TakeChunk(duckdb::DataChunk& chunk, SqlNumbers& numbers) {
  chunk.Flatten();
  const std::size_t n = chunk.size();
  if (chunk.data[0].GetType().id() != duckdb::LogicalTypeId::BIGINT ||
      !duckdb::FlatVector::Validity(chunk.data[0]).CheckAllValid(n))
    return absl::InternalError("a query for numbers: its first column is no key");
  const auto* keys = duckdb::FlatVector::GetData<std::int64_t>(chunk.data[0]);
  numbers.keys.insert(numbers.keys.end(), keys, keys + n);
  for (std::size_t c = 1; c < chunk.ColumnCount(); ++c) {
    if (!TakeNumbers(chunk.data[c], n, numbers.columns[c - 1]))
      return absl::InternalError(
          absl::StrCat("a query for numbers: no numbers in the column ", numbers.names[c - 1]));
  }
  return absl::OkStatus();
}

class DuckDbEngine final : public SqlEngine {
 public:
  DuckDbEngine(std::shared_ptr<DuckDbFile> file, std::unique_ptr<duckdb::Connection> connection)
      : file_(std::move(file)), connection_(std::move(connection)) {}

  const SqlDialect& dialect() const override { return DuckDbDialect(); }

  absl::Status Execute(const std::string& sql) override {
    return NoThrow("running a statement", file_->log(), [&]() -> absl::Status {
      return Run(*connection_, sql, "running a statement", file_->log());
    });
  }

  absl::StatusOr<SqlRows> Query(const std::string& sql) override {
    return NoThrow("running a query", file_->log(), [&]() -> absl::StatusOr<SqlRows> {
      const auto result = connection_->SendQuery(sql);
      SqlRows rows;
      rows.columns.assign(result->names.begin(), result->names.end());
      while (!result->HasError()) {
        const auto chunk = result->Fetch();
        if (chunk == nullptr || chunk->size() == 0) break;
        if (rows.rows.size() + chunk->size() > kRowsMax) {
          return absl::ResourceExhaustedError(
              absl::StrCat("a query gives more than ", kRowsMax, " rows"));
        }
        for (duckdb::idx_t i = 0; i < chunk->size(); ++i) {
          std::vector<SqlValue>& row = rows.rows.emplace_back();
          row.reserve(chunk->ColumnCount());
          for (duckdb::idx_t c = 0; c < chunk->ColumnCount(); ++c) {
            row.push_back(ValueOf(chunk->GetValue(c, i)));
          }
        }
      }
      if (!result->HasError()) return rows;
      return FromDatabase("running a query", result->GetErrorObject(), file_->log());
    });
  }

  absl::StatusOr<SqlNumbers> QueryNumbers(const std::string& sql) override {
    return NoThrow("running a query", file_->log(), [&]() -> absl::StatusOr<SqlNumbers> {
      const auto result = connection_->SendQuery(sql);
      SqlNumbers numbers;
      if (!result->HasError() && !result->names.empty()) {
        numbers.names.assign(result->names.begin() + 1, result->names.end());
        numbers.columns.resize(numbers.names.size());
      }
      while (!result->HasError()) {
        const auto chunk = result->Fetch();
        if (chunk == nullptr || chunk->size() == 0) break;
        if (numbers.keys.size() + chunk->size() > kRowsMax) {
          return absl::ResourceExhaustedError(
              absl::StrCat("a query gives more than ", kRowsMax, " rows"));
        }
        ESSAIM_RETURN_IF_ERROR(TakeChunk(*chunk, numbers));
      }
      if (!result->HasError()) return numbers;
      return FromDatabase("running a query", result->GetErrorObject(), file_->log());
    });
  }

  absl::StatusOr<std::unique_ptr<SqlAppender>> Append(
      const std::string& table, const std::vector<std::string>& columns) override {
    return NoThrow("adding rows", file_->log(),
                   [&]() -> absl::StatusOr<std::unique_ptr<SqlAppender>> {
                     return MakeDuckDbAppender(*connection_, table, columns, file_->log());
                   });
  }

 private:
  std::shared_ptr<DuckDbFile> file_;
  std::unique_ptr<duckdb::Connection> connection_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SqlEngine>> OpenDuckDbEngine(std::shared_ptr<DuckDbFile> file) {
  ESSAIM_ASSIGN_OR_RETURN(std::unique_ptr<duckdb::Connection> connection, file->Connect());
  return std::make_unique<DuckDbEngine>(std::move(file), std::move(connection));
}

absl::StatusOr<std::unique_ptr<SqlEngine>> OpenDuckDbEngine(const DuckDbOptions& options) {
  ESSAIM_ASSIGN_OR_RETURN(std::shared_ptr<DuckDbFile> file, DuckDbFile::Open(options));
  return OpenDuckDbEngine(std::move(file));
}

}  // namespace essaim
