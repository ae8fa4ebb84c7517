#include "warehouse/database.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"

namespace essaim {

absl::Status FromDatabase(std::string_view doing, const duckdb::ErrorData& error, Log* log) {
  if (log != nullptr) {
    log->Error("database", {{"doing", std::string(doing)}, {"error", error.RawMessage()}});
  }
  const std::string what = absl::StrCat("the warehouse's database failed while ", Av(doing));
  if (absl::StrContains(error.RawMessage(), std::strerror(ENOSPC)))
    return absl::ResourceExhaustedError(
        absl::StrCat(what, ": the disk is full; nothing of it is kept. Make room and try again"));
  switch (error.Type()) {
    case duckdb::ExceptionType::OUT_OF_MEMORY:
      return absl::ResourceExhaustedError(absl::StrCat(what, ": its memory limit is reached"));
    case duckdb::ExceptionType::IO:
      return absl::UnavailableError(absl::StrCat(what, ": a file cannot be read or written"));
    case duckdb::ExceptionType::INTERRUPT:
      return absl::CancelledError(absl::StrCat(what, ": it was interrupted"));
    default:
      return absl::InternalError(what);
  }
}

absl::Status Run(duckdb::Connection& connection, const std::string& sql, std::string_view doing,
                 Log* log) {
  const auto result = connection.Query(sql);
  if (result->HasError()) return FromDatabase(doing, result->GetErrorObject(), log);
  return absl::OkStatus();
}

}  // namespace essaim
