#include "listen/spool.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "hl7v2/message.h"

namespace essaim::listen {
namespace {

constexpr std::size_t kHeaderBytes = 4, kSealBytes = 64;  // a seal's nonce and tag are less
constexpr std::uint64_t kSegmentBytesMax = std::uint64_t{1} << 30;
constexpr std::string_view kEnding = ".spool";

absl::Status Failed(const std::string& what, int error) {
  const std::string text = absl::StrCat(what, ": ", std::strerror(error));
  return error == ENOSPC || error == EDQUOT ? absl::ResourceExhaustedError(text)
                                            : absl::UnavailableError(text);
}

std::string Place(std::uint64_t segment, std::uint64_t record) {
  return absl::StrCat("essaim/spool/", segment, "/", record);
}

absl::Status WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failed("the spool", errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return absl::OkStatus();
}

std::uint32_t LengthAt(std::string_view bytes) {
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < kHeaderBytes; ++i)
    length |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return length;
}

}  // namespace

Spool::~Spool() {
  for (const int fd : {fd_, lock_fd_, folder_fd_}) {
    if (fd >= 0) close(fd);
  }
}

std::string Spool::PathOf(std::uint64_t segment) const {
  return absl::StrFormat("%s/%016d%s", options_.folder, segment, std::string(kEnding));
}

absl::Status Spool::Lock() {
  const std::string path = options_.folder + "/lock";
  lock_fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  folder_fd_ = open(options_.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_fd_ < 0 || folder_fd_ < 0) return Failed(path, errno);
  if (flock(lock_fd_, LOCK_EX | LOCK_NB) != 0)
    return absl::UnavailableError(
        absl::StrCat(options_.folder, ": another process listens for this site; stop it first"));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Spool>> Spool::Open(SpoolOptions options) {
  namespace fs = std::filesystem;
  std::unique_ptr<Spool> spool(new Spool(std::move(options)));
  const std::string& folder = spool->options_.folder;
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return Failed(folder, errno);
  ESSAIM_RETURN_IF_ERROR(spool->Lock());
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<std::string> paths, ListFolder(folder));
  for (const std::string& path : paths) {
    const std::string name = fs::path(path).filename().string();
    std::uint64_t number = 0;
    if (!name.ends_with(kEnding) ||
        !absl::SimpleAtoi(name.substr(0, name.size() - kEnding.size()), &number))
      continue;
    std::error_code unreadable;
    spool->bytes_ += fs::file_size(path, unreadable);
    if (unreadable) return absl::UnavailableError(absl::StrCat(folder, "/", name, ": unreadable"));
    spool->ready_.push_back(number);
    spool->next_ = std::max(spool->next_, number + 1);
  }
  std::ranges::sort(spool->ready_);
  // A number is never used twice, also where the last segment is gone: seals are bound to it.
  const std::string counter = folder + "/next";
  const absl::StatusOr<std::string> kept = ReadFile(counter, 64);
  std::uint64_t next = 0;
  if (kept.ok() && absl::SimpleAtoi(*kept, &next)) spool->next_ = std::max(spool->next_, next);
  ESSAIM_RETURN_IF_ERROR(WriteFile(counter, absl::StrCat(spool->next_), 0600));
  return spool;
}

absl::Status Spool::Begin() {
  const std::string path = PathOf(next_);
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return Failed(path, errno);
  absl::Status begun = WriteFile(options_.folder + "/next", absl::StrCat(next_ + 1), 0600);
  if (begun.ok() && fsync(folder_fd_) != 0) begun = Failed(options_.folder, errno);
  if (!begun.ok()) {
    close(fd);
    unlink(path.c_str());
    return begun;
  }
  fd_ = fd;
  return absl::OkStatus();
}

