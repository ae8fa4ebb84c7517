#include "source/cdm_row.h"

#include <charconv>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "omop/extensions.h"

namespace essaim {

namespace {

constexpr std::size_t kTextBytes = 256;  // of a common row

}  // namespace

CdmRow::CdmRow(std::string_view table) : table_(FindLoadedTable(table)) {
  ESSAIM_CHECK(table_ != nullptr);
  cells_.resize(table_->fields.size());
  text_.reserve(kTextBytes);
}

void CdmRow::Clear() {
  for (Cell& cell : cells_) cell = {};
  text_.clear();
}

std::size_t CdmRow::IndexOf(std::string_view field) const {
  for (std::size_t tried = 0;; ++tried) {
    ESSAIM_CHECK(tried < cells_.size());
    const std::size_t at = next_ < cells_.size() ? next_ : 0;
    next_ = at + 1;
    if (table_->fields[at].name == field) return at;
  }
}

void CdmRow::Set(std::string_view field, std::string_view text) {
  cells_[IndexOf(field)] = {.begin = text_.size(), .size = text.size()};
  text_.append(text);
}

void CdmRow::Set(std::string_view field, std::int64_t number) {
  const absl::AlphaNum text(number);
  Set(field, std::string_view(text.data(), text.size()));
}

void CdmRow::Set(std::string_view field, double number) {
  char text[32];
  // The shortest text that reads as the same number.
  const char* end = std::isnan(number) ? text : std::to_chars(text, text + sizeof text, number).ptr;
  Set(field, std::string_view(text, static_cast<std::size_t>(end - text)));
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
  return TextOf(cells_[IndexOf(field)]);
}

std::optional<std::string_view> CdmRow::TextOf(const Cell& cell) const {
  if (cell.size == 0) return std::nullopt;
  return std::string_view(text_).substr(cell.begin, cell.size);
}

absl::Status CdmRow::WriteTo(CdmSink& sink, const RowOrigin& origin) const {
  std::vector<std::optional<std::string_view>> cells;
  cells.reserve(cells_.size());
  for (const Cell& cell : cells_) cells.push_back(TextOf(cell));
  return sink.Row(*table_, cells, origin);
}

}  // namespace essaim
