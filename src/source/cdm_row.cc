#include "source/cdm_row.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"

namespace essaim {

CdmRow::CdmRow(std::string_view table) : table_(FindCdmTable(table)) {
  ESSAIM_CHECK(table_ != nullptr);
  cells_.resize(table_->fields.size());
}

void CdmRow::Clear() {
  for (auto& cell : cells_) cell.reset();
}

std::size_t CdmRow::IndexOf(std::string_view field) const {
  const CdmField* f = table_->Field(field);
  ESSAIM_CHECK(f != nullptr);
  return static_cast<std::size_t>(f - table_->fields.data());
}

void CdmRow::Set(std::string_view field, std::string_view text) {
  auto& cell = cells_[IndexOf(field)];
  cell.reset();
  if (!text.empty()) cell = std::string(text);
}

void CdmRow::Set(std::string_view field, std::int64_t number) {
  cells_[IndexOf(field)] = absl::StrCat(number);
}

void CdmRow::Set(std::string_view field, double number) {
  auto& cell = cells_[IndexOf(field)];
  cell.reset();
  if (!std::isnan(number)) cell = absl::StrFormat("%.17g", number);
}

void CdmRow::SetCut(std::string_view field, std::string_view text) {
  const int length = table_->fields[IndexOf(field)].length;
  int characters = 0;
  std::size_t end = 0;
  for (; length > 0 && end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
    if (begins && ++characters > length) break;
  }
  Set(field, length > 0 ? text.substr(0, end) : text);
}

std::optional<std::string_view> CdmRow::Get(std::string_view field) const {
  const auto& cell = cells_[IndexOf(field)];
  return cell ? std::optional<std::string_view>(*cell) : std::nullopt;
}

absl::Status CdmRow::WriteTo(CdmSink& sink, const RowOrigin& origin) const {
  const std::vector<std::optional<std::string_view>> cells(cells_.begin(), cells_.end());
  return sink.Row(*table_, cells, origin);
}

}  // namespace essaim
