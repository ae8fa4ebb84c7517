#include <sys/mman.h>
#include <unistd.h>
#include <xapian.h>

#include <algorithm>
#include <deque>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "text/fold.h"
#include "text/index_terms.h"
#include "text/note_index.h"
#include "text/tokens.h"

namespace essaim::text {
namespace {

constexpr std::size_t kLimitMax = 10'000;

// Folded, with operators left in capitals (French ones become Xapian's), apostrophes as blanks.
std::string PlainQuery(std::string_view text) {
  std::string out, word;
  const auto flush = [&] {
    if (word.empty()) return;
    const bool is_operator = word == "AND" || word == "OR" || word == "NOT" || word == "XOR" ||
                             word == "NEAR" || word == "ADJ";
    if (is_operator)
      out += word;
    else if (word == "ET")
      out += "AND";
    else if (word == "OU")
      out += "OR";
    else if (word == "SAUF")
      out += "NOT";
    else
      out += Fold(word);
    word.clear();
  };
  for (const char c : text) {
    if (std::string_view(" \t\n\r()\"").find(c) == std::string_view::npos) {
      word += c;
    } else {
      flush();
      out += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
    }
  }
  flush();
  std::ranges::replace(out, '\'', ' ');
  return out;
}

Xapian::Query Parse(const std::string& text, Language language, const Xapian::Database& database) {
  constexpr Xapian::termcount kExpansionMax = 200;
  Xapian::QueryParser parser;
  parser.set_database(database);
  parser.set_stemmer(StemmerOf(language));
  parser.set_stemming_strategy(Xapian::QueryParser::STEM_SOME);
  parser.set_default_op(Xapian::Query::OP_AND);
  parser.set_max_expansion(kExpansionMax, Xapian::Query::WILDCARD_LIMIT_MOST_FREQUENT);
  return parser.parse_query(
      text, Xapian::QueryParser::FLAG_PHRASE | Xapian::QueryParser::FLAG_BOOLEAN |
                Xapian::QueryParser::FLAG_LOVEHATE | Xapian::QueryParser::FLAG_WILDCARD |
                Xapian::QueryParser::FLAG_PURE_NOT);
}

// Leaves out what is no longer a note's last word.
class Current : public Xapian::MatchDecider {
 public:
  Current(const IndexManifest& manifest) : manifest_(manifest) {}

  bool operator()(const Xapian::Document& document) const override {
    std::int64_t id = 0;
    if (!absl::SimpleAtoi(document.get_value(kIdSlot), &id)) return false;
    const auto at = manifest_.notes.find(id);
    if (at == manifest_.notes.end()) return false;
    // Documents of several databases are dealt out in turn (Xapian's documentation, docids).
    const std::size_t shard = (document.get_docid() - 1) % manifest_.segments.size();
    return at->second.segment == manifest_.segments[shard];
  }

 private:
  const IndexManifest& manifest_;
};

absl::StatusOr<int> MemoryFile(std::string_view bytes) {
  const int fd = memfd_create("essaim-index", MFD_CLOEXEC);
  if (fd < 0) return absl::UnavailableError("no memory file for the index can be made");
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = write(fd, bytes.data() + done, bytes.size() - done);
    if (n <= 0) {
      close(fd);
      return absl::ResourceExhaustedError("the index does not fit into memory");
    }
    done += static_cast<std::size_t>(n);
  }
  // Xapian reads a single-file database from where the descriptor stands.
  if (lseek(fd, 0, SEEK_SET) != 0) {
    close(fd);
    return absl::InternalError("a memory file that cannot be wound back");
  }
  return fd;
}

Xapian::Query Filtered(Xapian::Query query, const NoteQuery& asked) {
  using Xapian::Query;
  if (!asked.from.empty() || !asked.until.empty())
    query = Query(Query::OP_FILTER, query,
                  Query(Query::OP_VALUE_RANGE, kDateSlot, asked.from.empty() ? "0" : asked.from,
                        asked.until.empty() ? "9999-99-99" : asked.until));
  if (!asked.providers.empty()) {
    Query authors;
    for (const std::int64_t id : asked.providers) authors |= Query(absl::StrCat("A", id));
    query = Query(Query::OP_FILTER, query, authors);
  }
  if (asked.person_id.has_value())
    query = Query(Query::OP_FILTER, query, Query(absl::StrCat("P", *asked.person_id)));
  return query;
}

NoteHits Run(const Xapian::Database& database, const IndexManifest& manifest,
             const NoteQuery& asked) {
  using Xapian::Query;
  constexpr Xapian::doccount kCountedExactly = 10'000;
  const std::string text = PlainQuery(asked.text);
  Query query;
  for (const Language language : {Language::kFrench, Language::kEnglish}) {
    if (asked.language.has_value() && *asked.language != language) continue;
    query |=
        Query(Query::OP_FILTER, Parse(text, language, database), Query(LanguageTerm(language)));
  }
  NoteHits out;
  for (auto term = query.get_unique_terms_begin(); term != query.get_terms_end(); ++term) {
    if ((*term)[0] != 'L') out.terms.insert(*term);
  }
  Xapian::Enquire enquire(database);
  enquire.set_query(Filtered(query, asked));
  const Current current(manifest);
  const Xapian::MSet found =
      enquire.get_mset(0, static_cast<Xapian::doccount>(std::min(asked.limit, kLimitMax)),
                       kCountedExactly, nullptr, &current);
  out.n_matching = found.get_matches_estimated();
  for (auto hit = found.begin(); hit != found.end(); ++hit) {
    NoteHit& note = out.hits.emplace_back();
    note.weight = hit.get_weight();
    if (!absl::SimpleAtoi(hit.get_document().get_value(kIdSlot), &note.note_id))
      out.hits.pop_back();
  }
  return out;
}

}  // namespace

