#include "text/annotate.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/hash.h"
#include "warehouse/sql_values.h"

namespace essaim::text {
namespace {

constexpr std::size_t kNotesPerRead = 1'000;
constexpr std::size_t kVariantBytesMax = 250;
constexpr char kSystem[] = "essaim-annotate/1";

const std::vector<std::string>& Columns() {
  static const auto* const kColumns = new std::vector<std::string>{"note_nlp_id",
                                                                   "note_id",
                                                                   "section_concept_id",
                                                                   "offset",
                                                                   "lexical_variant",
                                                                   "note_nlp_concept_id",
                                                                   "note_nlp_source_concept_id",
                                                                   "nlp_system",
                                                                   "nlp_date",
                                                                   "nlp_datetime",
                                                                   "term_exists",
                                                                   "term_temporal",
                                                                   "term_modifiers",
                                                                   "essaim_load"};
  return *kColumns;
}

// 1 to 2^63 - 1, the same for the same mention at every run.
std::string IdOf(std::int64_t note_id, const Mention& mention, const DictionaryTerm& term) {
  const std::string hash = crypto::HashOf(
      "essaim/note-nlp", {absl::StrCat(note_id), absl::StrCat(mention.offset),
                          absl::StrCat(term.concept_id), term.vocabulary, term.code});
  std::uint64_t id = 0;
  for (std::size_t i = 0; i < 8; ++i) id = id << 8 | static_cast<unsigned char>(hash[i]);
  return absl::StrCat(std::max<std::uint64_t>(1, id >> 1));
}

struct Run {
  const TermDictionary& dictionary;
  Vocabulary& vocabulary;
  std::string system, day, moment;
  std::map<std::string, std::string, std::less<>> sections;  // LOINC's code to a concept's number
};

absl::StatusOr<std::string> SectionConcept(Run& run, std::string_view loinc) {
  if (loinc.empty()) return std::string("0");
  const auto known = run.sections.find(loinc);
  if (known != run.sections.end()) return known->second;
  ESSAIM_ASSIGN_OR_RETURN(const MappedCode* code, run.vocabulary.Map("LOINC", loinc));
  std::string number = absl::StrCat(code->source.concept_id);
  return run.sections.emplace(loinc, std::move(number)).first->second;
}

absl::Status WriteMentions(std::int64_t note_id, const std::vector<Mention>& mentions, Run& run,
                           SqlAppender& appender, AnnotateReport& report) {
  for (const Mention& mention : mentions) {
    const DictionaryTerm& term = run.dictionary.terms()[mention.term];
    ESSAIM_ASSIGN_OR_RETURN(const std::string section, SectionConcept(run, mention.section_loinc));
    const std::string id = IdOf(note_id, mention, term), note = absl::StrCat(note_id),
                      offset = absl::StrCat(mention.offset),
                      concept_id = absl::StrCat(term.concept_id),
                      source = absl::StrCat(term.source_concept_id),
                      exists = TermExists(mention.context),
                      temporal = TermTemporal(mention.context), modifiers = TermModifiers(mention);
    const std::array<std::optional<std::string_view>, 14> cells = {
        id,         note,     section,    offset,  mention.lexical_variant,
        concept_id, source,   run.system, run.day, run.moment,
        exists,     temporal, modifiers,  "0"};
    ESSAIM_RETURN_IF_ERROR(appender.Row(cells));
    ++report.n_mentions;
    report.n_negated += mention.context.negated ? 1 : 0;
  }
  return absl::OkStatus();
}

absl::Status AnnotateAll(SqlEngine& writing, SqlEngine& reading, const CellCipher& cipher, Run& run,
                         const std::function<bool(std::uint64_t, std::uint64_t)>& progress,
                         AnnotateReport& report) {
  ESSAIM_RETURN_IF_ERROR(writing.Execute(
      absl::StrCat("DELETE FROM note_nlp WHERE nlp_system LIKE '", "essaim-annotate/%", "'")));
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows counted, reading.Query("SELECT COUNT(*) FROM note"));
  const auto n_all = static_cast<std::uint64_t>(WholeOf(counted.rows[0][0]));
  ESSAIM_ASSIGN_OR_RETURN(const auto appender, writing.Append("note_nlp", Columns()));
  std::string after;
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        reading.Query(absl::StrCat("SELECT note_id, language_concept_id, note_text FROM note",
                                   after, " ORDER BY note_id LIMIT ", kNotesPerRead)));
    for (const auto& row : rows.rows) {
      const auto* cell = std::get_if<std::string>(&row[2]);
      ESSAIM_ASSIGN_OR_RETURN(const std::string text, cipher.Open(cell == nullptr ? "" : *cell));
      const std::int64_t said = WholeOf(row[1]);
      const Language language = said == kFrenchConcept    ? Language::kFrench
                                : said == kEnglishConcept ? Language::kEnglish
                                                          : DetectLanguage(text);
      ESSAIM_RETURN_IF_ERROR(WriteMentions(
          WholeOf(row[0]), FindMentions(text, language, run.dictionary), run, *appender, report));
      ++report.n_notes;
    }
    if (progress != nullptr && !progress(report.n_notes, n_all))
      return absl::CancelledError("cancelled; the former rows stay");
    if (rows.rows.size() < kNotesPerRead) return appender->Close();
    after = absl::StrCat(" WHERE note_id > ", WholeOf(rows.rows.back()[0]));
  }
}

}  // namespace

