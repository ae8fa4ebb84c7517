// What hub and nodes must agree on, as hashes: bound into every key and every mask of a run.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "algo/registry.h"
#include "algo/result.h"
#include "engine/hub_run.h"
#include "secagg/batch.h"
#include "study/study.h"

namespace essaim {

inline constexpr std::uint32_t kProtocol = 1;
inline constexpr std::uint64_t kPersonsPerSiteMax = std::uint64_t{1} << 30;

// The run as planned: federation, run, study bytes, analysis, model, roster and nonce.
std::string RunContext(std::string_view federation, std::string_view run_id, const Study& study,
                       std::size_t analysis, std::string_view model_result,
                       const std::vector<RosterEntry>& roster, std::string_view nonce);

// One round of it: the public state, byte for byte.
std::string RoundContext(std::string_view run_context, std::string_view state);

// The algorithm of an analysis with its model bound. kInvalidArgument or kNotFound with a text for
// people.
absl::StatusOr<std::unique_ptr<Algorithm>> MakeAlgorithm(const Study& study, std::size_t analysis,
                                                         std::string_view model_result,
                                                         const Registry& registry);

// The batch that hub and nodes derive alike from the counter and the members (positions in the
// roster).
absl::StatusOr<secagg::Batch> MakeBatch(std::string_view run_context, std::uint32_t counter,
                                        const std::vector<std::uint32_t>& members,
                                        std::size_t n_sessions,
                                        const std::vector<RosterEntry>& roster,
                                        const Privacy& privacy);

}  // namespace essaim
