// A study file as every party will see it: read, with its schema inlined, and checked against the
// algorithms.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "algo/registry.h"
#include "study/study.h"

namespace essaim::cli {

struct StudyFile {
  Study study;
  std::string schema_yaml;  // the schema file that it names, empty if inlined
};

// kNotFound, or kInvalidArgument with "file:line:column: ..." lines.
absl::StatusOr<StudyFile> ReadStudyFile(const std::string& path, const Registry& registry);

}  // namespace essaim::cli
