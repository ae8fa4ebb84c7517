// From a hospital's own tables to the CDM's: a mapping file in YAML (docs/mapping.md).
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "omop/cdm.h"

namespace essaim::mapping {

// What becomes of one field of the CDM.
struct Rule {
  enum class Kind {
    kValue,      // `text` itself
    kColumn,     // the cell of columns[0], through the steps below
    kId,         // a number from `text` (the kind) and the cells of `columns`
    kPseudonym,  // of the cell of columns[0]
    kConcept,    // of the code in columns[0], in the vocabulary `text`
  } kind = Kind::kValue;
  const CdmField* field = nullptr;
  std::string text;
  std::vector<std::string> columns;
  bool source_concept = false;  // of kConcept: the code's own, not the standard one
  std::map<std::string, std::string, std::less<>> values;  // of the cell; empty: as it is
  std::optional<std::string> otherwise;  // of a cell that `values` has not, or without concept
  std::string date_format;               // "%d/%m/%Y %H:%M"; empty: ISO 8601
  std::string part;                      // of a date: year, month, day; empty: all of it
  char decimal = '.';                    // of a number
  std::string times_column;              // a number is multiplied by what this column says
  std::map<std::string, double> times;
  std::size_t line = 0;  // of the mapping file
};

// Who a row's person is, for the identity store: its fields and their columns.
struct IdentityRule {
  std::string value, family_name, given_names, birth_date, sex, address, postcode, phone, email;
};

struct TableMapping {
  std::string from;  // the file's name, with or without its ending, in any case
  const CdmTable* to = nullptr;
  std::map<std::string, std::vector<std::string>> where;  // a row counts if every cell is listed
  std::vector<Rule> rules;
  std::optional<IdentityRule> identity;
  std::size_t line = 0;
};

struct Mapping {
  std::vector<TableMapping> tables;
  std::vector<std::string> missing;  // cells that say nothing: "", NA
  std::string text;                  // what was parsed
};

// kInvalidArgument: one line a fault, "line:column: key: what is wrong and what was expected".
absl::StatusOr<Mapping> ParseMapping(std::string_view yaml);

// A mapping file to begin with, from the files' own headers and first rows: what is a guess says
// so. kNotFound, kInvalidArgument as OpenRowSource.
absl::StatusOr<std::string> ProposeMapping(const std::vector<std::string>& paths);

}  // namespace essaim::mapping
