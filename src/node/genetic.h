// The site's variants: genetic.duckdb in its folder, under the key of the category "genetic".
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "node/command.h"
#include "node/sources.h"
#include "warehouse/cdm_source.h"
#include "warehouse/load_manifest.h"
#include "warehouse/rejected_rows.h"

namespace essaim::node {

// --from vcf. What an earlier load left that the CDM does not have is cleared first.
// kFailedPrecondition: the key was destroyed.
absl::StatusOr<std::unique_ptr<CdmSource>> OpenVcf(const SourceArguments& args,
                                                   const SourceTools& tools);

// Where variants are, and what the CDM says of them.
struct GeneticSite {
  const NodeFolder& folder;
  Entropy& entropy;
  Log& log;
  SqlEngine& reading;
};

// Rejected lines, mended; `reference` is the load's. The errors of genomics::OpenVcfRetry;
// kFailedPrecondition: the key was destroyed.
absl::StatusOr<std::unique_ptr<CdmSource>> OpenVcfRows(const GeneticSite& site,
                                                       const LoadEntry& load,
                                                       const std::vector<RejectedRow>& rows,
                                                       const std::string& reference);
// Gives rejected lines of variants their own text, where it can be read.
absl::Status FillVcfTexts(const GeneticSite& site, const std::vector<LoadEntry>& loads,
                          std::vector<RejectedRow>& rows);
// After an undo: the variants of tests that the CDM does not have any more go. Nothing to do, and
// no error, where there are none or their key was destroyed.
absl::Status CleanGenetic(const std::string& dir, SqlEngine& cdm);

Command GeneticCommand(CLI::App& app);

}  // namespace essaim::node
