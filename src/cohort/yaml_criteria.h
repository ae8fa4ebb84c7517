// Criteria of Essaim's own cohort format; yaml_format.cc reads the rest of a file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cohort/definition.h"
#include "study/yaml_tree.h"

namespace essaim::cohort {

class YamlCriteria {
 public:
  YamlCriteria(const std::map<std::string, int>& sets, YamlFaults& faults)
      : sets_(sets), faults_(faults) {}

  // An event: {DOMAIN: SET, first:, source:, where:, having:}. `more`: keys the caller reads.
  Criterion ReadEvent(const YamlNode& node, const std::vector<std::string>& more, int depth);
  // {all: [...]}, {any: [...]}, {at_least: {count:, of: [...]}} or {at_most: ...}; `more` as above.
  Group ReadGroup(const YamlNode& node, const std::vector<std::string>& more, int depth);
  int ReadSet(const YamlNode& node, std::string_view key);  // of its name

  int ReadDays(const YamlNode& node, std::string_view key, int low, int high);
  std::string ReadDate(const YamlNode& node, std::string_view key);

 private:
  void ReadMember(const YamlNode& node, Group& group, int depth);
  CorrelatedCriterion ReadCorrelated(const YamlNode& node, int depth);
  Window ReadWithin(const YamlNode& node);
  std::vector<Filter> ReadWhere(const YamlNode& node, std::span<const DomainField> fields);
  std::optional<FilterValue> ReadFilter(const YamlNode& node, const DomainField& field,
                                        std::string_view key);
  NumberRange ReadRange(const YamlNode& node, std::string_view key);
  DateRange ReadDateRange(const YamlNode& node, std::string_view key);
  TextFilter ReadText(const YamlNode& node, std::string_view key);

  const std::map<std::string, int>& sets_;
  YamlFaults& faults_;
};

// ValueAsNumber is value_as_number, GenderCS is gender.
std::string YamlKey(const DomainField& field);

}  // namespace essaim::cohort
