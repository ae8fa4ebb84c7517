// The site's dictionary of terms, and where a text has them.
//
// An Aho-Corasick automaton (Aho, Corasick 1975) over folded words: all terms in one pass, whatever
// their number. Of terms that overlap, the one that begins first stays, of those the longest.
// Threads: const functions may run concurrently.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "text/language.h"
#include "text/tokens.h"

namespace essaim::text {

struct DictionaryTerm {
  std::string text;
  std::int64_t concept_id = 0, source_concept_id = 0;
  std::string vocabulary, code;  // of the file, where it gives no concept_id
  bool any_language = true;
  Language language = Language::kFrench;  // if not any
};

struct TermMatch {
  std::size_t term = 0;            // which
  std::size_t begin = 0, end = 0;  // tokens
};

class TermDictionary {
 public:
  static constexpr std::size_t kTermsMax = 1'000'000;
  static constexpr std::size_t kWordsMax = 20;  // of a term

  // A CSV with the columns term, and concept_id or vocabulary and code; language (fr, en) if given.
  // kInvalidArgument with file, line and what was expected; kNotFound.
  static absl::StatusOr<TermDictionary> Load(const std::string& path);

  // kInvalidArgument: a term without words, or of too many.
  absl::Status Add(DictionaryTerm term);
  void Build();  // after the last Add, before Find

  std::vector<TermMatch> Find(const std::vector<Token>& tokens, Language language) const;

  const std::vector<DictionaryTerm>& terms() const { return terms_; }

  std::vector<DictionaryTerm>& terms() { return terms_; }

  const std::string& sha256() const { return sha256_; }  // of the file, hexadecimal

 private:
  struct Node {
    std::uint32_t fail = 0, depth = 0;
    std::uint32_t output = 0;         // the nearest node on the fail path that ends a term
    std::vector<std::uint32_t> ends;  // terms, one or several languages
  };

  // A word's number, 0 if no term has it.
  std::uint32_t WordOf(const std::string& folded) const;
  std::uint32_t Step(std::uint32_t node, std::uint32_t word) const;

  std::vector<DictionaryTerm> terms_;
  std::vector<Node> nodes_{Node()};
  std::unordered_map<std::string, std::uint32_t> words_;
  std::unordered_map<std::uint64_t, std::uint32_t> edges_;  // node and word to node
  std::string sha256_;
};

}  // namespace essaim::text
