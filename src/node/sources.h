// Where rows of the OMOP tables come from: the kinds that `essaim node load --from` knows.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "dicom/image_store.h"
#include "node/node_folder.h"
#include "source/id_maker.h"
#include "source/identity.h"
#include "source/vocabulary.h"
#include "warehouse/cdm_source.h"
#include "warehouse/date_shift.h"
#include "warehouse/sql_engine.h"

namespace essaim::node {

struct SourceArguments {
  std::string from = "omop", mapping, system;
  std::string samples = "";    // of vcf, wfdb: CSV of whose the samples are
  std::string reference = "";  // of vcf: FASTA
  bool accept_burned_in = false, retain_patient_characteristics = false;  // of dicom
  std::vector<std::string> paths;
  bool keep_text = false;                              // notes as they are, with the names in them
  bool surrogates = false, deidentify_values = false;  // docs/text.md

  // Whether rows pass the filter of notes though the files are OMOP tables.
  bool changes_texts() const { return surrogates || deidentify_values; }

  std::map<std::string, std::string> text_folders = {};  // text/note_files.h
};

// A mapping, a server's name, where the reference sequence lies: kept with a load, so that its
// rejected rows can be loaded again. JSON. kNotFound: the mapping's file.
absl::StatusOr<std::string> TextOf(const SourceArguments& args);

// What a source makes pseudonyms, concepts and identities with. Each outlives the source.
struct SourceTools {
  const IdMaker& ids;
  Vocabulary& vocabulary;
  IdentitySink& identities;
  Log& log;
  // For sources that keep a part of what they read in a file of their own.
  const NodeFolder& folder;
  Entropy& entropy;
  SqlEngine& reading;                     // the CDM as it is before the load
  const DateShift* date_shift = nullptr;  // by which its dates are moved; null: they are not
  bool dry_run = false;
  dicom::ImageStore* images = nullptr;  // of dicom
};

// Kinds that need these tools: all but "omop", whose files are rows of the CDM already.
std::vector<std::string> SourceKinds();
// kInvalidArgument: what the kind needs is not given, or its files are not of it. kNotFound.
absl::StatusOr<std::unique_ptr<CdmSource>> OpenSource(const SourceArguments& args,
                                                      const SourceTools& tools);

}  // namespace essaim::node
