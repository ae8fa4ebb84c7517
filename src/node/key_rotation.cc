#include "node/key_rotation.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "node/category_keys.h"
#include "node/images_command.h"
#include "node/load_setup.h"
#include "warehouse/cdm_load.h"
#include "warehouse/cell_reseal.h"
#include "warehouse/duckdb_copy.h"
#include "warehouse/duckdb_file.h"
#include "warehouse/expression_sql.h"

namespace essaim::node {
namespace {

namespace fs = std::filesystem;

constexpr char kCheck[] = "key-check";  // the store's document that tells its two keys apart

bool IsThere(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

DuckDbOptions Options(const std::string& path, SecretBytes key, Entropy& entropy, Log* log) {
  return {.path = path,
          .key = std::move(key),
          .threads = 1,
          .memory_mib = 1024,
          .entropy = &entropy,
          .log = log};
}

// Both the file that is copied and its copy are on the disk for a while.
absl::Status CheckRoom(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) return absl::UnavailableError(absl::StrCat(path, ": its size cannot be read"));
  const fs::space_info space = fs::space(path, error);
  if (error || space.available > size + size / 8) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(path, ": a copy of its ", size >> 20,
                                                   " MiB is needed beside it, and ",
                                                   space.available >> 20, " MiB are free there"));
}

absl::Status RotateFileKey(const NodeFolder& folder, std::string_view category, Entropy& entropy,
                           Log* log, const RotationProgress& progress) {
  ESSAIM_ASSIGN_OR_RETURN(const DuckDbOptions from, FileOptionsOf(folder, category, entropy, log));
  ESSAIM_ASSIGN_OR_RETURN(const SecretBytes key, MakeNextKey(folder, category, entropy));
  if (!IsThere(from.path)) return AdoptNextKey(folder, category);
  const std::string beside = from.path + ".next";
  absl::Status copied = CheckRoom(from.path);
  if (copied.ok()) {
    copied = CopyDuckDbFile(from, beside, key, [&](const CopyProgress& p) {
      if (progress) progress(p.rows, p.rows_total, "rows");
    });
  }
  if (copied.ok() && (IsThere(from.path + ".wal") || IsThere(beside + ".wal")))
    copied = absl::InternalError("a write-ahead log was left beside the file");
  if (!copied.ok()) {
    ESSAIM_RETURN_IF_ERROR(RemoveFile(beside));
    ESSAIM_RETURN_IF_ERROR(DropNextKey(folder, category));
    return copied;
  }
  std::error_code error;
  fs::permissions(beside, fs::status(from.path, error).permissions(), error);
  if (error || std::rename(beside.c_str(), from.path.c_str()) != 0)
    return absl::UnavailableError(absl::StrCat(beside, ": cannot take the place of ", from.path));
  return AdoptNextKey(folder, category);
}

absl::Status RotateFreeText(const NodeFolder& folder, Entropy& entropy, Log* log,
                            const RotationProgress& progress) {
  ESSAIM_ASSIGN_OR_RETURN(const auto engine, OpenNodeSql(folder, entropy, log));
  ESSAIM_ASSIGN_OR_RETURN(const FreeTextAccess access, OpenFreeText(folder, *engine, entropy));
  if (access.cipher == nullptr) return absl::FailedPreconditionError(access.rule.why);
  // The full-text index holds the words of the notes under the same key; it is made of them again.
  std::error_code error;
  fs::remove_all(folder.path + "/notes.index", error);
  if (error) return absl::UnavailableError("the index of the notes cannot be removed");
  ESSAIM_ASSIGN_OR_RETURN(SecretBytes key, MakeNextKey(folder, "free_text", entropy));
  const std::string key_id = KeyIdOf(key);
  const CellCipher next(std::move(key), entropy);
  ESSAIM_ASSIGN_OR_RETURN(
      const std::uint64_t n,
      ResealFreeText(*engine, *access.cipher, next, key_id, [&](const ResealProgress& p) {
        if (progress) progress(p.cells, 0, "texts");
      }));
  if (progress) progress(n, n, "texts");
  return AdoptNextKey(folder, "free_text");
}

absl::Status RotateStore(const NodeFolder& folder, Entropy& entropy) {
  ESSAIM_ASSIGN_OR_RETURN(const auto store, OpenNodeStore(folder, entropy));
  ESSAIM_RETURN_IF_ERROR(store->Put(kCheck, kStoreKey, "opens"));
  ESSAIM_ASSIGN_OR_RETURN(SecretBytes key, MakeNextKey(folder, kStoreKey, entropy));
  ESSAIM_RETURN_IF_ERROR(store->Reseal(std::move(key)));
  return AdoptNextKey(folder, kStoreKey);
}

bool IsOfAFile(std::string_view category) {
  return category == "general" || category == "identity" || category == "genetic";
}

// Messages that a listener has taken wait under a key that the master key gives.
absl::Status CheckNothingWaits(const NodeFolder& folder) {
  if (!IsThere(folder.path + "/listen")) return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<std::string> paths,
                          ListFolder(folder.path + "/listen"));
  for (const std::string& path : paths) {
    if (fs::path(path).extension() != ".spool") continue;
    return absl::FailedPreconditionError(
        "messages wait to be loaded, sealed by the master key; first let the listener load them: "
        "start it and stop it again");
  }
  return absl::OkStatus();
}

