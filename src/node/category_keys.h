// One key for each category of data, sealed with the site's master key: destroy one, and its
// category is unreadable while the rest works.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "base/secret_bytes.h"
#include "node/node_folder.h"

namespace essaim::node {

// genetic: variants. identity: who persons are. pseudonyms: from a source's identifiers to the CDM's numbers.
std::vector<std::string> KeyCategories();

// 32 bytes; made when first asked for. kFailedPrecondition: it was destroyed. kDataLoss: the file
// is not what was sealed.
absl::StatusOr<SecretBytes> CategoryKey(const NodeFolder& folder, std::string_view category,
                                        Entropy& entropy);
enum class KeyState { kNone, kThere, kDestroyed };
KeyState StateOf(const NodeFolder& folder, std::string_view category);
// For good: the sealed key is overwritten by a note that it was destroyed. kNotFound: there is
// none.
absl::Status DestroyKey(const NodeFolder& folder, std::string_view category);

}  // namespace essaim::node
