// From the spool into the warehouse: one segment, one load.
#pragma once

#include "absl/status/statusor.h"
#include "hl7v2/hl7_files.h"
#include "listen/seen.h"
#include "listen/spool.h"
#include "source/identity_store.h"
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
  IdentityStore& identities;
  // How the site loads: what becomes of texts and dates.
  const CdmLoadOptions& options;
  // Where notes pass a filter: the filter, what is told who persons are in the store's place (and
  // hands it on), and what seals notes that wait. All or none.
  NoteFilter* notes = nullptr;
  IdentitySink* told = nullptr;
  Entropy* entropy = nullptr;
};

// The rows, then who is behind them, then what was seen, then the segment goes: stopped between any
// two, the next call for the same segment does what is left and changes nothing twice.
absl::StatusOr<CdmLoadReport> LoadSegment(std::uint64_t segment, const BatchTools& tools, Log& log);

}  // namespace essaim::listen