// Each image is sealed by one of the two keys until all are by the new one; a rotation that was
// killed goes on with the new key that it had made.
absl::Status RotateImages(const NodeFolder& folder, Entropy& entropy,
                          const RotationProgress& progress) {
  if (!HasNextKey(folder, "imaging"))
    ESSAIM_RETURN_IF_ERROR(MakeNextKey(folder, "imaging", entropy).status());
  if (IsThere(ImagesFolder(folder.path))) {
    ESSAIM_ASSIGN_OR_RETURN(const auto images, OpenImages(folder, entropy));
    ESSAIM_RETURN_IF_ERROR(images->Reseal([&](std::uint64_t done, std::uint64_t total) {
      if (progress) progress(done, total, "images");
    }));
  }
  return AdoptNextKey(folder, "imaging");
}

// "general" may be what the master key gives; its file tells.
absl::Status CheckGeneral(const NodeFolder& folder, Entropy& entropy, Log* log) {
  if (StateOf(folder, "general") != KeyState::kNone || !IsThere(FileOf(folder, "general")))
    return absl::OkStatus();
  return OpenNodeWarehouse(folder, entropy, log).status();
}

// A key from a backup is sealed by the master key of that day: first what is lost, then another.
absl::Status CheckNoneIsLost(const NodeFolder& folder, Entropy& entropy, Log* log) {
  ESSAIM_RETURN_IF_ERROR(CheckGeneral(folder, entropy, log));
  for (const std::string& category : KeyCategories())
    ESSAIM_RETURN_IF_ERROR(CheckNotLost(folder, category));
  const bool in_warehouse = StateOf(folder, "free_text") == KeyState::kNone ||
                            StateOf(folder, "pseudonyms") == KeyState::kNone;
  if (!in_warehouse || StateOf(folder, "general") == KeyState::kDestroyed) return absl::OkStatus();
  const bool has_warehouse =
      !folder.config.omop_database.empty() || IsThere(FileOf(folder, "general"));
  if (!has_warehouse) return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(const auto engine, OpenNodeSql(folder, entropy, log));
  ESSAIM_RETURN_IF_ERROR(CheckFreeText(folder, *engine));
  return CheckPseudonyms(folder, *engine);
}

}  // namespace

absl::Status SettleFileKey(const NodeFolder& folder, std::string_view category, Entropy& entropy) {
  if (!HasNextKey(folder, category)) return absl::OkStatus();
  const std::string path = FileOf(folder, category);
  if (IsThere(path)) {
    ESSAIM_ASSIGN_OR_RETURN(SecretBytes key, CategoryKey(folder, category, entropy));
    const absl::Status opens =
        DuckDbFile::Open(Options(path, std::move(key), entropy, nullptr)).status();
    if (absl::IsUnauthenticated(opens)) return AdoptNextKey(folder, category);
    if (!opens.ok()) return opens;
  }
  ESSAIM_RETURN_IF_ERROR(RemoveFile(path + ".next"));
  ESSAIM_RETURN_IF_ERROR(RemoveFile(path + ".next.wal"));
  return DropNextKey(folder, category);
}

absl::Status SettleStoreKey(const NodeFolder& folder, Entropy& entropy) {
  if (!HasNextKey(folder, kStoreKey)) return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(SecretBytes key, CategoryKey(folder, kStoreKey, entropy));
  ESSAIM_ASSIGN_OR_RETURN(const auto store, Store::Open({.path = folder.path + "/node.db",
                                                         .sealing_key = std::move(key),
                                                         .entropy = &entropy}));
  const absl::Status opens = store->Get(kCheck, kStoreKey).status();
  if (absl::IsDataLoss(opens)) return AdoptNextKey(folder, kStoreKey);
  if (!opens.ok() && !absl::IsNotFound(opens)) return opens;
  return DropNextKey(folder, kStoreKey);
}

absl::Status SettleFreeTextKey(const NodeFolder& folder, SqlEngine& engine, Entropy& entropy) {
  ESSAIM_RETURN_IF_ERROR(CreateCdm(engine));
  ESSAIM_ASSIGN_OR_RETURN(const std::string in_force, FreeTextKeyId(engine));
  if (HasNextKey(folder, "free_text")) {
    ESSAIM_ASSIGN_OR_RETURN(const SecretBytes next, NextKey(folder, "free_text"));
    ESSAIM_RETURN_IF_ERROR(KeyIdOf(next) == in_force ? AdoptNextKey(folder, "free_text")
                                                     : DropNextKey(folder, "free_text"));
  }
  ESSAIM_RETURN_IF_ERROR(CheckFreeText(folder, engine));
  ESSAIM_ASSIGN_OR_RETURN(const SecretBytes key, CategoryKey(folder, "free_text", entropy));
  if (in_force.empty()) {
    return engine.Execute(
        absl::StrCat("INSERT INTO essaim_keys VALUES ('free_text', ", SqlText(KeyIdOf(key)), ")"));
  }
  if (KeyIdOf(key) == in_force) return absl::OkStatus();
  return absl::DataLossError(
      "the warehouse's free text is sealed under another key than free_text.key; restore the "
      "folder and the warehouse from one backup");
}

