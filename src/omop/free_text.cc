#include "omop/free_text.h"

#include <algorithm>

namespace essaim {
namespace {

constexpr struct {
  std::string_view table, field;
} kFreeText[] = {{"note", "note_text"}, {"note_nlp", "snippet"}};

}  // namespace

bool IsFreeText(const CdmTable& table, const CdmField& field) {
  return std::any_of(std::begin(kFreeText), std::end(kFreeText),
                     [&](const auto& f) { return f.table == table.name && f.field == field.name; });
}

}  // namespace essaim
