// A segment of the spool as a source of the CDM: its messages in the order in which they came.
#pragma once

#include <memory>
#include <string>

#include "hl7v2/hl7_files.h"
#include "listen/spool.h"
#include "warehouse/cdm_source.h"

namespace essaim::listen {

// In the manifest the segment's file is "listen/NUMBER", its lines those of its messages one after
// another.
std::unique_ptr<CdmSource> SourceOf(std::uint64_t segment, const Spool::Contents& contents,
                                    const hl7v2::Hl7Options& options);

}  // namespace essaim::listen
