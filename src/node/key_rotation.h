// Replaces a category's key, and seals its data anew under the new one.
//
// One step makes the new key count, and it is a step of the data: the rename of the copied file, or
// the commit of the transaction that sealed the cells. Before it the old key opens everything,
// after it the new one does. The key's own file follows; where the process was killed between the
// two, whoever opens the data next (Settle...) sees which key opens them and puts the key's file
// right. Images are files that are sealed anew one by one: while their key has a successor, each
// opens with one of the two, and the next rotation ends what was begun.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "base/log.h"
#include "node/node_folder.h"
#include "warehouse/row_protection.h"

namespace essaim::node {

// Called by whoever opens the data. No error if there is nothing to settle.
absl::Status SettleFileKey(const NodeFolder& folder, std::string_view category, Entropy& entropy);
absl::Status SettleStoreKey(const NodeFolder& folder, Entropy& entropy);
absl::Status SettleFreeTextKey(const NodeFolder& folder, SqlEngine& engine, Entropy& entropy);

// kDataLoss: free_text.key is not there, though the warehouse's texts are sealed under it. Before
// CategoryKey, which would make another one.
absl::Status CheckFreeText(const NodeFolder& folder, SqlEngine& engine);
// The key of free text, settled. The errors of CategoryKey, CheckFreeText and OpenFreeText.
absl::StatusOr<SecretBytes> FreeTextKey(const NodeFolder& folder, SqlEngine& engine,
                                        Entropy& entropy);

// What a load does with free text, with the cipher that it does it with.
struct FreeTextAccess {
  FreeTextRule rule;
  std::unique_ptr<CellCipher> cipher;  // null if the key was destroyed
};

// kDataLoss: the warehouse's free text is sealed under another key than the folder's, as when the
// two come from different backups. `entropy` and the access outlive the load.
absl::StatusOr<FreeTextAccess> OpenFreeText(const NodeFolder& folder, SqlEngine& engine,
                                            Entropy& entropy);

// `unit`: "rows", "texts", "images". A total of 0 is unknown.
using RotationProgress =
    std::function<void(std::uint64_t done, std::uint64_t total, const char* unit)>;

// `folder` is used alone. kFailedPrecondition: the key was destroyed; or it cannot be replaced,
// and the message says why. kResourceExhausted: no room for a copy of the file.
absl::Status RotateKey(const NodeFolder& folder, std::string_view category, Entropy& entropy,
                       Log* log, const RotationProgress& progress);
// The master key, and first the keys that earlier versions derived from it, with the store's.
absl::Status RotateMaster(const NodeFolder& folder, Entropy& entropy, Log* log,
                          const RotationProgress& progress);

}  // namespace essaim::node
