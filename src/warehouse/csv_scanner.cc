#include "warehouse/csv_scanner.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/byte_block.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace essaim {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 16;

absl::Status Fault(std::uint64_t line, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("line ", line, ": ", Av(what)));
}

// Bytes of the UTF-8 sequence at `s`, 0 if it is malformed (overlong, surrogate, above U+10FFFF).
std::size_t SequenceLength(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const auto tail = [&](std::size_t i) { return i < s.size() && (byte(i) & 0xc0) == 0x80; };
  const unsigned char c = byte(0);
  if (c < 0x80) return 1;
  if (c >= 0xc2 && c <= 0xdf) return tail(1) ? 2 : 0;
  if (c >= 0xe0 && c <= 0xef) {
    if (!tail(1) || !tail(2)) return 0;
    if ((c == 0xe0 && byte(1) < 0xa0) || (c == 0xed && byte(1) > 0x9f)) return 0;
    return 3;
  }
  if (c >= 0xf0 && c <= 0xf4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    if ((c == 0xf0 && byte(1) < 0x90) || (c == 0xf4 && byte(1) > 0x8f)) return 0;
    return 4;
  }
  return 0;
}

// Eight bytes at a time: none is zero and none is above 127.
bool IsPlainAscii(const char* p) {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  constexpr std::uint64_t kHigh = 0x8080808080808080, kOnes = 0x0101010101010101;
  return ((word | (word - kOnes)) & kHigh) == 0;
}

// Bit i: whether an odd number of the bits up to i are set.
std::uint64_t PrefixXor(std::uint64_t bits) {
  for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

}  // namespace

bool IsCleanUtf8(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (at + 8 <= bytes.size() && IsPlainAscii(bytes.data() + at)) {
      at += 8;
      continue;
    }
    if (bytes[at] == '\0') return false;
    const std::size_t n = SequenceLength(bytes.substr(at));
    if (n == 0) return false;
    at += n;
  }
  return true;
}

bool CsvScanner::IsSeparator(char c) const {
  return header_.empty() ? c == ',' || c == ';' || c == '\t' : c == separator_;
}

absl::StatusOr<bool> CsvScanner::Fill() {
  if (at_end_) return false;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() < end_ + kPieceBytes) buffer_.resize(end_ + kPieceBytes);
  const std::span<char> room(buffer_.data() + end_, kPieceBytes);
  ESSAIM_ASSIGN_OR_RETURN(const std::size_t n, source_(room));
  if (n > room.size()) return absl::InternalError("the source wrote past its buffer");
  if (n == 0) at_end_ = true;
  end_ += n;
  bytes_read_ += n;
  return n > 0;
}

// The offset from begin_ of the record's line feed, or of the end of the source.
absl::StatusOr<std::size_t> CsvScanner::FindRecordEnd(bool& has_quotes) {
  const bool quotes_are_text = QuotesAreText();
  std::size_t at = 0, closed_at = 0;
  bool inside = false;
  has_quotes = false;
  while (true) {
    const char* data = buffer_.data() + begin_;
    const std::size_t n = end_ - begin_;
    if (!has_quotes) {  // the common case: no quote before the line feed
      const auto* feed = static_cast<const char*>(std::memchr(data + at, '\n', n - at));
      const std::size_t stop = feed == nullptr ? n : static_cast<std::size_t>(feed - data);
      const auto* quote = quotes_are_text
                              ? nullptr
                              : static_cast<const char*>(std::memchr(data + at, '"', stop - at));
      if (quote == nullptr && feed != nullptr) return stop;
      if (quote == nullptr) {
        at = n;
      } else {
        has_quotes = true;
        at = static_cast<std::size_t>(quote - data);
      }
    }
    for (; has_quotes && at < n; ++at) {
      if (data[at] == '\n' && !inside) return at;
      if (data[at] != '"') continue;
      // A quote opens at a cell's begin, or as the second of a doubled one; a stray quote within a
      // cell spoils its own row and must not swallow the next.
      if (!inside && at != 0 && !IsSeparator(data[at - 1]) && closed_at != at) continue;
      inside = !inside;
      closed_at = inside ? 0 : at + 1;
    }
    if (n > limits::kCsvLineBytesMax) {
      return Fault(line_, inside
                              ? "a quote is not closed within the limit of one row"
                              : absl::StrCat("a row above ", limits::kCsvLineBytesMax, " bytes"));
    }
    ESSAIM_ASSIGN_OR_RETURN(const bool more, Fill());
    if (more) continue;
    if (inside) return Fault(line_, "a quote that is opened in this row is never closed");
    return end_ - begin_;
  }
}

bool CsvScanner::QuotesAreText() const {
  return quotes_ == CsvQuotes::kTextIfTabs && !header_.empty() && separator_ == '\t';
}

