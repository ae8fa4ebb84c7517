#include "listen/seen.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/files.h"
#include "base/status_macros.h"

namespace essaim::listen {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 28;

std::string Record(const std::string& load_id, const std::vector<MessageKey>& keys) {
  std::string packed;
  for (const MessageKey& key : keys)
    packed.append(reinterpret_cast<const char*>(key.data()), key.size());
  ByteWriter w;
  w.Bytes(load_id);
  w.Bytes(packed);
  return w.Take();
}

}  // namespace

MessageKey KeyMaker::Of(const hl7v2::Message& message, std::string_view text) const {
  const hl7v2::Segment& msh = message.segments()[0];
  const std::size_t end = text.find_first_of("\r\n");
  ByteWriter w;
  w.Bytes(msh.Raw(3));
  w.Bytes(msh.Raw(4));
  w.Bytes(msh.Raw(10));
  w.Bytes(end == std::string_view::npos ? std::string_view() : text.substr(end));
  const auto tag = key_.Tag(w.bytes());
  MessageKey key;
  std::copy_n(tag.begin(), key.size(), key.begin());
  return key;
}

void SeenSet::Add(const MessageKey& key) {
  if (!keys_.insert(key).second) return;
  order_.push_back(key);
  if (order_.size() <= kSeenMax) return;
  keys_.erase(order_.front());
  order_.pop_front();
}

void SeenSet::Remove(const MessageKey& key) {
  if (keys_.erase(key) == 0) return;
  // What is taken out again came last.
  const auto at = std::find(order_.rbegin(), order_.rend(), key);
  if (at != order_.rend()) order_.erase(std::next(at).base());
}

absl::StatusOr<SeenFile> SeenFile::Open(const std::string& path, SeenSet& seen,
                                        const std::function<bool(const std::string&)>& is_loaded) {
  SeenFile file(path);
  const absl::StatusOr<std::string> bytes = ReadFile(path, kFileBytesMax);
  if (absl::IsNotFound(bytes.status())) return file;
  if (!bytes.ok()) return bytes.status();
  std::vector<std::string> kept;  // records
  ByteReader r(*bytes);
  while (true) {
    const absl::StatusOr<std::string> load_id = r.Bytes(64);
    if (!load_id.ok()) break;
    const absl::StatusOr<std::string> packed = r.Bytes(kFileBytesMax);
    if (!packed.ok()) break;
    if (!is_loaded(*load_id)) continue;
    std::vector<MessageKey> keys(packed->size() / sizeof(MessageKey));
    for (std::size_t i = 0; i < keys.size(); ++i) {
      std::copy_n(reinterpret_cast<const std::uint8_t*>(packed->data()) + i * sizeof(MessageKey),
                  sizeof(MessageKey), keys[i].begin());
      seen.Add(keys[i]);
    }
    kept.push_back(Record(*load_id, keys));
  }
  std::size_t n_bytes = 0, first = kept.size();
  while (first > 0 && n_bytes + kept[first - 1].size() <= kSeenMax * sizeof(MessageKey))
    n_bytes += kept[--first].size();
  std::string all;
  for (; first < kept.size(); ++first) all += kept[first];
  ESSAIM_RETURN_IF_ERROR(WriteFile(path, all, 0600));
  return file;
}

absl::Status SeenFile::Keep(const std::string& load_id, const std::vector<MessageKey>& keys) {
  const std::string record = Record(load_id, keys);
  const int fd = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return absl::UnavailableError(absl::StrCat(path_, ": ", std::strerror(errno)));
  const off_t before = lseek(fd, 0, SEEK_END);
  std::string_view rest = record;
  bool ok = before >= 0;
  while (ok && !rest.empty()) {
    const ssize_t n = write(fd, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    ok = n >= 0;
    if (ok) rest.remove_prefix(static_cast<std::size_t>(n));
  }
  ok = ok && fsync(fd) == 0;
  const int error = errno;
  // Half a record would hide those after it.
  if (!ok && before >= 0 && ftruncate(fd, before) != 0) {
    close(fd);
    return absl::DataLossError(absl::StrCat(path_, ": half a record; restart the listener"));
  }
  close(fd);
  if (!ok) return absl::UnavailableError(absl::StrCat(path_, ": ", std::strerror(error)));
  return absl::OkStatus();
}

}  // namespace essaim::listen
