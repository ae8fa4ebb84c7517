// A site's images: de-identified DICOM files, sealed, in a folder of their own beside the
// warehouse.
//
//   images/SERIES/NAME            in use: a row of essaim_image_instance says so (pixel_file)
//   images/incoming/SERIES/NAME   of a load that has not ended, or was killed
//   images/resealing              of a change of the key, on their way to their place
//   images/removed                names that an undo is about to remove, one a line
//
// SERIES is the series' pseudonymous UID, NAME an HMAC of what the file holds. The warehouse is the
// truth: Settle() moves what its rows name to its place, and removes the rest of what waits. It is
// called before and after every load and undo, so whatever a killed process left is gone at the
// next.
//
// Threads: one call at a time; a lock file keeps other processes out.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "base/secret_bytes.h"
#include "dicom/sealed_file.h"
#include "warehouse/sql_engine.h"

namespace essaim::dicom {

struct StoredImage {
  std::string file;  // SERIES/NAME
  std::uint64_t bytes = 0;
  std::string sha256_hex;  // of the de-identified file
};

class ImageStore {
 public:
  // Makes the folder if it is not there. `key`: 32 bytes; empty: nothing can be put or read, which
  // an undo does not need. `entropy` outlives the store. kUnavailable: another process has it.
  static absl::StatusOr<std::unique_ptr<ImageStore>> Open(const std::string& folder,
                                                          SecretBytes key, Entropy& entropy);
  ~ImageStore();
  ImageStore(const ImageStore&) = delete;
  ImageStore& operator=(const ImageStore&) = delete;

  // Images are named under the key of their time: with the warehouse as it was before the load, an
  // image that it has already gets the name that it has, whatever the key was. Outlives the store.
  void ReadNamesFrom(SqlEngine& warehouse) { names_of_ = &warehouse; }

  // Into incoming/. `write` gives the file's bytes to the writer.
  absl::StatusOr<StoredImage> Put(const std::string& series,
                                  const std::function<absl::Status(SealedWriter&)>& write);
  // Everything that was put is on the disk. To be called before the rows are committed.
  absl::Status Sync() const;
  // Outside a transaction.
  absl::Status Settle(SqlEngine& engine);
  // To be followed by the change that makes them needless, and by Settle().
  absl::Status PlanRemoval(const std::vector<std::string>& files) const;

  // The key that is about to take the first one's place: what is sealed under it opens too. What is
  // put meanwhile is sealed under the first.
  void OpenWith(SecretBytes next) { next_ = std::move(next); }

  // Seals every image under that key, in its place, some at a time: killed at any moment, each is
  // whole under one of the two. Afterwards the first key opens nothing here. kDataLoss: images that
  // neither opens are left as they are, the others are done.
  struct ResealRoom {
    std::uint64_t bytes_waiting_max = std::uint64_t{256} << 20;  // and the largest image's
  };

  using ResealProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;
  absl::Status Reseal(const ResealProgress& progress, const ResealRoom& room);

  absl::Status Reseal(const ResealProgress& progress) { return Reseal(progress, {}); }

  // Verified piece by piece. kNotFound, kDataLoss.
  absl::Status Read(const std::string& file,
                    const std::function<absl::Status(std::string_view)>& take) const;

 private:
  ImageStore(std::string folder, SecretBytes key, Entropy& entropy, int lock)
      : folder_(std::move(folder)), key_(std::move(key)), entropy_(entropy), lock_(lock) {}

  absl::StatusOr<std::string> NameOf(const std::string& series, const std::string& sha256_hex);
  absl::StatusOr<const SecretBytes*> KeyOf(const std::string& path) const;
  absl::Status SettleIncoming(SqlEngine& engine) const;
  absl::Status SettleRemoved(SqlEngine& engine) const;

  std::string folder_;
  SecretBytes key_, next_;  // next_ is empty unless the key is being replaced
  Entropy& entropy_;
  int lock_;
  SqlEngine* names_of_ = nullptr;
  std::string series_;                        // the last that NameOf was asked for
  std::map<std::string, std::string> names_;  // of its images in the warehouse, by SHA-256
};

// SERIES/NAME of what is in root/SERIES.
absl::StatusOr<std::vector<std::string>> ImagesOf(const std::string& root,
                                                  const std::string& series);

// The files of a load's rows, to be removed with it.
absl::StatusOr<std::vector<std::string>> FilesOfLastLoad(SqlEngine& engine);

}  // namespace essaim::dicom
