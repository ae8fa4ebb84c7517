// Where the fields of a table are, by hashes of their names: a row asks for each of its cells.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "omop/cdm.h"

namespace essaim {

// With its hash, which of a literal the compiler makes.
class FieldName {
 public:
  // NOLINTBEGIN(google-explicit-constructor): row.Set("person_id", id)
  template <std::size_t n>
  consteval FieldName(const char (&name)[n]) : FieldName(std::string_view(name, n - 1)) {}

  constexpr FieldName(std::string_view name) : name_(name) {
    for (const char c : name) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 16777619;  // FNV-1a
  }

  FieldName(const std::string& name) : FieldName(std::string_view(name)) {}

  template <std::same_as<const char*> T>  // and no literal
  FieldName(const T& name) : FieldName(std::string_view(name)) {}

  // NOLINTEND(google-explicit-constructor)

  constexpr std::string_view name() const { return name_; }

  constexpr std::uint32_t hash() const { return hash_; }

 private:
  std::string_view name_;
  std::uint32_t hash_ = 2166136261;
};

// Of one table.
class FieldPlaces {
 public:
  explicit FieldPlaces(const CdmTable& table);

  // Of a table that a load fills; lives as long as the process.
  static const FieldPlaces& In(const CdmTable& table);

  std::size_t Of(const FieldName& field) const {
    for (std::size_t slot = field.hash() % kSlots;; slot = (slot + 1) % kSlots) {
      const std::size_t place = places_[slot];
      ESSAIM_CHECK(place != kFree);  // no such field
      if (hashes_[place] == field.hash()) return place;
    }
  }

 private:
  static constexpr std::size_t kSlots = 256;
  static constexpr std::uint8_t kFree = 128;  // at most half of the slots are used

  std::array<std::uint8_t, kSlots> places_;
  std::array<std::uint32_t, kFree> hashes_ = {};
};

}  // namespace essaim
