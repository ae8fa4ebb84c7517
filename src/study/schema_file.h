// The schema of a data set as a YAML file: what the columns mean (public, the same at every site)
// and how a site's files write them (a site's own business). docs/data.md is its reference.
//
//   variables:
//     - {name: age, type: number, unit: a, range: [18, 100], source: AGE, missing: ["", "-9"]}
//     - {name: stage, type: category, levels: [I, II, {name: III, codes: [3, IIIA]}]}
//     - {name: died, type: boolean, true: [1, yes], false: [0, no]}
//     - {name: admitted, type: date, range: [2000-01-01, 2030-12-31]}
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "data/schema.h"

namespace essaim {

// How a file writes one variable.
struct SourceColumn {
  std::string name;                  // the column's header in the file
  std::vector<std::string> missing;  // cells that mean "no value"
  // kCategory: for each level, the cells that mean it; kBoolean: [0] those for false, [1] for true.
  std::vector<std::vector<std::string>> codes;
  bool is_date = false;  // YYYY-MM-DD, kept as days since 1970-01-01 (a kInteger in "d")
};

struct SchemaFile {
  Schema schema;
  std::vector<SourceColumn> sources;  // one per variable of the schema
};

// kInvalidArgument with "line:column: key: what is wrong, what was expected", one line a fault.
absl::StatusOr<SchemaFile> ParseSchemaFile(std::string_view yaml);

// Days since 1970-01-01 of "YYYY-MM-DD" (proleptic Gregorian). kInvalidArgument if it is no date.
absl::StatusOr<std::int64_t> ParseDate(std::string_view text);

// The public part as YAML list items, indented by `indent` spaces: equal schemas, equal bytes.
std::string SchemaYaml(const Schema& schema, int indent);

}  // namespace essaim
