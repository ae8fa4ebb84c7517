// Rejected lines of VCF files in the genetic store, and what came of them when they came again.
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "genomics/genetic_store.h"
#include "warehouse/expression_sql.h"
#include "warehouse/rejected_rows.h"
#include "warehouse/sql_values.h"

namespace essaim::genomics {
namespace {

std::string OfRetry(RejectedId row) {
  return absl::StrCat(" WHERE essaim_retry_load = ", row.load,
                      " AND essaim_retry_row = ", row.row_number);
}

}  // namespace

std::optional<std::string> GeneticStore::RetryLoad() const {
  if (!retry_.has_value()) return std::nullopt;
  return absl::StrCat(retry_->load);
}

std::optional<std::string> GeneticStore::RetryRow() const {
  if (!retry_.has_value()) return std::nullopt;
  return absl::StrCat(retry_->row_number);
}

absl::Status GeneticStore::KeepFile(const RejectedFile& file) {
  for (const char* table :
       {"essaim_rejected_file", "essaim_rejected_sample", "essaim_rejected_line"})
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(
        absl::StrCat("DELETE FROM ", table, " WHERE sha256 = ", SqlText(file.sha256))));
  ESSAIM_RETURN_IF_ERROR(Add("essaim_rejected_file", {file.sha256, file.header}));
  std::int64_t number = 0;
  for (const Sample& s : file.samples) {
    ESSAIM_RETURN_IF_ERROR(
        Add("essaim_rejected_sample",
            {file.sha256, absl::StrCat(++number), absl::StrCat(s.procedure_occurrence_id),
             absl::StrCat(s.specimen_id), absl::StrCat(s.genomic_test_id)}));
  }
  return absl::OkStatus();
}

absl::Status GeneticStore::KeepLine(const std::string& sha256, std::uint64_t line,
                                    std::string_view text) {
  return Add("essaim_rejected_line",
             {sha256, absl::StrCat(line), TextOfRaw(std::string(text)), RetryLoad(), RetryRow()});
}

absl::Status GeneticStore::BeginRetry(std::int64_t genomic_test_id) {
  ForgetWaiting();
  test_id_ = genomic_test_id;
  ESSAIM_RETURN_IF_ERROR(engine_.Execute("BEGIN"));
  ESSAIM_RETURN_IF_ERROR(TakeNumbers());
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows genes,
      engine_.Query(absl::StrCat("SELECT target_gene_id, hgnc_symbol FROM target_gene WHERE "
                                 "genomic_test_id = ",
                                 test_id_)));
  for (const auto& row : genes.rows) genes_.emplace(TextOf(row[1]), WholeOf(row[0]));
  return absl::OkStatus();
}

absl::Status GeneticStore::Retry(RejectedId row) {
  retry_ = row;
  ESSAIM_RETURN_IF_ERROR(Drop(OfRetry(row)));
  return engine_.Execute("DELETE FROM essaim_rejected_line" + OfRetry(row));
}

absl::StatusOr<std::optional<RejectedFile>> GeneticStore::FindRejected(const std::string& sha256) {
  const std::string where = absl::StrCat(" WHERE sha256 = ", SqlText(sha256));
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows files,
                          engine_.Query("SELECT header FROM essaim_rejected_file" + where));
  if (files.rows.empty()) return std::optional<RejectedFile>();
  RejectedFile file{.sha256 = sha256, .header = TextOf(files.rows[0][0]), .samples = {}};
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows samples,
      engine_.Query(absl::StrCat("SELECT procedure_occurrence_id, specimen_id, genomic_test_id "
                                 "FROM essaim_rejected_sample",
                                 where, " ORDER BY number")));
  for (const auto& row : samples.rows)
    file.samples.push_back({.procedure_occurrence_id = WholeOf(row[0]),
                            .specimen_id = WholeOf(row[1]),
                            .genomic_test_id = WholeOf(row[2])});
  return std::optional<RejectedFile>(std::move(file));
}

absl::StatusOr<std::map<std::uint64_t, std::string>> GeneticStore::RejectedLines(
    const std::string& sha256) {
  std::map<std::uint64_t, std::string> lines;
  // A page at a time: a query's result is bounded.
  constexpr std::size_t kPage = 10'000;
  for (std::size_t at = 0;; at += kPage) {
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        engine_.Query(absl::StrCat(
            "SELECT line, text FROM essaim_rejected_line WHERE sha256 = ", SqlText(sha256),
            " ORDER BY COALESCE(essaim_retry_load, 0), essaim_retry_row, "
            "line LIMIT ",
            kPage, " OFFSET ", at)));
    for (const auto& row : rows.rows)
      lines[static_cast<std::uint64_t>(WholeOf(row[0]))] = TextOf(row[1]);
    if (rows.rows.size() < kPage) return lines;
  }
}

// Of rejected rows that came again in a load that was undone, or never committed.
absl::Status GeneticStore::CleanRetries(const CdmKnows& knows) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine_.Query("SELECT DISTINCT essaim_retry_load, essaim_retry_row FROM (SELECT "
                    "essaim_retry_load, essaim_retry_row FROM essaim_sample UNION ALL SELECT "
                    "essaim_retry_load, essaim_retry_row FROM essaim_rejected_line) t WHERE "
                    "essaim_retry_load IS NOT NULL"));
  for (const auto& row : rows.rows) {
    const RejectedId id{.load = WholeOf(row[0]), .row_number = WholeOf(row[1])};
    ESSAIM_ASSIGN_OR_RETURN(const bool there, knows.retried(id));
    if (there) continue;
    ESSAIM_RETURN_IF_ERROR(Drop(OfRetry(id)));
    ESSAIM_RETURN_IF_ERROR(engine_.Execute("DELETE FROM essaim_rejected_line" + OfRetry(id)));
  }
  return absl::OkStatus();
}

}  // namespace essaim::genomics
