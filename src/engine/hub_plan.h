// What a run of the hub begins with: its model, and the ask that opens it. Internal to engine.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "engine/hub_run.h"
#include "essaim/v1/run.pb.h"

namespace essaim {

// The encoded result that the analysis takes its model from, empty if it takes none.
// kInvalidArgument if the options cannot make a run: no such analysis, another roster than the
// study's, too few sites, no result of the analysis that the model comes from.
absl::StatusOr<std::string> CheckedModel(const HubRunOptions& options);

v1::PlanAsk PlanAskOf(const HubRunOptions& options, const std::string& model);

}  // namespace essaim
