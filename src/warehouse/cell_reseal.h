// Seals every cell of free text anew: notes, what was kept of replaced ones, rejected rows.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "warehouse/cell_cipher.h"
#include "warehouse/sql_engine.h"

namespace essaim {

// The key that the warehouse's free text is sealed under, as the last rotation wrote it; empty:
// there was none.
absl::StatusOr<std::string> FreeTextKeyId(SqlEngine& engine);

struct ResealProgress {
  std::uint64_t cells = 0;
};

// One transaction: all cells open with `to` afterwards and FreeTextKeyId is `key_id`, or nothing is
// changed. Cells that were not sealed are. kDataLoss: a cell opens with neither key. Gives the
// number of cells. `progress` may be null.
absl::StatusOr<std::uint64_t> ResealFreeText(
    SqlEngine& engine, const CellCipher& from, const CellCipher& to, const std::string& key_id,
    const std::function<void(const ResealProgress&)>& progress);

}  // namespace essaim
