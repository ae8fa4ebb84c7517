#include "source/note_filter.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/secret_bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/aead.h"
#include "warehouse/cdm_sinks.h"

namespace essaim {
namespace {

constexpr std::size_t kCellBytesMax = std::size_t{64} << 20;
constexpr std::size_t kBlockBytesMax = std::size_t{512} << 20;

// Rows that wait, first in first out.
class NoteSpool {
 public:
  NoteSpool(Entropy& entropy, std::size_t memory_bytes_max)
      : entropy_(entropy), memory_bytes_max_(memory_bytes_max) {}

  // `table`: a number of the caller's.
  absl::Status Add(std::uint32_t table, std::span<const std::optional<std::string_view>> cells,
                   const RowOrigin& origin) {
    block_.U32(table);
    block_.Bytes(origin.file);
    block_.U64(origin.line);
    for (const auto& cell : cells) {
      block_.U8(cell.has_value() ? 1 : 0);
      if (cell.has_value()) block_.Bytes(*cell);
    }
    return block_.bytes().size() < memory_bytes_max_ ? absl::OkStatus() : Spill();
  }

  // `take` gets the rows of each block, oldest first.
  template <typename Take>
  absl::Status Drain(const Take& take) {
    if (file_ != nullptr) {
      std::rewind(file_.get());
      for (const std::size_t size : sizes_) {
        std::string sealed(size, '\0');
        if (std::fread(sealed.data(), 1, size, file_.get()) != size)
          return absl::DataLossError("notes that waited in a temporary file cannot be read");
        ESSAIM_ASSIGN_OR_RETURN(const SecretBytes block, crypto::Open(key_, sealed, "notes"));
        ESSAIM_RETURN_IF_ERROR(take(block.view()));
      }
    }
    return take(std::string_view(block_.bytes()));
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  absl::Status Spill() {
    if (file_ == nullptr) {
      file_.reset(std::tmpfile());
      if (file_ == nullptr)
        return absl::UnavailableError("no temporary file can be made for notes");
      key_ = SecretBytes(crypto::kAeadKeyBytes);
      ESSAIM_RETURN_IF_ERROR(entropy_.Fill({key_.data(), key_.size()}));
    }
    const std::string block = block_.Take();
    block_ = ByteWriter();
    if (block.size() > kBlockBytesMax) return absl::ResourceExhaustedError("a note is too long");
    ESSAIM_ASSIGN_OR_RETURN(const std::string sealed, crypto::Seal(key_, block, "notes", entropy_));
    if (std::fwrite(sealed.data(), 1, sealed.size(), file_.get()) != sealed.size())
      return absl::UnavailableError("the temporary file of notes cannot be written: disk full?");
    sizes_.push_back(sealed.size());
    return absl::OkStatus();
  }

  Entropy& entropy_;
  const std::size_t memory_bytes_max_;
  ByteWriter block_;
  std::unique_ptr<std::FILE, Close> file_;
  std::vector<std::size_t> sizes_;
  SecretBytes key_;
};

class FilterSink : public ForwardingSink {
 public:
  FilterSink(CdmSink& sink, NoteFilter& filter, Entropy& entropy, std::size_t memory_bytes_max)
      : ForwardingSink(sink), filter_(filter), spool_(entropy, memory_bytes_max) {}

  absl::Status Row(const CdmTable& table, std::span<const std::optional<std::string_view>> cells,
                   const RowOrigin& origin) override {
    if (table.name != "note") filter_.Saw(table, cells);
    const Waiting& waiting = WaitingOf(table);
    const bool waits = std::ranges::any_of(
        waiting.fields, [&](std::size_t f) { return cells[f].has_value() && !cells[f]->empty(); });
    if (!waits) return next_.Row(table, cells, origin);
    return spool_.Add(waiting.number, cells, origin);
  }

  absl::Status Progress(std::uint64_t bytes_done) override {
    bytes_done_ = bytes_done;
    return next_.Progress(bytes_done);
  }

  absl::Status Flush() {
    return spool_.Drain([&](std::string_view block) -> absl::Status {
      ByteReader reader(block);
      while (!reader.End().ok()) ESSAIM_RETURN_IF_ERROR(PassRow(reader));
      return absl::OkStatus();
    });
  }

