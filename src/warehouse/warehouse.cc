#include "warehouse/warehouse.h"

#include "absl/strings/str_cat.h"

namespace essaim {

std::string BadRow::ToString() const {
  std::string where = absl::StrCat(file, ":", line, ": ");
  if (!column.empty()) absl::StrAppend(&where, "column '", column, "': ");
  return where + reason;
}

}  // namespace essaim
