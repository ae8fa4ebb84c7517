// Full-text search over the warehouse's notes: words in French and English by their stems, accents
// and case aside.
//
// The words are those of the notes as the warehouse has them, de-identified or not. Threads: one
// call at a time. Errors: Xapian's as kInternal, without words of notes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "text/index_store.h"
#include "text/language.h"
#include "warehouse/cell_cipher.h"
#include "warehouse/sql_engine.h"

namespace essaim::text {

inline constexpr std::size_t kQueryBytesMax = 1'000;

struct IndexReport {
  std::uint64_t n_added = 0, n_removed = 0, n_total = 0;
  bool rebuilt = false;  // from nothing: too much in it was no longer true
};

// Brings the index to what the table NOTE has now. `progress` gets notes done and to do; false
// cancels and leaves the former index. kUnavailable: no memory file system for the work (/dev/shm).
absl::StatusOr<IndexReport> UpdateIndex(
    SqlEngine& engine, const CellCipher& cipher, const IndexStore& store,
    const std::function<bool(std::uint64_t, std::uint64_t)>& progress);

struct NoteQuery {
  // Words, "phrases", AND, OR, NOT, NEAR, brackets, -word, word*; words alone must all be there.
  std::string text;
  std::string from, until;  // YYYY-MM-DD, both included; empty: no bound
  std::optional<Language> language;
  std::vector<std::int64_t> providers;  // one of them; empty: any
  std::optional<std::int64_t> person_id;
  std::size_t limit = 10;
};

struct NoteHit {
  std::int64_t note_id = 0;
  double weight = 0;  // BM25
};

struct NoteHits {
  std::uint64_t n_matching = 0;  // exact up to 10,000, then an estimate
  std::vector<NoteHit> hits;     // best first
  std::set<std::string> terms;   // that the query looked for: folded words, and "Z" and stems
};

// kInvalidArgument: a query that cannot be read, with what is wrong; kFailedPrecondition: no index.
absl::StatusOr<NoteHits> SearchIndex(const IndexStore& store, const NoteQuery& query);

// About `words` words of the text around most of the query's words, these between `open` and
// `close`.
std::string SnippetOf(std::string_view text, Language language, const std::set<std::string>& terms,
                      std::string_view open, std::string_view close, std::size_t words = 30);

}  // namespace essaim::text
