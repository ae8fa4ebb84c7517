#include "genomics/genetic_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "warehouse/expression_sql.h"

namespace essaim::genomics {
namespace {

constexpr std::size_t kWaitingBytesMax = std::size_t{8} << 20;

// What the publication has, then what is ours. Texts of VARCHAR, numbers of BIGINT and DOUBLE.
constexpr struct {
  const char *table, *columns;
} kTables[] = {
    {"genomic_test",
     "genomic_test_id BIGINT, care_site_id BIGINT, genomic_test_name VARCHAR, "
     "genomic_test_version VARCHAR, reference_genome VARCHAR, sequencing_device VARCHAR, "
     "library_preparation VARCHAR, target_capture VARCHAR, read_type VARCHAR, read_length BIGINT, "
     "quality_control_tools VARCHAR, total_reads BIGINT, mean_target_coverage DOUBLE, "
     "per_target_base_cover_100x DOUBLE, alignment_tools VARCHAR, variant_calling_tools VARCHAR, "
     "chromosome_coordinate VARCHAR, annotation_tools VARCHAR, annotation_databases VARCHAR"},
    {"target_gene",
     "target_gene_id BIGINT, genomic_test_id BIGINT, hgnc_id VARCHAR, hgnc_symbol VARCHAR"},
    {"variant_occurrence",
     "variant_occurrence_id BIGINT, procedure_occurrence_id BIGINT, specimen_id BIGINT, "
     "reference_specimen_id BIGINT, target_gene1_id BIGINT, target_gene1_symbol VARCHAR, "
     "target_gene2_id BIGINT, target_gene2_symbol VARCHAR, reference_sequence VARCHAR, "
     "rs_id VARCHAR, reference_allele VARCHAR, alternate_allele VARCHAR, hgvs_c VARCHAR, "
     "hgvs_p VARCHAR, variant_read_depth BIGINT, variant_exon_number BIGINT, copy_number DOUBLE, "
     "cnv_locus VARCHAR, fusion_breakpoint VARCHAR, fusion_supporting_reads BIGINT, "
     "sequence_alteration VARCHAR, variant_feature VARCHAR, genetic_origin VARCHAR, "
     "genotype VARCHAR, essaim_hgvs_g VARCHAR, essaim_chromosome VARCHAR, essaim_position BIGINT, "
     "essaim_quality DOUBLE, essaim_filter VARCHAR, essaim_variant VARCHAR, "
     "essaim_retry_load BIGINT, essaim_retry_row BIGINT"},
    {"variant_annotation",
     "variant_annotation_id BIGINT, variant_occurrence_id BIGINT, annotation_field VARCHAR, "
     "value_as_string VARCHAR, value_as_number DOUBLE"},
    {"essaim_sample",
     "procedure_occurrence_id BIGINT, specimen_id BIGINT, genomic_test_id BIGINT, "
     "n_variants BIGINT, n_missing BIGINT, essaim_retry_load BIGINT, essaim_retry_row BIGINT"},
    {"essaim_rejected_file", "sha256 VARCHAR, header VARCHAR"},
    {"essaim_rejected_sample",
     "sha256 VARCHAR, number BIGINT, procedure_occurrence_id BIGINT, specimen_id BIGINT, "
     "genomic_test_id BIGINT"},
    {"essaim_rejected_line",
     "sha256 VARCHAR, line BIGINT, text VARCHAR, essaim_retry_load BIGINT, essaim_retry_row "
     "BIGINT"}};

std::optional<std::string> Text(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return std::string(text);
}

std::optional<std::string> Number(std::optional<double> number) {
  if (!number.has_value()) return std::nullopt;
  return absl::StrCat(*number);
}

std::optional<std::string> Id(std::int64_t id) {
  if (id == 0) return std::nullopt;
  return absl::StrCat(id);
}

}  // namespace

absl::StatusOr<std::unique_ptr<GeneticStore>> GeneticStore::Open(
    std::unique_ptr<SqlEngine> engine) {
  std::unique_ptr<GeneticStore> store(new GeneticStore(std::move(engine)));
  for (const auto& [table, columns] : kTables) {
    ESSAIM_RETURN_IF_ERROR(store->engine_.Execute(
        absl::StrCat("CREATE TABLE IF NOT EXISTS ", table, " (", columns, ")")));
    Waiting& waiting = store->waiting_[table];
    for (const auto column : absl::StrSplit(columns, ", "))
      waiting.columns.emplace_back(column.substr(0, column.find(' ')));
  }
  // Of files that earlier versions made.
  for (const char* column : {"variant_occurrence ADD COLUMN IF NOT EXISTS essaim_variant VARCHAR",
                             "variant_occurrence ADD COLUMN IF NOT EXISTS essaim_retry_load BIGINT",
                             "variant_occurrence ADD COLUMN IF NOT EXISTS essaim_retry_row BIGINT",
                             "essaim_sample ADD COLUMN IF NOT EXISTS essaim_retry_load BIGINT",
                             "essaim_sample ADD COLUMN IF NOT EXISTS essaim_retry_row BIGINT"})
    ESSAIM_RETURN_IF_ERROR(store->engine_.Execute(absl::StrCat("ALTER TABLE ", column)));
  return store;
}

absl::StatusOr<std::int64_t> GeneticStore::NextId(const std::string& table,
                                                  const std::string& column) {
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows,
                          engine_.Query(absl::StrCat("SELECT MAX(", column, ") FROM ", table)));
  const auto* last = std::get_if<std::int64_t>(&rows.rows.at(0).at(0));
  return last == nullptr ? 1 : *last + 1;
}

