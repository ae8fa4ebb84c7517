// Units of measure by UCUM, the Unified Code for Units of Measure (ucum.org, version 2.1): a code's
// parts, and the line that turns a value in one unit into a value in another.
//
// Left out: the logarithmic units (B, Np, [pH] and their kin) and the homeopathic ones, which no
// line converts. An amount of substance (mol, eq, osm) is a dimension of its own here, not a plain
// number as in UCUM's table, so that a conversion between it and a mass needs the molar mass and
// cannot happen by chance. Arbitrary units ([iU], [CFU] ...) convert among themselves only.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace essaim::ucum {

inline constexpr std::size_t kCodeBytesMax = 256;

enum Dimension {
  kLength,
  kTime,
  kMass,
  kAngle,
  kTemperature,
  kCharge,
  kLuminosity,
  kAmount,
  kDimensions
};

// In UCUM's base units (m, s, g, rad, K, C, cd) and mol: value * factor + offset.
struct Unit {
  double factor = 1;
  double offset = 0;  // of Cel and [degF] alone
  std::array<int, kDimensions> powers = {};
  std::string arbitrary;    // the code of an arbitrary unit; empty where none
  int arbitrary_power = 0;  // of it
};

// kInvalidArgument: what is wrong, with the code; kUnimplemented: a unit that no line converts.
absl::StatusOr<Unit> ParseUnit(std::string_view code);

// target = value * factor + shift.
struct Conversion {
  double factor = 1, shift = 0;
};

// `molar_mass` in g/mol, of what was measured: lets mass and amount of substance be converted.
// kInvalidArgument: the units are of different kinds.
absl::StatusOr<Conversion> Convert(const Unit& from, const Unit& to,
                                   std::optional<double> molar_mass);

// The same from a unit as laboratories write it, which is often no UCUM: mmHg, µmol/L, G/L, UI/L,
// x10^9/L, °C. `to` is UCUM. kInvalidArgument: nothing known, or of another kind.
absl::StatusOr<Conversion> ConvertText(std::string_view from, const Unit& to,
                                       std::optional<double> molar_mass);

}  // namespace essaim::ucum
