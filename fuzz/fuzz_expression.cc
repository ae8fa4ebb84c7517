// Expression::Parse and Matches: no text may crash, and a condition and its negation are disjoint.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "base/check.h"
#include "data/person_table.h"
#include "study/expression.h"

namespace {

using essaim::VariableKind;

const essaim::PersonTable& Table() {
  static const essaim::PersonTable* const kTable = [] {
    const double missing = std::numeric_limits<double>::quiet_NaN();
    auto schema = essaim::Schema::Make(
        {{.name = "a", .lower = -9, .upper = 9},
         {.name = "b", .kind = VariableKind::kBoolean},
         {.name = "c", .kind = VariableKind::kCategory, .levels = {"I", "II"}}});
    auto table = essaim::PersonTable::Make(
        *schema, {{0, -3, missing, 9}, {1, 0, 1, missing}, {0, 1, missing, 1}});
    return new essaim::PersonTable(*std::move(table));
  }();
  return *kTable;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto condition = essaim::Expression::Parse(text, Table().schema());
  if (!condition.ok()) return 0;
  const auto in = condition->Matches(Table());
  const auto out = essaim::Expression::Not(*condition).Matches(Table());
  for (const std::size_t person : in) {
    for (const std::size_t other : out) ESSAIM_CHECK(person != other);
  }
  return 0;
}