 private:
  // A table's fields that pass the filter; with some, its rows wait.
  struct Waiting {
    std::uint32_t number = 0;
    std::vector<std::size_t> fields;
  };

  const Waiting& WaitingOf(const CdmTable& table) {
    const auto [at, is_new] = waiting_.try_emplace(&table);
    if (!is_new) return at->second;
    at->second.number = static_cast<std::uint32_t>(tables_.size());
    tables_.push_back(&table);
    for (std::size_t f = 0; f < table.fields.size(); ++f) {
      if (filter_.Passes(table, table.fields[f])) at->second.fields.push_back(f);
    }
    return at->second;
  }

  absl::Status PassRow(ByteReader& reader) {
    constexpr std::uint64_t kRowsPerProgress = 1'024;
    ESSAIM_ASSIGN_OR_RETURN(const std::uint32_t number, reader.U32());
    const CdmTable& table = *tables_[number];
    ESSAIM_ASSIGN_OR_RETURN(const std::string file, reader.Bytes(kCellBytesMax));
    ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t line, reader.U64());
    std::vector<std::optional<std::string>> texts(table.fields.size());
    std::int64_t person_id = 0;
    for (std::size_t f = 0; f < texts.size(); ++f) {
      ESSAIM_ASSIGN_OR_RETURN(const std::uint8_t has, reader.U8());
      if (has == 0) continue;
      ESSAIM_ASSIGN_OR_RETURN(texts[f], reader.Bytes(kCellBytesMax));
      if (table.fields[f].name == "person_id" && !absl::SimpleAtoi(*texts[f], &person_id))
        person_id = 0;  // the sink rejects the row
    }
    for (const std::size_t f : waiting_.at(&table).fields) {
      if (!texts[f].has_value()) continue;
      ESSAIM_ASSIGN_OR_RETURN(texts[f], filter_.Filter(person_id, *texts[f]));
      const auto length = static_cast<std::size_t>(table.fields[f].length);
      // A tag may be longer than what it stands for: cut where a character begins.
      if (length > 0 && texts[f]->size() > length) {
        std::size_t end = length;
        while (end > 0 && (static_cast<unsigned char>((*texts[f])[end]) & 0xC0) == 0x80) --end;
        texts[f]->resize(end);
      }
    }
    const std::vector<std::optional<std::string_view>> cells(texts.begin(), texts.end());
    if (++n_rows_ % kRowsPerProgress == 0) ESSAIM_RETURN_IF_ERROR(next_.Progress(bytes_done_));
    return next_.Row(table, cells, {.file = file, .line = line});
  }

  NoteFilter& filter_;
  NoteSpool spool_;
  std::vector<const CdmTable*> tables_;
  std::map<const CdmTable*, Waiting> waiting_;
  std::uint64_t bytes_done_ = 0, n_rows_ = 0;
};

class FilteredSource : public WrappedSource {
 public:
  FilteredSource(std::unique_ptr<CdmSource> source, NoteFilter& filter, Entropy& entropy,
                 std::size_t memory_bytes_max)
      : WrappedSource(std::move(source)),
        filter_(filter),
        entropy_(entropy),
        memory_bytes_max_(memory_bytes_max) {}

  std::string settings() const override {
    return absl::StrCat(WrappedSource::settings(), "|", Av(filter_.name()));
  }

  absl::Status Read(CdmSink& sink) override {
    FilterSink filtered(sink, filter_, entropy_, memory_bytes_max_);
    ESSAIM_RETURN_IF_ERROR(WrappedSource::Read(filtered));
    return filtered.Flush();
  }

 private:
  NoteFilter& filter_;
  Entropy& entropy_;
  const std::size_t memory_bytes_max_;
};

}  // namespace

bool NoteFilter::Passes(const CdmTable& table, const CdmField& field) const {
  return table.name == "note" && (field.name == "note_text" || field.name == "note_title");
}

std::unique_ptr<CdmSource> FilterNotes(std::unique_ptr<CdmSource> source, NoteFilter& filter,
                                       Entropy& entropy, std::size_t memory_bytes_max) {
  return std::make_unique<FilteredSource>(std::move(source), filter, entropy, memory_bytes_max);
}

}  // namespace essaim
