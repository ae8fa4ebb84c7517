// VCF files as a source: the variants go to the genetic store, the CDM learns that a sequencing
// test of a specimen of a person exists.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "genomics/genetic_store.h"
#include "source/id_maker.h"
#include "warehouse/cdm_source.h"

namespace essaim::genomics {

struct VcfOptions {
  const IdMaker* ids = nullptr;         // not owned
  std::shared_ptr<GeneticStore> store;  // null: nothing is kept (a dry run)
  // Whether the CDM has that person.
  std::function<absl::StatusOr<bool>(std::int64_t)> has_person;
  // CSV with the columns sample, person and, if wanted, system and date (YYYY-MM-DD); empty: the
  // sample's name is the person's identifier.
  std::string samples_path;
  // A FASTA file by which alleles are normalised (normalise.h); empty: they stay as they are.
  std::string reference_path = "";
  std::string system;  // the identifiers' system, as the source of the persons has it
  Log* log = nullptr;  // not owned; may be null
};

// Files ending in .vcf, .vcf.gz or .vcf.bgz, or folders of them. kNotFound; kInvalidArgument: the
// file of samples is none.
absl::StatusOr<std::unique_ptr<CdmSource>> OpenVcfFiles(const std::vector<std::string>& paths,
                                                        const VcfOptions& options);

}  // namespace essaim::genomics
