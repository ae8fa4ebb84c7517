#include "store/store.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <array>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/aead.h"

namespace essaim {
namespace {

constexpr int kVersion = 1;
constexpr int kBusyTimeoutMs = 5'000;

// Steps from one version of the file to the next; the first makes a new file.
constexpr const char* kMigrations[kVersion] = {
    "CREATE TABLE document (kind TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY "
    "KEY (kind, key)) WITHOUT "
    "ROWID;"
    "CREATE TABLE entry (log TEXT NOT NULL, number INTEGER NOT NULL, value BLOB NOT NULL, PRIMARY "
    "KEY (log, number)) "
    "WITHOUT ROWID;"};

struct CloseDatabase {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};

struct Finalize {
  void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
};

using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

class SqliteStore final : public Store {
 public:
  SqliteStore(std::unique_ptr<sqlite3, CloseDatabase> db, StoreOptions options)
      : db_(std::move(db)), options_(std::move(options)) {}

  absl::Status Migrate() {
    ESSAIM_RETURN_IF_ERROR(
        Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"));
    ESSAIM_ASSIGN_OR_RETURN(const Statement version, Prepare("PRAGMA user_version"));
    if (sqlite3_step(version.get()) != SQLITE_ROW) return Failed("read the version");
    const int found = sqlite3_column_int(version.get(), 0);
    if (found > kVersion) {
      return absl::FailedPreconditionError(
          absl::StrCat(options_.path, " was written by a newer version of Essaim"));
    }
    for (int v = found; v < kVersion; ++v) {
      ESSAIM_RETURN_IF_ERROR(Execute(absl::StrCat("BEGIN IMMEDIATE;", kMigrations[v],
                                                  "PRAGMA user_version=", v + 1, ";COMMIT;")));
    }
    return absl::OkStatus();
  }

  absl::Status Put(std::string_view kind, std::string_view key, std::string_view value) override {
    const std::scoped_lock lock(mutex_);
    ESSAIM_ASSIGN_OR_RETURN(const std::string sealed, Seal(kind, key, value));
    ESSAIM_ASSIGN_OR_RETURN(
        const Statement s, Prepare("INSERT INTO document VALUES (?,?,?) ON CONFLICT (kind, key) DO "
                                   "UPDATE SET value = excluded.value"));
    BindText(s, 1, kind);
    BindText(s, 2, key);
    BindBlob(s, 3, sealed);
    return Done(s);
  }

  absl::StatusOr<std::string> Get(std::string_view kind, std::string_view key) override {
    const std::scoped_lock lock(mutex_);
    ESSAIM_ASSIGN_OR_RETURN(const Statement s,
                            Prepare("SELECT value FROM document WHERE kind = ? AND key = ?"));
    BindText(s, 1, kind);
    BindText(s, 2, key);
    const int code = sqlite3_step(s.get());
    if (code == SQLITE_DONE)
      return absl::NotFoundError(absl::StrCat("no ", Av(kind), " ", Av(key)));
    if (code != SQLITE_ROW) return Failed("read");
    return Unseal(kind, key, Blob(s, 0));
  }

  absl::Status Delete(std::string_view kind, std::string_view key) override {
    const std::scoped_lock lock(mutex_);
    ESSAIM_ASSIGN_OR_RETURN(const Statement s,
                            Prepare("DELETE FROM document WHERE kind = ? AND key = ?"));
    BindText(s, 1, kind);
    BindText(s, 2, key);
    return Done(s);
  }

  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> List(
      std::string_view kind) override {
    const std::scoped_lock lock(mutex_);
    ESSAIM_ASSIGN_OR_RETURN(const Statement s,
                            Prepare("SELECT key, value FROM document WHERE kind = ? ORDER BY key"));
    BindText(s, 1, kind);
    std::vector<std::pair<std::string, std::string>> found;
    int code;
    while ((code = sqlite3_step(s.get())) == SQLITE_ROW) {
      std::string key = Blob(s, 0);
      ESSAIM_ASSIGN_OR_RETURN(std::string value, Unseal(kind, key, Blob(s, 1)));
      found.emplace_back(std::move(key), std::move(value));
    }
    if (code != SQLITE_DONE) return Failed("read");
    return found;
  }

  absl::Status Append(std::string_view log, std::string_view entry) override {
    const std::scoped_lock lock(mutex_);
    ESSAIM_ASSIGN_OR_RETURN(const std::string sealed, Seal("log", log, entry));
    ESSAIM_ASSIGN_OR_RETURN(const Statement s,
                            Prepare("INSERT INTO entry SELECT ?1, COALESCE(MAX(number), 0) + 1, ?2 "
                                    "FROM entry WHERE log = ?1"));
    BindText(s, 1, log);
    BindBlob(s, 2, sealed);
    return Done(s);
  }

  absl::StatusOr<std::vector<std::string>> ReadLog(std::string_view log) override {
    const std::scoped_lock lock(mutex_);
    ESSAIM_ASSIGN_OR_RETURN(const Statement s,
                            Prepare("SELECT value FROM entry WHERE log = ? ORDER BY number"));
    BindText(s, 1, log);
    std::vector<std::string> entries;
    int code;
    while ((code = sqlite3_step(s.get())) == SQLITE_ROW) {
      ESSAIM_ASSIGN_OR_RETURN(std::string entry, Unseal("log", log, Blob(s, 0)));
      entries.push_back(std::move(entry));
    }
    if (code != SQLITE_DONE) return Failed("read a log");
    return entries;
  }

  absl::Status DropLog(std::string_view log) override {
    const std::scoped_lock lock(mutex_);
    ESSAIM_ASSIGN_OR_RETURN(const Statement s, Prepare("DELETE FROM entry WHERE log = ?"));
    BindText(s, 1, log);
    return Done(s);
  }

  absl::Status Reseal(SecretBytes sealing_key) override {
    const std::scoped_lock lock(mutex_);
    if (options_.sealing_key.empty())
      return absl::FailedPreconditionError(
          absl::StrCat(options_.path, ": its values are not sealed"));
    ESSAIM_RETURN_IF_ERROR(Execute("BEGIN IMMEDIATE"));
    absl::Status done =
        ResealAll("SELECT kind, key, value FROM document",
                  "UPDATE document SET value = ?3 WHERE kind = ?1 AND key = ?2", sealing_key);
    if (done.ok()) {
      done = ResealAll("SELECT log, number, value FROM entry",
                       "UPDATE entry SET value = ?3 WHERE log = ?1 AND number = ?2", sealing_key);
    }
    ESSAIM_RETURN_IF_ERROR(Execute(done.ok() ? "COMMIT" : "ROLLBACK"));
    if (done.ok()) options_.sealing_key = std::move(sealing_key);
    // The log of pages before this one must not keep values under the former key.
    return done.ok() ? Execute("PRAGMA wal_checkpoint(TRUNCATE)") : done;
  }

 private:
  // Rows as (first part of the place, second part, value). Entries of a log are bound to the log.
  absl::Status ResealAll(const char* select, const char* update, const SecretBytes& sealing_key) {
    std::vector<std::array<std::string, 3>> rows;
    ESSAIM_ASSIGN_OR_RETURN(const Statement all, Prepare(select));
    int code;
    while ((code = sqlite3_step(all.get())) == SQLITE_ROW)
      rows.push_back({Blob(all, 0), Blob(all, 1), Blob(all, 2)});
    if (code != SQLITE_DONE) return Failed("read");
    const bool is_log = std::string_view(select).find("entry") != std::string_view::npos;
    for (const auto& [first, second, sealed] : rows) {
      const std::string_view kind = is_log ? "log" : std::string_view(first);
      const std::string& key = is_log ? first : second;
      ESSAIM_ASSIGN_OR_RETURN(const std::string value, Unseal(kind, key, sealed));
      ESSAIM_ASSIGN_OR_RETURN(
          const std::string again,
          crypto::Seal(sealing_key, value, absl::StrCat(Av(kind), "/", key), *options_.entropy));
      ESSAIM_ASSIGN_OR_RETURN(const Statement s, Prepare(update));
      BindText(s, 1, first);
      BindText(s, 2, second);
      BindBlob(s, 3, again);
      ESSAIM_RETURN_IF_ERROR(Done(s));
    }
    return absl::OkStatus();
  }

  absl::Status Failed(const char* what) const {
    const int code = sqlite3_errcode(db_.get());
    const std::string text =
        absl::StrCat(options_.path, ": cannot ", what, ": ", sqlite3_errmsg(db_.get()));
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) return absl::UnavailableError(text);
    if (code == SQLITE_FULL) return absl::ResourceExhaustedError(text);
    return absl::FailedPreconditionError(text);
  }

