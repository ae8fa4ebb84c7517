// The files that a load is asked for: those named, those below folders, those a DICOMDIR names.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace essaim::dicom {

struct ListedFile {
  std::string path;
  bool named =
      false;  // by a person or a DICOMDIR: it must be DICOM. Below a folder anything may be.
};

// One call a file, folder by folder in the order of names; only one folder's names are held at a
// time. A link to a folder is not followed. Files called DICOMDIR are skipped below a folder, whose
// files are found without it. kNotFound, kUnavailable; and the first error of `each`.
absl::Status ListFiles(const std::vector<std::string>& paths,
                       const std::function<absl::Status(const ListedFile&)>& each);
// The files that a DICOMDIR names (PS3.3 annex F), below its own folder, whether they are there or
// not. kInvalidArgument: it is none, or names something that is no file of a medium.
absl::StatusOr<std::vector<std::string>> FilesOfDicomDir(const std::string& path);

}  // namespace essaim::dicom
