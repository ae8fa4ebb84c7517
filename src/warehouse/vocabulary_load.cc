#include "warehouse/vocabulary_load.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/bytes.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/hash.h"
#include "warehouse/byte_file.h"
#include "warehouse/cdm_cell.h"
#include "warehouse/cdm_staging.h"
#include "warehouse/expression_sql.h"
#include "warehouse/load_manifest.h"
#include "warehouse/vocabulary_file.h"

namespace essaim {
namespace {

namespace fs = std::filesystem;

struct Release {
  std::vector<VocabularyFile> files;  // in the order of the CDM's tables
  std::vector<std::string> missing;   // tables
  std::uint64_t bytes = 0;
};

bool IsPartOfARelease(const CdmTable& table) {
  // The site's own codes are no part of it.
  return table.group == CdmGroup::kVocabulary && table.name != "source_to_concept_map";
}

absl::StatusOr<Release> ReleaseIn(const std::string& folder) {
  std::error_code error;
  std::map<std::string, std::string> by_table;
  if (fs::is_regular_file(folder, error))
    return absl::InvalidArgumentError(
        absl::StrCat(folder, ": a file; the folder of Athena's download, unpacked, was expected"));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<std::string> paths, ListFolder(folder));
  for (const std::string& path : paths) {
    const std::string ending = absl::AsciiStrToLower(fs::path(path).extension().string());
    if (ending == ".csv" || ending == ".txt" || ending == ".tsv")
      by_table[absl::AsciiStrToLower(fs::path(path).stem().string())] = path;
  }
  Release release;
  for (const CdmTable& table : CdmTables()) {
    if (!IsPartOfARelease(table)) continue;
    const auto at = by_table.find(std::string(table.name));
    if (at == by_table.end()) {
      release.missing.push_back(std::string(table.name));
      continue;
    }
    const std::uintmax_t bytes = fs::file_size(at->second, error);
    if (error) return absl::UnavailableError(absl::StrCat(at->second, ": cannot be read"));
    release.bytes += bytes;
    release.files.push_back({.table = &table, .path = at->second, .bytes = bytes});
  }
  for (const char* needed : {"concept", "vocabulary"}) {
    if (std::ranges::find(release.missing, needed) != release.missing.end())
      return absl::NotFoundError(
          absl::StrCat(folder, ": no ", absl::AsciiStrToUpper(needed),
                       ".csv; unpack Athena's download there (https://athena.ohdsi.org)"));
  }
  return release;
}

class VocabularyLoad {
 public:
  VocabularyLoad(SqlEngine& engine, const VocabularyOptions& options)
      : engine_(engine), options_(options) {}

