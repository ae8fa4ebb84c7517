// ParseCirce and ParseCohortYaml: whatever is accepted has a hash and SQL within a bound.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "cohort/circe.h"
#include "cohort/cohort_sql.h"
#include "cohort/yaml_format.h"

namespace {

void Use(const essaim::cohort::Definition& definition) {
  ESSAIM_CHECK(essaim::cohort::DefinitionHash(definition).size() == 64);
  essaim::cohort::SqlContext context;
  context.dialect = &essaim::DuckDbDialect();
  for (const auto& set : definition.concept_sets) context.sets[set.id] = set.id;
  ESSAIM_CHECK(!essaim::cohort::EventsSql(definition, 1, context).empty());
  essaim::cohort::EndsSql(definition, 1, context);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto circe = essaim::cohort::ParseCirce(text); circe.ok()) Use(*circe);
  if (const auto yaml = essaim::cohort::ParseCohortYaml(text); yaml.ok()) Use(*yaml);
  return 0;
}
