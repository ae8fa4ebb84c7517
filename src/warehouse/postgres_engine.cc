#include <libpq-fe.h>

#include <charconv>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "warehouse/sql_engine.h"

namespace essaim {
namespace {

// Type numbers of pg_type.h, which are part of the wire protocol.
enum : Oid {
  kBool = 16,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kFloat4 = 700,
  kFloat8 = 701,
  kNumeric = 1700
};

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};

using ResultPtr = std::unique_ptr<PGresult, Clear>;

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};

using ConnectionPtr = std::unique_ptr<PGconn, Finish>;

// The server's text may hold a value: it goes to the log alone.
absl::Status Failed(std::string_view doing, PGconn* connection, const PGresult* result, Log* log) {
  if (log != nullptr) {
    log->Error("database", {{"doing", std::string(doing)}, {"error", PQerrorMessage(connection)}});
  }
  const std::string what = absl::StrCat("the warehouse's database failed while ", Av(doing));
  if (PQstatus(connection) != CONNECTION_OK)
    return absl::UnavailableError(absl::StrCat(what, ": the connection is lost"));
  const char* state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (state != nullptr && absl::StartsWith(state, "53"))
    return absl::ResourceExhaustedError(absl::StrCat(what, ": it has no memory or disk left"));
  return absl::InternalError(what);
}

template <typename T>
bool Parse(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

SqlValue ValueOf(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) == 1) return std::monostate{};
  const std::string_view text(PQgetvalue(result, row, column),
                              static_cast<std::size_t>(PQgetlength(result, row, column)));
  std::int64_t integer = 0;
  double real = 0;
  switch (PQftype(result, column)) {
    case kBool:
      return static_cast<std::int64_t>(text == "t");
    case kInt2:
    case kInt4:
    case kInt8:
    case kNumeric:  // what SUM of integers gives
      if (Parse(text, integer)) return integer;
      [[fallthrough]];
    case kFloat4:
    case kFloat8:
      if (Parse(text, real)) return real;
      return std::string(text);
    default:
      return std::string(text);
  }
}

// COPY ... FROM STDIN in its text format.
class Appender final : public SqlAppender {
 public:
  Appender(PGconn* connection, Log* log) : connection_(connection), log_(log) {}

  ~Appender() override {
    if (!open_) return;
    PQputCopyEnd(connection_, "given up");
    Drain().IgnoreError();  // the caller has an error already
  }

  absl::Status Row(std::span<const std::optional<std::string_view>> cells) override {
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (c > 0) buffer_ += '\t';
      if (cells[c].has_value()) {
        Escape(*cells[c]);
      } else {
        buffer_ += "\\N";
      }
    }
    buffer_ += '\n';
    return buffer_.size() < kBufferBytes ? absl::OkStatus() : Send();
  }

  absl::Status Close() override {
    ESSAIM_RETURN_IF_ERROR(Send());
    open_ = false;
    if (PQputCopyEnd(connection_, nullptr) != 1)
      return Failed("adding rows", connection_, nullptr, log_);
    return Drain();
  }

 private:
  static constexpr std::size_t kBufferBytes = std::size_t{1} << 18;

  void Escape(std::string_view text) {
    for (const char c : text) {
      switch (c) {
        case '\\':
          buffer_ += "\\\\";
          break;
        case '\t':
          buffer_ += "\\t";
          break;
        case '\n':
          buffer_ += "\\n";
          break;
        case '\r':
          buffer_ += "\\r";
          break;
        default:
          buffer_ += c;
      }
    }
  }

  absl::Status Send() {
    const int sent = PQputCopyData(connection_, buffer_.data(), static_cast<int>(buffer_.size()));
    buffer_.clear();
    return sent == 1 ? absl::OkStatus() : Failed("adding rows", connection_, nullptr, log_);
  }

  absl::Status Drain() {
    absl::Status status = absl::OkStatus();
    while (const ResultPtr result{PQgetResult(connection_)}) {
      if (PQresultStatus(result.get()) != PGRES_COMMAND_OK)
        status = Failed("adding rows", connection_, result.get(), log_);
    }
    return status;
  }

  PGconn* connection_;
  Log* log_;
  std::string buffer_;
  bool open_ = true;
};

class PostgresEngine final : public SqlEngine {
 public:
  PostgresEngine(ConnectionPtr connection, Log* log)
      : connection_(std::move(connection)), log_(log) {}

  const SqlDialect& dialect() const override { return PostgresDialect(); }

  absl::Status Execute(const std::string& sql) override {
    const ResultPtr result(PQexec(connection_.get(), sql.c_str()));
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return absl::OkStatus();
    return Failed("running a statement", connection_.get(), result.get(), log_);
  }

  // A row at a time, so that an endless result ends at the limit and not at the memory's end.
  absl::StatusOr<SqlRows> Query(const std::string& sql) override {
    SqlRows rows;
    ESSAIM_RETURN_IF_ERROR(
        EachResult(sql, [&](const PGresult& result) { return Take(result, rows); }));
    return rows;
  }