  absl::StatusOr<VocabularyReport> Run(const std::string& folder) {
    ESSAIM_RETURN_IF_ERROR(CreateCdm(engine_));
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(
        "CREATE TABLE IF NOT EXISTS essaim_next_files (cdm_table VARCHAR(64), sha256 VARCHAR(64), "
        "bytes_done BIGINT, lines_done BIGINT, n_read BIGINT, n_rejected BIGINT, is_done BIGINT)"));
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(
        "CREATE TABLE IF NOT EXISTS essaim_next_rejected (cdm_table VARCHAR(64), file "
        "VARCHAR(4096), line BIGINT, field VARCHAR(64), reason VARCHAR(256), raw TEXT)"));
    ESSAIM_ASSIGN_OR_RETURN(Release release, ReleaseIn(folder));
    progress_.bytes_total = 2 * release.bytes;  // once for the hash, once for the rows
    std::vector<std::string> hashes;
    for (VocabularyFile& file : release.files) {
      ESSAIM_ASSIGN_OR_RETURN(file.sha256, HashOf(file));
      hashes.push_back(file.sha256);
    }
    report_.load.load_id =
        ToHex(crypto::HashOf("essaim/cdm-load", {"vocabulary", "", absl::StrJoin(hashes, ",")}));
    ESSAIM_ASSIGN_OR_RETURN(report_.load.known, IsInForce());
    if (!report_.load.known) {
      ESSAIM_RETURN_IF_ERROR(DropOthers(release));
      for (VocabularyFile& file : release.files) ESSAIM_RETURN_IF_ERROR(LoadFile(file));
      ESSAIM_RETURN_IF_ERROR(InTransaction([&] { return Exchange(release); }));
    }
    for (const std::string& table : release.missing)
      report_.load.notices.push_back(absl::StrCat("not in the folder, left as it is: ", table));
    ESSAIM_ASSIGN_OR_RETURN(report_.version, VocabularyVersion(engine_));
    return std::move(report_);
  }

 private:
  absl::Status Tell() {
    if (options_.progress && !options_.progress(progress_))
      return absl::CancelledError("stopped; the same command goes on from here");
    return absl::OkStatus();
  }

  template <typename F>
  absl::Status InTransaction(F body) {
    ESSAIM_RETURN_IF_ERROR(engine_.Execute("BEGIN"));
    const absl::Status done = body();
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(done.ok() ? "COMMIT" : "ROLLBACK"));
    return done;
  }

  absl::StatusOr<std::string> HashOf(const VocabularyFile& file) {
    ESSAIM_ASSIGN_OR_RETURN(const auto bytes, ByteFile::Open(file.path));
    std::vector<char> piece(std::size_t{1} << 20);
    while (true) {
      ESSAIM_ASSIGN_OR_RETURN(const std::size_t n, bytes->Read(piece));
      if (n == 0) return bytes->Sha256Hex();
      progress_.bytes_done += n;
      ESSAIM_RETURN_IF_ERROR(Tell());
    }
  }

  // Whether the last release that was loaded is this one.
  absl::StatusOr<bool> IsInForce() {
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        engine_.Query("SELECT load_id FROM essaim_loads WHERE kind = 'vocabulary' ORDER BY number "
                      "DESC LIMIT 1"));
    return !rows.rows.empty() && std::get<std::string>(rows.rows[0][0]) == report_.load.load_id;
  }

  // What a stopped load of other files left.
  absl::Status DropOthers(const Release& release) {
    ESSAIM_ASSIGN_OR_RETURN(const SqlRows begun,
                            engine_.Query("SELECT cdm_table, sha256 FROM essaim_next_files"));
    for (const auto& row : begun.rows) {
      const std::string table = std::get<std::string>(row[0]);
      const auto file = std::ranges::find(release.files, table,
                                          [](const VocabularyFile& f) { return f.table->name; });
      if (file != release.files.end() && file->sha256 == std::get<std::string>(row[1])) continue;
      ESSAIM_RETURN_IF_ERROR(InTransaction([&] { return Forget(table); }));
    }
    return absl::OkStatus();
  }

  absl::Status Forget(const std::string& table) {
    for (const std::string& sql :
         {absl::StrCat("DROP TABLE IF EXISTS essaim_next_", table),
          absl::StrCat("DELETE FROM essaim_next_files WHERE cdm_table = ", SqlText(table)),
          absl::StrCat("DELETE FROM essaim_next_rejected WHERE cdm_table = ", SqlText(table))})
      ESSAIM_RETURN_IF_ERROR(engine_.Execute(sql));
    return absl::OkStatus();
  }

  absl::Status Begin(const VocabularyFile& file) {
    ESSAIM_RETURN_IF_ERROR(Forget(std::string(file.table->name)));
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(
        absl::StrCat("CREATE TABLE essaim_next_", Av(file.table->name), " (",
                     DefinitionsOf(*file.table, engine_.dialect()), ", essaim_load BIGINT)")));
    return engine_.Execute(absl::StrCat("INSERT INTO essaim_next_files VALUES (",
                                        SqlText(std::string(file.table->name)), ", ",
                                        SqlText(file.sha256), ", 0, 0, 0, 0, 0)"));
  }

  absl::Status LoadFile(VocabularyFile& file) {
    const std::string where =
        absl::StrCat(" WHERE cdm_table = ", SqlText(std::string(file.table->name)));
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows begun,
        engine_.Query("SELECT bytes_done, lines_done, n_read, n_rejected, is_done FROM "
                      "essaim_next_files" +
                      where));
    std::array<std::int64_t, 5> at{};
    if (begun.rows.empty()) {
      ESSAIM_RETURN_IF_ERROR(InTransaction([&] { return Begin(file); }));
    } else {
      for (std::size_t i = 0; i < at.size(); ++i) at[i] = std::get<std::int64_t>(begun.rows[0][i]);
    }
    file.n_read = static_cast<std::uint64_t>(at[2]);
    file.n_rejected = static_cast<std::uint64_t>(at[3]);
    report_.n_resumed += file.n_read;
    const std::uint64_t before = progress_.bytes_done;
    if (at[4] == 0) {
      VocabularyReader reader(engine_, file, options_.free_text);
      ESSAIM_RETURN_IF_ERROR(reader.Open(static_cast<std::uint64_t>(at[0]),
                                         static_cast<std::uint64_t>(at[1]), report_.load));
      const auto piece = [&]() -> absl::Status {
        ESSAIM_RETURN_IF_ERROR(reader.Piece(options_.rows_per_commit, report_.load));
        return engine_.Execute(absl::StrCat(
            "UPDATE essaim_next_files SET bytes_done = ", reader.bytes_done(),
            ", lines_done = ", reader.lines_done(), ", n_read = ", file.n_read,
            ", n_rejected = ", file.n_rejected, ", is_done = ", reader.is_done() ? 1 : 0, where));
      };
      while (!reader.is_done()) {
        ESSAIM_RETURN_IF_ERROR(InTransaction(piece));
        progress_.bytes_done = before + reader.bytes_done();
        progress_.rows += reader.rows_of_piece();
        ESSAIM_RETURN_IF_ERROR(Tell());
      }
    }
    progress_.bytes_done = before + file.bytes;
    return Tell();
  }

  // All tables at once, with the manifest. Rows of a release are of load 0: what an undo and an
  // increment ask of the number is that it is not theirs.
  absl::Status Exchange(const Release& release) {
    ESSAIM_ASSIGN_OR_RETURN(const SqlRows last,
                            engine_.Query("SELECT COALESCE(MAX(number), 0) FROM essaim_loads"));
    CdmLoadReport& load = report_.load;
    load.number = std::get<std::int64_t>(last.rows[0][0]) + 1;
    for (const VocabularyFile& file : release.files) {
      const std::string name(file.table->name);
      ESSAIM_ASSIGN_OR_RETURN(const SqlRows before,
                              engine_.Query(absl::StrCat("SELECT COUNT(*) FROM ", name)));
      for (const std::string& sql :
           {absl::StrCat("DROP TABLE IF EXISTS essaim_former_", name),
            absl::StrCat("ALTER TABLE ", name, " RENAME TO essaim_former_", name),
            absl::StrCat("ALTER TABLE essaim_next_", name, " RENAME TO ", name)})
        ESSAIM_RETURN_IF_ERROR(engine_.Execute(sql));
      load.files.push_back({.path = file.path,
                            .sha256 = file.sha256,
                            .header = file.header,
                            .n_read = file.n_read,
                            .n_rejected = file.n_rejected});
      load.tables.push_back(
          {.table = name,
           .n_loaded = file.n_read - file.n_rejected,
           .n_rejected = file.n_rejected,
           .n_replaced = static_cast<std::uint64_t>(std::get<std::int64_t>(before.rows[0][0]))});
    }
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(absl::StrCat(
        "INSERT INTO essaim_rejected SELECT ", load.number,
        ", file, line, field, reason, raw, ROW_NUMBER() OVER (ORDER BY file, line), NULL FROM "
        "essaim_next_rejected")));
    ESSAIM_RETURN_IF_ERROR(engine_.Execute("DROP TABLE essaim_next_rejected"));
    ESSAIM_RETURN_IF_ERROR(engine_.Execute("DROP TABLE essaim_next_files"));
    // Which load the kept release gave way to.
    ESSAIM_RETURN_IF_ERROR(
        engine_.Execute("DELETE FROM essaim_settings WHERE name = 'former_vocabulary'"));
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(absl::StrCat(
        "INSERT INTO essaim_settings VALUES ('former_vocabulary', '", load.number, "')")));
    ESSAIM_ASSIGN_OR_RETURN(const std::string version, VocabularyVersion(engine_));
    return WriteManifest(
        engine_, {.kind = "vocabulary", .now_ms = options_.now_ms, .arguments = version}, load);
  }

  SqlEngine& engine_;
  const VocabularyOptions& options_;
  VocabularyReport report_;
  LoadProgress progress_;
};

}  // namespace