  absl::Status Execute(const std::string& sql) {
    return sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK
               ? absl::OkStatus()
               : Failed("write");
  }

  absl::StatusOr<Statement> Prepare(const char* sql) const {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(db_.get(), sql, -1, &raw, nullptr) != SQLITE_OK) return Failed("read");
    return Statement(raw);
  }

  absl::Status Done(const Statement& s) const {
    return sqlite3_step(s.get()) == SQLITE_DONE ? absl::OkStatus() : Failed("write");
  }

  static void BindText(const Statement& s, int at, std::string_view text) {
    sqlite3_bind_text64(s.get(), at, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }

  static void BindBlob(const Statement& s, int at, std::string_view bytes) {
    sqlite3_bind_blob64(s.get(), at, bytes.empty() ? "" : bytes.data(), bytes.size(),
                        SQLITE_TRANSIENT);
  }

  static std::string Blob(const Statement& s, int column) {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(s.get(), column));
    const int n = sqlite3_column_bytes(s.get(), column);
    return data == nullptr ? std::string() : std::string(data, static_cast<std::size_t>(n));
  }

  absl::StatusOr<std::string> Seal(std::string_view kind, std::string_view key,
                                   std::string_view value) {
    if (options_.sealing_key.empty()) return std::string(value);
    return crypto::Seal(options_.sealing_key, value, absl::StrCat(Av(kind), "/", Av(key)),
                        *options_.entropy);
  }

