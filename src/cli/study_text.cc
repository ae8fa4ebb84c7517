#include "cli/study_text.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "cohort/extraction.h"
#include "study/study_check.h"

namespace essaim::cli {

absl::StatusOr<StudyFile> ReadStudyFile(const std::string& path, const Registry& registry) {
  ESSAIM_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, limits::kStudyBytesMax));
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  StudyFile file;
  const FileReader read = [&](std::string_view name) -> absl::StatusOr<std::string> {
    ESSAIM_ASSIGN_OR_RETURN(
        file.schema_yaml, ReadFile((folder / std::string(name)).string(), limits::kSchemaBytesMax));
    return file.schema_yaml;
  };
  absl::StatusOr<Study> study = ParseStudy(text, read);
  if (!study.ok())
    return absl::Status(study.status().code(), absl::StrCat(path, ":\n", study.status().message()));
  if (!study->omop.empty()) {
    const auto extraction = cohort::ParseExtraction(study->omop, study->schema);
    if (!extraction.ok())
      return absl::Status(extraction.status().code(),
                          absl::StrCat(path, ": data.omop:\n", extraction.status().message()));
  }
  const absl::Status checked = CheckStudyAgainst(*study, registry);
  if (!checked.ok())
    return absl::Status(checked.code(), absl::StrCat(path, ":\n", checked.message()));
  file.study = *std::move(study);
  return file;
}

}  // namespace essaim::cli
