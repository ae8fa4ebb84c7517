// The site's variants, in an encrypted file of their own under the key "genetic".
//
// Tables of the Genomic CDM (Shin et al. 2019, J Med Internet Res 21(3):e13249): genomic_test,
// target_gene, variant_occurrence, variant_annotation, with columns of ours at their ends, and
// essaim_sample: one row a sample of a file, and of each of its lines that was mended since. No
// person is named here: rows belong to a procedure_occurrence of the CDM, and what the CDM does not
// have (a load that was undone, or never committed) counts for nothing and is cleared by Clean.
//
// Lines of a file that were rejected are kept here too, with what reads them again
// (essaim_rejected_*): the warehouse, which knows that they wait, has another key.
//
// Threads: one call at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "warehouse/cdm_load.h"
#include "warehouse/sql_engine.h"

namespace essaim::genomics {

struct Test {
  std::int64_t genomic_test_id = 0;
  std::string name, version, reference_genome, calling_tools, annotation_tools;
};

struct Sample {
  std::int64_t procedure_occurrence_id = 0, specimen_id = 0, genomic_test_id = 0;
  std::uint64_t n_variants = 0, n_missing = 0;  // records without a genotype of this sample
};

struct Variant {
  std::int64_t procedure_occurrence_id = 0, specimen_id = 0;
  std::string_view gene, reference_sequence, rs_id, reference, alternate, hgvs_c, hgvs_p, hgvs_g;
  std::string_view kind, origin, genotype, chromosome;
  std::string_view variant;  // left-aligned: "20-14370-G-A"
  std::string_view filter;
  std::string_view read_depth;
  std::int64_t position = 0;
  std::optional<double> quality;
};

struct Annotation {
  std::string field, text;
  std::optional<double> number;
};

// What reads the rejected lines of a file again.
struct RejectedFile {
  std::string sha256, header;   // the header as VcfHeader::Bare gives it
  std::vector<Sample> samples;  // one a column; procedure_occurrence_id 0 where it is nobody's
};

// What the CDM has.
struct CdmKnows {
  std::function<absl::StatusOr<bool>(std::int64_t)> procedure;
  std::function<absl::StatusOr<bool>(RejectedId)> retried;  // the row came again, in a load
};

class GeneticStore {
 public:
  // Makes the tables if they are not there. The engine is this store's alone.
  static absl::StatusOr<std::unique_ptr<GeneticStore>> Open(std::unique_ptr<SqlEngine> engine);

  // One file's rows are one transaction. What was there of the same procedures gives way.
  absl::Status Begin(const Test& test, const std::vector<Sample>& samples);
  absl::Status Put(const Variant& variant, const std::vector<Annotation>& annotations);
  absl::Status Commit(const std::vector<Sample>& samples);  // with their counts
  void Rollback();

  // Within a file's transaction.
  absl::Status KeepFile(const RejectedFile& file);
  absl::Status KeepLine(const std::string& sha256, std::uint64_t line, std::string_view text);

  // The transaction of lines of a file that come again. Rows that are put, and lines that are kept,
  // are of the rejected row that was told last; what was there of it gives way.
  absl::Status BeginRetry(std::int64_t genomic_test_id);
  absl::Status Retry(RejectedId row);
  absl::Status PutSamples(const std::vector<Sample>& samples);

  // nullopt: no line of it is kept.
  absl::StatusOr<std::optional<RejectedFile>> FindRejected(const std::string& sha256);
  // By the number of the line, as they came last.
  absl::StatusOr<std::map<std::uint64_t, std::string>> RejectedLines(const std::string& sha256);

  absl::StatusOr<std::vector<Sample>> Samples();
  // Of these procedures: variants by gene, the largest first; "" are those without a gene.
  absl::StatusOr<std::vector<std::pair<std::string, std::uint64_t>>> Genes(
      const std::vector<Sample>& samples, std::size_t n_max);

  SqlEngine& sql() { return engine_; }

  // Takes out what the CDM does not have; of how many procedures.
  absl::StatusOr<std::uint64_t> Clean(const CdmKnows& knows);

 private:
  struct Waiting {
    std::vector<std::string> columns;
    std::vector<std::optional<std::string>> cells;
    std::size_t bytes = 0;
  };

  explicit GeneticStore(std::unique_ptr<SqlEngine> engine)
      : owned_(std::move(engine)), engine_(*owned_) {}

  void ForgetWaiting();
  absl::Status TakeNumbers();
  absl::Status Drop(const std::string& where);
  absl::Status DropOrphans();
  std::optional<std::string> RetryLoad() const;
  std::optional<std::string> RetryRow() const;
  absl::Status CleanRetries(const CdmKnows& knows);
  absl::Status Add(const std::string& table, std::vector<std::optional<std::string>> cells);
  absl::Status Flush(const std::string& table);
  absl::StatusOr<std::int64_t> NextId(const std::string& table, const std::string& column);

  std::unique_ptr<SqlEngine> owned_;
  SqlEngine& engine_;
  std::map<std::string, Waiting> waiting_;
  std::map<std::string, std::int64_t, std::less<>> genes_;
  std::optional<RejectedId> retry_;
  std::int64_t test_id_ = 0, next_variant_ = 1, next_annotation_ = 1, next_gene_ = 1;
};

}  // namespace essaim::genomics
