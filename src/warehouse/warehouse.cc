#include "warehouse/warehouse.h"

#include "absl/strings/str_cat.h"

namespace essaim {

std::string BadRow::ToString() const {
  std::string where = line > 0 ? absl::StrCat(file, ":", line, ": ") : absl::StrCat(file, ": ");
  if (!column.empty()) absl::StrAppend(&where, "column '", column, "': ");
  return where + reason;
}

}  // namespace essaim
