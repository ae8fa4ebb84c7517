// One row of a CDM table, filled field by field. Meant to be used for one row after the other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "source/field_places.h"
#include "warehouse/cdm_source.h"

namespace essaim {

class CdmRow {
 public:
  explicit CdmRow(std::string_view table);  // one of the CDM's or of its extensions'
  CdmRow(CdmRow&&) = default;
  CdmRow& operator=(CdmRow&&) = default;

  const CdmTable& table() const { return *table_; }

  void Clear();  // every field NULL

  // `field` is one of the table's. An empty text is NULL.
  void Set(const FieldName& field, std::string_view text) { Put(PlaceOf(field), Keep(text)); }

  void Set(const FieldName& field, std::int64_t number);
  void Set(const FieldName& field, double number);  // NaN is NULL

  void SetUnlessZero(const FieldName& field, std::int64_t number) {
    if (number != 0) Set(field, number);
  }

  // Cut to what the field holds, at a character of UTF-8: for *_source_value, which the CDM limits
  // to 50 characters and which is for reading, not for computing.
  void SetCut(const FieldName& field, std::string_view text) { SetCutView(field, Keep(text)); }

  // These borrow the text until the row is written or cleared.
  void SetView(const FieldName& field, std::string_view text) { Put(PlaceOf(field), text); }

  void SetCutView(const FieldName& field, std::string_view text) {
    const std::size_t place = PlaceOf(field);
    Put(place, Cut(place, text));
  }

  std::optional<std::string_view> Get(const FieldName& field) const {
    return cells_[PlaceOf(field)];
  }

  absl::Status WriteTo(CdmSink& sink, const RowOrigin& origin) const {
    return sink.Row(*table_, cells_, origin);
  }

 private:
  std::size_t PlaceOf(const FieldName& field) const { return places_->Of(field); }

  char* Room(std::size_t n) { return kTextBytes - used_ >= n ? texts_.get() + used_ : LongText(n); }

  char* LongText(std::size_t n);
  std::string_view Keep(std::string_view text);
  std::string_view Cut(std::size_t place, std::string_view text) const;

  void Put(std::size_t place, std::string_view text) {
    // In place: an optional made first would be written byte by byte and read at once as words.
    if (text.empty()) {
      cells_[place].reset();
    } else {
      cells_[place].emplace(text);
    }
  }

  static constexpr std::size_t kTextBytes = 1024;  // of a common row

  const CdmTable* table_;
  const FieldPlaces* places_;
  std::vector<std::optional<std::string_view>> cells_;
  // Behind the cells: texts stay where they are until Clear.
  std::unique_ptr<char[]> texts_;
  std::size_t used_ = 0;  // of texts_
  std::vector<std::unique_ptr<char[]>> long_texts_;
};

}  // namespace essaim
