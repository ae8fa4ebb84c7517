#include "warehouse/duckdb_copy.h"

#include <duckdb.hpp>
#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "warehouse/database.h"
#include "warehouse/duckdb_file.h"
#include "warehouse/encryption.h"

namespace essaim {
namespace {

constexpr char kCopying[] = "copying its file";

absl::StatusOr<std::uint64_t> CountOf(duckdb::Connection& connection, const std::string& table,
                                      Log* log) {
  const auto result = connection.Query("SELECT COUNT(*) FROM " + table);
  if (result->HasError()) return FromDatabase(kCopying, result->GetErrorObject(), log);
  return static_cast<std::uint64_t>(result->GetValue(0, 0).GetValue<std::int64_t>());
}

struct Table {
  std::string name;  // quoted, with its schema
  std::uint64_t n_rows;
};

absl::StatusOr<std::vector<Table>> TablesOf(duckdb::Connection& connection, Log* log) {
  const auto result = connection.Query(
      "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'site' AND NOT "
      "internal ORDER BY 1, 2");
  if (result->HasError()) return FromDatabase(kCopying, result->GetErrorObject(), log);
  std::vector<Table> tables;
  for (duckdb::idx_t i = 0; i < result->RowCount(); ++i) {
    const std::string name = absl::StrCat(
        duckdb::KeywordHelper::WriteQuoted(result->GetValue(0, i).ToString(), '"'), ".",
        duckdb::KeywordHelper::WriteQuoted(result->GetValue(1, i).ToString(), '"'));
    ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t n, CountOf(connection, "site." + name, log));
    tables.push_back({name, n});
  }
  return tables;
}

absl::Status CopyTables(duckdb::Connection& connection, Log* log,
                        const std::function<void(const CopyProgress&)>& progress) {
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<Table> tables, TablesOf(connection, log));
  CopyProgress done;
  for (const Table& table : tables) done.rows_total += table.n_rows;
  ESSAIM_RETURN_IF_ERROR(
      Run(connection, "COPY FROM DATABASE site TO next (SCHEMA)", kCopying, log));
  for (const Table& table : tables) {
    ESSAIM_RETURN_IF_ERROR(
        Run(connection,
            absl::StrCat("INSERT INTO next.", table.name, " SELECT * FROM site.", table.name),
            kCopying, log));
    ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t n, CountOf(connection, "next." + table.name, log));
    if (n != table.n_rows)
      return absl::InternalError(absl::StrCat("table ", table.name, " was copied in part"));
    done.rows += n;
    if (progress) progress(done);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CopyDuckDbFile(const DuckDbOptions& from, const std::string& path,
                            const SecretBytes& key,
                            const std::function<void(const CopyProgress&)>& progress) {
  ESSAIM_RETURN_IF_ERROR(RemoveFile(path));
  ESSAIM_RETURN_IF_ERROR(RemoveFile(path + ".wal"));
  return NoThrow(kCopying, from.log, [&]() -> absl::Status {
    duckdb::DuckDB database(nullptr);
    UseEncryption(database, *from.entropy);
    duckdb::Connection connection(database);
    for (const std::string& sql :
         {std::string("SET autoinstall_known_extensions=false"),
          std::string("SET autoload_known_extensions=false"), std::string("SET temp_directory=''"),
          absl::StrCat("SET threads=", from.threads),
          absl::StrCat("SET memory_limit='", from.memory_mib, "MiB'")}) {
      ESSAIM_RETURN_IF_ERROR(Run(connection, sql, kCopying, from.log));
    }
    ESSAIM_RETURN_IF_ERROR(AttachEncrypted(connection, from.path, from.key, "site", from.log));
    ESSAIM_RETURN_IF_ERROR(AttachEncrypted(connection, path, key, "next", from.log));
    ESSAIM_RETURN_IF_ERROR(CopyTables(connection, from.log, progress));
    for (const char* sql : {"CHECKPOINT site", "CHECKPOINT next", "DETACH next", "DETACH site"})
      ESSAIM_RETURN_IF_ERROR(Run(connection, sql, kCopying, from.log));
    return absl::OkStatus();
  });
}

}  // namespace essaim