absl::Status CheckFreeText(const NodeFolder& folder, SqlEngine& engine) {
  if (StateOf(folder, "free_text") != KeyState::kNone) return absl::OkStatus();
  ESSAIM_RETURN_IF_ERROR(CreateCdm(engine));
  ESSAIM_ASSIGN_OR_RETURN(const std::string in_force, FreeTextKeyId(engine));
  return in_force.empty() ? absl::OkStatus()
                          : LostKey(folder, "free_text", "the warehouse's free text");
}

absl::StatusOr<SecretBytes> FreeTextKey(const NodeFolder& folder, SqlEngine& engine,
                                        Entropy& entropy) {
  if (StateOf(folder, "free_text") != KeyState::kDestroyed)
    ESSAIM_RETURN_IF_ERROR(SettleFreeTextKey(folder, engine, entropy));
  return CategoryKey(folder, "free_text", entropy);
}

absl::StatusOr<FreeTextAccess> OpenFreeText(const NodeFolder& folder, SqlEngine& engine,
                                            Entropy& entropy) {
  FreeTextAccess access;
  if (StateOf(folder, "free_text") == KeyState::kDestroyed) {
    access.rule = {.kind = FreeTextRule::Kind::kLeftOut,
                   .why = "the key of 'free_text' was destroyed"};
    return access;
  }
  ESSAIM_ASSIGN_OR_RETURN(SecretBytes key, FreeTextKey(folder, engine, entropy));
  access.cipher = std::make_unique<CellCipher>(std::move(key), entropy);
  access.rule = {.kind = FreeTextRule::Kind::kSealed, .cipher = access.cipher.get()};
  return access;
}

absl::Status RotateKey(const NodeFolder& folder, std::string_view category, Entropy& entropy,
                       Log* log, const RotationProgress& progress) {
  const std::vector<std::string> known = KeyCategories();
  if (std::ranges::find(known, category) == known.end()) {
    return absl::InvalidArgumentError(absl::StrCat("no key of '", Av(category), "'; there are ",
                                                   absl::StrJoin(known, ", "), " and master"));
  }
  if (category == "pseudonyms") {
    return absl::FailedPreconditionError(
        "the key of 'pseudonyms' cannot be replaced: every person and row would get another "
        "number, "
        "and loads to come would not meet those that are there. To part from it, load everything "
        "again into a new site's folder");
  }
  if (StateOf(folder, category) == KeyState::kDestroyed) {
    return absl::FailedPreconditionError(
        absl::StrCat("the key of '", Av(category), "' was destroyed, and its data with it"));
  }
  ESSAIM_RETURN_IF_ERROR(CheckNotLost(folder, category));
  if (category == "general") ESSAIM_RETURN_IF_ERROR(CheckGeneral(folder, entropy, log));
  if (IsOfAFile(category)) return RotateFileKey(folder, category, entropy, log, progress);
  if (category == "free_text") return RotateFreeText(folder, entropy, log, progress);
  return RotateImages(folder, entropy, progress);
}

absl::Status RotateMaster(const NodeFolder& folder, Entropy& entropy, Log* log,
                          const RotationProgress& progress) {
  ESSAIM_RETURN_IF_ERROR(CheckNothingWaits(folder));
  ESSAIM_RETURN_IF_ERROR(CheckNoneIsLost(folder, entropy, log));
  // The store is small, and sealed anew each time.
  ESSAIM_RETURN_IF_ERROR(RotateStore(folder, entropy));
  for (const std::string& category : KeyCategories()) {
    if (StateOf(folder, category) == KeyState::kDestroyed) continue;
    if (IsOfAFile(category)) ESSAIM_RETURN_IF_ERROR(SettleFileKey(folder, category, entropy));
    if (category == "free_text" && HasNextKey(folder, category)) {
      ESSAIM_ASSIGN_OR_RETURN(const auto engine, OpenNodeSql(folder, entropy, log));
      ESSAIM_RETURN_IF_ERROR(SettleFreeTextKey(folder, *engine, entropy));
    }
    if (category == "imaging" && HasNextKey(folder, category))
      ESSAIM_RETURN_IF_ERROR(RotateImages(folder, entropy, progress));
  }
  if (StateOf(folder, "general") != KeyState::kDestroyed) {
    ESSAIM_ASSIGN_OR_RETURN(const SecretBytes general, CategoryKey(folder, "general", entropy));
    if (IsDerived(folder, "general", general))
      ESSAIM_RETURN_IF_ERROR(RotateFileKey(folder, "general", entropy, log, progress));
  }
  return RotateMasterKey(folder, entropy);
}

}  // namespace essaim::node
