#include "warehouse/duckdb_file.h"

#include <filesystem>
#include <initializer_list>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "warehouse/database.h"
#include "warehouse/encryption.h"
#include "warehouse/expression_sql.h"

namespace essaim {
namespace {

constexpr char kOpening[] = "opening its file";

absl::Status RunAll(duckdb::Connection& connection, std::initializer_list<std::string> statements,
                    Log* log) {
  for (const std::string& sql : statements) {
    ESSAIM_RETURN_IF_ERROR(Run(connection, sql, kOpening, log));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<DuckDbFile>> DuckDbFile::Open(const DuckDbOptions& options) {
  if (options.key.size() != 32) {
    return absl::InvalidArgumentError("the warehouse's key has 32 bytes");
  }
  if (options.entropy == nullptr) return absl::InvalidArgumentError("no source of randomness");
  if (options.threads < 1 || options.threads > 256) {
    return absl::InvalidArgumentError("threads: expected 1 to 256");
  }
  std::shared_ptr<DuckDbFile> file(new DuckDbFile(options.log));
  const std::string spill = options.path + ".spill";
  return NoThrow(kOpening, options.log, [&]() -> absl::StatusOr<std::shared_ptr<DuckDbFile>> {
    file->database_ = std::make_unique<duckdb::DuckDB>(nullptr);
    UseEncryption(*file->database_, *options.entropy);
    duckdb::Connection connection(*file->database_);
    ESSAIM_RETURN_IF_ERROR(RunAll(
        connection,
        {"SET autoinstall_known_extensions=false", "SET autoload_known_extensions=false",
         "SET temp_file_encryption=true", absl::StrCat("SET temp_directory=", SqlText(spill))},
        options.log));
    ESSAIM_RETURN_IF_ERROR(
        AttachEncrypted(connection, options.path, options.key, kName, options.log));
    // Now that the file is this process's: what a killed one left there, under a key that went with
    // it.
    std::error_code ignored;  // there is nothing, most of the time
    std::filesystem::remove_all(spill, ignored);
    ESSAIM_RETURN_IF_ERROR(
        RunAll(connection,
               {absl::StrCat("SET threads=", options.threads),
                absl::StrCat("SET memory_limit='", options.memory_mib, "MiB'"),
                "SET enable_external_access=false", "SET lock_configuration=true"},
               options.log));
    return file;
  });
}

absl::StatusOr<std::unique_ptr<duckdb::Connection>> DuckDbFile::Connect() {
  return NoThrow(kOpening, log_, [&]() -> absl::StatusOr<std::unique_ptr<duckdb::Connection>> {
    auto connection = std::make_unique<duckdb::Connection>(*database_);
    ESSAIM_RETURN_IF_ERROR(Run(*connection, absl::StrCat("USE ", kName), kOpening, log_));
    return connection;
  });
}

absl::Status AttachEncrypted(duckdb::Connection& connection, const std::string& path,
                             const SecretBytes& key, const std::string& name, Log* log) {
  const auto result =
      connection.Query(absl::StrCat("ATTACH ", SqlText(path), " AS ", name, " (ENCRYPTION_KEY '",
                                    ToHex(key.view()), "', ENCRYPTION_CIPHER 'GCM')"));
  if (!result->HasError()) return absl::OkStatus();
  const std::string text = absl::AsciiStrToLower(result->GetErrorObject().RawMessage());
  if (absl::StrContains(text, "encryption key") || absl::StrContains(text, "not encrypted") ||
      absl::StrContains(text, "tag does not fit")) {
    return absl::UnauthenticatedError(
        absl::StrCat(path, ": its key does not open it; restore both from one backup"));
  }
  if (absl::StrContains(text, "could not set lock")) {
    return absl::UnavailableError(absl::StrCat(
        path, ": another process of this site has it open; wait until that is done, or end it"));
  }
  const absl::Status failed = FromDatabase(kOpening, result->GetErrorObject(), log);
  // Who waits for another process need not wait for a disk.
  if (!absl::IsUnavailable(failed)) return failed;
  return absl::DataLossError(absl::StrCat(
      path,
      ": cannot be read or written as a database; look at the disk and at the file's rights, "
      "or restore the folder from a backup"));
}

}  // namespace essaim
