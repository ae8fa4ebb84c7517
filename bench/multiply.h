// Synthea27 many times over: a bench's larger warehouse.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "base/strings.h"
#include "warehouse/sql_engine.h"

namespace essaim {

// Every table of persons again and again, with keys of its own.
inline void Multiply(SqlEngine& engine, int factor) {
  for (const CdmTable& table : CdmTables()) {
    if (table.Field("person_id") == nullptr) continue;
    std::vector<std::string> names, values;
    for (const CdmField& field : table.fields) {
      const bool is_own = field.primary_key || field.fk_table == "person" ||
                          absl::StartsWith(Av(field.fk_table), "visit_");
      names.push_back(SqlName(field));
      values.push_back(is_own ? absl::StrCat(SqlName(field), " + i * 1000000") : SqlName(field));
    }
    ESSAIM_CHECK(
        engine
            .Execute(absl::StrCat("INSERT INTO ", Av(table.name), " (", absl::StrJoin(names, ", "),
                                  ") SELECT ", absl::StrJoin(values, ", "), " FROM ",
                                  Av(table.name), ", range(1, ", factor, ") r(i)"))
            .ok());
  }
}

}  // namespace essaim
