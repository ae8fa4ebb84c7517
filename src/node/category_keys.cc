#include "node/category_keys.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/aead.h"
#include "crypto/hash.h"

namespace essaim::node {
namespace {

constexpr std::string_view kDestroyed = "destroyed\n";

std::string PathOf(const NodeFolder& folder, std::string_view category) {
  return absl::StrCat(folder.path, "/", Av(category), ".key");
}

std::string Associated(std::string_view category) {
  return absl::StrCat("essaim/category-key/", Av(category));
}

SecretBytes SealingKey(const NodeFolder& folder) {
  return crypto::Hkdf(folder.master_key.span(), "", "essaim/category-keys", 32);
}

}  // namespace

std::vector<std::string> KeyCategories() { return {"genetic", "identity", "pseudonyms"}; }

absl::StatusOr<SecretBytes> CategoryKey(const NodeFolder& folder, std::string_view category,
                                        Entropy& entropy) {
  const std::string path = PathOf(folder, category);
  const absl::StatusOr<std::string> sealed = ReadFile(path, 4096);
  if (sealed.ok() && *sealed == kDestroyed) {
    return absl::FailedPreconditionError(
        absl::StrCat("the key of '", Av(category), "' was destroyed"));
  }
  if (sealed.ok()) return crypto::Open(SealingKey(folder), *sealed, Associated(category));
  if (!absl::IsNotFound(sealed.status())) return sealed.status();
  SecretBytes key(32);
  ESSAIM_RETURN_IF_ERROR(entropy.Fill({key.data(), key.size()}));
  ESSAIM_ASSIGN_OR_RETURN(const std::string bytes, crypto::Seal(SealingKey(folder), key.view(),
                                                                Associated(category), entropy));
  ESSAIM_RETURN_IF_ERROR(WriteFile(path, bytes, 0600));
  return key;
}

KeyState StateOf(const NodeFolder& folder, std::string_view category) {
  const absl::StatusOr<std::string> sealed = ReadFile(PathOf(folder, category), 4096);
  if (!sealed.ok()) return KeyState::kNone;
  return *sealed == kDestroyed ? KeyState::kDestroyed : KeyState::kThere;
}

absl::Status DestroyKey(const NodeFolder& folder, std::string_view category) {
  if (StateOf(folder, category) == KeyState::kNone)
    return absl::NotFoundError(absl::StrCat("there is no key of '", Av(category), "'"));
  return WriteFile(PathOf(folder, category), kDestroyed, 0600);
}

}  // namespace essaim::node
