// The sink of a load: rows on their way into the warehouse wait in one staged table a CDM table.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warehouse/cdm_load.h"
#include "warehouse/cdm_redirect.h"
#include "warehouse/cdm_source.h"
#include "warehouse/sql_engine.h"

namespace essaim {

// "person_id, gender_concept_id, ..." and the same with types.
std::string ColumnsOf(const CdmTable& table);
std::string DefinitionsOf(const CdmTable& table, const SqlDialect& dialect);

// Within the caller's transaction. A database takes rows into one table at a time: those of the
// table in use go straight on, those of the others wait in memory until they are worth a change.
class CdmStaging : public CdmSink {
 public:
  CdmStaging(SqlEngine& engine, const CdmLoadOptions& options, SameKey same_key,
             std::uint64_t bytes_total, CdmLoadReport& report);

  absl::Status Row(const CdmTable& table, std::span<const std::optional<std::string_view>> cells,
                   const RowOrigin& origin) override;
  absl::Status Reject(const BadRow& fault, std::string_view raw) override;
  absl::Status Remove(const CdmTable& table, std::int64_t key) override;
  absl::Status MergePersons(std::int64_t from, std::int64_t into) override;
  absl::Status JoinVisits(std::int64_t from, std::int64_t into) override;
  absl::Status MoveVisit(std::int64_t visit, std::int64_t from, std::int64_t into) override;
  void Header(std::string_view path, std::string_view text) override;
  absl::Status Progress(std::uint64_t bytes_done) override;
  void EndFile(std::string_view path, std::string_view sha256_hex, std::uint64_t n_read) override;
  void Notice(std::string text) override;

  // Writes what waits. The sink takes nothing more.
  absl::Status Finish();

  // Of a table that rows came for.
  struct Staged {
    std::uint64_t n_rows = 0;
    std::int64_t last_key = 0;
    bool keys_grow = true;  // from row to row: none came twice
  };

  const std::map<const CdmTable*, Staged>& staged() const { return staged_; }

  // Whether the table's rows of this load are in the CDM's table already, with the load's number.
  bool IsDirect(const CdmTable& table) const;

  // Keys taken back, and the row of the load (essaim_row) before which it happened.
  struct Removed {
    std::int64_t key;
    std::uint64_t before_row;
  };

  const std::map<const CdmTable*, std::vector<Removed>>& removed() const { return removed_; }

  const Redirections& said() const { return said_; }

 private:
  struct Waiting {
    std::vector<std::string> columns;
    std::vector<std::optional<std::string>> cells;  // row by row
    std::size_t bytes = 0;
  };

  // Of the table in hand: what each of its rows needs.
  struct Current {
    const CdmTable* table = nullptr;
    std::string name;  // in the database
    std::size_t key = 0;
    bool direct = false;
    Staged* staged = nullptr;
  };

  void NoteKey(std::string_view text);
  absl::Status Put(const std::string& table,
                   std::span<const std::optional<std::string_view>> cells);
  absl::Status Enter(const CdmTable& table);
  absl::Status Use(const std::string& table);
  absl::Status MakeStaged(const CdmTable& table);

  SqlEngine& engine_;
  const CdmLoadOptions& options_;
  const SameKey same_key_;
  CdmLoadReport& report_;
  const std::string number_;  // the load's
  Current current_;
  LoadProgress progress_;
  std::map<std::string, Waiting> waiting_;  // by the table's name in the database
  std::string in_use_;
  std::unique_ptr<SqlAppender> appender_;
  std::map<const CdmTable*, Staged> staged_;
  std::map<const CdmTable*, std::uint64_t> rejected_;
  std::map<std::string, std::uint64_t, std::less<>> rejected_by_file_;
  std::map<std::string, std::string, std::less<>> headers_;  // by file
  RowProtection protection_;
  std::map<const CdmTable*, std::vector<Removed>> removed_;
  Redirections said_;
  std::vector<std::optional<std::string_view>> cells_;  // of the row in hand
  std::vector<std::string> buffers_;
  std::uint64_t n_rejected_ = 0;
};

}  // namespace essaim
