#include "node/category_keys.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/aead.h"
#include "crypto/hash.h"

namespace essaim::node {
namespace {

constexpr std::string_view kDestroyed = "destroyed\n";
constexpr std::size_t kFileBytesMax = 4096;

std::string PathOf(const NodeFolder& folder, std::string_view category,
                   std::string_view ending = ".key") {
  return absl::StrCat(folder.path, "/", Av(category), Av(ending));
}

std::string Associated(std::string_view category) {
  return absl::StrCat("essaim/category-key/", Av(category));
}

SecretBytes SealingKey(const SecretBytes& master_key) {
  return crypto::Hkdf(master_key.span(), "", "essaim/category-keys", 32);
}

absl::StatusOr<SecretBytes> Draw(Entropy& entropy) {
  SecretBytes key(32);
  ESSAIM_RETURN_IF_ERROR(entropy.Fill({key.data(), key.size()}));
  return key;
}

absl::StatusOr<SecretBytes> Opened(const NodeFolder& folder, std::string_view category,
                                   const std::string& path) {
  ESSAIM_ASSIGN_OR_RETURN(const std::string sealed, ReadFile(path, kFileBytesMax));
  if (sealed == kDestroyed) {
    return absl::FailedPreconditionError(
        absl::StrCat("the key of '", Av(category), "' was destroyed"));
  }
  absl::StatusOr<SecretBytes> key =
      crypto::Open(SealingKey(folder.master_key), sealed, Associated(category));
  if (key.ok() && key->size() == 32) return key;
  return absl::DataLossError(
      absl::StrCat(path, ": the site's master key does not open it; restore both from one backup"));
}

absl::Status Write(const SecretBytes& master_key, std::string_view category, const SecretBytes& key,
                   const std::string& path, Entropy& entropy) {
  ESSAIM_ASSIGN_OR_RETURN(const std::string bytes, crypto::Seal(SealingKey(master_key), key.view(),
                                                                Associated(category), entropy));
  return WriteFile(path, bytes, 0600);
}

// What earlier versions used: empty for categories that always had a key of their own.
SecretBytes DerivedKey(const NodeFolder& folder, std::string_view category) {
  if (category == "general")
    return crypto::Hkdf(folder.master_key.span(), "", "essaim/warehouse", 32);
  if (category == kStoreKey) return crypto::Hkdf(folder.master_key.span(), "", "essaim/store", 32);
  return {};
}

// What lies in the folder sealed under the key; empty: nothing of its own does.
std::string DataOf(const NodeFolder& folder, std::string_view category) {
  if (category == kStoreKey) return folder.path + "/node.db";
  if (category == "imaging") return folder.path + "/images";
  const bool has_file = category == "general" || category == "identity" || category == "genetic";
  return has_file ? FileOf(folder, category) : "";
}

bool HasData(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error) && !std::filesystem::is_empty(path, error);
}

absl::Status Rename(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(from, ": cannot be renamed to ", to));
}

std::vector<std::string> AllKeys() {
  std::vector<std::string> all = KeyCategories();
  all.emplace_back(kStoreKey);
  return all;
}

}  // namespace

std::string FileOf(const NodeFolder& folder, std::string_view category) {
  return category == "general" ? folder.path + "/warehouse.duckdb"
                               : absl::StrCat(folder.path, "/", Av(category), ".duckdb");
}

std::vector<std::string> KeyCategories() {
  return {"general", "free_text", "identity", "genetic", "imaging", "pseudonyms"};
}

absl::StatusOr<SecretBytes> CategoryKey(const NodeFolder& folder, std::string_view category,
                                        Entropy& entropy) {
  const std::string path = PathOf(folder, category),
                    resealed = PathOf(folder, category, ".resealed");
  absl::StatusOr<SecretBytes> key = Opened(folder, category, path);
  if (absl::IsDataLoss(key.status())) {
    // A rotation of the master key was killed after its one rename: the new seal is beside.
    absl::StatusOr<SecretBytes> again = Opened(folder, category, resealed);
    if (!again.ok()) return key;
    ESSAIM_RETURN_IF_ERROR(Rename(resealed, path));
    return again;
  }
  if (!absl::IsNotFound(key.status())) return key;
  ESSAIM_RETURN_IF_ERROR(CheckNotLost(folder, category));
  SecretBytes made = DerivedKey(folder, category);
  if (made.empty() || !HasData(DataOf(folder, category))) {
    ESSAIM_ASSIGN_OR_RETURN(made, Draw(entropy));
  }
  ESSAIM_RETURN_IF_ERROR(Write(folder.master_key, category, made, path, entropy));
  return made;
}