absl::StatusOr<VocabularyReport> LoadVocabulary(SqlEngine& engine, const std::string& folder,
                                                const VocabularyOptions& options) {
  return VocabularyLoad(engine, options).Run(folder);
}

absl::StatusOr<std::string> VocabularyVersion(SqlEngine& engine) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine.Query("SELECT MAX(vocabulary_version) FROM vocabulary WHERE vocabulary_id = 'None'"));
  const auto* version = std::get_if<std::string>(&rows.rows[0][0]);
  return version == nullptr ? "" : *version;
}

absl::StatusOr<std::vector<std::string>> UndoVocabulary(SqlEngine& engine, std::int64_t number) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows kept,
      engine.Query(absl::StrCat("SELECT 1 FROM essaim_settings WHERE name = 'former_vocabulary' "
                                "AND value = '",
                                number, "'")));
  if (kept.rows.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the vocabulary before load ", number,
                     " is not kept any more; load its release again instead"));
  }
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows tables,
                          engine.Query(absl::StrCat(
                              "SELECT cdm_table FROM essaim_load_tables WHERE number = ", number)));
  std::vector<std::string> statements;
  for (const auto& row : tables.rows) {
    const std::string name = std::get<std::string>(row[0]);
    statements.push_back(absl::StrCat("DROP TABLE ", name));
    statements.push_back(absl::StrCat("ALTER TABLE essaim_former_", name, " RENAME TO ", name));
  }
  statements.push_back("DELETE FROM essaim_settings WHERE name = 'former_vocabulary'");
  return statements;
}

}  // namespace essaim
