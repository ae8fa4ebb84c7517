// Loads a release of OHDSI's vocabularies, as Athena's download gives it, in the place of the one
// that is there.
//
// Files of several GB take long, so a killed load goes on where it was: rows are committed in
// pieces into tables beside (essaim_next_concept, ...), with how far each file is read, and a file
// is known by its SHA-256. Readers see the former release until one transaction exchanges all
// tables. The former release is kept until the next exchange, for an undo.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "warehouse/cdm_load.h"
#include "warehouse/sql_engine.h"

namespace essaim {

struct VocabularyOptions {
  std::int64_t now_ms = 0;
  FreeTextRule free_text = {};  // for the own text of rejected rows
  std::uint64_t rows_per_commit = 500'000;
  std::function<bool(const LoadProgress&)> progress = nullptr;  // false stops; the next goes on
};

struct VocabularyReport {
  CdmLoadReport load;           // of the kind "vocabulary"; known: this release is the one in force
  std::string version;          // as the release calls itself: "v5.0 30-AUG-24"
  std::uint64_t n_resumed = 0;  // rows that an earlier, stopped load had brought
};

// The files of `folder` named after a table of the vocabularies (CONCEPT.csv, ...), in any case;
// tab-separated with quotes as text, as Athena writes them. Tables whose file is not there stay as
// they are, and a notice says so. kNotFound: no CONCEPT or no VOCABULARY there. kCancelled.
absl::StatusOr<VocabularyReport> LoadVocabulary(SqlEngine& engine, const std::string& folder,
                                                const VocabularyOptions& options);

// How the release in force calls itself; empty if none does.
absl::StatusOr<std::string> VocabularyVersion(SqlEngine& engine);

// Statements that give back the release before load `number`, for UndoLastLoad.
// kFailedPrecondition: it is not kept any more.
absl::StatusOr<std::vector<std::string>> UndoVocabulary(SqlEngine& engine, std::int64_t number);

}  // namespace essaim
