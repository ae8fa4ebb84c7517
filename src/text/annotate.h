// Mentions of the dictionary's terms in notes, into NOTE_NLP.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/vocabulary.h"
#include "text/context.h"
#include "text/term_dictionary.h"
#include "warehouse/cell_cipher.h"
#include "warehouse/sql_engine.h"

namespace essaim::text {

struct Mention {
  std::size_t term = 0;                     // of the dictionary
  std::size_t offset = 0;                   // in characters (code points) from the note's beginning
  std::string lexical_variant;              // as the note has it
  std::string_view section, section_loinc;  // empty: before any heading
  TermContext context;                      // with what the section says
};

std::vector<Mention> FindMentions(std::string_view text, Language language,
                                  const TermDictionary& dictionary);

// The CDM's term_exists ("Y", "N": negated, of somebody else or only possible in future),
// term_temporal ("Past", "Present") and term_modifiers ("negation=true; certainty=uncertain; ...").
std::string TermExists(const TermContext& context);
std::string TermTemporal(const TermContext& context);
std::string TermModifiers(const Mention& mention);

struct AnnotateReport {
  std::uint64_t n_notes = 0, n_mentions = 0, n_negated = 0;
  std::uint64_t n_without_concept = 0;  // terms whose code the vocabulary does not have
};

// Concepts of terms that have a vocabulary and a code; those without one count in the report.
absl::Status ResolveConcepts(Vocabulary& vocabulary, TermDictionary& dictionary,
                             AnnotateReport& report);
// Replaces the rows of NOTE_NLP that an earlier run made, in one transaction; others stay.
// `reading` is another connection to the same tables than `writing`. `day` and `moment`: YYYY-MM-DD
// and YYYY-MM-DD HH:MM:SS. kCancelled where `progress` (notes done, all) says false: nothing
// changes.
absl::Status AnnotateNotes(SqlEngine& writing, SqlEngine& reading, Vocabulary& vocabulary,
                           const CellCipher& cipher, const TermDictionary& dictionary,
                           const std::string& day, const std::string& moment,
                           const std::function<bool(std::uint64_t, std::uint64_t)>& progress,
                           AnnotateReport& report);

}  // namespace essaim::text
