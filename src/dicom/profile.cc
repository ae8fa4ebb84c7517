#include "dicom/profile.h"

#include <algorithm>
#include <vector>

#include "base/check.h"

namespace essaim::dicom {

std::span<const ProfileRow> ProfileTable() {
  static const std::vector<ProfileRow> kTable = {
#include "dicom/profile.inc"
  };
  return kTable;
}

Action ActionOfCode(std::string_view code) {
  ESSAIM_CHECK(!code.empty());  // the table's own text, checked when it is generated
  if (code.ends_with("U*")) return Action::kCleanUids;
  switch (code.back()) {
    case 'Z':
      return Action::kEmpty;
    case 'D':
      return Action::kDummy;
    case 'U':
      return Action::kNewUid;
    case 'K':
      return Action::kKeep;
    case 'C':
      return Action::kClean;
    default:
      return Action::kRemove;
  }
}

std::optional<Action> ActionOf(std::uint32_t tag, const ProfileOptions& options) {
  const auto table = ProfileTable();
  auto row = std::ranges::lower_bound(table, tag, {}, &ProfileRow::tag);
  if (row == table.end() || row->tag != tag) {
    row = std::ranges::find_if(table, [&](const ProfileRow& r) {
      return r.mask != 0xFFFFFFFF && (tag & r.mask) == r.tag;  // a repeating group
    });
  }
  if (row == table.end()) return std::nullopt;
  const bool retained =
      options.retain_patient_characteristics && !row->retain_patient_characteristics.empty();
  return ActionOfCode(retained ? row->retain_patient_characteristics : row->basic);
}

}  // namespace essaim::dicom