std::vector<Mention> FindMentions(std::string_view text, Language language,
                                  const TermDictionary& dictionary) {
  const std::vector<Token> tokens = Tokenize(text);
  const std::vector<TermMatch> matches = dictionary.Find(tokens, language);
  std::vector<Mention> mentions;
  if (matches.empty()) return mentions;
  const ContextFinder contexts(tokens);
  const std::vector<NoteSection> sections = FindSections(tokens);
  std::size_t bytes = 0, characters = 0;
  for (const TermMatch& match : matches) {
    const std::size_t begin = tokens[match.begin].begin, end = tokens[match.end - 1].end;
    for (; bytes < begin; ++bytes)
      characters += (static_cast<unsigned char>(text[bytes]) & 0xC0) != 0x80 ? 1 : 0;
    Mention& mention = mentions.emplace_back();
    mention.term = match.term;
    mention.offset = characters;
    mention.lexical_variant =
        std::string(text.substr(begin, std::min(end - begin, kVariantBytesMax)));
    while (!mention.lexical_variant.empty() && end - begin > kVariantBytesMax &&
           (static_cast<unsigned char>(mention.lexical_variant.back()) & 0x80) != 0)
      mention.lexical_variant.pop_back();
    mention.context = contexts.Of(match.begin, match.end);
    const NoteSection* section = nullptr;
    for (const NoteSection& s : sections) {
      if (s.begin <= match.begin) section = &s;
    }
    if (section == nullptr) continue;
    mention.section = section->name;
    mention.section_loinc = section->loinc;
    mention.context.family = mention.context.family || section->family;
    mention.context.historical = mention.context.historical || section->historical;
  }
  return mentions;
}

std::string TermExists(const TermContext& context) {
  return context.negated || context.family || context.hypothetical ? "N" : "Y";
}

std::string TermTemporal(const TermContext& context) {
  return context.hypothetical ? "Future" : context.historical ? "Past" : "Present";
}

std::string TermModifiers(const Mention& mention) {
  std::vector<std::string> parts;
  const TermContext& c = mention.context;
  if (c.negated) parts.emplace_back("negated=true");
  if (c.uncertain) parts.emplace_back("certainty=uncertain");
  if (c.hypothetical) parts.emplace_back("condition=hypothetical");
  if (c.historical) parts.emplace_back("time=history");
  parts.emplace_back(c.family ? "subject=family" : "subject=patient");
  if (!mention.section.empty()) parts.push_back(absl::StrCat("section=", Av(mention.section)));
  return absl::StrJoin(parts, "; ");
}

absl::Status ResolveConcepts(Vocabulary& vocabulary, TermDictionary& dictionary,
                             AnnotateReport& report) {
  for (DictionaryTerm& term : dictionary.terms()) {
    if (term.concept_id != 0) continue;
    ESSAIM_ASSIGN_OR_RETURN(const MappedCode* code, vocabulary.Map(term.vocabulary, term.code));
    term.source_concept_id = code->source.concept_id;
    if (!code->targets.empty()) term.concept_id = code->targets[0].concept_id;
    report.n_without_concept += term.concept_id == 0 ? 1 : 0;
  }
  return absl::OkStatus();
}

absl::Status AnnotateNotes(SqlEngine& writing, SqlEngine& reading, Vocabulary& vocabulary,
                           const CellCipher& cipher, const TermDictionary& dictionary,
                           const std::string& day, const std::string& moment,
                           const std::function<bool(std::uint64_t, std::uint64_t)>& progress,
                           AnnotateReport& report) {
  Run run{.dictionary = dictionary,
          .vocabulary = vocabulary,
          .system = absl::StrCat(kSystem, " ", dictionary.sha256().substr(0, 12)),
          .day = day,
          .moment = moment};
  ESSAIM_RETURN_IF_ERROR(writing.Execute("BEGIN"));
  const absl::Status done = AnnotateAll(writing, reading, cipher, run, progress, report);
  ESSAIM_RETURN_IF_ERROR(writing.Execute(done.ok() ? "COMMIT" : "ROLLBACK"));
  return done;
}

}  // namespace essaim::text
