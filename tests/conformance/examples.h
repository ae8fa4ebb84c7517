// Every registered algorithm times its examples, as gtest parameters.
#pragma once

#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "algo/conformance_schema.h"
#include "algorithms/registry.h"
#include "base/check.h"
#include "tests/conformance/conformance_data.h"

namespace essaim::conformance {

struct Example {
  std::string algorithm;
  std::size_t index;

  std::string Name() const {
    std::string name = algorithm + "_" + std::to_string(index);
    for (char& c : name) {
      if (c == '/') c = '_';
    }
    return name;
  }
};

// How gtest shows an example.
inline void PrintTo(const Example& example, std::ostream* out) { *out << example.Name(); }

inline const Registry& AllAlgorithms() {
  static const Registry* const registry = [] {
    auto* made = new Registry();
    RegisterAll(*made);
    return made;
  }();
  return *registry;
}

inline std::vector<Example> AllExamples() {
  std::vector<Example> all;
  for (const AlgorithmInfo* info : AllAlgorithms().All()) {
    const std::size_t n = info->examples().size();
    ESSAIM_CHECK(n > 0);
    for (std::size_t i = 0; i < n; ++i) all.push_back({info->name, i});
  }
  return all;
}

inline absl::StatusOr<std::unique_ptr<Algorithm>> MakeExample(const Example& example) {
  const Setup setup{.schema = ConformanceSchema(),
                    .sites = SiteNames(),
                    .params = AllAlgorithms().Find(example.algorithm)->examples()[example.index]};
  return AllAlgorithms().Make(example.algorithm, setup);
}

}  // namespace essaim::conformance
