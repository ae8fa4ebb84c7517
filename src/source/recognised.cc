#include "source/recognised.h"

#include "absl/strings/str_cat.h"

namespace essaim {

void Recognised::File(std::string_view path, bool found) {
  found_ = found_ || found;
  if (found) return;
  if (++n_others_ == 1) first_other_ = path;
}

absl::Status Recognised::Check() const {
  if (found_ || n_others_ == 0) return absl::OkStatus();
  const std::string others =
      n_others_ == 1 ? "" : absl::StrCat(" (nor in ", n_others_ - 1, " more)");
  return absl::InvalidArgumentError(absl::StrCat(
      first_other_, ": expected ", expected_, ", and none is there", others,
      "; nothing is loaded. Name the files that are meant, or with --from the kind of these"));
}

}  // namespace essaim
