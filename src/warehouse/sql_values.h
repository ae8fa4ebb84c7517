// Cells of an answer as numbers and texts.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "warehouse/sql_engine.h"

namespace essaim {

// 0 for NULL, as a SUM over no row is.
inline double NumberOf(const SqlValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  const auto* real = std::get_if<double>(&value);
  return real == nullptr ? 0 : *real;
}

// 0 for NULL: of a column of whole numbers.
inline std::int64_t WholeOf(const SqlValue& value) {
  const auto* integer = std::get_if<std::int64_t>(&value);
  return integer == nullptr ? 0 : *integer;
}

// "" for NULL.
inline std::string TextOf(const SqlValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return absl::StrCat(*integer);
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? "" : *text;
}

}  // namespace essaim
