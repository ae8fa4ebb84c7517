#include "omop/cdm.h"

#include <algorithm>

namespace essaim {

const CdmField* CdmTable::Field(std::string_view field) const {
  const auto at = std::find_if(fields.begin(), fields.end(),
                               [&](const CdmField& f) { return f.name == field; });
  return at == fields.end() ? nullptr : &*at;
}

const CdmField* CdmTable::PrimaryKey() const {
  const auto at =
      std::find_if(fields.begin(), fields.end(), [](const CdmField& f) { return f.primary_key; });
  return at == fields.end() ? nullptr : &*at;
}

std::span<const CdmTable> CdmTables() {
  static const std::vector<CdmTable> kTables = {
#include "omop/cdm_tables.inc"
  };
  return kTables;
}

const CdmTable* FindCdmTable(std::string_view name) {
  const auto tables = CdmTables();
  const auto at =
      std::find_if(tables.begin(), tables.end(), [&](const CdmTable& t) { return t.name == name; });
  return at == tables.end() ? nullptr : &*at;
}

std::string SqlName(const CdmField& field) {
  return field.name == "offset" ? "\"offset\"" : std::string(field.name);
}

}  // namespace essaim
