// What stands between a hospital's files and the CDM's tables: a source reads its files and hands
// rows to a sink, in any order of tables.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "omop/cdm.h"
#include "warehouse/warehouse.h"

namespace essaim {

// Where a row comes from, for the person who mends it.
struct RowOrigin {
  std::string_view file;
  std::uint64_t line = 0;  // from 1; 0 if the file has no lines
  // The source's own text of the row, asked for if the row is rejected; null: its cells.
  const std::function<std::string()>* raw = nullptr;
};

class CdmSink {
 public:
  virtual ~CdmSink() = default;

  // One cell a field of the table, in the table's order, as text; nullopt is NULL. Read at once.
  // A cell that is no value of its field (cdm_cell.h), or a missing key, rejects the row.
  // kInvalidArgument: a row is bad and the load may keep none apart.
  virtual absl::Status Row(const CdmTable& table,
                           std::span<const std::optional<std::string_view>> cells,
                           const RowOrigin& origin) = 0;
  // Something that is no row of the CDM: kept apart with its reason, which holds no value.
  virtual absl::Status Reject(const BadRow& fault, std::string_view raw) = 0;
  // Takes back an earlier row: a cancelled visit. No error if there is none of that key.
  virtual absl::Status Remove(const CdmTable& table, std::int64_t key) = 0;
  // Two identifiers were one person: rows of `from`, of this and of later loads, become `into`'s.
  virtual absl::Status MergePersons(std::int64_t from, std::int64_t into) = 0;
  // Two numbers were one visit: rows of `from`, of this and of later loads, belong to `into`. Of
  // two rows of visit_occurrence that of `into` stays.
  virtual absl::Status JoinVisits(std::int64_t from, std::int64_t into) = 0;
  // A visit was another person's: its rows, of this and of later loads, become `into`'s. The last
  // word on a visit counts.
  virtual absl::Status MoveVisit(std::int64_t visit, std::int64_t from, std::int64_t into) = 0;

  // A file of rows begins, with its header line: what a rejected row of it is read again with.
  virtual void Header(std::string_view /*path*/, std::string_view /*text*/) {}

  // kCancelled if whoever started the load wants it to stop.
  virtual absl::Status Progress(std::uint64_t bytes_done) = 0;
  // `n_read` are the file's own units: lines, resources, messages.
  virtual void EndFile(std::string_view path, std::string_view sha256_hex,
                       std::uint64_t n_read) = 0;
  virtual void Notice(std::string text) = 0;  // for people, without values
};

// What becomes of a load's rows of one key.
enum class SameKey : std::uint8_t {
  kAllStay,         // the quality report counts them
  kLastStays,       // and none is taken back
  kLastStaysIfAny,  // CdmSink::Remove may take it back
};

class CdmSource {
 public:
  virtual ~CdmSource() = default;
  virtual std::string_view kind() const = 0;  // "omop", "fhir": at most 16 bytes
  virtual std::uint64_t bytes_total() const = 0;

  // What besides the files decides the rows, as a mapping's hash: part of the load's id.
  virtual std::string settings() const { return ""; }

  virtual SameKey same_key() const { return SameKey::kLastStays; }

  // Whether observation periods are made of the persons' visits after the load, from the first to
  // the last: a source that has none of its own.
  virtual bool derives_observation_periods() const { return false; }

  virtual absl::Status Read(CdmSink& sink) = 0;
};

// Stands before another source, and is as that one but for what a subclass says.
class WrappedSource : public CdmSource {
 public:
  explicit WrappedSource(std::unique_ptr<CdmSource> source) : source_(std::move(source)) {}

  std::string_view kind() const override { return source_->kind(); }

  std::uint64_t bytes_total() const override { return source_->bytes_total(); }

  std::string settings() const override { return source_->settings(); }

  SameKey same_key() const override { return source_->same_key(); }

  bool derives_observation_periods() const override {
    return source_->derives_observation_periods();
  }

  absl::Status Read(CdmSink& sink) override { return source_->Read(sink); }

 private:
  std::unique_ptr<CdmSource> source_;
};

}  // namespace essaim
