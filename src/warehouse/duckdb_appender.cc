#include "warehouse/duckdb_appender.h"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <duckdb/catalog/catalog_entry/table_catalog_entry.hpp>
#include <duckdb/main/attached_database.hpp>
#include <duckdb/planner/binder.hpp>
#include <duckdb/storage/data_table.hpp>
#include <duckdb/transaction/meta_transaction.hpp>
#include <optional>
#include <string_view>

#include "warehouse/database.h"

namespace essaim {
namespace {

template <typename Number>
bool ReadNumber(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// The two or four digits at the front of what is left of `text`, and the byte after them if it is
// `after`; false if there is something else.
bool TakeDigits(std::string_view& text, std::size_t n, char after, int& value) {
  if (text.size() < n) return false;
  value = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = 10 * value + (text[i] - '0');
  }
  text.remove_prefix(n);
  if (after == '\0') return true;
  if (text.empty() || text[0] != after) return false;
  text.remove_prefix(1);
  return true;
}

// "YYYY-MM-DD" and `after`, as days since 1970-01-01.
bool TakeDay(std::string_view& text, char after, std::int32_t& days) {
  int year = 0, month = 0, day = 0;
  if (!TakeDigits(text, 4, '-', year) || !TakeDigits(text, 2, '-', month) ||
      !TakeDigits(text, 2, after, day))
    return false;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return false;
  days = std::chrono::sys_days(date).time_since_epoch().count();
  return true;
}

bool ReadDay(std::string_view text, duckdb::date_t& date) {
  return TakeDay(text, '\0', date.days) && text.empty();
}

// "YYYY-MM-DD HH:MM:SS"
bool ReadTime(std::string_view text, duckdb::timestamp_t& time) {
  std::int32_t days = 0;
  int hour = 0, minute = 0, second = 0;
  if (!TakeDay(text, ' ', days) || !TakeDigits(text, 2, ':', hour) ||
      !TakeDigits(text, 2, ':', minute) || !TakeDigits(text, 2, '\0', second) || !text.empty() ||
      hour > 23 || minute > 59 || second > 59)
    return false;
  const std::int64_t seconds = std::int64_t{days} * 86'400 + hour * 3'600 + minute * 60 + second;
  time.value = seconds * 1'000'000;
  return true;
}

// DuckDB's own appender takes text for dates and times through a value of its own for each cell,
// and copies every row into a collection that it then reads as the source of an INSERT. Here the
// common forms are read into the columns' memory, which goes to the table as it is; DuckDB's cast
// reads what is left and refuses what is no value.
class DuckDbAppender final : public SqlAppender {
 public:
  DuckDbAppender(duckdb::Connection& connection, const std::string& table,
                 const std::vector<std::string>& columns, Log* log)
      : log_(log), context_(*connection.context), table_(table) {
    context_.RunFunctionInTransaction([&] { FindColumns(columns); });
    chunk_.Initialize(duckdb::Allocator::DefaultAllocator(), types_);
    Begin();
  }

  absl::Status Row(std::span<const std::optional<std::string_view>> cells) override {
    return NoThrow("adding rows", log_, [&]() -> absl::Status {
      if (cells.size() != places_.size())
        return absl::InternalError("a row that has not one cell a column");
      for (std::size_t c = 0; c < cells.size(); ++c) {
        if (cells[c].has_value()) {
          Set(places_[c], *cells[c]);
        } else {
          duckdb::FlatVector::Validity(chunk_.data[places_[c]]).SetInvalid(n_rows_);
        }
      }
      if (++n_rows_ == STANDARD_VECTOR_SIZE) Give();
      return absl::OkStatus();
    });
  }

  absl::Status Close() override {
    return NoThrow("adding rows", log_, [&]() -> absl::Status {
      Give();
      return absl::OkStatus();
    });
  }

 private:
  duckdb::TableCatalogEntry& Table() {
    return duckdb::Catalog::GetEntry<duckdb::TableCatalogEntry>(context_, INVALID_CATALOG,
                                                                INVALID_SCHEMA, table_);
  }

  void FindColumns(const std::vector<std::string>& columns) {
    duckdb::TableCatalogEntry& table = Table();
    types_ = table.GetTypes();
    is_given_.resize(types_.size());
    for (const std::string& column : columns) {
      const duckdb::idx_t place = table.GetColumn(column).StorageOid();
      places_.push_back(place);
      is_given_[place] = true;
    }
  }

  void Set(std::size_t c, std::string_view text) {
    void* const at = data_[c];
    switch (types_[c].id()) {
      case duckdb::LogicalTypeId::BIGINT:
        if (ReadNumber(text, static_cast<std::int64_t*>(at)[n_rows_])) return;
        break;
      case duckdb::LogicalTypeId::DOUBLE:
        if (ReadNumber(text, static_cast<double*>(at)[n_rows_])) return;
        break;
      case duckdb::LogicalTypeId::DATE:
        if (ReadDay(text, static_cast<duckdb::date_t*>(at)[n_rows_])) return;
        break;
      case duckdb::LogicalTypeId::TIMESTAMP:
        if (ReadTime(text, static_cast<duckdb::timestamp_t*>(at)[n_rows_])) return;
        break;
      case duckdb::LogicalTypeId::VARCHAR:
        static_cast<duckdb::string_t*>(at)[n_rows_] =
            duckdb::StringVector::AddString(chunk_.data[c], text.data(), text.size());
        return;
      default:
        break;
    }
    chunk_.SetValue(c, n_rows_, duckdb::Value(std::string(text)).DefaultCastAs(types_[c]));
  }

  void Give() {
    if (n_rows_ == 0) return;
    chunk_.SetCardinality(n_rows_);
    context_.RunFunctionInTransaction([&] {
      duckdb::TableCatalogEntry& table = Table();
      duckdb::MetaTransaction::Get(context_).ModifyDatabase(table.ParentCatalog().GetAttached());
      const auto constraints = duckdb::Binder::CreateBinder(context_)->BindConstraints(table);
      table.GetStorage().LocalAppend(table, context_, chunk_, constraints);
    });
    chunk_.Reset();
    Begin();
  }

  void Begin() {
    n_rows_ = 0;
    data_.clear();
    for (duckdb::idx_t c = 0; c < types_.size(); ++c) {
      data_.push_back(duckdb::FlatVector::GetData(chunk_.data[c]));
      if (!is_given_[c])
        duckdb::FlatVector::Validity(chunk_.data[c]).SetAllInvalid(STANDARD_VECTOR_SIZE);
    }
  }

  Log* log_;
  duckdb::ClientContext& context_;
  const std::string table_;
  duckdb::vector<duckdb::LogicalType> types_;  // of the table's columns
  std::vector<bool> is_given_;                 // one a column; the others are NULL
  std::vector<duckdb::idx_t> places_;          // of the cells in the table
  duckdb::DataChunk chunk_;
  std::vector<duckdb::data_ptr_t> data_;  // of the chunk's columns
  duckdb::idx_t n_rows_ = 0;              // in the chunk
};

}  // namespace

std::unique_ptr<SqlAppender> MakeDuckDbAppender(duckdb::Connection& connection,
                                                const std::string& table,
                                                const std::vector<std::string>& columns, Log* log) {
  return std::make_unique<DuckDbAppender>(connection, table, columns, log);
}

}  // namespace essaim
