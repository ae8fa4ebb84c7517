#include "warehouse/row_protection.h"

#include <charconv>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "omop/free_text.h"

namespace essaim {
namespace {

// ReadCdmCell has found these to be integers.
std::int64_t IntegerOf(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

const CdmField* PersonFieldOf(const CdmTable& table) {
  const CdmField* person = table.Field("person_id");
  return person != nullptr ? person : table.Field("subject_id");
}

const RowProtection::Plan& RowProtection::PlanOf(const CdmTable& table) {
  const auto [at, is_new] = plans_.try_emplace(&table);
  Plan& plan = at->second;
  if (!is_new) return plan;
  const CdmField* person = PersonFieldOf(table);
  if (person != nullptr) plan.person = static_cast<std::size_t>(person - table.fields.data());
  for (std::size_t f = 0; f < table.fields.size(); ++f) {
    const CdmField& field = table.fields[f];
    if (field.type == CdmType::kDate || field.type == CdmType::kDateTime) plan.dates.push_back(f);
    if (IsFreeText(table, field)) plan.texts.push_back(f);
  }
  return plan;
}

const char* RowProtection::MoveDates(const CdmTable& table,
                                     std::span<std::optional<std::string_view>> cells,
                                     std::span<std::string> buffers) {
  if (shift_ == nullptr) return nullptr;
  const Plan& plan = PlanOf(table);
  if (!plan.person.has_value()) return nullptr;
  if (!cells[*plan.person].has_value()) return "no person, by whom its dates are moved";
  const int days = shift_->DaysOf(IntegerOf(*cells[*plan.person]));
  for (const std::size_t f : plan.dates) {
    if (!cells[f].has_value()) continue;
    if (cells[f]->data() != buffers[f].data()) buffers[f] = *cells[f];
    AddDaysTo(buffers[f], days);
    cells[f] = buffers[f];
  }
  if (table.name == "person") MoveBirth(table, days, cells, buffers);
  return nullptr;
}

// Where the day or the month of birth is not known, the middle of the month or of the year is
// moved, and what was not known stays so.
void RowProtection::MoveBirth(const CdmTable& table, int days,
                              std::span<std::optional<std::string_view>> cells,
                              std::span<std::string> buffers) {
  const auto at = [&](std::string_view field) {
    return static_cast<std::size_t>(table.Field(field) - table.fields.data());
  };
  const std::size_t year = at("year_of_birth"), month = at("month_of_birth"),
                    day = at("day_of_birth");
  if (!cells[year].has_value()) return;
  const std::int64_t y = IntegerOf(*cells[year]);
  const std::int64_t m = cells[month].has_value() ? IntegerOf(*cells[month]) : 7;
  const std::int64_t d = !cells[month].has_value() ? 1
                         : cells[day].has_value()  ? IntegerOf(*cells[day])
                                                   : 15;
  // A month of 13 is for the quality report to find: it stays.
  if (y < 1 || y > 9998 || m < 1 || m > 12 || d < 1 || d > 31) return;
  std::string birth = absl::StrFormat("%04d-%02d-%02d", y, m, d);
  AddDaysTo(birth, days);
  for (const auto& [field, from, n] :
       {std::tuple{year, 0, 4}, std::tuple{month, 5, 2}, std::tuple{day, 8, 2}}) {
    if (!cells[field].has_value()) continue;
    buffers[field] = absl::StrCat(IntegerOf(std::string_view(birth).substr(
        static_cast<std::size_t>(from), static_cast<std::size_t>(n))));
    cells[field] = buffers[field];
  }
}

absl::Status RowProtection::KeepTexts(const CdmTable& table,
                                      std::span<std::optional<std::string_view>> cells,
                                      std::span<std::string> buffers) {
  if (text_.kind == FreeTextRule::Kind::kPlain) return absl::OkStatus();
  for (const std::size_t f : PlanOf(table).texts) {
    if (!cells[f].has_value()) continue;
    if (text_.kind == FreeTextRule::Kind::kLeftOut) {
      cells[f] = std::nullopt;
      ++n_left_out_;
      continue;
    }
    ESSAIM_ASSIGN_OR_RETURN(std::string sealed, text_.cipher->Seal(*cells[f]));
    buffers[f] = std::move(sealed);
    cells[f] = buffers[f];
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> RowProtection::KeepRaw(std::string_view raw) const {
  if (text_.kind == FreeTextRule::Kind::kPlain) return std::string(raw);
  if (text_.kind == FreeTextRule::Kind::kLeftOut) return std::nullopt;
  ESSAIM_ASSIGN_OR_RETURN(std::string sealed, text_.cipher->Seal(raw));
  return sealed;
}

}  // namespace essaim
