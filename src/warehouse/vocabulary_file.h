// One file of a release of the vocabularies, read in pieces into the table beside. Internal to
// vocabulary_load.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "warehouse/byte_file.h"
#include "warehouse/cdm_load.h"
#include "warehouse/csv_scanner.h"
#include "warehouse/sql_engine.h"

namespace essaim {

struct VocabularyFile {
  const CdmTable* table;
  std::string path;
  std::uint64_t bytes = 0;
  std::string sha256 = "", header = "";
  std::uint64_t n_read = 0, n_rejected = 0;
};

class VocabularyReader {
 public:
  // All outlive this.
  VocabularyReader(SqlEngine& engine, VocabularyFile& file, const FreeTextRule& text)
      : engine_(engine), file_(file), protection_(text, nullptr) {}

  // Goes on from where an earlier reader's bytes_done and lines_done were; 0, 0: the beginning.
  absl::Status Open(std::uint64_t bytes_done, std::uint64_t lines_done, CdmLoadReport& report);
  // About so many rows into essaim_next_TABLE, in the caller's transaction.
  absl::Status Piece(std::uint64_t n_rows, CdmLoadReport& report);

  bool is_done() const { return is_done_; }

  std::uint64_t bytes_done() const { return bytes_done_; }

  std::uint64_t lines_done() const { return lines_done_; }

  std::uint64_t rows_of_piece() const { return n_piece_; }

 private:
  absl::Status FindColumns(CdmLoadReport& report);
  absl::Status Take(SqlAppender& rows, CdmLoadReport& report);
  absl::Status Reject(std::string_view field, std::string_view reason, CdmLoadReport& report);
  absl::Status WriteRejected();

  SqlEngine& engine_;
  VocabularyFile& file_;
  RowProtection protection_;
  std::unique_ptr<ByteFile> bytes_;
  std::string header_again_;  // what a scan from the middle is given first
  std::unique_ptr<CsvScanner> scanner_;
  std::vector<int> positions_;  // where each field stands in the file, -1 if it does not
  std::vector<std::string> columns_, buffers_;
  std::vector<std::optional<std::string_view>> cells_;

  struct Rejected {
    std::string line, field, reason;
    std::optional<std::string> raw;
  };

  std::vector<Rejected> rejected_;  // of the piece
  std::uint64_t bytes_before_ = 0, lines_before_ = 0;
  std::uint64_t bytes_done_ = 0, lines_done_ = 0, n_piece_ = 0;
  bool is_done_ = false;
};

}  // namespace essaim
