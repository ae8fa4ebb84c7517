#include "source/field_places.h"

#include <algorithm>
#include <map>

#include "omop/extensions.h"

namespace essaim {

FieldPlaces::FieldPlaces(const CdmTable& table) {
  ESSAIM_CHECK(table.fields.size() < kFree);
  places_.fill(kFree);
  for (std::size_t place = 0; place < table.fields.size(); ++place) {
    const std::uint32_t hash = FieldName(table.fields[place].name).hash();
    // Two fields of one hash would be one field.
    ESSAIM_CHECK(std::find(hashes_.begin(), hashes_.begin() + place, hash) ==
                 hashes_.begin() + place);
    std::size_t slot = hash % kSlots;
    while (places_[slot] != kFree) slot = (slot + 1) % kSlots;
    places_[slot] = static_cast<std::uint8_t>(place);
    hashes_[place] = hash;
  }
}

const FieldPlaces& FieldPlaces::In(const CdmTable& table) {
  static const auto* const kAll = [] {
    auto* all = new std::map<const CdmTable*, FieldPlaces>;
    for (const CdmTable* each : LoadedTables()) all->try_emplace(each, *each);
    return all;
  }();
  return kAll->at(&table);
}

}  // namespace essaim
