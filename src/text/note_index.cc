#include "text/note_index.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xapian.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "text/index_terms.h"
#include "text/tokens.h"
#include "warehouse/sql_values.h"

namespace essaim::text {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNotesPerRead = 2'000;
constexpr std::size_t kNotesPerSegment = 100'000;
constexpr std::size_t kTextBytesPerSegment = std::size_t{400} << 20;
constexpr std::size_t kSegmentsMax = 16;
constexpr char kWorkPlace[] = "/dev/shm/essaim-index-";

// A folder of this process in memory, gone with it; what a killed one left goes at the next.
class MemoryFolder {
 public:
  static absl::StatusOr<std::unique_ptr<MemoryFolder>> Make() {
    RemoveLeft();
    std::string path = absl::StrCat(kWorkPlace, getpid(), "-XXXXXX");
    if (mkdtemp(path.data()) == nullptr)
      return absl::UnavailableError(
          "/dev/shm: no folder can be made there; the index is built in memory and nowhere else");
    return std::unique_ptr<MemoryFolder>(new MemoryFolder(path));
  }

  ~MemoryFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }

  MemoryFolder(const MemoryFolder&) = delete;
  MemoryFolder& operator=(const MemoryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit MemoryFolder(std::string path) : path_(std::move(path)) {}

  static void RemoveLeft() {
    std::error_code error;
    fs::directory_iterator entries("/dev/shm", error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
      const std::string path = entries->path().string();
      if (!absl::StartsWith(path, kWorkPlace)) continue;
      const std::string rest = path.substr(sizeof kWorkPlace - 1);
      int pid = 0;
      if (!absl::SimpleAtoi(rest.substr(0, rest.find('-')), &pid)) continue;
      std::error_code removed;
      if (kill(pid, 0) != 0 && errno == ESRCH) fs::remove_all(entries->path(), removed);
    }
  }

  std::string path_;
};

// Segments on their way: notes into a database in memory, full ones sealed into the store.
class SegmentWriter {
 public:
  SegmentWriter(const IndexStore& store, std::uint32_t first_number)
      : store_(store), number_(first_number) {}

  absl::Status Add(std::int64_t note_id, std::int64_t person_id, const std::string& date,
                   std::int64_t provider_id, Language language, std::string_view text) {
    if (database_ == nullptr) ESSAIM_RETURN_IF_ERROR(Begin());
    try {
      Xapian::Document document;
      AddTerms(text, language, document);
      document.add_boolean_term(absl::StrCat("P", person_id));
      document.add_boolean_term(absl::StrCat("A", provider_id));
      document.add_boolean_term(LanguageTerm(language));
      document.add_value(kDateSlot, date);
      document.add_value(kIdSlot, absl::StrCat(note_id));
      database_->add_document(document);
    } catch (const Xapian::Error& error) {
      return absl::InternalError(absl::StrCat("the index cannot be written: ", error.get_type()));
    }
    text_bytes_ += text.size();
    ++n_notes_;
    return n_notes_ < kNotesPerSegment && text_bytes_ < kTextBytesPerSegment ? absl::OkStatus()
                                                                             : End();
  }

  std::uint32_t number() const { return number_; }

  const std::vector<std::uint32_t>& written() const { return written_; }

  absl::Status End() {
    if (database_ == nullptr) return absl::OkStatus();
    const std::string file = folder_->path() + "/packed";
    try {
      database_->commit();
      database_->compact(file, Xapian::DBCOMPACT_SINGLE_FILE);
      database_->close();
    } catch (const Xapian::Error& error) {
      return absl::InternalError(absl::StrCat("the index cannot be packed: ", error.get_type()));
    }
    ESSAIM_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(file, std::size_t{1900} << 20));
    ESSAIM_RETURN_IF_ERROR(store_.WriteSegment(number_, bytes));
    written_.push_back(number_++);
    database_.reset();
    folder_.reset();
    return absl::OkStatus();
  }

 private:
  absl::Status Begin() {
    ESSAIM_ASSIGN_OR_RETURN(folder_, MemoryFolder::Make());
    n_notes_ = text_bytes_ = 0;
    try {
      database_ = std::make_unique<Xapian::WritableDatabase>(
          folder_->path() + "/db",
          Xapian::DB_CREATE | Xapian::DB_NO_SYNC | Xapian::DB_BACKEND_GLASS);
    } catch (const Xapian::Error& error) {
      return absl::UnavailableError(
          absl::StrCat("the index cannot be begun in /dev/shm: ", error.get_type()));
    }
    return absl::OkStatus();
  }

  const IndexStore& store_;
  std::uint32_t number_;
  std::vector<std::uint32_t> written_;
  std::unique_ptr<MemoryFolder> folder_;
  std::unique_ptr<Xapian::WritableDatabase> database_;
  std::size_t n_notes_ = 0, text_bytes_ = 0;
};

// What the table has: note_id to the load that brought it.
absl::StatusOr<std::unordered_map<std::int64_t, std::int64_t>> NotesOf(SqlEngine& engine) {
  constexpr std::size_t kIdsPerRead = 500'000;
  std::unordered_map<std::int64_t, std::int64_t> notes;
  std::string after;
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows, engine.Query(absl::StrCat(
                                                    "SELECT note_id, essaim_load FROM note", after,
                                                    " ORDER BY note_id LIMIT ", kIdsPerRead)));
    for (const auto& row : rows.rows) notes[WholeOf(row[0])] = WholeOf(row[1]);
    if (rows.rows.size() < kIdsPerRead) return notes;
    after = absl::StrCat(" WHERE note_id > ", WholeOf(rows.rows.back()[0]));
  }
}

