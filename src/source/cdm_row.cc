#include "source/cdm_row.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "omop/extensions.h"

namespace essaim {
namespace {

constexpr std::array<std::optional<std::string_view>, 128> kNulls = {};

}  // namespace

CdmRow::CdmRow(std::string_view table)
    : table_(FindLoadedTable(table)), texts_(std::make_unique_for_overwrite<char[]>(kTextBytes)) {
  ESSAIM_CHECK(table_ != nullptr);
  places_ = &FieldPlaces::In(*table_);
  ESSAIM_CHECK(table_->fields.size() <= kNulls.size());
  cells_.resize(table_->fields.size());
}

void CdmRow::Clear() {
  std::copy_n(kNulls.begin(), cells_.size(), cells_.begin());
  used_ = 0;
  if (!long_texts_.empty()) long_texts_.clear();
}

char* CdmRow::LongText(std::size_t n) {
  long_texts_.push_back(std::make_unique_for_overwrite<char[]>(n));
  return long_texts_.back().get();
}

std::string_view CdmRow::Keep(std::string_view text) {
  if (text.empty()) return {};
  char* const to = Room(text.size());
  std::memcpy(to, text.data(), text.size());
  if (to == texts_.get() + used_) used_ += text.size();
  return {to, text.size()};
}

void CdmRow::Set(const FieldName& field, std::int64_t number) {
  constexpr std::size_t kMost = 20;
  char* const to = Room(kMost);
  const auto n = static_cast<std::size_t>(std::to_chars(to, to + kMost, number).ptr - to);
  if (to == texts_.get() + used_) used_ += n;
  Put(PlaceOf(field), {to, n});
}

void CdmRow::Set(const FieldName& field, double number) {
  char text[32];
  // The shortest text that reads as the same number.
  const char* end = std::isnan(number) ? text : std::to_chars(text, text + sizeof text, number).ptr;
  Set(field, std::string_view(text, static_cast<std::size_t>(end - text)));
}

std::string_view CdmRow::Cut(std::size_t place, std::string_view text) const {
  const auto length = static_cast<std::size_t>(table_->fields[place].length);
  if (length == 0 || text.size() <= length) return text;
  std::size_t characters = 0, end = 0;
  for (; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
    if (begins && ++characters > length) break;
  }
  return text.substr(0, end);
}

}  // namespace essaim
