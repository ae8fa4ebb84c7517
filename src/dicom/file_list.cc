#include "dicom/file_list.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "dicom/dcm_file.h"

namespace essaim::dicom {
namespace {

namespace fs = std::filesystem;
using Each = std::function<absl::Status(const ListedFile&)>;

constexpr int kFolderDepthMax = 64;

bool IsDicomDirName(const std::string& path) {
  return absl::EqualsIgnoreCase(fs::path(path).filename().string(), "DICOMDIR");
}

absl::Status ListFolder(const std::string& folder, const Each& each, int depth) {
  if (depth > kFolderDepthMax)
    return absl::InvalidArgumentError(absl::StrCat(folder, ": folders nested too deep"));
  std::vector<fs::directory_entry> entries;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    entries.push_back(*at);
  if (error)
    return absl::UnavailableError(absl::StrCat(folder, ": cannot be listed: ", error.message()));
  std::ranges::sort(entries, {}, [](const fs::directory_entry& e) { return e.path(); });
  for (const fs::directory_entry& entry : entries) {
    const std::string path = entry.path().string();
    std::error_code unknown;
    if (entry.is_directory(unknown)) {
      if (!entry.is_symlink(unknown)) ESSAIM_RETURN_IF_ERROR(ListFolder(path, each, depth + 1));
    } else if (entry.is_regular_file(unknown) && !IsDicomDirName(path)) {
      ESSAIM_RETURN_IF_ERROR(each({.path = path}));
    }
  }
  return absl::OkStatus();
}

// PS3.10 section 8.2 and 8.5: parts of upper-case letters, digits and underscore, at most 8 of 8
// characters. Makers write longer ones with dots and hyphens; none may lead out of the folder.
bool IsMediumPart(std::string_view part) {
  return !part.empty() && part.front() != '.' && part.find_first_of("/\\") == std::string::npos &&
         part.find('\0') == std::string::npos;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> FilesOfDicomDir(const std::string& path) {
  absl::StatusOr<DcmFile> file = ReadDcmFile(path);
  if (!file.ok())
    return absl::Status(file.status().code(), absl::StrCat(path, ": ", file.status().message()));
  DcmSequenceOfItems* records = nullptr;
  DcmDataset& dataset = *file->content->getDataset();
  if (dataset.findAndGetSequence(DCM_DirectoryRecordSequence, records).bad() || records == nullptr)
    return absl::InvalidArgumentError(absl::StrCat(path, ": a DICOMDIR without records"));
  const std::string folder = fs::path(path).parent_path().string();
  std::vector<std::string> files;
  for (unsigned long i = 0; i < records->card(); ++i) {
    OFString id;
    if (records->getItem(i)->findAndGetOFStringArray(DCM_ReferencedFileID, id).bad() || id.empty())
      continue;  // a patient, a study or a series
    fs::path named = folder.empty() ? "." : folder, lower = named;
    const std::vector<std::string> parts = absl::StrSplit(id.c_str(), '\\');
    for (const std::string& raw : parts) {
      const std::string part(absl::StripAsciiWhitespace(raw));
      if (!IsMediumPart(part)) {
        return absl::InvalidArgumentError(
            absl::StrCat(path, ": record ", i + 1, ": ReferencedFileID leads out of the medium"));
      }
      named /= part;
      lower /= absl::AsciiStrToLower(part);
    }
    // Media are mounted in lower case by some systems.
    std::error_code error;
    files.push_back(
        (!fs::exists(named, error) && fs::exists(lower, error) ? lower : named).string());
  }
  return files;
}

absl::Status ListFiles(const std::vector<std::string>& paths, const Each& each) {
  for (const std::string& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      ESSAIM_RETURN_IF_ERROR(ListFolder(path, each, 0));
      continue;
    }
    if (!fs::exists(path, error)) return absl::NotFoundError(absl::StrCat(path, ": no such file"));
    if (!IsDicomDirName(path)) {
      ESSAIM_RETURN_IF_ERROR(each({.path = path, .named = true}));
      continue;
    }
    ESSAIM_ASSIGN_OR_RETURN(const std::vector<std::string> files, FilesOfDicomDir(path));
    for (const std::string& file : files)
      ESSAIM_RETURN_IF_ERROR(each({.path = file, .named = true}));
  }
  return absl::OkStatus();
}

}  // namespace essaim::dicom
