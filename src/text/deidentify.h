// Finds and replaces what in a clinical note tells who people are: rules and word lists, in French
// and English, and the names that the site knows.
//
// It misses things: docs/text.md has its recall by class on a labelled set, and what it does not
// look for. What is found becomes a tag, "[NOM]"; nothing else of the text changes.
//
// Threads: const functions may run concurrently.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "source/identity.h"
#include "text/identifying.h"

namespace essaim::text {

// Names of persons and places that the site knows, as single folded words and as word sequences.
class KnownNames {
 public:
  void AddPerson(std::string_view family_name, std::string_view given_names);
  void AddHospital(std::string_view name);  // of two words or more

  bool HasGiven(const std::string& folded) const { return given_.contains(folded); }

  bool HasFamily(const std::string& folded) const { return family_.contains(folded); }

  // Those that begin with the word.
  const std::vector<std::vector<std::string>>& HospitalsFrom(const std::string& folded) const;

 private:
  std::unordered_set<std::string> given_, family_, hospital_keys_;
  std::unordered_map<std::string, std::vector<std::vector<std::string>>> hospitals_;
};

// Spans in the text's order, apart from each other. `persons`: what the site knows of the note's
// own person (each identifier one); `known`: of everybody.
std::vector<Span> FindIdentifying(std::string_view text, std::span<const Identity> persons,
                                  const KnownNames& known);
std::string ReplaceSpans(std::string_view text, const std::vector<Span>& spans);

inline std::string Deidentify(std::string_view text, std::span<const Identity> persons,
                              const KnownNames& known) {
  return ReplaceSpans(text, FindIdentifying(text, persons, known));
}

}  // namespace essaim::text
