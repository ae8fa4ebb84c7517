#include "warehouse/cell_cipher.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/aead.h"

namespace essaim {
namespace {

constexpr std::string_view kMark = "sealed:";
constexpr std::string_view kAssociated = "essaim/cell";

}  // namespace

bool CellCipher::IsSealed(std::string_view cell) { return absl::StartsWith(Av(cell), Av(kMark)); }

absl::StatusOr<std::string> CellCipher::Seal(std::string_view text) const {
  ESSAIM_ASSIGN_OR_RETURN(const std::string sealed,
                          crypto::Seal(key_, text, kAssociated, entropy_));
  return absl::StrCat(Av(kMark), absl::Base64Escape(sealed));
}

absl::StatusOr<std::string> CellCipher::Open(std::string_view cell) const {
  if (!IsSealed(cell)) return std::string(cell);
  std::string sealed;
  if (!absl::Base64Unescape(Av(cell.substr(kMark.size())), &sealed))
    return absl::DataLossError("a sealed cell is damaged");
  ESSAIM_ASSIGN_OR_RETURN(const SecretBytes text, crypto::Open(key_, sealed, kAssociated));
  return std::string(text.view());
}

}  // namespace essaim
