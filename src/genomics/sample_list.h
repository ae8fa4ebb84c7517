// Whose the samples of a VCF file are.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "base/log.h"

namespace essaim::genomics {

struct SampleOwner {
  std::string person, system, date;  // date: YYYY-MM-DD, or empty
};

using SampleList = std::map<std::string, SampleOwner, std::less<>>;

// CSV with the columns sample and person, and perhaps system and date. kInvalidArgument with the
// line: a sample twice, no person, no such column.
absl::StatusOr<SampleList> ReadSampleList(const std::string& path, Log* log);

}  // namespace essaim::genomics