void GeneticStore::ForgetWaiting() {
  genes_.clear();
  retry_.reset();
  for (auto& [table, waiting] : waiting_) {
    waiting.cells.clear();
    waiting.bytes = 0;
  }
}

absl::Status GeneticStore::TakeNumbers() {
  ESSAIM_ASSIGN_OR_RETURN(next_variant_, NextId("variant_occurrence", "variant_occurrence_id"));
  ESSAIM_ASSIGN_OR_RETURN(next_annotation_, NextId("variant_annotation", "variant_annotation_id"));
  ESSAIM_ASSIGN_OR_RETURN(next_gene_, NextId("target_gene", "target_gene_id"));
  return absl::OkStatus();
}

absl::Status GeneticStore::Begin(const Test& test, const std::vector<Sample>& samples) {
  ForgetWaiting();
  test_id_ = test.genomic_test_id;
  ESSAIM_RETURN_IF_ERROR(engine_.Execute("BEGIN"));
  for (const Sample& sample : samples)
    ESSAIM_RETURN_IF_ERROR(
        Drop(absl::StrCat(" WHERE procedure_occurrence_id = ", sample.procedure_occurrence_id)));
  for (const char* table : {"genomic_test", "target_gene"})
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(
        absl::StrCat("DELETE FROM ", table, " WHERE genomic_test_id = ", test_id_)));
  ESSAIM_RETURN_IF_ERROR(TakeNumbers());
  std::vector<std::optional<std::string>> row(waiting_["genomic_test"].columns.size());
  row[0] = absl::StrCat(test_id_);
  row[2] = Text(test.name);
  row[3] = Text(test.version);
  row[4] = Text(test.reference_genome);
  row[15] = Text(test.calling_tools);
  row[17] = Text(test.annotation_tools);
  return Add("genomic_test", std::move(row));
}

