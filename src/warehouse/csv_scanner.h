// Bytes to rows: RFC 4180 with true line numbers, for files that nobody vouches for.
//
// UTF-8 with or without a byte order mark; LF or CRLF; the separator is whichever of , ;
// tab comes first in the header outside quotes. A row that breaks a rule is given as bad, with the
// reason, and the scan goes on with the next line; only an unclosed quote or an endless line ends
// it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace essaim {

// Fills `buffer` from the front; gives the number of bytes, 0 at the end.
using ByteSource = std::function<absl::StatusOr<std::size_t>(std::span<char> buffer)>;

// What a quote is. OHDSI's Athena writes vocabularies tab-separated and unquoted: there a quote is
// a character of a name as any other (kTextIfTabs).
enum class CsvQuotes { kRfc4180, kTextIfTabs };

class CsvScanner {
 public:
  enum class Event { kRow, kBad, kEnd };

  explicit CsvScanner(ByteSource source, CsvQuotes quotes = CsvQuotes::kRfc4180)
      : source_(std::move(source)), quotes_(quotes) {}

  // First of all. kInvalidArgument "line 1: ..." if there is no usable header.
  absl::Status ReadHeader();

  const std::vector<std::string>& header() const { return header_; }

  const std::string& raw_header() const { return raw_header_; }  // its line

  // kRow: cells() has as many cells as the header. kBad: reason() says why and raw() is the line.
  // kInvalidArgument "line N: ..." where the scan cannot go on; the source's own errors.
  absl::StatusOr<Event> Next();

  // Valid until the next call.
  std::span<const std::string_view> cells() const { return cells_; }

  std::string_view raw() const { return raw_; }

  std::string_view reason() const { return reason_; }

  std::uint64_t line() const { return row_line_; }  // of the row's first byte, from 1

  std::uint64_t bytes_read() const { return bytes_read_; }

  // After a row (kRow): where in the source the next one begins.
  std::uint64_t bytes_used() const { return bytes_read_ - (end_ - begin_); }

 private:
  struct Record {
    std::string_view bytes;  // without its line end
    bool has_quotes = false;
    bool is_split = false;  // cells_ are its
    bool is_clean = false;  // known to be well-formed
    bool last = false;      // nothing follows
  };

  absl::StatusOr<bool> Fill();  // false at the end of the source
  absl::StatusOr<Record> ReadRecord();
  bool TakeSimple(Record& record);
  bool QuotesAreText() const;
  absl::StatusOr<std::size_t> FindRecordEnd(bool& has_quotes);
  void SplitPlain(std::string_view record);
  bool SplitQuoted(std::string_view record);
  bool QuotedCell(std::string_view record, std::size_t& at);
  absl::StatusOr<Event> AfterEmptyLine();
  bool IsSeparator(char c) const;
  Event Bad(std::string reason);

  ByteSource source_;
  CsvQuotes quotes_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // the unread bytes in buffer_
  bool at_end_ = false;
  char separator_ = ',';
  std::vector<std::string> header_;
  std::string raw_header_;
  std::vector<std::string_view> cells_;
  std::vector<std::string> unescaped_;  // cells with doubled quotes, kept for cells_
  std::size_t n_unescaped_ = 0;
  std::string_view raw_;
  std::string reason_;
  std::uint64_t line_ = 1, row_line_ = 1;
  std::optional<Record> held_;  // the row after empty lines
  std::uint64_t held_line_ = 0;
  std::uint64_t bytes_read_ = 0;
};

// Whether the bytes are well-formed UTF-8 (RFC 3629) without NUL.
bool IsCleanUtf8(std::string_view bytes);

}  // namespace essaim