void AddTerms(std::string_view text, Language language, Xapian::Document& document) {
  const Xapian::Stem stem = StemmerOf(language);
  Xapian::termpos place = 0;
  for (const Token& token : Tokenize(text)) {
    if (!token.is_word() && !token.is_number()) {
      // No phrase goes over a line's end.
      if (token.kind == Token::Kind::kBreak) place += 10;
      continue;
    }
    ++place;
    if (token.folded.empty() || token.folded.size() > kTermBytesMax) continue;
    document.add_posting(token.folded, place);
    if (token.is_word()) document.add_term("Z" + stem(token.folded));
  }
}

absl::StatusOr<NoteHits> SearchIndex(const IndexStore& store, const NoteQuery& query) {
  if (query.text.size() > kQueryBytesMax)
    return absl::InvalidArgumentError(
        absl::StrCat("the query is longer than ", kQueryBytesMax, " bytes"));
  const absl::StatusOr<IndexManifest> read = store.ReadManifest();
  if (absl::IsDataLoss(read.status()))
    return absl::DataLossError(
        "the index is sealed under another key than free_text's, or damaged; make it anew: essaim "
        "node index DIR");
  ESSAIM_RETURN_IF_ERROR(read.status());
  const IndexManifest& manifest = *read;
  if (manifest.segments.empty())
    return absl::FailedPreconditionError("there is no index yet; first: essaim node index DIR");
  Xapian::Database database;
  for (const std::uint32_t number : manifest.segments) {
    ESSAIM_ASSIGN_OR_RETURN(const SecretBytes bytes, store.ReadSegment(number));
    ESSAIM_ASSIGN_OR_RETURN(const int fd, MemoryFile(bytes.view()));
    try {
      database.add_database(Xapian::Database(fd));  // closes it
    } catch (const Xapian::Error& error) {
      return absl::DataLossError(
          absl::StrCat("segment ", number, " of the index cannot be opened: ", error.get_type()));
    }
  }
  try {
    return Run(database, manifest, query);
  } catch (const Xapian::QueryParserError& error) {
    return absl::InvalidArgumentError(absl::StrCat("the query cannot be read: ", error.get_msg()));
  } catch (const Xapian::Error& error) {
    return absl::InternalError(absl::StrCat("the index cannot be searched: ", error.get_type()));
  }
}

std::string SnippetOf(std::string_view text, Language language, const std::set<std::string>& terms,
                      std::string_view open, std::string_view close, std::size_t words) {
  const Xapian::Stem stem = StemmerOf(language);
  std::vector<Token> tokens = Tokenize(text);
  std::erase_if(tokens, [](const Token& t) { return t.kind == Token::Kind::kBreak; });
  std::vector<bool> marked(tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& t = tokens[i];
    marked[i] = terms.contains(t.folded) || (t.is_word() && terms.contains("Z" + stem(t.folded)));
  }
  std::size_t best = 0, best_count = 0, count = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    count += marked[i] ? 1 : 0;
    if (i >= words) count -= marked[i - words] ? 1 : 0;
    if (count <= best_count) continue;
    best_count = count;
    best = i + 1 > words ? i + 1 - words : 0;
  }
  // The found words stand a little inside.
  const std::size_t end = std::min(tokens.size(), best + words + 5);
  std::string out;
  for (std::size_t i = best; i < end; ++i) {
    const Token& t = tokens[i];
    if (i > best && t.begin > tokens[i - 1].end) out += ' ';
    const std::string_view raw = text.substr(t.begin, t.end - t.begin);
    if (marked[i])
      absl::StrAppend(&out, Av(open), Av(raw), Av(close));
    else
      absl::StrAppend(&out, Av(raw));
  }
  return out;
}

}  // namespace essaim::text
