// A hospital's own CSV and Parquet files as a source, through a mapping.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "mapping/mapping.h"
#include "source/id_maker.h"
#include "source/identity.h"
#include "source/vocabulary.h"
#include "warehouse/cdm_source.h"

namespace essaim::mapping {

struct MappingOptions {
  const IdMaker* ids = nullptr;        // not owned
  Vocabulary* vocabulary = nullptr;    // not owned
  IdentitySink* identities = nullptr;  // not owned; may be null
  Log* log = nullptr;                  // not owned; may be null
};

// Checks the mapping against the files before anything is read: kInvalidArgument names a table's
// file that is not among the paths, or a column that a file has not, with the mapping's line.
// kNotFound. The options' objects outlive the source.
absl::StatusOr<std::unique_ptr<CdmSource>> OpenMappedFiles(const std::vector<std::string>& paths,
                                                           Mapping mapping,
                                                           const MappingOptions& options);

// "31/12/1950" by "%d/%m/%Y" as 1950-12-31, with " HH:MM:SS" if the format has %H. Knows %d %m %Y
// %y (1930 to 2029) %H %M %S. Empty if the text is not of the format.
std::string ReadDate(std::string_view text, std::string_view format);

}  // namespace essaim::mapping
