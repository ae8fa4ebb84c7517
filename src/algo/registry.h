// The algorithms that a study may name.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "algo/algorithm.h"

namespace essaim {

struct AlgorithmInfo {
  std::string name;         // "regression/glm": family, then snake_case
  std::string title;        // "Generalised linear model"
  std::string description;  // one sentence
  std::vector<ParamSpec> params;
  // Params have passed CheckParams. kInvalidArgument for what only the algorithm can tell.
  std::function<absl::StatusOr<std::unique_ptr<Algorithm>>(const Setup&)> make;
  // Setups on a small schema that the conformance suite runs the algorithm with: at least one.
  // The suite's schema is algo/conformance_schema.h.
  std::function<std::vector<Params>()> examples;
};

class Registry {
 public:
  // A programmer fault if the name is taken or not family/name.
  void Add(AlgorithmInfo info);
  const AlgorithmInfo* Find(std::string_view name) const;  // nullptr if absent
  std::vector<const AlgorithmInfo*> All() const;           // by name
  // Checks the parameters and makes the algorithm. kNotFound names the nearest algorithm.
  absl::StatusOr<std::unique_ptr<Algorithm>> Make(std::string_view name, const Setup& setup) const;

 private:
  std::map<std::string, AlgorithmInfo, std::less<>> infos_;
};

}  // namespace essaim
