// FASTA files and their indexes: whatever they hold, they are refused with a line, or every base
// that an index promises lies within the file.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/check.h"
#include "genomics/normalise.h"
#include "genomics/reference_genome.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace genomics = essaim::genomics;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto within = [&](const absl::StatusOr<genomics::FastaIndex>& index, std::size_t bytes) {
    if (!index.ok()) return;
    for (const auto& [name, e] : *index) {
      ESSAIM_CHECK(!name.empty() && e.line_bases > 0 && e.line_bytes > e.line_bases);
      if (e.n_bases == 0) continue;
      const std::uint64_t last = e.n_bases - 1;
      ESSAIM_CHECK(e.offset + last / e.line_bases * e.line_bytes + last % e.line_bases < bytes);
    }
  };
  within(genomics::ReadFai(text, 1'000), 1'000);
  std::string_view rest = text;
  within(genomics::IndexFasta([&](char* to, std::size_t n) -> absl::StatusOr<std::size_t> {
           n = std::min({n, rest.size(), std::size_t{7}});
           std::memcpy(to, rest.data(), n);
           rest.remove_prefix(n);
           return n;
         }),
         size);
  // A change of the text itself: where it has a spelling, the sequence that it makes is the same.
  if (size < 8) return 0;
  const auto letter = [&](std::size_t i) { return "ACGTN"[data[i] % 5]; };
  std::string sequence;
  for (std::size_t i = 3; i < size; ++i) sequence += letter(i);
  const std::size_t at = data[0] % sequence.size();
  genomics::Spelling said{
      .position = static_cast<std::int64_t>(at) + 1,
      .reference = sequence.substr(at, 1 + data[1] % 8),
      .alternate = sequence.substr(data[2] % sequence.size(), 1 + data[1] / 32)};
  const genomics::BaseAt base = [&](std::int64_t position) -> absl::StatusOr<char> {
    if (position < 1 || position > static_cast<std::int64_t>(sequence.size())) return '\0';
    return sequence[static_cast<std::size_t>(position) - 1];
  };
  const auto applied = [&](const genomics::Spelling& s) {
    std::string changed = sequence;
    return changed.replace(static_cast<std::size_t>(s.position) - 1, s.reference.size(),
                           s.alternate);
  };
  for (const auto& spelling :
       {genomics::LeftAligned(said, base), genomics::RightShifted(said, base)}) {
    ESSAIM_CHECK(spelling.ok());
    if (spelling->has_value()) ESSAIM_CHECK(applied(**spelling) == applied(said));
  }
  return 0;
}