absl::Status GeneticStore::Put(const Variant& v, const std::vector<Annotation>& annotations) {
  std::int64_t gene = 0;
  if (!v.gene.empty()) {
    const auto [at, is_new] = genes_.try_emplace(std::string(v.gene), next_gene_);
    gene = at->second;
    if (is_new) {
      ++next_gene_;
      ESSAIM_RETURN_IF_ERROR(Add("target_gene", {absl::StrCat(gene), absl::StrCat(test_id_),
                                                 std::nullopt, std::string(v.gene)}));
    }
  }
  const std::string id = absl::StrCat(next_variant_++);
  ESSAIM_RETURN_IF_ERROR(Add("variant_occurrence", {id,
                                                    Id(v.procedure_occurrence_id),
                                                    Id(v.specimen_id),
                                                    std::nullopt,
                                                    Id(gene),
                                                    Text(v.gene),
                                                    std::nullopt,
                                                    std::nullopt,
                                                    Text(v.reference_sequence),
                                                    Text(v.rs_id),
                                                    Text(v.reference),
                                                    Text(v.alternate),
                                                    Text(v.hgvs_c),
                                                    Text(v.hgvs_p),
                                                    Text(v.read_depth),
                                                    std::nullopt,
                                                    std::nullopt,
                                                    std::nullopt,
                                                    std::nullopt,
                                                    std::nullopt,
                                                    Text(v.kind),
                                                    std::nullopt,
                                                    Text(v.origin),
                                                    Text(v.genotype),
                                                    Text(v.hgvs_g),
                                                    Text(v.chromosome),
                                                    absl::StrCat(v.position),
                                                    Number(v.quality),
                                                    Text(v.filter),
                                                    Text(v.variant),
                                                    RetryLoad(),
                                                    RetryRow()}));
  for (const Annotation& a : annotations) {
    ESSAIM_RETURN_IF_ERROR(Add("variant_annotation", {absl::StrCat(next_annotation_++), id, a.field,
                                                      Text(a.text), Number(a.number)}));
  }
  return absl::OkStatus();
}

absl::Status GeneticStore::PutSamples(const std::vector<Sample>& samples) {
  for (const Sample& s : samples) {
    ESSAIM_RETURN_IF_ERROR(
        Add("essaim_sample", {absl::StrCat(s.procedure_occurrence_id), absl::StrCat(s.specimen_id),
                              absl::StrCat(s.genomic_test_id), absl::StrCat(s.n_variants),
                              absl::StrCat(s.n_missing), RetryLoad(), RetryRow()}));
  }
  return absl::OkStatus();
}

absl::Status GeneticStore::Commit(const std::vector<Sample>& samples) {
  ESSAIM_RETURN_IF_ERROR(PutSamples(samples));
  for (const auto& [table, columns] : kTables) ESSAIM_RETURN_IF_ERROR(Flush(table));
  return engine_.Execute("COMMIT");
}

void GeneticStore::Rollback() {
  // Only after a failure that is told already; without a transaction there is nothing to take back.
  engine_.Execute("ROLLBACK").IgnoreError();
}

absl::Status GeneticStore::Add(const std::string& table,
                               std::vector<std::optional<std::string>> cells) {
  Waiting& waiting = waiting_[table];
  if (cells.size() != waiting.columns.size())
    return absl::InternalError(absl::StrCat(table, ": a row that has not one cell a column"));
  for (auto& cell : cells) {
    waiting.bytes += sizeof cell + (cell.has_value() ? cell->size() : 0);
    waiting.cells.push_back(std::move(cell));
  }
  return waiting.bytes < kWaitingBytesMax ? absl::OkStatus() : Flush(table);
}

absl::Status GeneticStore::Flush(const std::string& table) {
  Waiting& waiting = waiting_[table];
  if (waiting.cells.empty()) return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(const auto appender, engine_.Append(table, waiting.columns));
  const std::size_t n = waiting.columns.size();
  std::vector<std::optional<std::string_view>> row(n);
  for (std::size_t at = 0; at < waiting.cells.size(); at += n) {
    for (std::size_t c = 0; c < n; ++c) row[c] = waiting.cells[at + c];
    ESSAIM_RETURN_IF_ERROR(appender->Row(row));
  }
  waiting.cells.clear();
  waiting.bytes = 0;
  return appender->Close();
}

