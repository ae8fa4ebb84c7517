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
  explicit CdmRow(std::string_view table);  // one of the CDM's or of its extensions'

  const CdmTable& table() const { return *table_; }

  void Clear();  // every field NULL
  // `field` is one of the table's. An empty text is NULL.
  void Set(std::string_view field, std::string_view text);
  void Set(std::string_view field, std::int64_t number);
  void Set(std::string_view field, double number);  // NaN is NULL
  // Cut to what the field holds, at a character of UTF-8: for *_source_value, which the CDM limits
  // to 50 characters and which is for reading, not for computing.
  void SetCut(std::string_view field, std::string_view text);
  std::optional<std::string_view> Get(std::string_view field) const;  // until the next Set

  absl::Status WriteTo(CdmSink& sink, const RowOrigin& origin) const;

 private:
  // In text_.
  struct Cell {
    std::size_t begin = 0, size = 0;  // of size 0: NULL
  };

  std::size_t IndexOf(std::string_view field) const;
  std::optional<std::string_view> TextOf(const Cell& cell) const;

  const CdmTable* table_;
  mutable std::size_t next_ = 0;  // most fields are set in the table's order
  std::vector<Cell> cells_;
  std::string text_;
};

}  // namespace essaim
