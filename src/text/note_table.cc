#include "text/note_table.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "text/finders.h"
#include "text/fold.h"
#include "text/json_lines.h"
#include "warehouse/byte_file.h"
#include "warehouse/csv_scanner.h"

namespace essaim::text {
namespace {

// Names of columns, folded, with "_" for blanks and dashes.
std::optional<NoteColumn> ColumnOf(std::string_view header) {
  struct Names {
    NoteColumn column;
    WordList names;
  };

  static constexpr Names kNames[] = {
      {NoteColumn::kFile, "file filename file_name path fichier nom_fichier chemin"},
      {NoteColumn::kPerson,
       "person person_id patient patient_id ipp mrn subject subject_id id_patient nip"},
      {NoteColumn::kText, "text note_text texte contenu content body corps note"},
      {NoteColumn::kId, "id note_id document_id doc_id id_document"},
      {NoteColumn::kDate, "date note_date note_datetime date_note date_document datetime"},
      {NoteColumn::kTitle, "title note_title titre intitule"},
      {NoteColumn::kAuthor, "author auteur provider provider_id redacteur"},
      {NoteColumn::kVisit,
       "visit visit_id visit_occurrence_id sejour id_sejour encounter encounter_id venue nda iep"},
      {NoteColumn::kType, "type note_type note_class class classe document_type type_document"},
      {NoteColumn::kLanguage, "language langue lang"},
      {NoteColumn::kSystem, "system systeme authority"}};
  std::string name = Fold(header);
  std::ranges::replace_if(
      name, [](char c) { return c == ' ' || c == '-' || c == '.'; }, '_');
  for (const auto& [column, names] : kNames) {
    if (InList(name, names)) return column;
  }
  return std::nullopt;
}

std::string Trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

// A file that is no UTF-8 is read as ISO 8859-1, all of it.
absl::StatusOr<bool> IsUtf8File(const std::string& path) {
  ESSAIM_ASSIGN_OR_RETURN(const auto file, ByteFile::Open(path));
  std::string buffer(1 << 18, '\0');
  std::size_t kept = 0;
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(const std::size_t n,
                            file->Read({buffer.data() + kept, buffer.size() - kept}));
    const std::string_view bytes(buffer.data(), kept + n);
    const std::size_t good = Utf8Prefix(bytes);
    if (n == 0) return good == bytes.size();
    kept = bytes.size() - good;
    if (kept > 3) return false;  // longer than a character that the buffer cut
    std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(good), bytes.end(), buffer.begin());
  }
}

class CsvTable : public NoteTable {
 public:
  CsvTable(std::string path, std::unique_ptr<ByteFile> file, bool latin1)
      : path_(std::move(path)),
        file_(std::move(file)),
        latin1_(latin1),
        scanner_([this](std::span<char> buffer) { return Read(buffer); }) {}

