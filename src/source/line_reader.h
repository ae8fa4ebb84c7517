// A file's lines, plain or compressed with gzip. A thread of its own reads, unpacks and hashes the
// file ahead of whoever takes the lines, in bounded memory: hashing costs as much as parsing does.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/statusor.h"
#include "crypto/hash.h"
#include "source/gz_file.h"

namespace essaim {

// Threads: the reader's own beside one that takes the lines.
class LineReader {
 public:
  // What may be read behind a line.
  static constexpr std::size_t kPadding = 64;

  // kNotFound, naming the path.
  static absl::StatusOr<std::unique_ptr<LineReader>> Open(const std::string& path,
                                                          std::size_t line_bytes_max);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // The next line without its line feed, good until the next call; false at the end. The errors of
  // GzFile::Read; kResourceExhausted: a line is longer than told.
  absl::StatusOr<bool> Next(std::string_view& line);

  std::uint64_t n_lines() const { return n_lines_; }  // taken

  std::uint64_t offset() const { return offset_; }  // in the file as it lies there

  // After the end. SHA-256 of the file as it lies there.
  absl::StatusOr<std::string> Sha256Hex();

 private:
  // A line that begins in one block is moved to the front of the next, where there is room for it.
  static constexpr std::size_t kBlockBytes = std::size_t{1} << 19, kFrontBytes = kBlockBytes / 8;
  static constexpr std::size_t kBlocks = 4;

  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
    std::uint64_t offset = 0;  // in the file, behind the block
  };

  LineReader(std::string path, std::unique_ptr<GzFile> file, std::size_t line_bytes_max);

  absl::Status Fill(Block& block);
  void ReadAhead();
  absl::StatusOr<bool> NextBlock();
  void Begin(const Block& block, const char* begin);
  absl::Status Take(const char* end, std::string_view& line);
  absl::Status TooLong() const;

  const std::string path_;
  const std::size_t line_bytes_max_;
  // The thread's while there is one.
  std::unique_ptr<GzFile> file_;
  crypto::Sha256Hasher hasher_;

  Block blocks_[kBlocks];
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t n_read_ = 0, n_used_ = 0;  // blocks
  bool stopped_ = false;                 // nobody takes lines any more
  bool at_end_ = false;                  // no further block comes
  absl::Status status_;                  // why, if it is not the file's end
  std::thread thread_;                   // not for a file of one block

  const char *begin_ = nullptr, *end_ = nullptr;  // of the block in hand, what is not taken
  std::uint64_t offset_ = 0;
  std::string long_line_;
  std::uint64_t n_lines_ = 0;
};

}  // namespace essaim