KeyState StateOf(const NodeFolder& folder, std::string_view category) {
  const absl::StatusOr<std::string> sealed = ReadFile(PathOf(folder, category), kFileBytesMax);
  if (!sealed.ok()) return KeyState::kNone;
  return *sealed == kDestroyed ? KeyState::kDestroyed : KeyState::kThere;
}

absl::Status DestroyKey(const NodeFolder& folder, std::string_view category) {
  const std::string path = PathOf(folder, category);
  const absl::StatusOr<SecretBytes> key = Opened(folder, category, path);
  if (absl::IsNotFound(key.status()) || absl::IsFailedPrecondition(key.status())) {
    return absl::NotFoundError(
        absl::StrCat("there is no key of '", Av(category), "'",
                     absl::IsNotFound(key.status()) ? "" : ": it was destroyed before"));
  }
  if (key.ok() && IsDerived(folder, category, *key)) {
    return absl::FailedPreconditionError(
        absl::StrCat("the key of '", Av(category),
                     "' was made by an earlier version from the master key, which would give it "
                     "again; first: essaim node keys rotate ",
                     folder.path, " ", Av(category)));
  }
  // What a killed rotation left would open data too.
  ESSAIM_RETURN_IF_ERROR(DropNextKey(folder, category));
  return WriteFile(path, kDestroyed, 0600);
}

std::string KeyIdOf(const SecretBytes& key) {
  return ToHex(crypto::HashOf("essaim/key-id", {key.view()}).substr(0, 8));
}

bool IsDerived(const NodeFolder& folder, std::string_view category, const SecretBytes& key) {
  const SecretBytes derived = DerivedKey(folder, category);
  return !derived.empty() && crypto::ConstantTimeEqual(derived.view(), key.view());
}

bool HasNextKey(const NodeFolder& folder, std::string_view category) {
  return std::filesystem::exists(PathOf(folder, category, ".next.key"));
}

absl::StatusOr<SecretBytes> NextKey(const NodeFolder& folder, std::string_view category) {
  return Opened(folder, category, PathOf(folder, category, ".next.key"));
}

absl::StatusOr<SecretBytes> MakeNextKey(const NodeFolder& folder, std::string_view category,
                                        Entropy& entropy) {
  ESSAIM_ASSIGN_OR_RETURN(SecretBytes key, Draw(entropy));
  ESSAIM_RETURN_IF_ERROR(
      Write(folder.master_key, category, key, PathOf(folder, category, ".next.key"), entropy));
  return key;
}

absl::Status AdoptNextKey(const NodeFolder& folder, std::string_view category) {
  return Rename(PathOf(folder, category, ".next.key"), PathOf(folder, category));
}

absl::Status DropNextKey(const NodeFolder& folder, std::string_view category) {
  return RemoveFile(PathOf(folder, category, ".next.key"));
}

absl::Status LostKey(const NodeFolder& folder, std::string_view category, const std::string& data) {
  return absl::DataLossError(absl::StrCat(PathOf(folder, category), ": is not there, and ", data,
                                          " is sealed under it; restore both from one backup"));
}

absl::Status CheckNotLost(const NodeFolder& folder, std::string_view category) {
  const std::string data = DataOf(folder, category);
  if (StateOf(folder, category) != KeyState::kNone || !HasData(data) ||
      !DerivedKey(folder, category).empty())
    return absl::OkStatus();
  return LostKey(folder, category, data);
}

absl::Status DropMadeKey(const NodeFolder& folder, std::string_view category) {
  ESSAIM_RETURN_IF_ERROR(RemoveFile(PathOf(folder, category)));
  return LostKey(folder, category, DataOf(folder, category));
}

absl::Status RotateMasterKey(const NodeFolder& folder, Entropy& entropy) {
  ESSAIM_ASSIGN_OR_RETURN(const SecretBytes master_key, Draw(entropy));
  std::vector<std::string> resealed;
  for (const std::string& category : AllKeys()) {
    if (StateOf(folder, category) != KeyState::kThere) continue;
    ESSAIM_ASSIGN_OR_RETURN(const SecretBytes key, CategoryKey(folder, category, entropy));
    if (IsDerived(folder, category, key) || HasNextKey(folder, category)) {
      return absl::FailedPreconditionError(
          absl::StrCat("the key of '", category, "' must be rotated before the master key is"));
    }
    ESSAIM_RETURN_IF_ERROR(
        Write(master_key, category, key, PathOf(folder, category, ".resealed"), entropy));
    resealed.push_back(category);
  }
  ESSAIM_RETURN_IF_ERROR(WriteFile(folder.path + "/master.key", master_key.view(), 0600));
  for (const std::string& category : resealed) {
    ESSAIM_RETURN_IF_ERROR(Rename(PathOf(folder, category, ".resealed"), PathOf(folder, category)));
  }
  return absl::OkStatus();
}

}  // namespace essaim::node
