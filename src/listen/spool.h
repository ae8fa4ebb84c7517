// Messages that were taken and are not loaded yet: sealed, in files of the site's folder, on the
// disk before their senders hear so.
//
// A segment is a file NUMBER.spool of records (length in 4 bytes, little-endian, then the sealed
// message; AES-256-GCM bound to the segment's number and the record's place). The one being written
// is cut from time to time; a cut segment is loaded in one transaction and then removed. What a
// crash leaves half written was never acknowledged.
//
// Threads: Append and Sync are one thread's; the rest may be called from another.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "base/secret_bytes.h"

namespace essaim::listen {

struct SpoolOptions {
  std::string folder;                                // made if absent, mode 0700
  SecretBytes key;                                   // 32 bytes
  std::uint64_t bytes_max = std::uint64_t{4} << 30;  // of all segments
  Entropy* entropy = nullptr;                        // not owned
};

class Spool {
 public:
  // Segments that a former process left are cut. kUnavailable: another process listens for this
  // site.
  static absl::StatusOr<std::unique_ptr<Spool>> Open(SpoolOptions options);
  ~Spool();

  // Sure to be kept after Sync. kResourceExhausted: the spool or the disk is full.
  absl::Status Append(std::string_view message);
  // All or none of what was appended since the last one: what cannot be made sure is taken out.
  absl::Status Sync();

  // Ends the segment being written, if it has messages: now, or with the Sync that is due.
  void Cut();
  std::uint64_t waiting() const;  // messages in the segment being written

  std::vector<std::uint64_t> Ready() const;  // cut segments, in order

  struct Contents {
    std::vector<std::string> messages;
    std::string sha256_hex;         // of the file as it is
    std::size_t damaged_bytes = 0;  // at its end: no sealed record
  };

  absl::StatusOr<Contents> Read(std::uint64_t segment) const;
  // Removed; one with damaged bytes is kept beside under another name.
  absl::Status Done(std::uint64_t segment, bool damaged);

 private:
  explicit Spool(SpoolOptions options) : options_(std::move(options)) {}

  std::string PathOf(std::uint64_t segment) const;
  absl::Status Begin();
  absl::Status Lock();
  void TakeOut();
  void CutNow();

  SpoolOptions options_;
  mutable std::mutex mutex_;  // guards what follows, but for the file's own bytes
  std::vector<std::uint64_t> ready_;
  std::uint64_t next_ = 1, bytes_ = 0;  // bytes_: of all segments
  std::uint64_t n_appended_ = 0, n_synced_ = 0, size_ = 0, synced_size_ = 0;  // of the one written
  bool cut_asked_ = false;
  int fd_ = -1, lock_fd_ = -1, folder_fd_ = -1;
};

// Whether a process listens with that folder as its spool.
bool IsListening(const std::string& folder);

}  // namespace essaim::listen
