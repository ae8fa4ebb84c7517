// Rejected lines of VCF files, mended, as a source: their variants go to where those of their file
// are, the CDM learns nothing.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "genomics/genetic_store.h"
#include "warehouse/cdm_source.h"
#include "warehouse/load_manifest.h"
#include "warehouse/rejected_rows.h"

namespace essaim::genomics {

// Gives the rows of that load, where they are lines of VCF files, the text that the store has kept.
absl::Status FillTexts(GeneticStore& store, const LoadEntry& load, std::vector<RejectedRow>& rows);

// `rows` are of `load`. `reference_path`: the FASTA file that the load had, or empty.
// kInvalidArgument: a row is no line of data; kNotFound: its file's header is not kept, or the
// reference is not there.
absl::StatusOr<std::unique_ptr<CdmSource>> OpenVcfRetry(std::shared_ptr<GeneticStore> store,
                                                        const LoadEntry& load,
                                                        const std::vector<RejectedRow>& rows,
                                                        const std::string& reference_path);

}  // namespace essaim::genomics
