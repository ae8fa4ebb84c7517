// Rejected rows, mended, as a source again: the same kind of source over files made of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "node/sources.h"
#include "warehouse/cdm_source.h"
#include "warehouse/load_manifest.h"
#include "warehouse/rejected_rows.h"

namespace essaim::node {

// Files made of rows, in a folder of mode 0700 that is removed with this. A killed process leaves
// it; the next retry removes it.
class RetryFiles {
 public:
  // The rows of one load, with the files and headers of its manifest; `folder` is made.
  // kInvalidArgument: rows of that kind of load cannot be loaded again, and why.
  static absl::StatusOr<std::unique_ptr<RetryFiles>> Write(const std::string& folder,
                                                           const LoadEntry& load,
                                                           const std::vector<RejectedRow>& rows);
  ~RetryFiles();

  const SourceArguments& arguments() const { return arguments_; }

  // `source` over these files, telling file and line as they were in the originals.
  std::unique_ptr<CdmSource> Retold(std::unique_ptr<CdmSource> source) const;

  struct Place {
    std::uint64_t line_here, line_there;
  };

  struct File {
    std::string path, original;
    std::vector<Place> places;  // ascending; each holds to the next
  };

 private:
  explicit RetryFiles(std::string folder) : folder_(std::move(folder)) {}

  absl::Status WriteFiles(const LoadEntry& load, const std::vector<RejectedRow>& rows);
  absl::Status WriteOne(const CdmFileReport& original, const std::string& kind, std::size_t number,
                        const std::vector<RejectedRow>& rows);

  std::string folder_;
  SourceArguments arguments_;
  std::vector<File> files_;
};

}  // namespace essaim::node
