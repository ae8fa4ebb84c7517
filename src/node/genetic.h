// The site's variants: genetic.duckdb in its folder, under the key of the category "genetic".
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "node/command.h"
#include "node/sources.h"
#include "warehouse/cdm_source.h"

namespace essaim::node {

// --from vcf. What an earlier load left that the CDM does not have is cleared first.
// kFailedPrecondition: the key was destroyed.
absl::StatusOr<std::unique_ptr<CdmSource>> OpenVcf(const SourceArguments& args,
                                                   const SourceTools& tools);
// After an undo: the variants of tests that the CDM does not have any more go. Nothing to do, and
// no error, where there are none or their key was destroyed.
absl::Status CleanGenetic(const std::string& dir, SqlEngine& cdm);

Command GeneticCommand(CLI::App& app);

}  // namespace essaim::node
