#include "text/note_files.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/hash.h"
#include "source/cdm_row.h"
#include "source/recognised.h"
#include "text/fold.h"
#include "text/language.h"
#include "text/note_table.h"

namespace essaim::text {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kEhr = 32817, kUtf8 = 32678;
constexpr std::uint64_t kRowsPerProgress = 256;

// LOINC's codes of documents: digits, a dash, a check digit.
bool IsLoinc(std::string_view code) {
  if (code.size() < 3 || code.size() > 8 || code[code.size() - 2] != '-') return false;
  return std::ranges::all_of(code, [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
}

class NoteFiles : public CdmSource {
 public:
  NoteFiles(std::vector<std::string> indexes, std::uint64_t bytes, const NoteOptions& options)
      : indexes_(std::move(indexes)), bytes_(bytes), options_(options) {}

  std::string_view kind() const override { return "text"; }

  std::uint64_t bytes_total() const override { return bytes_; }

  std::string settings() const override { return options_.system; }

  absl::Status Read(CdmSink& sink) override {
    for (const std::string& index : indexes_) ESSAIM_RETURN_IF_ERROR(ReadIndex(index, sink));
    ESSAIM_RETURN_IF_ERROR(recognised_.Check());
    if (n_latin1_ > 0)
      sink.Notice(absl::StrCat(n_latin1_, " files are no UTF-8 and were read as ISO 8859-1"));
    if (n_without_type_ > 0)
      sink.Notice(absl::StrCat("without a concept of their type: ", n_without_type_, " notes"));
    return absl::OkStatus();
  }

 private:
  absl::Status ReadIndex(const std::string& path, CdmSink& sink) {
    ESSAIM_ASSIGN_OR_RETURN(const std::unique_ptr<NoteTable> table, OpenNoteTable(path));
    if (const std::string header = table->raw_header(); !header.empty()) sink.Header(path, header);
    crypto::Sha256Hasher texts;
    std::uint64_t n_read = 0;
    bool found = !table->raw_header().empty();
    NoteRow row;
    while (true) {
      ESSAIM_ASSIGN_OR_RETURN(const bool some, table->Next(row));
      if (!some) break;
      if (++n_read % kRowsPerProgress == 0)
        ESSAIM_RETURN_IF_ERROR(sink.Progress(bytes_before_ + table->bytes_done() + text_bytes_));
      found = found || IsNote(row);
      std::string fault_column;
      if (row.fault.empty()) fault_column = TakeText(path, row, texts);
      ESSAIM_RETURN_IF_ERROR(
          row.fault.empty()
              ? Note(path, row, sink)
              : sink.Reject(
                    {.file = path, .line = row.line, .column = fault_column, .reason = row.fault},
                    row.raw));
    }
    if (n_read > 0) recognised_.File(path, found);
    n_latin1_ += table->was_latin1() ? 1 : 0;
    bytes_before_ += table->bytes_done();
    ESSAIM_ASSIGN_OR_RETURN(const std::string index_hash, table->Sha256());
    sink.EndFile(path, ToHex(crypto::HashOf("essaim/notes", {index_hash, texts.Finish()})), n_read);
    return sink.Progress(bytes_before_ + text_bytes_);
  }

  // A row that says whose it is, or what: without either, JSON lines are of something else.
  static bool IsNote(const NoteRow& row) {
    return row.cells.contains(NoteColumn::kPerson) || row.cells.contains(NoteColumn::kText) ||
           row.cells.contains(NoteColumn::kFile);
  }

  // The text of a row's file; gives the column at fault, and `row.fault`.
  std::string TakeText(const std::string& index, NoteRow& row, crypto::Sha256Hasher& texts) {
    if (row.Get(NoteColumn::kPerson).empty()) {
      row.fault = "no person";
      return "person";
    }
    const std::string name = row.Get(NoteColumn::kFile);
    if (row.cells.contains(NoteColumn::kText)) {
      if (row.cells[NoteColumn::kText].size() > kNoteBytesMax) row.fault = "longer than 4 MiB";
      return "text";
    }
    if (name.empty()) {
      row.fault = "no text";
      return "text";
    }
    // An index names files of its own folder, and none elsewhere.
    const fs::path relative = fs::path(name).lexically_normal();
    if (relative.is_absolute() || *relative.begin() == "..") {
      row.fault = "a file outside the index's folder";
      return "file";
    }
    const auto elsewhere = options_.text_folders.find(index);
    const fs::path folder = elsewhere == options_.text_folders.end() ? fs::path(index).parent_path()
                                                                     : fs::path(elsewhere->second);
    const absl::StatusOr<std::string> bytes = ReadFile((folder / relative).string(), kNoteBytesMax);
    if (!bytes.ok()) {
      row.fault = absl::IsNotFound(bytes.status())            ? "no such file"
                  : absl::IsResourceExhausted(bytes.status()) ? "longer than 4 MiB"
                                                              : "the file cannot be read";
      return "file";
    }
    texts.Update(crypto::Sha256(*bytes));
    text_bytes_ += bytes->size();
    bool was_latin1 = false;
    std::string text = ToUtf8(*bytes, was_latin1);
    n_latin1_ += was_latin1 ? 1 : 0;
    if (text.find_first_not_of(" \t\r\n") == std::string::npos) row.fault = "no text";
    row.cells[NoteColumn::kText] = std::move(text);
    return "file";
  }

  absl::Status Note(const std::string& path, const NoteRow& row, CdmSink& sink) {
    const std::string system =
        row.cells.contains(NoteColumn::kSystem) ? row.Get(NoteColumn::kSystem) : options_.system;
    const std::string text = row.Get(NoteColumn::kText), person = row.Get(NoteColumn::kPerson);
    const NoteMoment at = ReadNoteMoment(row.Get(NoteColumn::kDate));
    const RowOrigin origin{.file = path, .line = row.line};
    if (at.date.empty()) {
      return sink.Reject({.file = path,
                          .line = row.line,
                          .column = "date",
                          .reason = row.cells.contains(NoteColumn::kDate)
                                        ? "no date: expected 2020-03-12 or 12/03/2020"
                                        : "no date"},
                         row.raw);
    }
    CdmRow note("note");
    std::string key = row.Get(NoteColumn::kId);
    if (key.empty()) key = row.Get(NoteColumn::kFile);
    if (key.empty())
      key = absl::StrCat(person, "|", at.time, "|", row.Get(NoteColumn::kTitle), "|",
                         ToHex(crypto::Sha256(text)));
    note.Set("note_id", options_.ids->IdOf("note", system, key));
    note.Set("person_id", options_.ids->IdOf("person", system, person));
    note.Set("note_date", std::string_view(at.date));
    note.Set("note_datetime", std::string_view(at.time));
    note.Set("note_type_concept_id", kEhr);
    ESSAIM_RETURN_IF_ERROR(SetType(row.Get(NoteColumn::kType), note));
    note.SetCut("note_title", row.Get(NoteColumn::kTitle));
    note.Set("note_text", std::string_view(text));
    note.Set("encoding_concept_id", kUtf8);
    const std::string language = Fold(row.Get(NoteColumn::kLanguage));
    note.Set("language_concept_id", ConceptOf(language.starts_with("fr")   ? Language::kFrench
                                              : language.starts_with("en") ? Language::kEnglish
                                                                           : DetectLanguage(text)));
    const std::string visit = row.Get(NoteColumn::kVisit), author = row.Get(NoteColumn::kAuthor);
    if (!visit.empty())
      note.Set("visit_occurrence_id", options_.ids->IdOf("visit_occurrence", system, visit));
    if (!author.empty()) {
      ESSAIM_RETURN_IF_ERROR(Provider(system, author, origin, sink));
      note.Set("provider_id", options_.ids->IdOf("provider", system, author));
    }
    return note.WriteTo(sink, origin);
  }

  // A concept's number, or LOINC's code of a kind of document.
  absl::Status SetType(const std::string& type, CdmRow& note) {
    std::int64_t concept_id = 0;
    if (IsLoinc(type)) {
      ESSAIM_ASSIGN_OR_RETURN(const MappedCode* code, options_.vocabulary->Map("LOINC", type));
      if (!code->targets.empty()) concept_id = code->targets[0].concept_id;
    } else if (!absl::SimpleAtoi(type, &concept_id)) {
      concept_id = 0;
    }
    note.Set("note_class_concept_id", concept_id);
    note.SetCut("note_source_value", type);
    n_without_type_ += concept_id == 0 ? 1 : 0;
    return absl::OkStatus();
  }

  // Who wrote it, by a pseudonym: names are the identity store's.
  absl::Status Provider(const std::string& system, const std::string& author,
                        const RowOrigin& origin, CdmSink& sink) {
    const std::int64_t id = options_.ids->IdOf("provider", system, author);
    if (!providers_.insert(id).second) return absl::OkStatus();
    CdmRow provider("provider");
    provider.Set("provider_id", id);
    const std::string pseudonym = options_.ids->PseudonymOf(system, author);
    provider.SetCut("provider_source_value", pseudonym);
    return provider.WriteTo(sink, origin);
  }

  std::vector<std::string> indexes_;
  std::uint64_t bytes_, bytes_before_ = 0, text_bytes_ = 0;
  NoteOptions options_;
  std::uint64_t n_latin1_ = 0, n_without_type_ = 0;
  std::set<std::int64_t> providers_;
  Recognised recognised_{"notes: rows with a person and a text or a file"};
};

bool IsIndex(const std::string& path) {
  return absl::EndsWithIgnoreCase(path, ".csv") || absl::EndsWithIgnoreCase(path, ".tsv") ||
         absl::EndsWithIgnoreCase(path, ".ndjson") || absl::EndsWithIgnoreCase(path, ".jsonl");
}

// A folder's one index, and the size of its texts.
absl::StatusOr<std::string> IndexOf(const std::string& folder, std::uint64_t& bytes) {
  std::error_code error;
  std::string index;
  fs::recursive_directory_iterator entries(folder, fs::directory_options::skip_permission_denied,
                                           error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    const fs::directory_entry& entry = *entries;
    const std::string path = entry.path().string();
    std::error_code of_entry;
    if (!entry.is_regular_file(of_entry)) continue;
    if (absl::EndsWithIgnoreCase(path, ".txt")) {
      const std::uintmax_t size = entry.file_size(of_entry);
      bytes += of_entry ? 0 : size;
    }
    if (!IsIndex(path) || entry.path().parent_path() != fs::path(folder)) continue;
    if (!index.empty())
      return absl::InvalidArgumentError(
          absl::StrCat(folder, ": two indexes, ", fs::path(index).filename().string(), " and ",
                       entry.path().filename().string(), "; name the one that is meant"));
    index = path;
  }
  if (error) return absl::UnavailableError(absl::StrCat(folder, ": cannot be listed"));
  if (index.empty())
    return absl::NotFoundError(absl::StrCat(
        folder, ": no index (.csv, .tsv or .ndjson with the columns person_id, file, date)"));
  return index;
}

}  // namespace

NoteMoment ReadNoteMoment(std::string_view text) {
  int y = 0, m = 0, d = 0, h = 0, min = 0, s = 0;
  const std::string value(text.substr(0, std::min<std::size_t>(text.size(), 40)));
  int n = 0;
  const char* rest = nullptr;
  if (std::sscanf(value.c_str(), "%4d-%2d-%2d%n", &y, &m, &d, &n) == 3 && n == 10) {
    rest = value.c_str() + n;
  } else if (std::sscanf(value.c_str(), "%2d/%2d/%4d%n", &d, &m, &y, &n) == 3 && n == 10) {
    rest = value.c_str() + n;
  } else if (std::sscanf(value.c_str(), "%4d%2d%2d%n", &y, &m, &d, &n) == 3 && n == 8) {
    rest = value.c_str() + n;
  } else {
    return {};
  }
  if (*rest != '\0') {
    if (*rest != ' ' && *rest != 'T') return {};
    if (std::sscanf(rest + 1, "%2d:%2d:%2d", &h, &min, &s) < 2) return {};
  }
  const std::chrono::year_month_day day{std::chrono::year(y),
                                        std::chrono::month(static_cast<unsigned>(m)),
                                        std::chrono::day(static_cast<unsigned>(d))};
  const bool clock = h >= 0 && h < 24 && min >= 0 && min < 60 && s >= 0 && s < 61;
  if (y < 1 || m < 1 || d < 1 || !day.ok() || !clock) return {};
  char date[40], time[64];
  std::snprintf(date, sizeof date, "%04d-%02d-%02d", y, m, d);
  std::snprintf(time, sizeof time, "%s %02d:%02d:%02d", date, h, min, std::min(s, 59));
  return {.date = date, .time = time};
}

absl::StatusOr<std::unique_ptr<CdmSource>> OpenNoteFiles(const std::vector<std::string>& paths,
                                                         const NoteOptions& options) {
  std::vector<std::string> indexes;
  std::uint64_t bytes = 0;
  for (const std::string& path : paths) {
    std::error_code error;
    std::string index = path;
    if (fs::is_directory(path, error)) {
      ESSAIM_ASSIGN_OR_RETURN(index, IndexOf(path, bytes));
    }
    // What is wrong with an index is told before anything is loaded.
    ESSAIM_RETURN_IF_ERROR(OpenNoteTable(index).status());
    bytes += fs::file_size(index, error);
    indexes.push_back(index);
  }
  if (indexes.empty()) return absl::InvalidArgumentError("no file to load");
  return std::make_unique<NoteFiles>(std::move(indexes), bytes, options);
}

}  // namespace essaim::text
