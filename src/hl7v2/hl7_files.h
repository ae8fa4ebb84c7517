// HL7 v2 messages in files as a source: what happened to patients, visits, results, in the order of
// the messages.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hl7v2/known.h"
#include "source/id_maker.h"
#include "source/identity.h"
#include "source/vocabulary.h"
#include "warehouse/cdm_source.h"

namespace essaim::hl7v2 {

struct Hl7Options {
  const IdMaker* ids = nullptr;        // not owned
  Vocabulary* vocabulary = nullptr;    // not owned
  IdentitySink* identities = nullptr;  // not owned; may be null
  // What earlier loads brought; null: only what the same load brought is known.
  std::shared_ptr<Known> known = nullptr;
};

// Files, or folders of files ending in .hl7 or .txt; each at most 1 GiB. kNotFound. The options'
// objects outlive the source.
absl::StatusOr<std::unique_ptr<CdmSource>> OpenHl7Files(const std::vector<std::string>& paths,
                                                        const Hl7Options& options);

}  // namespace essaim::hl7v2
