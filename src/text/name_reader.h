// Where a name begins and ends among the words of a note: what the rules for names have in common.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "text/deidentify.h"
#include "text/note_text.h"

namespace essaim::text {

bool IsParticle(std::string_view folded);  // "de", "van", "el"
// Words in capitals that end a name or never begin one.
bool IsStopper(std::string_view folded);

// "maladie", "sign", "classification": what an eponym or a place gives its name to.
bool IsNamedThing(std::string_view folded);

enum class Title : std::uint8_t { kNone, kSure, kWord, kLetter };

// kSure: an abbreviation that a name nearly always follows. kWord: also used alone. kLetter: "M.".
Title TitleAt(const NoteText& note, std::size_t i);
// "J." in capitals.
bool IsInitial(const NoteText& note, std::size_t i);

class NameReader {
 public:
  NameReader(NoteText& note, const KnownNames& known) : note_(note), known_(known) {}

  bool IsName(const std::string& folded) const;  // by the lists or the site's store
  bool IsGiven(const std::string& folded) const;
  bool IsFamily(const std::string& folded) const;

  // A word that can be a name: in capitals, and none of the language's or of medicine's, unless the
  // lists have it as a name too.
  bool CanBeName(std::size_t i) const;
  // In lower case: no word of everyday, or one that is a name too where nothing stands before it.
  bool IsLowerName(const std::string& folded, std::size_t n_before) const;

  // From token i the words of a name; `first_any`: the first word may be any in capitals. `lower`:
  // words in lower case count too, if no word of everyday. The end, or i.
  std::size_t NameEnd(std::size_t i, bool first_any, bool lower) const;
  // Where only the place says that a name stands: a first word of everyday needs a second one that
  // is none ("Buster Hoeger").
  std::size_t WeakNameEnd(std::size_t i) const;

  // "maladie de Crohn", "Murphy's sign", "score de Glasgow", "Lantus 18 UI": no person.
  bool IsEponym(std::size_t i) const;

  void Take(std::size_t i, std::size_t end);

  // Folded words of the names that were taken.
  const std::unordered_set<std::string>& found() const { return found_; }

 private:
  bool IsAfterGiven(std::size_t i) const;
  bool ParticleLeads(std::size_t i, bool lower) const;
  bool IsDosed(std::size_t i) const;

  NoteText& note_;
  const KnownNames& known_;
  std::unordered_set<std::string> found_;
};

// Names by who they are: roles, lists of those present, families, speakers. find_roles.cc.
void FindNamesByRole(NoteText& note, NameReader& reader);

}  // namespace essaim::text
