// Every image of a store under another key.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "dicom/image_store.h"

namespace essaim::dicom {
namespace {

namespace fs = std::filesystem;

// Of images that wait beside their places: one sync serves them all.
constexpr std::size_t kWaitingMax = 1024;

// Folders of images: root, series.
absl::StatusOr<std::vector<std::pair<std::string, std::string>>> SeriesIn(
    const std::string& folder) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const std::string& root : {folder, folder + "/incoming"}) {
    std::error_code error;
    if (!fs::is_directory(root, error)) continue;
    ESSAIM_ASSIGN_OR_RETURN(const std::vector<std::string> paths, ListFolder(root));
    for (const std::string& path : paths) {
      const std::string series = fs::path(path).filename().string();
      if (series.find_first_not_of("0123456789.") == std::string::npos &&
          fs::is_directory(path, error))
        all.emplace_back(root, series);
    }
  }
  return all;
}

// Files sealed anew that take the places of the old ones together.
class Places {
 public:
  Places(std::string folder, int descriptor, std::uint64_t bytes_max)
      : folder_(std::move(folder)), descriptor_(descriptor), bytes_max_(bytes_max) {}

  std::string Beside() const { return absl::StrCat(folder_, "/", waiting_.size()); }

  absl::Status Add(const std::string& place, std::uint64_t bytes) {
    waiting_.emplace_back(Beside(), place);
    bytes_ += bytes;
    return bytes_ < bytes_max_ && waiting_.size() < kWaitingMax ? absl::OkStatus() : Take();
  }

  absl::Status Take() {
    // The new ones are on the disk before an old one goes.
    if (syncfs(descriptor_) != 0)
      return absl::UnavailableError(absl::StrCat(folder_, ": cannot be synced"));
    for (const auto& [beside, place] : waiting_) {
      if (std::rename(beside.c_str(), place.c_str()) != 0)
        return absl::UnavailableError(absl::StrCat(place, ": ", std::strerror(errno)));
    }
    waiting_.clear();
    bytes_ = 0;
    return absl::OkStatus();
  }

 private:
  std::string folder_;
  int descriptor_;
  std::uint64_t bytes_max_;
  std::vector<std::pair<std::string, std::string>> waiting_;
  std::uint64_t bytes_ = 0;
};

struct Keys {
  const SecretBytes &key, &next;
};

// How many bytes were sealed in the file beside; 0 if the image is sealed under the next key
// already. kDataLoss: neither key opens it.
absl::StatusOr<std::uint64_t> SealAnew(const std::string& place, const std::string& beside,
                                       const Keys& keys, Entropy& entropy) {
  ESSAIM_ASSIGN_OR_RETURN(const bool done, IsSealedUnder(place, keys.next));
  if (done) return std::uint64_t{0};
  ESSAIM_ASSIGN_OR_RETURN(const auto writer, SealedWriter::Create(beside, keys.next, entropy));
  ESSAIM_RETURN_IF_ERROR(
      ReadSealed(place, keys.key, [&](std::string_view part) { return writer->Write(part); }));
  ESSAIM_RETURN_IF_ERROR(writer->Finish());
  return std::max<std::uint64_t>(1, writer->bytes());
}

}  // namespace

// kDataLoss: neither key opens it.
absl::StatusOr<const SecretBytes*> ImageStore::KeyOf(const std::string& path) const {
  if (next_.empty()) return &key_;  // what does not open under it says so when it is read
  ESSAIM_ASSIGN_OR_RETURN(const bool is_new, IsSealedUnder(path, next_));
  if (is_new) return &next_;
  ESSAIM_ASSIGN_OR_RETURN(const bool is_old, IsSealedUnder(path, key_));
  if (is_old) return &key_;
  return absl::DataLossError(absl::StrCat(path, ": neither the key nor its successor opens it"));
}

absl::Status ImageStore::Reseal(const ResealProgress& progress, const ResealRoom& room) {
  if (key_.empty() || next_.empty())
    return absl::FailedPreconditionError("the store of images has not two keys");
  ESSAIM_ASSIGN_OR_RETURN(const auto all, SeriesIn(folder_));
  std::uint64_t total = 0, done = 0, n_broken = 0;
  for (const auto& [root, series] : all) {
    ESSAIM_ASSIGN_OR_RETURN(const std::vector<std::string> files, ImagesOf(root, series));
    total += files.size();
  }
  const std::string beside = folder_ + "/resealing";
  std::error_code error;
  fs::remove_all(beside, error);  // what a killed change of the key left
  if (error || (!fs::create_directory(beside, error) && error))
    return absl::UnavailableError(absl::StrCat(beside, ": ", error.message()));
  Places places(beside, lock_, room.bytes_waiting_max);
  std::string first_broken;
  for (const auto& [root, series] : all) {
    ESSAIM_ASSIGN_OR_RETURN(const std::vector<std::string> files, ImagesOf(root, series));
    for (const std::string& file : files) {
      const std::string place = absl::StrCat(root, "/", file);
      absl::StatusOr<std::uint64_t> bytes =
          SealAnew(place, places.Beside(), {.key = key_, .next = next_}, entropy_);
      if (absl::IsDataLoss(bytes.status())) {
        if (n_broken++ == 0) first_broken = place;
      } else {
        ESSAIM_RETURN_IF_ERROR(bytes.status());
        if (*bytes > 0) ESSAIM_RETURN_IF_ERROR(places.Add(place, *bytes));
      }
      if (progress) progress(++done, total);
    }
  }
  ESSAIM_RETURN_IF_ERROR(places.Take());
  fs::remove_all(beside, error);
  if (n_broken == 0) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      n_broken, " images are not whole, the first is ", first_broken,
      "; all others are sealed under the new key. Restore these from a backup, or remove the "
      "files, and rotate again: until then both keys are kept"));
}

}  // namespace essaim::dicom
