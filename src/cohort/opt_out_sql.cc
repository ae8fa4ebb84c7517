#include "cohort/opt_out_sql.h"

#include <cctype>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "cohort/cohort_sql.h"
#include "cohort/count_once.h"
#include "cohort/dates.h"
#include "warehouse/expression_sql.h"

namespace essaim::cohort {

std::string CreateOptOutTable(const std::optional<OptOut>& opt_out) {
  const std::string create = absl::StrCat("CREATE TEMPORARY TABLE ", Av(kOptOutTable));
  if (!opt_out.has_value()) return absl::StrCat(create, " (person_id BIGINT)");
  std::string scopes = "'all'";
  for (const std::string& scope : opt_out->scopes) absl::StrAppend(&scopes, ", ", SqlText(scope));
  const std::string day = absl::StrCat("DATE '", opt_out->as_of, "'");
  std::string persons = absl::StrCat("SELECT person_id FROM ", opt_out->table, " WHERE scope IN (",
                                     scopes, ") AND (\"from\" IS NULL OR \"from\" <= ", day,
                                     ") AND (until IS NULL OR until >= ", day, ")");
  if (opt_out->count_once.has_value())
    absl::StrAppend(&persons, " UNION ", CountedElsewhereSql(*opt_out->count_once));
  if (!opt_out->merged.empty()) {
    persons = absl::StrCat("SELECT person_id FROM (", persons,
                           ") p UNION SELECT into_id AS person_id FROM ", opt_out->merged,
                           " WHERE from_id IN (SELECT person_id FROM (", persons, ") p)");
  }
  return absl::StrCat(create, " AS SELECT DISTINCT person_id FROM (", persons, ") o");
}

bool IsTableName(std::string_view name) {
  bool at_start = true;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '.' && !at_start) {
      at_start = true;
    } else if (c == '_' || std::isalpha(byte) || (std::isdigit(byte) && !at_start)) {
      at_start = false;
    } else {
      return false;
    }
  }
  return !at_start && name.size() <= 128;
}

absl::Status CheckOptOut(const std::optional<OptOut>& opt_out) {
  if (!opt_out.has_value()) return absl::OkStatus();
  if (!IsTableName(opt_out->table) || (!opt_out->merged.empty() && !IsTableName(opt_out->merged))) {
    return absl::InvalidArgumentError("opt_out: no table's name");
  }
  if (CalendarDay(opt_out->as_of) != opt_out->as_of) {
    return absl::InvalidArgumentError("opt_out: as_of: expected a date, YYYY-MM-DD");
  }
  return absl::OkStatus();
}

}  // namespace essaim::cohort