// The common record in one pass: its line feed lies well within the buffer, and quotes stand around
// whole cells and nowhere else. False if the record is another.
bool CsvScanner::TakeSimple(Record& record) {
  const char* const begin = buffer_.data() + begin_;
  const std::size_t n = end_ - begin_;
  const bool quotes_are_text = QuotesAreText();
  std::size_t cell = 0, n_quotes = 0, n_taken = 0, n_feeds = 0;
  std::uint64_t odd = 0;      // what needs a second look
  std::uint64_t carried = 0;  // ones if the block begins within quotes
  cells_.clear();
  const auto add = [&](std::string_view text) {
    if (n_quotes != 0 && text.size() >= 2 && text.front() == '"' && text.back() == '"') {
      text = text.substr(1, text.size() - 2);
      n_taken += 2;
    }
    cells_.push_back(text);
  };
  for (std::size_t at = 0; at + ByteBlock::kBytes <= n; at += ByteBlock::kBytes) {
    const ByteBlock block(begin + at);
    const std::uint64_t quotes = quotes_are_text ? 0 : block.Equal('"');
    const std::uint64_t inside = quotes == 0 ? carried : carried ^ PrefixXor(quotes);
    const std::uint64_t feeds = block.Equal('\n'), ends = feeds & ~inside;
    const std::uint64_t before = ends == 0 ? ~std::uint64_t{0} : (ends & -ends) - 1;
    n_quotes += static_cast<std::size_t>(std::popcount(quotes & before));
    n_feeds += static_cast<std::size_t>(std::popcount(feeds & before));
    odd |= (block.High() | block.Equal('\0') | block.Equal('\r')) & before;
    std::uint64_t stops = block.Equal(separator_) & ~inside & before;
    for (; stops != 0; stops &= stops - 1) {
      const std::size_t stop = at + static_cast<std::size_t>(std::countr_zero(stops));
      add({begin + cell, stop - cell});
      cell = stop + 1;
    }
    carried = std::uint64_t{0} - (inside >> 63);
    if (ends == 0) continue;
    const std::size_t length = at + static_cast<std::size_t>(std::countr_zero(ends));
    const std::size_t end = length > cell && begin[length - 1] == '\r' ? length - 1 : length;
    add({begin + cell, end - cell});
    if (n_taken != n_quotes || length > limits::kCsvLineBytesMax) return false;
    record = {
        .bytes = {begin, end}, .has_quotes = n_quotes != 0, .is_split = true, .is_clean = odd == 0};
    begin_ += length + 1;
    row_line_ = line_;
    line_ += 1 + n_feeds;
    return true;
  }
  return false;
}

absl::StatusOr<CsvScanner::Record> CsvScanner::ReadRecord() {
  Record record;
  if (begin_ == end_) {
    ESSAIM_ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) {
      record.last = true;
      return record;
    }
  }
  if (!header_.empty() && TakeSimple(record)) return record;
  ESSAIM_ASSIGN_OR_RETURN(const std::size_t length, FindRecordEnd(record.has_quotes));
  if (length > limits::kCsvLineBytesMax) {
    return Fault(line_, absl::StrCat("a row above ", limits::kCsvLineBytesMax, " bytes"));
  }
  row_line_ = line_;
  record.bytes = std::string_view(buffer_.data() + begin_, length);
  begin_ += std::min(length + 1, end_ - begin_);
  line_ += 1;
  if (record.has_quotes) {
    line_ += static_cast<std::uint64_t>(std::count(record.bytes.begin(), record.bytes.end(), '\n'));
  }
  if (!record.bytes.empty() && record.bytes.back() == '\r') record.bytes.remove_suffix(1);
  return record;
}

void CsvScanner::SplitPlain(std::string_view record) {
  const char* at = record.data();
  const char* const end = at + record.size();
  while (true) {
    const auto* stop =
        static_cast<const char*>(std::memchr(at, separator_, static_cast<std::size_t>(end - at)));
    if (stop == nullptr) stop = end;
    cells_.emplace_back(at, static_cast<std::size_t>(stop - at));
    if (stop == end) return;
    at = stop + 1;
  }
}

// A cell that begins with a quote at `at`; moves `at` past the closing quote.
bool CsvScanner::QuotedCell(std::string_view record, std::size_t& at) {
  const std::size_t start = ++at;
  bool doubled = false;
  for (; at < record.size(); ++at) {
    if (record[at] != '"') continue;
    if (at + 1 >= record.size() || record[at + 1] != '"') break;
    doubled = true;
    ++at;
  }
  if (at >= record.size()) {
    reason_ = "a quote is not closed";
    return false;
  }
  const std::string_view inside = record.substr(start, at++ - start);
  if (!doubled) {
    cells_.push_back(inside);
    return true;
  }
  std::string& text = unescaped_[n_unescaped_++];
  text.clear();
  for (std::size_t i = 0; i < inside.size(); ++i) {
    text += inside[i];
    if (inside[i] == '"') ++i;
  }
  cells_.push_back(text);
  return true;
}

