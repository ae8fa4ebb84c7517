#include "text/term_dictionary.h"

#include <algorithm>
#include <deque>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "text/fold.h"
#include "warehouse/row_source.h"

namespace essaim::text {
namespace {

// Without a plural's ending, in the dictionary and in the text alike.
std::string Singular(const std::string& folded) {
  constexpr std::size_t kLettersMin = 4;
  const bool plural =
      folded.size() >= kLettersMin && (folded.back() == 's' || folded.back() == 'x');
  return plural ? folded.substr(0, folded.size() - 1) : folded;
}

// Marks between the words of one term; others end it.
bool IsWithin(const Token& token) { return token.Is("-") || token.Is("'") || token.Is("/"); }

std::uint64_t Edge(std::uint32_t node, std::uint32_t word) {
  return static_cast<std::uint64_t>(node) << 32 | word;
}

}  // namespace

absl::Status TermDictionary::Add(DictionaryTerm term) {
  std::vector<std::string> words;
  for (const Token& token : Tokenize(term.text)) {
    if (token.is_word() || token.is_number()) words.push_back(Singular(token.folded));
  }
  if (words.empty()) return absl::InvalidArgumentError("a term without a word");
  if (words.size() > kWordsMax)
    return absl::InvalidArgumentError(absl::StrCat("a term of more than ", kWordsMax, " words"));
  if (terms_.size() >= kTermsMax)
    return absl::ResourceExhaustedError(absl::StrCat("more than ", kTermsMax, " terms"));
  std::uint32_t node = 0;
  for (const std::string& word : words) {
    const std::uint32_t number =
        words_.try_emplace(word, static_cast<std::uint32_t>(words_.size() + 1)).first->second;
    const auto [edge, is_new] =
        edges_.try_emplace(Edge(node, number), static_cast<std::uint32_t>(nodes_.size()));
    if (is_new) nodes_.push_back({.depth = nodes_[node].depth + 1});
    node = edge->second;
  }
  nodes_[node].ends.push_back(static_cast<std::uint32_t>(terms_.size()));
  terms_.push_back(std::move(term));
  return absl::OkStatus();
}

void TermDictionary::Build() {
  // Breadth first: a node's fail is one that is shorter.
  std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> children(nodes_.size());
  for (const auto& [edge, to] : edges_)
    children[edge >> 32].emplace_back(static_cast<std::uint32_t>(edge), to);
  std::deque<std::uint32_t> queue{0};
  while (!queue.empty()) {
    const std::uint32_t node = queue.front();
    queue.pop_front();
    for (const auto& [word, to] : children[node]) {
      nodes_[to].fail = node == 0 ? 0 : Step(nodes_[node].fail, word);
      const std::uint32_t fail = nodes_[to].fail;
      nodes_[to].output = nodes_[fail].ends.empty() ? nodes_[fail].output : fail;
      queue.push_back(to);
    }
  }
}

std::uint32_t TermDictionary::WordOf(const std::string& folded) const {
  const auto at = words_.find(Singular(folded));
  return at == words_.end() ? 0 : at->second;
}

std::uint32_t TermDictionary::Step(std::uint32_t node, std::uint32_t word) const {
  if (word == 0) return 0;
  while (true) {
    const auto edge = edges_.find(Edge(node, word));
    if (edge != edges_.end()) return edge->second;
    if (node == 0) return 0;
    node = nodes_[node].fail;
  }
}

std::vector<TermMatch> TermDictionary::Find(const std::vector<Token>& tokens,
                                            Language language) const {
  std::vector<TermMatch> found;
  std::vector<std::size_t> words;  // tokens that are words, of the run in hand
  std::uint32_t node = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (!token.is_word() && !token.is_number()) {
      // A line's end may stand inside a term, an empty line not.
      const bool line =
          token.kind == Token::Kind::kBreak && i > 0 && tokens[i - 1].kind != Token::Kind::kBreak;
      if (!line && !IsWithin(token)) node = 0;
      continue;
    }
    words.push_back(i);
    node = Step(node, WordOf(token.folded));
    for (std::uint32_t n = node; n != 0; n = nodes_[n].output) {
      for (const std::uint32_t term : nodes_[n].ends) {
        if (!terms_[term].any_language && terms_[term].language != language) continue;
        found.push_back(
            {.term = term, .begin = words[words.size() - nodes_[n].depth], .end = i + 1});
        break;
      }
    }
  }
  std::ranges::sort(found, [](const TermMatch& a, const TermMatch& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
  });
  std::vector<TermMatch> kept;
  for (const TermMatch& match : found) {
    if (kept.empty() || match.begin >= kept.back().end) kept.push_back(match);
  }
  return kept;
}

absl::StatusOr<TermDictionary> TermDictionary::Load(const std::string& path) {
  ESSAIM_ASSIGN_OR_RETURN(const std::unique_ptr<RowSource> source, OpenRowSource(path, nullptr));
  const std::vector<std::string>& header = source->header();
  const auto column = [&](std::initializer_list<std::string_view> names) {
    for (std::size_t c = 0; c < header.size(); ++c) {
      if (std::ranges::find(names, Fold(header[c])) != names.end()) return c;
    }
    return header.size();
  };
  const std::size_t term = column({"term", "terme"}), id = column({"concept_id"}),
                    vocabulary = column({"vocabulary", "vocabulary_id", "vocabulaire"}),
                    code = column({"code", "concept_code"}),
                    language = column({"language", "langue"});
  const std::size_t none = header.size();
  if (term == none || (id == none && (vocabulary == none || code == none)))
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": line 1: expected the columns term, and concept_id or vocabulary and code"));
  TermDictionary dictionary;
  while (true) {
    const absl::StatusOr<CsvScanner::Event> event = source->Next();
    if (!event.ok())
      return absl::Status(event.status().code(),
                          absl::StrCat(path, ": ", event.status().message()));
    if (*event == CsvScanner::Event::kEnd) break;
    const auto fault = [&](std::string_view why) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": line ", source->line(), ": ", std::string(why)));
    };
    if (*event == CsvScanner::Event::kBad) return fault(source->reason());
    const auto cell = [&](std::size_t c) {
      return c == none ? std::string() : std::string(source->cells()[c]);
    };
    DictionaryTerm entry{.text = cell(term), .vocabulary = cell(vocabulary), .code = cell(code)};
    if (!cell(id).empty() &&
        (!absl::SimpleAtoi(cell(id), &entry.concept_id) || entry.concept_id <= 0))
      return fault("column 'concept_id': expected a concept's number");
    if (entry.concept_id == 0 && (entry.vocabulary.empty() || entry.code.empty()))
      return fault("expected a concept_id, or a vocabulary and a code");
    const std::string said = Fold(cell(language));
    if (!said.empty() && !said.starts_with("fr") && !said.starts_with("en"))
      return fault("column 'language': expected fr, en or nothing");
    entry.any_language = said.empty();
    entry.language = said.starts_with("en") ? Language::kEnglish : Language::kFrench;
    const absl::Status added = dictionary.Add(std::move(entry));
    if (!added.ok()) return fault(std::string(added.message()));
  }
  if (dictionary.terms_.empty())
    return absl::InvalidArgumentError(absl::StrCat(path, ": no term in it"));
  dictionary.sha256_ = source->Sha256Hex();
  dictionary.Build();
  return dictionary;
}

}  // namespace essaim::text
