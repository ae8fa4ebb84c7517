// WFDB records as a source: their headers' metadata and where the signals lie. No signal is read.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/sample_list.h"
#include "warehouse/cdm_source.h"

namespace essaim::waveform {

struct WfdbOptions {
  const IdMaker* ids = nullptr;  // not owned
  std::function<absl::StatusOr<bool>(std::int64_t)> has_person;
  std::string
      samples_path;  // as of VCF files (source/sample_list.h): `sample` is the record's name
  std::string system;
  Log* log = nullptr;  // not owned; may be null
};

// Header files (.hea), or folders of them; a header that another names as its segment is part of
// that one. kNotFound; kInvalidArgument: the list of samples is none.
absl::StatusOr<std::unique_ptr<CdmSource>> OpenWfdbFiles(const std::vector<std::string>& paths,
                                                         const WfdbOptions& options);

}  // namespace essaim::waveform
