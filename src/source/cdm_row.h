// One row of a CDM table, filled field by field. Reused from row to row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "warehouse/cdm_source.h"

namespace essaim {

class CdmRow {
 public:
  explicit CdmRow(std::string_view table);  // one of the CDM's

  const CdmTable& table() const { return *table_; }

  void Clear();  // every field NULL
  // `field` is one of the table's. An empty text is NULL.
  void Set(std::string_view field, std::string_view text);
  void Set(std::string_view field, std::int64_t number);
  void Set(std::string_view field, double number);  // NaN is NULL
  // Cut to what the field holds, at a character of UTF-8: for *_source_value, which the CDM limits
  // to 50 characters and which is for reading, not for computing.
  void SetCut(std::string_view field, std::string_view text);
  std::optional<std::string_view> Get(std::string_view field) const;

  absl::Status WriteTo(CdmSink& sink, const RowOrigin& origin) const;

 private:
  std::size_t IndexOf(std::string_view field) const;

  const CdmTable* table_;
  std::vector<std::optional<std::string>> cells_;
};

}  // namespace essaim
