// From the spool into the warehouse: one segment, one load.
#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "hl7v2/hl7_files.h"
#include "listen/seen.h"
#include "listen/spool.h"
#include "source/identity.h"
#include "source/note_filter.h"
#include "warehouse/cdm_load.h"
#include "warehouse/sql_engine.h"

namespace essaim::listen {

// None is owned.
struct BatchTools {
  Spool& spool;
  const KeyMaker& keys;
  SeenFile& seen;
  SqlEngine &writing, &reading;  // two connections to the CDM
  const IdMaker& ids;
  Vocabulary& vocabulary;
  IdentitySink& identities;
  NoteFilter* notes;  // what notes pass; null: they stay as they are
  Entropy& entropy;
  // Keeps what the sink was told of persons; may add to the report's notices.
  std::function<absl::Status(CdmLoadReport&)> keep_identities;
  // How the site loads: what becomes of texts and dates.
  const CdmLoadOptions& options;
};

// The rows, then who is behind them, then what was seen, then the segment goes: stopped between any
// two, the next call for the same segment does what is left and changes nothing twice.
absl::StatusOr<CdmLoadReport> LoadSegment(std::uint64_t segment, const BatchTools& tools, Log& log);

}  // namespace essaim::listen
