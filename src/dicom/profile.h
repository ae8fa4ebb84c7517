// The Basic Application Level Confidentiality Profile of DICOM PS3.15, annex E, edition 2026c.
//
// The table is data: data/dicom/ps3.15_2026c_table_e1-1.csv, 655 attributes with the action code of
// the basic profile and, where there is one, of the Retain Patient Characteristics option.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace essaim::dicom {

inline constexpr std::string_view kProfileEdition = "2026c";

// Table E.1-1a. A code of several letters (X/Z/D) depends on what the attribute is in the object's
// own definition (type 3, 2 or 1). That definition is not at hand, so the last letter is taken: it
// is right for every type, and says nothing of the value either.
enum class Action {
  kRemove,     // X
  kEmpty,      // Z
  kDummy,      // D
  kNewUid,     // U
  kKeep,       // K; of a sequence: its items are cleaned
  kClean,      // C: of a sequence its items are cleaned; any other value is emptied
  kCleanUids,  // U* of a sequence: its items are cleaned, with the UIDs in them
};

struct ProfileOptions {
  bool retain_patient_characteristics = false;  // 113108: age, sex, size, weight and their like
};

struct ProfileRow {
  std::uint32_t tag, mask;  // group and element; bits that the mask has not are free (50xx)
  std::string_view basic, retain_patient_characteristics;
};

std::span<const ProfileRow> ProfileTable();
// nullopt: the table does not name the attribute.
std::optional<Action> ActionOf(std::uint32_t tag, const ProfileOptions& options);
Action ActionOfCode(std::string_view code);

}  // namespace essaim::dicom
