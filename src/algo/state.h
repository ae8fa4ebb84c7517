// The public state of a run: what the hub broadcasts before a round.
//
// A state is named vectors of doubles; counts are exact up to 2^53. It holds nothing secret. Its
// encoding is canonical: equal states have equal bytes, and the hash of those bytes is bound into
// every mask, so sites that were shown different states cannot be summed.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace essaim {

struct State {
  int round = 0;      // 0 before the first sum
  bool done = false;  // true: no further round, ResultOf may be called
  std::map<std::string, std::vector<double>, std::less<>> vectors;

  bool Has(std::string_view name) const { return vectors.find(name) != vectors.end(); }

  // The vector of that name, empty if absent.
  const std::vector<double>& Get(std::string_view name) const;
  // Its only element; NaN if it has not exactly one, so that a node that is sent a state without it
  // refuses its own contribution instead of ending.
  double Scalar(std::string_view name) const;

  void Set(std::string name, double value) { vectors[std::move(name)] = {value}; }

  std::string Encode() const;
  // kInvalidArgument or kDataLoss on anything that Encode cannot have written.
  static absl::StatusOr<State> Decode(std::string_view bytes);
  bool operator==(const State&) const = default;
};

}  // namespace essaim
