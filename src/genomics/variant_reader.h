// The data lines of one VCF file to rows of the genetic store: one a sample and an allele that the
// sample has and the reference has not.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "genomics/genetic_store.h"
#include "genomics/hgvs.h"
#include "genomics/reference_genome.h"
#include "genomics/vcf.h"

namespace essaim::genomics {

class VariantReader {
 public:
  // `samples`: one a column of the file, with procedure_occurrence_id 0 where it is nobody's.
  // `store` is not owned and may be null: then rows are counted only. Nor is `genome`: null, and
  // alleles stay where the caller put them.
  VariantReader(const VcfHeader& header, std::vector<Sample> samples, GeneticStore* store,
                ReferenceGenome* genome = nullptr);

  const Test& test() const { return test_; }

  std::vector<Sample> wanted() const;  // those of somebody, with their counts so far

  std::vector<Sample> TakeCounts();  // the same, and they begin at nought again

  // What is wrong with the line, without a value of it; empty if nothing is. The store's errors.
  absl::StatusOr<std::string> Take(std::string_view line);

  std::string Summary(const std::string& path) const;

 private:
  struct Gene {
    std::string symbol, hgvs_c, hgvs_p, consequence;
  };

  // An allele of the record in hand.
  struct Named {
    VariantName name;
    std::string variant;  // "20-14370-G-A", left-aligned; empty without a reference sequence
  };

  absl::StatusOr<const Named*> NamedOf(const VcfRecord& record, std::size_t allele);
  absl::StatusOr<bool> Normalise(const Allele& allele, Named& named);
  absl::Status Put(const VcfRecord& record, std::size_t allele, std::size_t sample);
  Gene GeneOf(const VcfRecord& record, std::size_t allele) const;
  std::optional<Gene> VepGeneOf(const VcfRecord& record, std::size_t allele,
                                std::string_view csq) const;
  std::vector<Annotation> AnnotationsOf(const VcfRecord& record, std::size_t allele,
                                        std::size_t sample, const Gene& gene) const;

  std::vector<Sample> samples_;
  GeneticStore* store_;
  ReferenceGenome* genome_;
  Test test_;
  std::string assembly_;
  std::map<std::string, std::size_t> csq_;  // VEP's parts
  VcfRecord record_;
  std::vector<std::optional<Named>> named_;  // by allele
  std::uint64_t n_variants_ = 0, n_unnamed_ = 0, n_no_sequence_ = 0, n_other_base_ = 0;
};

}  // namespace essaim::genomics