absl::Status Spool::Append(std::string_view message) {
  const std::scoped_lock lock(mutex_);
  if (message.size() > hl7v2::kMessageBytesMax)
    return absl::ResourceExhaustedError("a message larger than the spool takes");
  const std::uint64_t bytes = message.size() + kSealBytes;
  if (bytes_ + bytes > options_.bytes_max || size_ + bytes > kSegmentBytesMax)
    return absl::ResourceExhaustedError("the spool is full: what is in it has to be loaded first");
  if (fd_ < 0) ESSAIM_RETURN_IF_ERROR(Begin());
  ESSAIM_ASSIGN_OR_RETURN(
      const std::string sealed,
      crypto::Seal(options_.key, message, Place(next_, n_appended_), *options_.entropy));
  std::string record;
  for (std::size_t i = 0; i < kHeaderBytes; ++i)
    record += static_cast<char>(sealed.size() >> (8 * i) & 0xFF);
  record += sealed;
  const absl::Status written = WriteAll(fd_, record);
  if (!written.ok()) {  // a part of it may be there
    if (ftruncate(fd_, static_cast<off_t>(size_)) != 0) return Failed("the spool", errno);
    return written;
  }
  size_ += record.size();
  bytes_ += record.size();
  ++n_appended_;
  return absl::OkStatus();
}

absl::Status Spool::Sync() {
  const std::scoped_lock lock(mutex_);
  absl::Status synced;
  if (n_appended_ != n_synced_) {
    if (fdatasync(fd_) == 0) {
      n_synced_ = n_appended_;
      synced_size_ = size_;
    } else {
      synced = Failed("the spool", errno);
      TakeOut();
      // Nobody knows what of this file is on the disk now: the next message begins another.
      cut_asked_ = true;
    }
  }
  if (cut_asked_) CutNow();
  return synced;
}

// What was appended since the last sync. If it cannot be taken out, messages stay that their
// senders will send again; their rows are the same then.
void Spool::TakeOut() {
  if (ftruncate(fd_, static_cast<off_t>(synced_size_)) != 0) return;
  bytes_ -= size_ - synced_size_;
  size_ = synced_size_;
  n_appended_ = n_synced_;
}

void Spool::Cut() {
  const std::scoped_lock lock(mutex_);
  if (n_appended_ == n_synced_) {
    CutNow();
  } else {
    cut_asked_ = true;
  }
}

void Spool::CutNow() {
  cut_asked_ = false;
  if (fd_ < 0) return;
  close(fd_);
  fd_ = -1;
  ready_.push_back(next_++);
  n_appended_ = n_synced_ = size_ = synced_size_ = 0;
}

std::uint64_t Spool::waiting() const {
  const std::scoped_lock lock(mutex_);
  return n_appended_;
}

std::vector<std::uint64_t> Spool::Ready() const {
  const std::scoped_lock lock(mutex_);
  return ready_;
}

absl::StatusOr<Spool::Contents> Spool::Read(std::uint64_t segment) const {
  ESSAIM_ASSIGN_OR_RETURN(const std::string bytes,
                          ReadFile(PathOf(segment), kSegmentBytesMax + (1 << 20)));
  Contents contents{.messages = {}, .sha256_hex = ToHex(crypto::Sha256(bytes))};
  std::string_view rest = bytes;
  while (rest.size() > kHeaderBytes) {
    const std::size_t length = LengthAt(rest);
    if (length > rest.size() - kHeaderBytes) break;
    const absl::StatusOr<SecretBytes> message = crypto::Open(
        options_.key, rest.substr(kHeaderBytes, length), Place(segment, contents.messages.size()));
    if (!message.ok()) break;
    contents.messages.emplace_back(message->view());
    rest.remove_prefix(kHeaderBytes + length);
  }
  contents.damaged_bytes = rest.size();
  return contents;
}

absl::Status Spool::Done(std::uint64_t segment, bool damaged) {
  const std::string path = PathOf(segment);
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  const int done =
      damaged ? rename(path.c_str(), (path + ".damaged").c_str()) : unlink(path.c_str());
  if (done != 0) return Failed(path, errno);
  const std::scoped_lock lock(mutex_);
  std::erase(ready_, segment);
  bytes_ -= error ? 0 : std::min<std::uint64_t>(bytes_, size);
  return fsync(folder_fd_) == 0 ? absl::OkStatus() : Failed(options_.folder, errno);
}

bool IsListening(const std::string& folder) {
  const int fd = open((folder + "/lock").c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return false;
  const bool free = flock(fd, LOCK_EX | LOCK_NB) == 0;
  close(fd);
  return !free;
}

}  // namespace essaim::listen
