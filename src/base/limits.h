// Every bound on what comes from outside, in one place. A decoder compares a length with its limit
// before it allocates.
#pragma once

#include <cstddef>
#include <cstdint>

namespace essaim::limits {

inline constexpr std::size_t kSitesMax = 200;
inline constexpr std::size_t kVectorLengthMax = std::size_t{1}
                                                << 27;  // elements of one masked vector
inline constexpr std::size_t kMessageBytesMax = std::size_t{1} << 31;  // one message on the wire
inline constexpr std::size_t kStateBytesMax = std::size_t{1} << 28;    // one public state
inline constexpr std::size_t kStudyBytesMax = std::size_t{1} << 20;    // one study file
inline constexpr std::size_t kSchemaBytesMax = std::size_t{1} << 20;   // one schema file
inline constexpr std::size_t kNameBytesMax = 128;                      // a site, variable, analysis
inline constexpr std::size_t kVariablesMax = 10'000;
inline constexpr std::size_t kLevelsMax = 10'000;
inline constexpr std::size_t kAnalysesMax = 100;
inline constexpr std::size_t kExpressionDepthMax = 64;
inline constexpr std::size_t kCsvLineBytesMax = std::size_t{1} << 20;
inline constexpr std::uint64_t kPersonsMax = std::uint64_t{1} << 36;  // over all sites of a study
inline constexpr int kRoundsMax = 1'000;

}  // namespace essaim::limits