  absl::StatusOr<SqlNumbers> QueryNumbers(const std::string& sql) override {
    SqlNumbers numbers;
    ESSAIM_RETURN_IF_ERROR(
        EachResult(sql, [&](const PGresult& result) { return TakeNumbers(result, numbers); }));
    return numbers;
  }

  absl::StatusOr<std::unique_ptr<SqlAppender>> Append(
      const std::string& table, const std::vector<std::string>& columns) override {
    std::vector<std::string> names;
    for (const std::string& column : columns) names.push_back(absl::StrCat("\"", column, "\""));
    const std::string sql =
        absl::StrCat("COPY ", table, " (", absl::StrJoin(names, ", "), ") FROM STDIN");
    const ResultPtr result(PQexec(connection_.get(), sql.c_str()));
    if (PQresultStatus(result.get()) != PGRES_COPY_IN)
      return Failed("adding rows", connection_.get(), result.get(), log_);
    return std::make_unique<Appender>(connection_.get(), log_);
  }

 private:
  template <typename F>
  absl::Status EachResult(const std::string& sql, const F& each) {
    PGconn* const c = connection_.get();
    if (PQsendQuery(c, sql.c_str()) != 1 || PQsetSingleRowMode(c) != 1)
      return Failed("running a query", c, nullptr, log_);
    absl::Status failed = absl::OkStatus();
    while (const ResultPtr result{PQgetResult(c)}) {
      const ExecStatusType status = PQresultStatus(result.get());
      if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        if (failed.ok()) failed = Failed("running a query", c, result.get(), log_);
        continue;
      }
      if (failed.ok()) failed = each(*result);
      if (!failed.ok()) Cancel();
    }
    return failed;
  }

  static absl::Status TakeNumbers(const PGresult& result, SqlNumbers& numbers) {
    const int n_columns = PQnfields(&result);
    if (numbers.names.empty() && n_columns > 0) {
      for (int c = 1; c < n_columns; ++c) numbers.names.emplace_back(PQfname(&result, c));
      numbers.columns.resize(numbers.names.size());
    }
    for (int r = 0; r < PQntuples(&result); ++r) {
      if (numbers.keys.size() == kRowsMax) {
        return absl::ResourceExhaustedError(
            absl::StrCat("a query gives more than ", kRowsMax, " rows"));
      }
      std::int64_t key = 0;
      if (!absl::SimpleAtoi(PQgetvalue(&result, r, 0), &key))
        return absl::InternalError("a query for numbers: its first column is no key");
      numbers.keys.push_back(key);
      for (int c = 1; c < n_columns; ++c) {
        double& value = numbers.columns[static_cast<std::size_t>(c - 1)].emplace_back(
            std::numeric_limits<double>::quiet_NaN());
        if (PQgetisnull(&result, r, c) != 0) continue;
        const std::string_view text = PQgetvalue(&result, r, c);
        if (text == "t" || text == "f") {
          value = text == "t" ? 1 : 0;
        } else if (!absl::SimpleAtod(Av(text), &value)) {
          return absl::InternalError(
              absl::StrCat("a query for numbers: no numbers in the column ", PQfname(&result, c)));
        }
      }
    }
    return absl::OkStatus();
  }

  static absl::Status Take(const PGresult& result, SqlRows& rows) {
    const int n_columns = PQnfields(&result);
    if (rows.columns.empty()) {
      for (int c = 0; c < n_columns; ++c) rows.columns.emplace_back(PQfname(&result, c));
    }
    for (int r = 0; r < PQntuples(&result); ++r) {
      if (rows.rows.size() == kRowsMax) {
        return absl::ResourceExhaustedError(
            absl::StrCat("a query gives more than ", kRowsMax, " rows"));
      }
      std::vector<SqlValue>& row = rows.rows.emplace_back();
      for (int c = 0; c < n_columns; ++c) row.push_back(ValueOf(&result, r, c));
    }
    return absl::OkStatus();
  }

  void Cancel() {
    PGcancel* const cancel = PQgetCancel(connection_.get());
    char why[256];
    if (cancel != nullptr && PQcancel(cancel, why, sizeof why) == 0 && log_ != nullptr)
      log_->Warning("query not cancelled", {{"why", why}});
    PQfreeCancel(cancel);
  }

  ConnectionPtr connection_;
  Log* log_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SqlEngine>> OpenPostgresEngine(const std::string& connection_string,
                                                              Log* log) {
  ConnectionPtr connection(PQconnectdb(connection_string.c_str()));
  if (connection == nullptr || PQstatus(connection.get()) != CONNECTION_OK) {
    if (log != nullptr && connection != nullptr)
      log->Error("database",
                 {{"doing", "connecting"}, {"error", PQerrorMessage(connection.get())}});
    return absl::UnavailableError("the PostgreSQL server cannot be reached");
  }
  if (PQserverVersion(connection.get()) < 150'000)
    return absl::FailedPreconditionError("PostgreSQL 15 or later was expected");
  auto engine = std::make_unique<PostgresEngine>(std::move(connection), log);
  ESSAIM_RETURN_IF_ERROR(engine->Execute("SET client_min_messages = warning"));
  ESSAIM_RETURN_IF_ERROR(engine->Execute("SET datestyle = 'ISO, YMD'"));
  return engine;
}

}  // namespace essaim