  absl::Status ReadHeader() {
    if (const absl::Status read = scanner_.ReadHeader(); !read.ok()) return InFile(read);
    bool person = false, text = false;
    for (const std::string& name : scanner_.header()) {
      columns_.push_back(ColumnOf(name));
      person = person || columns_.back() == NoteColumn::kPerson;
      text = text || columns_.back() == NoteColumn::kText || columns_.back() == NoteColumn::kFile;
    }
    if (!person || !text) {
      return absl::InvalidArgumentError(absl::StrCat(
          path_,
          ": line 1: an index of notes needs a column for the person (person_id, patient, "
          "ipp) and one for the text (text) or its file (file); ",
          person ? "the second" : "the first", " is not there"));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Next(NoteRow& row) override {
    row = NoteRow();
    const absl::StatusOr<CsvScanner::Event> next = scanner_.Next();
    if (!next.ok()) return InFile(next.status());
    const CsvScanner::Event event = *next;
    if (event == CsvScanner::Event::kEnd) return false;
    row.line = scanner_.line();
    row.raw = std::string(scanner_.raw());
    if (event == CsvScanner::Event::kBad) {
      row.fault = std::string(scanner_.reason());
      return true;
    }
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (!columns_[c].has_value()) continue;
      std::string cell = Trimmed(scanner_.cells()[c]);
      if (!cell.empty()) row.cells[*columns_[c]] = std::move(cell);
    }
    return true;
  }

  std::uint64_t bytes_done() const override { return scanner_.bytes_read(); }

  absl::StatusOr<std::string> Sha256() override { return file_->Sha256Hex(); }

  bool was_latin1() const override { return latin1_; }

  std::string raw_header() const override { return scanner_.raw_header(); }

 private:
  absl::Status InFile(const absl::Status& status) const {
    return absl::Status(status.code(), absl::StrCat(path_, ": ", status.message()));
  }

  absl::StatusOr<std::size_t> Read(std::span<char> buffer) {
    if (!latin1_) return file_->Read(buffer);
    if (at_ == converted_.size()) {
      std::array<char, 1 << 16> bytes;
      ESSAIM_ASSIGN_OR_RETURN(const std::size_t n, file_->Read(bytes));
      bool was_latin1 = false;
      converted_ = ToUtf8({bytes.data(), n}, was_latin1);  // a piece without accents stays the same
      at_ = 0;
    }
    const std::size_t n = std::min(buffer.size(), converted_.size() - at_);
    std::copy_n(converted_.data() + at_, n, buffer.data());
    at_ += n;
    return n;
  }

  const std::string path_;
  std::unique_ptr<ByteFile> file_;
  const bool latin1_;
  std::string converted_;
  std::size_t at_ = 0;
  CsvScanner scanner_;
  std::vector<std::optional<NoteColumn>> columns_;
};

class JsonTable : public NoteTable {
 public:
  explicit JsonTable(std::unique_ptr<LineReader> lines) : lines_(std::move(lines)) {}

  absl::StatusOr<bool> Next(NoteRow& row) override {
    row = NoteRow();
    std::string_view line;
    ESSAIM_ASSIGN_OR_RETURN(const bool some, NextJsonLine(*lines_, line));
    if (!some) return false;
    row.line = lines_->n_lines();
    bool latin1 = false;
    row.raw = ToUtf8(line, latin1);
    latin1_ = latin1_ || latin1;
    const absl::StatusOr<JsonFields> fields = ReadJsonFields(row.raw);
    if (!fields.ok()) {
      row.fault = std::string(fields.status().message());
      return true;
    }
    for (const auto& [name, value] : *fields) {
      const auto column = ColumnOf(name);
      std::string cell = Trimmed(value);
      if (column.has_value() && !cell.empty()) row.cells[*column] = std::move(cell);
    }
    return true;
  }

  std::uint64_t bytes_done() const override { return lines_->offset(); }

  absl::StatusOr<std::string> Sha256() override { return lines_->Sha256Hex(); }

  bool was_latin1() const override { return latin1_; }

  std::string raw_header() const override { return ""; }

 private:
  std::unique_ptr<LineReader> lines_;
  bool latin1_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<NoteTable>> OpenNoteTable(const std::string& path) {
  if (absl::EndsWithIgnoreCase(path, ".ndjson") || absl::EndsWithIgnoreCase(path, ".jsonl")) {
    ESSAIM_ASSIGN_OR_RETURN(auto lines, LineReader::Open(path, kJsonLineBytesMax));
    return std::make_unique<JsonTable>(std::move(lines));
  }
  if (!absl::EndsWithIgnoreCase(path, ".csv") && !absl::EndsWithIgnoreCase(path, ".tsv")) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": expected a folder, or a name ending in .csv, .tsv, .ndjson or .jsonl"));
  }
  ESSAIM_ASSIGN_OR_RETURN(const bool utf8, IsUtf8File(path));
  ESSAIM_ASSIGN_OR_RETURN(auto file, ByteFile::Open(path));
  auto table = std::make_unique<CsvTable>(path, std::move(file), !utf8);
  ESSAIM_RETURN_IF_ERROR(table->ReadHeader());
  return table;
}

}  // namespace essaim::text
