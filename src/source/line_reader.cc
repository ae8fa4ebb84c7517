#include "source/line_reader.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/status_macros.h"

namespace essaim {

LineReader::LineReader(std::string path, std::unique_ptr<GzFile> file, std::size_t line_bytes_max)
    : path_(std::move(path)), line_bytes_max_(line_bytes_max), file_(std::move(file)) {}

absl::StatusOr<std::unique_ptr<LineReader>> LineReader::Open(const std::string& path,
                                                             std::size_t line_bytes_max) {
  ESSAIM_ASSIGN_OR_RETURN(std::unique_ptr<GzFile> file, GzFile::Open(path));
  std::unique_ptr<LineReader> reader(new LineReader(path, std::move(file), line_bytes_max));
  Block& first = reader->blocks_[0];
  ESSAIM_RETURN_IF_ERROR(reader->Fill(first));
  reader->n_read_ = 1;
  reader->Begin(first, first.bytes.get() + kFrontBytes);
  reader->at_end_ = first.size < kBlockBytes;
  if (!reader->at_end_) reader->thread_ = std::thread(&LineReader::ReadAhead, reader.get());
  return reader;
}

LineReader::~LineReader() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

// A block that is not full is the last.
absl::Status LineReader::Fill(Block& block) {
  if (block.bytes == nullptr)
    block.bytes = std::make_unique_for_overwrite<char[]>(kFrontBytes + kBlockBytes + kPadding);
  char* const begin = block.bytes.get() + kFrontBytes;
  block.size = 0;
  while (block.size < kBlockBytes) {
    ESSAIM_ASSIGN_OR_RETURN(const std::size_t n,
                            file_->Read(begin + block.size, kBlockBytes - block.size));
    if (n == 0) break;
    block.size += n;
  }
  std::memset(begin + block.size, 0, kPadding);
  block.offset = file_->offset();
  if (!file_->compressed()) hasher_.Update({begin, block.size});
  return absl::OkStatus();
}

void LineReader::ReadAhead() {
  bool last = false;
  for (std::size_t n = 1; !last; ++n) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopped_ || n - n_used_ < kBlocks; });
      if (stopped_) return;
    }
    Block& block = blocks_[n % kBlocks];
    const absl::Status filled = Fill(block);
    last = !filled.ok() || block.size < kBlockBytes;
    {
      const std::lock_guard lock(mutex_);
      status_ = filled;
      if (filled.ok()) n_read_ = n + 1;
      at_end_ = last;
    }
    changed_.notify_all();
  }
}

// The next block, with what is left of the one in hand before it. False at the file's end.
absl::StatusOr<bool> LineReader::NextBlock() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return at_end_ || n_read_ > n_used_ + 1; });
    if (n_read_ == n_used_ + 1) {
      ESSAIM_RETURN_IF_ERROR(status_);
      return false;
    }
  }
  const Block& next = blocks_[(n_used_ + 1) % kBlocks];
  const auto left = static_cast<std::size_t>(end_ - begin_);
  char* const front = next.bytes.get() + kFrontBytes;
  if (!long_line_.empty() || left > kFrontBytes) {
    long_line_.append(begin_, left);
    Begin(next, front);
  } else {
    std::memcpy(front - left, begin_, left);
    Begin(next, front - left);
  }
  {
    const std::lock_guard lock(mutex_);
    ++n_used_;
  }
  changed_.notify_all();
  return true;
}

void LineReader::Begin(const Block& block, const char* begin) {
  begin_ = begin;
  end_ = block.bytes.get() + kFrontBytes + block.size;
  offset_ = block.offset;
}

// The line that ends at `end`.
absl::Status LineReader::Take(const char* end, std::string_view& line) {
  line = {begin_, static_cast<std::size_t>(end - begin_)};
  if (long_line_.size() + line.size() > line_bytes_max_) return TooLong();
  begin_ = end == end_ ? end : end + 1;
  ++n_lines_;
  if (long_line_.empty()) return absl::OkStatus();
  long_line_.append(line).reserve(long_line_.size() + line.size() + kPadding);
  line = long_line_;
  return absl::OkStatus();
}

absl::Status LineReader::TooLong() const {
  return absl::ResourceExhaustedError(absl::StrCat(path_, ": line ", n_lines_ + 1, ": longer than ",
                                                   line_bytes_max_ >> 20, " MiB"));
}

absl::StatusOr<bool> LineReader::Next(std::string_view& line) {
  long_line_.clear();
  while (true) {
    const auto left = static_cast<std::size_t>(end_ - begin_);
    const auto* feed = static_cast<const char*>(std::memchr(begin_, '\n', left));
    if (feed != nullptr) {
      ESSAIM_RETURN_IF_ERROR(Take(feed, line));
      return true;
    }
    if (long_line_.size() + left > line_bytes_max_) return TooLong();
    ESSAIM_ASSIGN_OR_RETURN(const bool more, NextBlock());
    if (more) continue;
    if (left == 0 && long_line_.empty()) return false;
    ESSAIM_RETURN_IF_ERROR(Take(end_, line));
    return true;
  }
}

absl::StatusOr<std::string> LineReader::Sha256Hex() {
  if (thread_.joinable()) thread_.join();
  return file_->compressed() ? HashOfFile(path_) : ToHex(hasher_.Finish());
}

}  // namespace essaim