bool CsvScanner::SplitQuoted(std::string_view record) {
  const std::size_t cells_max = header_.empty() ? limits::kVariablesMax : header_.size();
  // Sized before the first cell: cells_ points into these strings.
  if (unescaped_.size() < cells_max + 1) unescaped_.resize(cells_max + 1);
  n_unescaped_ = 0;
  std::size_t at = 0;
  while (true) {
    if (cells_.size() > cells_max) return true;  // too many: the caller tells
    if (at < record.size() && record[at] == '"') {
      if (!QuotedCell(record, at)) return false;
      if (at < record.size() && record[at] != separator_) {
        reason_ = "text after a closing quote, expected a separator";
        return false;
      }
    } else {
      const std::size_t stop = std::min(record.find(separator_, at), record.size());
      const std::string_view cell = record.substr(at, stop - at);
      if (cell.find('"') != std::string_view::npos) {
        reason_ = "a quote inside a cell that does not begin with one";
        return false;
      }
      cells_.push_back(cell);
      at = stop;
    }
    if (at >= record.size()) return true;
    ++at;  // the separator
  }
}

absl::Status CsvScanner::ReadHeader() {
  static constexpr std::string_view kMark = "\xef\xbb\xbf";
  while (end_ - begin_ < kMark.size()) {
    ESSAIM_ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) break;
  }
  if (std::string_view(buffer_.data() + begin_, end_ - begin_).substr(0, 3) == kMark) begin_ += 3;
  ESSAIM_ASSIGN_OR_RETURN(const Record record, ReadRecord());
  if (record.bytes.empty()) return Fault(1, "no header, expected the columns' names");
  if (!IsCleanUtf8(record.bytes)) return Fault(1, "the header is not UTF-8");
  bool inside = false;
  char separator = 0;
  for (const char c : record.bytes) {
    if (c == '"') inside = !inside;
    if (!inside && separator == 0 && IsSeparator(c)) separator = c;
  }
  separator_ = separator == 0 ? ',' : separator;
  if (!record.has_quotes) {
    SplitPlain(record.bytes);
  } else if (!SplitQuoted(record.bytes)) {
    return Fault(1, absl::StrCat("the header is malformed: ", reason_));
  }
  if (cells_.size() > limits::kVariablesMax) {
    return Fault(1, absl::StrCat("above ", limits::kVariablesMax, " columns"));
  }
  header_.assign(cells_.begin(), cells_.end());
  raw_header_ = std::string(record.bytes);
  std::vector<std::string> sorted = header_;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end()) {
    return Fault(1, absl::StrCat("the column '", twice->substr(0, limits::kNameBytesMax),
                                 "' is there twice"));
  }
  return absl::OkStatus();
}

CsvScanner::Event CsvScanner::Bad(std::string reason) {
  reason_ = std::move(reason);
  return Event::kBad;
}

// Empty lines at the end of a file are no rows; anywhere else they are a row gone wrong. The row
// after them is held for the next call.
absl::StatusOr<CsvScanner::Event> CsvScanner::AfterEmptyLine() {
  const std::uint64_t first = row_line_;
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(const Record record, ReadRecord());
    if (record.last) return Event::kEnd;
    if (record.bytes.empty()) continue;
    held_ = record;
    held_line_ = row_line_;
    row_line_ = first;
    return Bad("an empty line");
  }
}

absl::StatusOr<CsvScanner::Event> CsvScanner::Next() {
  Record record;
  if (held_.has_value()) {
    record = *held_;
    row_line_ = held_line_;
    held_.reset();
  } else {
    ESSAIM_ASSIGN_OR_RETURN(record, ReadRecord());
  }
  raw_ = record.bytes;
  if (record.last) return Event::kEnd;
  if (record.bytes.empty() && header_.size() > 1) return AfterEmptyLine();
  if (!record.is_clean) {
    if (!IsCleanUtf8(record.bytes)) return Bad("not UTF-8 text");
    if (!record.has_quotes && record.bytes.find('\r') != std::string_view::npos)
      return Bad("a stray carriage return");
  }
  if (!record.is_split) {
    cells_.clear();
    if (!record.has_quotes) {
      SplitPlain(record.bytes);
    } else if (!SplitQuoted(record.bytes)) {
      return Event::kBad;
    }
  }
  if (cells_.size() == header_.size()) return Event::kRow;
  if (cells_.size() > header_.size()) {
    return Bad(absl::StrCat("too many cells, expected ", header_.size()));
  }
  return Bad(absl::StrCat(cells_.size(), cells_.size() == 1 ? " cell" : " cells", ", expected ",
                          header_.size()));
}

}  // namespace essaim
