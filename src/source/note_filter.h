// Notes on their way from any source into the warehouse pass a filter: it may take names out, also
// out of other short texts of the rows.
//
// A note may come before the record of its person, so notes wait until the source has read all:
// in memory up to a limit, then in a temporary file without a name, sealed under a key that lives
// as long as the load.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "warehouse/cdm_source.h"

namespace essaim {

class NoteFilter {
 public:
  virtual ~NoteFilter() = default;
  // What a load's settings say of the filter: another filter's load is another load.
  virtual std::string_view name() const = 0;
  // The fields that pass, of NOTE at least its text and title.
  virtual bool Passes(const CdmTable& table, const CdmField& field) const;
  // A row of any table but NOTE went by; read at once.
  virtual void Saw(const CdmTable& table,
                   std::span<const std::optional<std::string_view>> cells) = 0;
  // The field's text in the place of `text`. After every row was seen.
  virtual absl::StatusOr<std::string> Filter(std::int64_t person_id, std::string_view text) = 0;
};

// The same source with its notes filtered. `filter` and `entropy` outlive it.
std::unique_ptr<CdmSource> FilterNotes(std::unique_ptr<CdmSource> source, NoteFilter& filter,
                                       Entropy& entropy,
                                       std::size_t memory_bytes_max = std::size_t{64} << 20);

}  // namespace essaim
