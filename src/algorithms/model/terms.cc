#include "algorithms/model/terms.h"

#include <algorithm>
#include <cmath>

namespace essaim {

double ModelTerms::bound(std::size_t j) const {
  return std::max(std::fabs(lower_[j]), std::fabs(upper_[j]));
}

bool ModelTerms::indicator(std::size_t j) const {
  return std::all_of(columns_[j].parts.begin(), columns_[j].parts.end(),
                     [](const Part& part) { return part.kind != Part::Kind::kValue; });
}

bool ModelTerms::Row(const PersonTable& table, std::size_t person, std::span<double> x) const {
  for (const std::size_t variable : variables_) {
    if (PersonTable::IsMissing(table.at(person, variable))) return false;
  }
  for (std::size_t j = 0; j < columns_.size(); ++j) {
    double product = 1;
    for (const Part& part : columns_[j].parts) {
      switch (part.kind) {
        case Part::Kind::kValue:
          product *= (table.at(person, part.variable) - part.centre) / part.scale;
          break;
        case Part::Kind::kLevel:
          product *= table.at(person, part.variable) == part.level ? 1.0 : 0.0;
          break;
        case Part::Kind::kSite:
          product *= static_cast<double>(table.site()) == part.level ? 1.0 : 0.0;
          break;
      }
    }
    x[j] = product;
  }
  return true;
}

void ModelTerms::Multiply(const Part& part, const PersonTable& table, std::size_t begin, bool first,
                          std::span<double> x) const {
  const auto put = [&](std::size_t i, double v) { x[i] = first ? v : x[i] * v; };
  if (part.kind == Part::Kind::kSite) {
    const double v = static_cast<double>(table.site()) == part.level ? 1.0 : 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) put(i, v);
    return;
  }
  const double* const from = table.column(part.variable).data() + begin;
  if (part.kind == Part::Kind::kLevel) {
    for (std::size_t i = 0; i < x.size(); ++i) put(i, from[i] == part.level ? 1.0 : 0.0);
  } else if (part.centre == 0 && part.scale == 1) {
    for (std::size_t i = 0; i < x.size(); ++i) put(i, from[i]);
  } else {
    for (std::size_t i = 0; i < x.size(); ++i) put(i, (from[i] - part.centre) / part.scale);
  }
}

void ModelTerms::Columns(const PersonTable& table, std::size_t begin, std::size_t end,
                         std::span<double> x, std::span<std::uint8_t> complete) const {
  const std::size_t n = end - begin;
  for (const std::size_t variable : variables_) {
    const double* const from = table.column(variable).data() + begin;
    for (std::size_t i = 0; i < n; ++i) complete[i] &= from[i] == from[i] ? 1 : 0;
  }
  const bool all =
      std::all_of(complete.begin(), complete.end(), [](std::uint8_t c) { return c != 0; });
  for (std::size_t j = 0; j < columns_.size(); ++j) {
    const std::span<double> column = x.subspan(j * n, n);
    if (columns_[j].parts.empty()) std::fill(column.begin(), column.end(), 1.0);
    bool first = true;
    for (const Part& part : columns_[j].parts) {
      Multiply(part, table, begin, first, column);
      first = false;
    }
    if (all) continue;
    for (std::size_t i = 0; i < n; ++i) {
      if (complete[i] == 0) column[i] = 0;
    }
  }
}

}  // namespace essaim