  absl::StatusOr<std::string> Unseal(std::string_view kind, std::string_view key,
                                     std::string sealed) {
    if (options_.sealing_key.empty()) return sealed;
    absl::StatusOr<SecretBytes> opened =
        crypto::Open(options_.sealing_key, sealed, absl::StrCat(Av(kind), "/", Av(key)));
    if (!opened.ok()) {
      return absl::DataLossError(absl::StrCat(options_.path, ": ", Av(kind), "/", Av(key),
                                              " does not open with this key"));
    }
    return std::string(opened->view());
  }

  std::mutex mutex_;
  std::unique_ptr<sqlite3, CloseDatabase> db_;
  StoreOptions options_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::Open(StoreOptions options) {
  const mode_t before = umask(0077);
  sqlite3* raw = nullptr;
  const int code =
      sqlite3_open_v2(options.path.c_str(), &raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  std::unique_ptr<sqlite3, CloseDatabase> db(raw);
  if (code != SQLITE_OK) {
    umask(before);
    return absl::FailedPreconditionError(
        absl::StrCat(options.path, ": cannot open: ", sqlite3_errstr(code)));
  }
  sqlite3_busy_timeout(db.get(), kBusyTimeoutMs);
  auto store = std::make_unique<SqliteStore>(std::move(db), std::move(options));
  const absl::Status migrated = store->Migrate();
  umask(before);
  if (!migrated.ok()) return migrated;
  return store;
}

}  // namespace essaim
