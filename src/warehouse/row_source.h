// The rows of one file, whatever its format.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "warehouse/csv_scanner.h"

namespace essaim {

class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual const std::vector<std::string>& header() const = 0;
  // As CsvScanner::Next.
  virtual absl::StatusOr<CsvScanner::Event> Next() = 0;
  virtual std::span<const std::string_view> cells() const = 0;  // until the next call
  virtual std::string raw() const = 0;
  virtual std::string raw_header() const = 0;  // as raw(): a file of both is read as this one was
  virtual std::string_view reason() const = 0;
  virtual std::uint64_t line() const = 0;
  virtual std::uint64_t bytes_done() const = 0;
  virtual std::uint64_t bytes_total() const = 0;
  virtual std::string Sha256Hex() = 0;  // of the whole file, once at the end
};

// By the name's ending. kInvalidArgument: another ending, or no usable header. kNotFound.
absl::StatusOr<std::unique_ptr<RowSource>> OpenRowSource(const std::string& path, Log* log,
                                                         CsvQuotes quotes = CsvQuotes::kRfc4180);

// parquet_source.cc
absl::StatusOr<std::unique_ptr<RowSource>> OpenParquet(const std::string& path, Log* log);

}  // namespace essaim