// Notes of the loads that brought what is missing, page by page.
absl::Status IndexMissing(SqlEngine& engine, const CellCipher& cipher,
                          const std::set<std::int64_t>& loads,
                          const std::unordered_map<std::int64_t, std::int64_t>& missing,
                          const std::function<bool(std::uint64_t, std::uint64_t)>& progress,
                          IndexManifest& manifest, SegmentWriter& writer, IndexReport& report) {
  if (missing.empty()) return absl::OkStatus();
  const std::string where = absl::StrCat(" WHERE essaim_load IN (", absl::StrJoin(loads, ","), ")");
  std::string after;
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        engine.Query(absl::StrCat("SELECT note_id, person_id, note_date, provider_id, "
                                  "language_concept_id, note_text, essaim_load FROM note",
                                  where, after, " ORDER BY note_id LIMIT ", kNotesPerRead)));
    for (const auto& row : rows.rows) {
      const std::int64_t id = WholeOf(row[0]);
      if (!missing.contains(id)) continue;
      ESSAIM_ASSIGN_OR_RETURN(const std::string text, cipher.Open(TextOf(row[5])));
      const std::int64_t said = WholeOf(row[4]);
      const Language language = said == kFrenchConcept    ? Language::kFrench
                                : said == kEnglishConcept ? Language::kEnglish
                                                          : DetectLanguage(text);
      const std::uint32_t segment = writer.number();
      ESSAIM_RETURN_IF_ERROR(writer.Add(id, WholeOf(row[1]), TextOf(row[2]).substr(0, 10),
                                        WholeOf(row[3]), language, text));
      manifest.notes[id] = {.load = WholeOf(row[6]), .segment = segment};
      ++report.n_added;
    }
    if (progress != nullptr && !progress(report.n_added, missing.size()))
      return absl::CancelledError("cancelled; the former index stays");
    if (rows.rows.size() < kNotesPerRead) return absl::OkStatus();
    after = absl::StrCat(" AND note_id > ", WholeOf(rows.rows.back()[0]));
  }
}

}  // namespace

absl::StatusOr<IndexReport> UpdateIndex(
    SqlEngine& engine, const CellCipher& cipher, const IndexStore& store,
    const std::function<bool(std::uint64_t, std::uint64_t)>& progress) {
  constexpr double kDeadShareMax = 0.2;
  IndexReport report;
  absl::StatusOr<IndexManifest> former = store.ReadManifest();
  // Sealed under a key that is no more in use, or damaged: an index is made of the notes, so anew.
  const bool unreadable = absl::IsDataLoss(former.status());
  if (!former.ok() && !unreadable) return former.status();
  IndexManifest manifest = unreadable ? IndexManifest() : *std::move(former);
  ESSAIM_ASSIGN_OR_RETURN(const auto notes, NotesOf(engine));
  std::uint32_t next = 1;
  for (const std::uint32_t number : manifest.segments) next = std::max(next, number + 1);
  std::unordered_map<std::int64_t, std::int64_t> missing;
  std::vector<std::int64_t> gone;
  const auto compare = [&] {
    missing.clear();
    gone.clear();
    for (const auto& [id, load] : notes) {
      const auto at = manifest.notes.find(id);
      if (at == manifest.notes.end() || at->second.load != load) missing.emplace(id, load);
    }
    for (const auto& [id, note] : manifest.notes) {
      if (!notes.contains(id)) gone.push_back(id);
    }
  };
  compare();
  std::uint64_t replaced = 0;
  for (const auto& [id, load] : missing) replaced += manifest.notes.contains(id) ? 1 : 0;
  const auto dead = static_cast<double>(manifest.n_dead + gone.size() + replaced);
  if (dead > kDeadShareMax * static_cast<double>(notes.size()) ||
      (manifest.segments.size() >= kSegmentsMax && !missing.empty())) {
    report.rebuilt = !manifest.segments.empty();
    report.n_removed = gone.size();
    manifest = IndexManifest();
    compare();
  } else {
    manifest.n_dead += gone.size() + replaced;
    report.n_removed = gone.size();
    for (const std::int64_t id : gone) manifest.notes.erase(id);
  }
  report.n_total = notes.size();
  std::set<std::int64_t> loads;
  for (const auto& [id, load] : missing) loads.insert(load);
  SegmentWriter writer(store, next);
  ESSAIM_RETURN_IF_ERROR(
      IndexMissing(engine, cipher, loads, missing, progress, manifest, writer, report));
  ESSAIM_RETURN_IF_ERROR(writer.End());
  manifest.segments.insert(manifest.segments.end(), writer.written().begin(),
                           writer.written().end());
  report.rebuilt = report.rebuilt || unreadable;
  if (report.n_added + report.n_removed == 0 && !report.rebuilt) return report;
  ESSAIM_RETURN_IF_ERROR(store.WriteManifest(manifest));
  return report;
}

}  // namespace essaim::text
