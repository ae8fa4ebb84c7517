// Files compressed by bgzip: refused with a reason, or the same text wherever reading begins.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "source/bgzf_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int memory = memfd_create("bgzf", 0);
  ESSAIM_CHECK(memory >= 0);
  ESSAIM_CHECK(write(memory, data, size) == static_cast<ssize_t>(size));
  const auto file = essaim::BgzfFile::Open(absl::StrCat("/proc/self/fd/", memory));
  close(memory);
  if (!file.ok()) return 0;
  std::string whole((*file)->n_bytes() + 1, '\0');
  const auto n = (*file)->ReadAt(0, whole.data(), whole.size());
  if (!n.ok()) return 0;
  ESSAIM_CHECK(*n == (*file)->n_bytes());
  for (std::size_t at = *n;;) {
    char piece[7];
    const auto some = (*file)->ReadAt(at, piece, sizeof piece);
    ESSAIM_CHECK(some.ok() && *some == std::min(*n - at, sizeof piece));
    ESSAIM_CHECK(std::equal(piece, piece + *some, whole.begin() + static_cast<std::ptrdiff_t>(at)));
    if (at == 0) return 0;
    at -= std::min(at, *n / 13 + 1);
  }
}