absl::Status GeneticStore::Drop(const std::string& where) {
  for (const std::string& sql :
       {absl::StrCat("DELETE FROM variant_annotation WHERE variant_occurrence_id IN (SELECT "
                     "variant_occurrence_id FROM variant_occurrence",
                     where, ")"),
        absl::StrCat("DELETE FROM variant_occurrence", where),
        absl::StrCat("DELETE FROM essaim_sample", where)})
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(sql));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Sample>> GeneticStore::Samples() {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine_.Query("SELECT procedure_occurrence_id, specimen_id, genomic_test_id, "
                    "CAST(SUM(n_variants) AS BIGINT), CAST(SUM(n_missing) AS BIGINT) FROM "
                    "essaim_sample GROUP BY ALL ORDER BY procedure_occurrence_id"));
  std::vector<Sample> samples;
  for (const auto& row : rows.rows) {
    samples.push_back({.procedure_occurrence_id = std::get<std::int64_t>(row[0]),
                       .specimen_id = std::get<std::int64_t>(row[1]),
                       .genomic_test_id = std::get<std::int64_t>(row[2]),
                       .n_variants = static_cast<std::uint64_t>(std::get<std::int64_t>(row[3])),
                       .n_missing = static_cast<std::uint64_t>(std::get<std::int64_t>(row[4]))});
  }
  return samples;
}

absl::StatusOr<std::vector<std::pair<std::string, std::uint64_t>>> GeneticStore::Genes(
    const std::vector<Sample>& samples, std::size_t n_max) {
  std::vector<std::pair<std::string, std::uint64_t>> genes;
  if (samples.empty()) return genes;
  std::string ids;
  for (const Sample& s : samples)
    absl::StrAppend(&ids, ids.empty() ? "" : ", ", s.procedure_occurrence_id);
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine_.Query(absl::StrCat(
          "SELECT COALESCE(target_gene1_symbol, ''), COUNT(*) AS n FROM variant_occurrence WHERE "
          "procedure_occurrence_id IN (",
          ids, ") GROUP BY 1 ORDER BY n DESC, 1 LIMIT ", n_max)));
  for (const auto& row : rows.rows)
    genes.emplace_back(std::get<std::string>(row[0]),
                       static_cast<std::uint64_t>(std::get<std::int64_t>(row[1])));
  return genes;
}

absl::StatusOr<std::uint64_t> GeneticStore::Clean(const CdmKnows& knows) {
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<Sample> samples, Samples());
  std::uint64_t n = 0;
  ESSAIM_RETURN_IF_ERROR(engine_.Execute("BEGIN"));
  const absl::Status cleaned = [&]() -> absl::Status {
    for (const Sample& sample : samples) {
      ESSAIM_ASSIGN_OR_RETURN(const bool there, knows.procedure(sample.procedure_occurrence_id));
      if (there) continue;
      ESSAIM_RETURN_IF_ERROR(
          Drop(absl::StrCat(" WHERE procedure_occurrence_id = ", sample.procedure_occurrence_id)));
      ++n;
    }
    ESSAIM_RETURN_IF_ERROR(CleanRetries(knows));
    ESSAIM_RETURN_IF_ERROR(DropOrphans());
    return engine_.Execute("COMMIT");
  }();
  if (cleaned.ok()) return n;
  Rollback();
  return cleaned;
}

absl::Status GeneticStore::DropOrphans() {
  for (const char* table : {"target_gene", "genomic_test"})
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(
        absl::StrCat("DELETE FROM ", table,
                     " WHERE genomic_test_id NOT IN (SELECT genomic_test_id FROM essaim_sample)")));
  for (const char* table :
       {"essaim_rejected_file", "essaim_rejected_line", "essaim_rejected_sample"})
    ESSAIM_RETURN_IF_ERROR(engine_.Execute(absl::StrCat(
        "DELETE FROM ", table,
        " WHERE sha256 NOT IN (SELECT r.sha256 FROM essaim_rejected_sample r JOIN essaim_sample s "
        "ON s.procedure_occurrence_id = r.procedure_occurrence_id)")));
  return absl::OkStatus();
}

}  // namespace essaim::genomics
