// Sinks to derive from: one that keeps nothing, and one that hands all on to another.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "warehouse/cdm_source.h"

namespace essaim {

// Takes everything and keeps nothing: for what only looks at a source's rows.
class NullSink : public CdmSink {
 public:
  absl::Status Row(const CdmTable&, std::span<const std::optional<std::string_view>>,
                   const RowOrigin&) override {
    return absl::OkStatus();
  }

  absl::Status Reject(const BadRow&, std::string_view) override { return absl::OkStatus(); }

  absl::Status Remove(const CdmTable&, std::int64_t) override { return absl::OkStatus(); }

  absl::Status MergePersons(std::int64_t, std::int64_t) override { return absl::OkStatus(); }

  absl::Status JoinVisits(std::int64_t, std::int64_t) override { return absl::OkStatus(); }

  absl::Status MoveVisit(std::int64_t, std::int64_t, std::int64_t) override {
    return absl::OkStatus();
  }

  absl::Status Progress(std::uint64_t) override { return absl::OkStatus(); }

  void EndFile(std::string_view, std::string_view, std::uint64_t) override {}

  void Notice(std::string) override {}
};

// `next` outlives this.
class ForwardingSink : public CdmSink {
 public:
  explicit ForwardingSink(CdmSink& next) : next_(next) {}

  absl::Status Row(const CdmTable& table, std::span<const std::optional<std::string_view>> cells,
                   const RowOrigin& origin) override {
    return next_.Row(table, cells, origin);
  }

  absl::Status Reject(const BadRow& fault, std::string_view raw) override {
    return next_.Reject(fault, raw);
  }

  absl::Status Remove(const CdmTable& table, std::int64_t key) override {
    return next_.Remove(table, key);
  }

  absl::Status MergePersons(std::int64_t from, std::int64_t into) override {
    return next_.MergePersons(from, into);
  }

  absl::Status JoinVisits(std::int64_t from, std::int64_t into) override {
    return next_.JoinVisits(from, into);
  }

  absl::Status MoveVisit(std::int64_t visit, std::int64_t from, std::int64_t into) override {
    return next_.MoveVisit(visit, from, into);
  }

  void Header(std::string_view path, std::string_view text) override { next_.Header(path, text); }

  absl::Status Progress(std::uint64_t bytes_done) override { return next_.Progress(bytes_done); }

  void EndFile(std::string_view path, std::string_view sha256_hex, std::uint64_t n_read) override {
    next_.EndFile(path, sha256_hex, n_read);
  }

  void Notice(std::string text) override { next_.Notice(std::move(text)); }

 protected:
  CdmSink& next_;
};

}  // namespace essaim
