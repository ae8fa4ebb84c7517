// A site's quality label on the wire: a closed list of levels, a day and a flag.
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "essaim/v1/run.pb.h"
#include "study/site_quality.h"

namespace essaim {

v1::QualityLabel LabelToWire(const SiteQuality& quality);
// kInvalidArgument: other than seven known levels, or a day that is none.
absl::StatusOr<SiteQuality> LabelFromWire(const v1::QualityLabel& label);
// The label that came with a site's acceptance; nothing if there is none.
absl::Status TakeLabel(const v1::Accepted& accepted, std::optional<SiteQuality>& into);

}  // namespace essaim
