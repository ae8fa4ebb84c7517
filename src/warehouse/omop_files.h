// Files of an OMOP CDM as a source: CSV or Parquet named after their table, versions 5.3 and 5.4.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "warehouse/cdm_load.h"
#include "warehouse/cdm_source.h"

namespace essaim {

// Files (PERSON.csv, person.parquet) or folders of such files; names and headers in any case.
// Fields that 5.4 renamed are renamed, and a notice says so. kInvalidArgument: a path names no
// table of the CDM. kNotFound. `log` may be null, and outlives the source.
absl::StatusOr<std::unique_ptr<CdmSource>> OpenOmopFiles(const std::vector<std::string>& paths,
                                                         Log* log);

// Opens and loads them.
absl::StatusOr<CdmLoadReport> LoadOmop(SqlEngine& engine, const std::vector<std::string>& paths,
                                       const CdmLoadOptions& options, Log* log);

}  // namespace essaim
