// A file compressed by bgzip (SAM specification, section 4.1), read at any place: gzip members of
// at most 64 KiB of text, each of which says how long it is. Where they begin is read from their
// heads in one pass, so no .gzi is needed.
//
// Threads: one call at a time. Memory: 16 bytes a block, and one block.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace essaim {

class BgzfFile {
 public:
  // kNotFound; kInvalidArgument: not by bgzip (gzip alone has no places to begin at), or cut.
  static absl::StatusOr<std::unique_ptr<BgzfFile>> Open(const std::string& path);

  std::uint64_t n_bytes() const { return n_bytes_; }  // of the text

  // Up to `n` bytes of the text from `offset` on; fewer only at its end. kInvalidArgument: a block
  // is broken.
  absl::StatusOr<std::size_t> ReadAt(std::uint64_t offset, char* to, std::size_t n);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  struct Block {
    std::uint64_t begins, text_begins;  // in the file, in the text
  };

  BgzfFile() = default;
  absl::Status FindBlocks();
  absl::Status Unpack(std::size_t block);
  absl::Status Broken(std::size_t block) const;

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::vector<Block> blocks_;  // and one where the last ends
  std::uint64_t n_bytes_ = 0;
  std::size_t unpacked_ = SIZE_MAX;  // the block in `text_`
  std::string text_;
};

}  // namespace essaim
