#include "warehouse/cdm_period.h"

#include <array>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "warehouse/row_protection.h"
#include "warehouse/sql_values.h"

namespace essaim {

const CdmField* DayFieldOf(const CdmTable& table) {
  if (table.group == CdmGroup::kVocabulary) return nullptr;
  for (const CdmField& field : table.fields) {
    if (field.type == CdmType::kDate && field.required) return &field;
  }
  return nullptr;
}

absl::StatusOr<std::string> PeriodRows::Where(const CdmTable& table) {
  const std::string name(table.name);
  std::string day = absl::StrCat(name, ".", SqlName(*DayFieldOf(table)));
  const CdmField* person = PersonFieldOf(table);
  const bool moved = shift_ != nullptr && person != nullptr;
  if (moved) {
    ESSAIM_RETURN_IF_ERROR(ReadPersons(table));
    day = engine_.dialect().AddDays(day, "(0 - d.days)");
  }
  std::string within = absl::StrCat(day, " IS NOT NULL");
  if (!period_.from.empty())
    absl::StrAppend(&within, " AND ", day, " >= DATE '", period_.from, "'");
  if (!period_.to.empty()) absl::StrAppend(&within, " AND ", day, " <= DATE '", period_.to, "'");
  if (!moved) return absl::StrCat("(", within, ")");
  return absl::StrCat("EXISTS (SELECT 1 FROM essaim_period d WHERE d.person_id = ", name, ".",
                      SqlName(*person), " AND ", within, ")");
}

absl::Status PeriodRows::Done() { return engine_.Execute("DROP TABLE IF EXISTS essaim_period"); }

// By how many days the dates of each person of the table are moved.
absl::Status PeriodRows::ReadPersons(const CdmTable& table) {
  constexpr int kPersonsAtOnce = 100'000;
  ESSAIM_RETURN_IF_ERROR(Done());
  ESSAIM_RETURN_IF_ERROR(
      engine_.Execute("CREATE TABLE essaim_period (person_id BIGINT, days BIGINT)"));
  const std::string field = SqlName(*PersonFieldOf(table));
  std::string after;
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows persons,
        engine_.Query(absl::StrCat("SELECT DISTINCT ", field, " FROM ", Av(table.name), " WHERE ",
                                   field, after.empty() ? " IS NOT NULL" : " > ", after,
                                   " ORDER BY 1 LIMIT ", kPersonsAtOnce)));
    if (persons.rows.empty()) return absl::OkStatus();
    ESSAIM_ASSIGN_OR_RETURN(const auto appender,
                            engine_.Append("essaim_period", {"person_id", "days"}));
    for (const auto& row : persons.rows) {
      const std::int64_t person = WholeOf(row[0]);
      after = absl::StrCat(person);
      const std::string days = absl::StrCat(shift_->DaysOf(person));
      ESSAIM_RETURN_IF_ERROR(
          appender->Row(std::array<std::optional<std::string_view>, 2>{after, days}));
    }
    ESSAIM_RETURN_IF_ERROR(appender->Close());
  }
}

}  // namespace essaim
