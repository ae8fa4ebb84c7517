// One key for each category of data, sealed with the site's master key: destroy one, and its
// category is unreadable while the rest works.
//
// Each is a file of the site's folder, CATEGORY.key, of 60 bytes: AES-256-GCM of 32 random bytes
// under a key derived from master.key. While a key is replaced, CATEGORY.next.key holds its
// successor; the data say which of the two is in force (key_rotation.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "base/secret_bytes.h"
#include "node/node_folder.h"

namespace essaim::node {

// general: the warehouse's file. free_text: notes, cell by cell. identity: who persons are.
// genetic, imaging: what these sources keep apart. pseudonyms: from a source's identifiers to the
// CDM's numbers, and how far dates are moved.
std::vector<std::string> KeyCategories();

// The encrypted file of "general", "identity" or "genetic".
std::string FileOf(const NodeFolder& folder, std::string_view category);
// Of the site's own store of documents (node.db). Rotated with the master key.
inline constexpr std::string_view kStoreKey = "store";

// 32 bytes; made when first asked for. kFailedPrecondition: it was destroyed. kDataLoss: the file
// is not what was sealed, or is gone while what it seals is there. "general" and "store" of a
// folder that earlier versions made begin with the key that these derived from the master key, so
// that their files open; see IsDerived.
absl::StatusOr<SecretBytes> CategoryKey(const NodeFolder& folder, std::string_view category,
                                        Entropy& entropy);
enum class KeyState { kNone, kThere, kDestroyed };
KeyState StateOf(const NodeFolder& folder, std::string_view category);
// For good: the sealed key is overwritten by a note that it was destroyed. kNotFound: there is
// none. kFailedPrecondition: whoever has the master key could derive it; rotate it first.
absl::Status DestroyKey(const NodeFolder& folder, std::string_view category);

// Eight bytes in hexadecimal that tell keys apart and tell nothing of them.
std::string KeyIdOf(const SecretBytes& key);
// Whether the master key alone gives this key, as in folders of earlier versions.
bool IsDerived(const NodeFolder& folder, std::string_view category, const SecretBytes& key);

// The successor of a key.
bool HasNextKey(const NodeFolder& folder, std::string_view category);
absl::StatusOr<SecretBytes> NextKey(const NodeFolder& folder, std::string_view category);
absl::StatusOr<SecretBytes> MakeNextKey(const NodeFolder& folder, std::string_view category,
                                        Entropy& entropy);
absl::Status AdoptNextKey(const NodeFolder& folder, std::string_view category);
absl::Status DropNextKey(const NodeFolder& folder, std::string_view category);
// kDataLoss: the key's file is not there, and a file or folder of its own that it seals is. No
// error where the key may be one that the master key gives.
absl::Status CheckNotLost(const NodeFolder& folder, std::string_view category);
// kDataLoss: the key's file is not there, and `data` is sealed under it.
absl::Status LostKey(const NodeFolder& folder, std::string_view category, const std::string& data);
// Removes a key that CategoryKey derived for data that it does not open, and says so: kDataLoss.
absl::Status DropMadeKey(const NodeFolder& folder, std::string_view category);

// Another master key: every category's key is sealed anew beside the old one, and one rename of
// master.key makes the new seals count. Killed in the middle, either all old seals count or all
// new ones. kFailedPrecondition: a key is derived from the old master key, or has a successor.
absl::Status RotateMasterKey(const NodeFolder& folder, Entropy& entropy);

}  // namespace essaim::node
