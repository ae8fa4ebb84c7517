#include "cohort/attrition.h"

#include "absl/strings/str_cat.h"

namespace essaim::cohort {

std::vector<std::string> StepNames(const Definition& definition) {
  std::vector<std::string> names = {"entry events"};
  if (definition.additional.has_value()) names.push_back("additional criteria");
  for (std::size_t i = 0; i < definition.rules.size(); ++i) {
    const std::string& name = definition.rules[i].name;
    names.push_back(name.empty() ? absl::StrCat("inclusion rule ", i + 1) : name);
  }
  names.push_back("cohort");
  return names;
}

std::vector<NumberedDefinition> StepDefinitions(const Definition& definition) {
  std::vector<NumberedDefinition> steps;
  const auto add = [&](Definition step) {
    steps.push_back({.id = static_cast<int>(steps.size()) + 1, .definition = std::move(step)});
  };
  // How a person leaves later does not matter to whether they came so far.
  Definition base = definition;
  base.exit = std::monostate();
  base.censoring.clear();
  base.censor_start.clear();
  base.censor_end.clear();
  base.rules.clear();
  Definition entry = base;
  entry.additional.reset();
  add(std::move(entry));
  if (definition.additional.has_value()) add(base);
  for (const InclusionRule& rule : definition.rules) {
    base.rules.push_back(rule);
    add(base);
  }
  add(definition);
  return steps;
}

}  // namespace essaim::cohort
