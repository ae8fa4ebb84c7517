// What a load into a site's OMOP tables needs of the site: its keys, its rules on dates and texts.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "crypto/entropy.h"
#include "dicom/image_store.h"
#include "node/key_rotation.h"
#include "node/node_folder.h"
#include "node/sources.h"
#include "source/id_maker.h"
#include "source/identity_store.h"
#include "source/vocabulary.h"
#include "text/note_deidentifier.h"
#include "warehouse/cdm_load.h"
#include "warehouse/date_shift.h"

namespace essaim::node {

// kDataLoss: the key of pseudonyms is not there, though loads numbered persons with it. Before
// CategoryKey, which would make another one.
absl::Status CheckPseudonyms(const NodeFolder& folder, SqlEngine& engine);

// The site's side of a load. Everything in it points into it: it stays where it is made.
class LoadSetup {
 public:
  // `needs_tools`: the source makes numbers of its identifiers, looks codes up and tells who
  // persons are. kFailedPrecondition: the key of 'pseudonyms' was destroyed and is needed.
  static absl::StatusOr<std::unique_ptr<LoadSetup>> Open(const std::string& dir, bool needs_tools,
                                                         Log& log);

  NodeFolder folder;
  crypto::SystemEntropy entropy;
  SqlPair sql;
  FreeTextAccess free_text;
  std::optional<DateShift> date_shift;
  // Where tools are needed.
  std::optional<IdMaker> ids;
  std::optional<text::Surrogates> surrogates;
  std::unique_ptr<Vocabulary> vocabulary;
  std::unique_ptr<SqlEngine> identity_sql;
  std::unique_ptr<IdentityStore> identities;
  std::unique_ptr<dicom::ImageStore> images;  // of a source of images, from OpenFor on
  bool keeps_identities = true;               // false: the key of 'identity' was destroyed

  ~LoadSetup();
  // Of what takes names out of notes.
  text::NoteDeidentifierOptions DeidentifierOptions(const SourceArguments& args) const;
  // The source with its notes filtered, unless they are to be kept as they are. One at a time.
  absl::StatusOr<std::unique_ptr<CdmSource>> OpenFor(const SourceArguments& args, bool dry_run,
                                                     Log& log);
  void Apply(CdmLoadOptions& options) const;
  // After a load that changed something; adds to its notices what could not be kept.
  absl::Status CommitIdentities(CdmLoadReport& report);
  // A notice, if there is no vocabulary by which codes could have been found.
  absl::Status TellOfNoVocabulary(CdmLoadReport& report);

 private:
  absl::Status OpenIdentities(Log& log);

  std::string ScratchPath() const { return folder.path + "/unknown.duckdb"; }

  std::unique_ptr<text::NoteDeidentifier> deidentifier_;
};

// After a load that is in the warehouse: keeps what consistency compares. What is to be watched,
// and a failure to keep it, which does not undo the load, become notices.
void RecordForQuality(SqlEngine& engine, CdmLoadReport& report);

}  // namespace essaim::node
