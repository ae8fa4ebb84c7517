// Messages that were taken already, so that one which comes again after a lost answer is answered
// and not taken twice.
//
// A message is known by its sender (MSH-3, MSH-4), its control id (MSH-10) and everything after its
// MSH: a sender that uses a control id again for another message loses nothing. Kept are keyed
// hashes, of the last kSeenMax messages, with the load that they came into: what was undone is
// taken again.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/secret_bytes.h"
#include "crypto/hash.h"
#include "hl7v2/message.h"

namespace essaim::listen {

inline constexpr std::size_t kSeenMax = 1'000'000;
using MessageKey = std::array<std::uint8_t, 16>;

class KeyMaker {
 public:
  explicit KeyMaker(const SecretBytes& key) : key_(key.span()) {}

  // `text` is what was parsed.
  MessageKey Of(const hl7v2::Message& message, std::string_view text) const;

 private:
  crypto::HmacSha256Key key_;
};

// In memory. Not thread-safe.
class SeenSet {
 public:
  bool Has(const MessageKey& key) const { return keys_.contains(key); }

  void Add(const MessageKey& key);
  void Remove(const MessageKey& key);

 private:
  std::set<MessageKey> keys_;
  std::deque<MessageKey> order_;
};

// On the disk: per load its id (64 hexadecimal digits) and its messages' keys.
class SeenFile {
 public:
  // Reads what is there into `seen`, but for loads that `is_loaded` does not know, and writes it
  // anew without them. A record that a crash left half written is left out.
  static absl::StatusOr<SeenFile> Open(const std::string& path, SeenSet& seen,
                                       const std::function<bool(const std::string&)>& is_loaded);

  // On the disk when it returns.
  absl::Status Keep(const std::string& load_id, const std::vector<MessageKey>& keys);

 private:
  explicit SeenFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace essaim::listen
