#include "source/bgzf_file.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace essaim {
namespace {

constexpr std::size_t kHeadBytes = 12, kTailBytes = 8, kTextBytesMax = std::size_t{1} << 16;

using Byte = unsigned char;

std::uint32_t Little(const Byte* at, int n) {
  std::uint32_t value = 0;
  for (int i = n - 1; i >= 0; --i) value = value << 8 | at[i];
  return value;
}

// A member's head as far as its extra fields.
struct Head {
  std::size_t block_bytes = 0, data_at = 0;
};

// nullopt: no member of bgzip's.
std::optional<Head> ReadHead(std::FILE* file) {
  std::array<Byte, kHeadBytes> head{};
  // Magic, deflate, extra fields and nothing else.
  if (std::fread(head.data(), 1, head.size(), file) != head.size() || head[0] != 0x1f ||
      head[1] != 0x8b || head[2] != 8 || head[3] != 4)
    return std::nullopt;
  std::string extra(Little(head.data() + 10, 2), '\0');
  if (std::fread(extra.data(), 1, extra.size(), file) != extra.size()) return std::nullopt;
  const auto* bytes = reinterpret_cast<const Byte*>(extra.data());
  for (std::size_t at = 0; at + 4 <= extra.size(); at += 4 + Little(bytes + at + 2, 2)) {
    if (extra[at] != 'B' || extra[at + 1] != 'C' || Little(bytes + at + 2, 2) != 2) continue;
    if (at + 6 > extra.size()) return std::nullopt;
    const Head found{.block_bytes = Little(bytes + at + 4, 2) + std::size_t{1},
                     .data_at = kHeadBytes + extra.size()};
    if (found.block_bytes < found.data_at + kTailBytes) return std::nullopt;
    return found;
  }
  return std::nullopt;
}

bool Seek(std::FILE* file, std::uint64_t to) {
  return to <= static_cast<std::uint64_t>(std::numeric_limits<off_t>::max()) &&
         fseeko(file, static_cast<off_t>(to), SEEK_SET) == 0;
}

// `text` has room for the whole of it.
bool Inflate(std::string& data, std::string& text) {
  z_stream z{};
  if (inflateInit2(&z, -15) != Z_OK) return false;
  z.next_in = reinterpret_cast<Bytef*>(data.data());
  z.avail_in = static_cast<uInt>(data.size());
  z.next_out = reinterpret_cast<Bytef*>(text.data());
  z.avail_out = static_cast<uInt>(text.size());
  const bool done = inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_out == 0 && z.avail_in == 0;
  inflateEnd(&z);
  return done;
}

}  // namespace

absl::StatusOr<std::unique_ptr<BgzfFile>> BgzfFile::Open(const std::string& path) {
  std::unique_ptr<BgzfFile> opened(new BgzfFile());
  opened->path_ = path;
  opened->file_.reset(std::fopen(path.c_str(), "rb"));
  if (opened->file_ == nullptr) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  ESSAIM_RETURN_IF_ERROR(opened->FindBlocks());
  return opened;
}

absl::Status BgzfFile::FindBlocks() {
  std::FILE* file = file_.get();
  if (fseeko(file, 0, SEEK_END) != 0)
    return absl::UnavailableError(absl::StrCat(path_, ": cannot be read"));
  const auto file_bytes = static_cast<std::uint64_t>(ftello(file));
  std::uint64_t at = 0;
  bool last_is_empty = false;
  while (at < file_bytes) {
    std::array<Byte, 4> size{};
    const std::optional<Head> head = Seek(file, at) ? ReadHead(file) : std::nullopt;
    if (!head.has_value() && at == 0)
      return absl::InvalidArgumentError(absl::StrCat(
          path_,
          ": compressed by gzip, in which no place can be found without reading all before it; "
          "unpack it (gunzip -k), or compress it by bgzip (gunzip -c FILE.gz | bgzip > FILE.bgz)"));
    if (!head.has_value() || at + head->block_bytes > file_bytes ||
        !Seek(file, at + head->block_bytes - size.size()) ||
        std::fread(size.data(), 1, size.size(), file) != size.size() ||
        Little(size.data(), 4) > kTextBytesMax)
      return Broken(blocks_.size());
    blocks_.push_back({.begins = at, .text_begins = n_bytes_});
    last_is_empty = Little(size.data(), 4) == 0;
    n_bytes_ += Little(size.data(), 4);
    at += head->block_bytes;
  }
  if (!last_is_empty)
    return absl::InvalidArgumentError(absl::StrCat(
        path_, ": cut: the empty block by which bgzip ends a file is not there; copy it anew"));
  blocks_.push_back({.begins = at, .text_begins = n_bytes_});
  return absl::OkStatus();
}

absl::Status BgzfFile::Broken(std::size_t block) const {
  return absl::InvalidArgumentError(
      absl::StrCat(path_, ": block ", block + 1, ": the compressed data are broken or cut"));
}

absl::Status BgzfFile::Unpack(std::size_t block) {
  if (unpacked_ == block) return absl::OkStatus();
  unpacked_ = SIZE_MAX;
  std::FILE* file = file_.get();
  const Block &here = blocks_[block], &next = blocks_[block + 1];
  const std::optional<Head> head = Seek(file, here.begins) ? ReadHead(file) : std::nullopt;
  if (!head.has_value() || head->block_bytes != next.begins - here.begins) return Broken(block);
  std::string data(head->block_bytes - head->data_at - kTailBytes, '\0');
  std::array<Byte, kTailBytes> tail{};
  if (std::fread(data.data(), 1, data.size(), file) != data.size() ||
      std::fread(tail.data(), 1, tail.size(), file) != tail.size())
    return Broken(block);
  text_.assign(next.text_begins - here.text_begins, '\0');
  if (!Inflate(data, text_) || crc32(0, reinterpret_cast<const Bytef*>(text_.data()),
                                     static_cast<uInt>(text_.size())) != Little(tail.data(), 4))
    return Broken(block);
  unpacked_ = block;
  return absl::OkStatus();
}

absl::StatusOr<std::size_t> BgzfFile::ReadAt(std::uint64_t offset, char* to, std::size_t n) {
  std::size_t done = 0;
  while (done < n && offset < n_bytes_) {
    const auto after = std::ranges::upper_bound(blocks_, offset, {}, &Block::text_begins);
    const auto block = static_cast<std::size_t>(std::prev(after) - blocks_.begin());
    ESSAIM_RETURN_IF_ERROR(Unpack(block));
    const std::size_t skip = offset - blocks_[block].text_begins;
    const std::size_t some = std::min(n - done, text_.size() - skip);
    std::memcpy(to + done, text_.data() + skip, some);
    done += some;
    offset += some;
  }
  return done;
}

}  // namespace essaim
