// FHIR R4 files as a source: bundles and single resources (*.json), bulk data (*.ndjson), each also
// compressed (*.gz). Bulk data are read line by line: memory does not grow with the file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/id_maker.h"
#include "source/identity.h"
#include "source/vocabulary.h"
#include "warehouse/cdm_source.h"

namespace essaim::fhir {

inline constexpr std::size_t kResourceBytesMax = std::size_t{16} << 20;   // a line of bulk data
inline constexpr std::size_t kDocumentBytesMax = std::size_t{512} << 20;  // a file of one document

struct FhirOptions {
  const IdMaker* ids = nullptr;        // not owned
  Vocabulary* vocabulary = nullptr;    // not owned
  IdentitySink* identities = nullptr;  // not owned; may be null: then nobody keeps them
  std::string system;                  // the server's name, where a site has several
  // The mapping's reference keeps ids, names and addresses in the CDM; a site does not: pseudonyms,
  // the region instead of the address, and no names of persons.
  bool keep_identifying = false;
  // The reference drops a code that the vocabulary does not resolve; a site keeps it as concept 0.
  bool drop_unmapped = false;
};

// Files, or folders of them. kNotFound, kInvalidArgument: another ending. The options' objects
// outlive the source.
absl::StatusOr<std::unique_ptr<CdmSource>> OpenFhirFiles(const std::vector<std::string>& paths,
                                                         const FhirOptions& options);

}  // namespace essaim::fhir
