// What the site knows of the note's own person, wherever it stands and however it is written.
#include <algorithm>
#include <set>
#include <string>

#include "text/finders.h"
#include "text/fold.h"
#include "text/word_lists.h"

namespace essaim::text {
namespace {

// True if at most one letter is changed, left out, added or swapped with its neighbour.
bool OneTypo(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1) return false;
  std::size_t head = 0;
  while (head < a.size() && a[head] == b[head]) ++head;
  const std::string_view ra = a.substr(head), rb = b.substr(head);
  if (ra.empty()) return true;
  if (a.size() == b.size()) {
    if (ra.substr(1) == rb.substr(1)) return true;
    return ra.size() > 1 && ra[0] == rb[1] && ra[1] == rb[0] && ra.substr(2) == rb.substr(2);
  }
  return ra == rb.substr(1);
}

struct OwnWords {
  std::set<std::string> names, places;            // folded words
  std::vector<std::vector<std::string>> streets;  // sequences of words and numbers
  std::set<std::string> codes;  // identifiers and phones: letters and digits alone
};

std::string Plain(std::string_view text) {
  std::string out;
  for (const Token& token : Tokenize(text)) {
    if (token.is_word() || token.is_number()) out += token.folded;
  }
  return out;
}

void AddAddress(std::string_view address, OwnWords& own) {
  while (!address.empty()) {
    const std::size_t comma = std::min(address.find(','), address.size());
    std::vector<std::string> words;
    for (Token& token : Tokenize(address.substr(0, comma))) {
      if (token.is_word() || token.is_number()) words.push_back(std::move(token.folded));
    }
    address.remove_prefix(std::min(comma + 1, address.size()));
    if (words.size() == 1 && words[0].size() >= 3) own.places.insert(words[0]);
    if (words.size() >= 2) own.streets.push_back(std::move(words));
  }
}

OwnWords WordsOf(std::span<const Identity> persons) {
  constexpr std::size_t kCodeBytesMin = 4;
  OwnWords own;
  for (const Identity& person : persons) {
    for (const std::string* name : {&person.family_name, &person.given_names}) {
      for (const Token& token : Tokenize(*name)) {
        if (token.is_word() && token.folded.size() >= 2 &&
            !InList(token.folded,
                    "de du la le les des van von der den el al ben di da jr sr iii ii"))
          own.names.insert(token.folded);
      }
    }
    for (const std::string* code : {&person.value, &person.postcode}) {
      std::string plain = Plain(*code);
      if (plain.size() >= kCodeBytesMin) own.codes.insert(std::move(plain));
    }
    AddAddress(person.address, own);
  }
  return own;
}

std::size_t SequenceEnd(const NoteText& note, std::size_t i,
                        const std::vector<std::string>& words) {
  std::size_t n = 0;
  for (std::size_t at = i; at < i + 2 * words.size() + 2; ++at) {
    if (note[at].folded == words[n]) {
      if (++n == words.size()) return at + 1;
    } else if (note[at].is_word() || note[at].is_number()) {
      return 0;
    }
  }
  return 0;
}

// A code's letters and digits over marks and blanks, whole tokens.
std::size_t CodeEnd(const NoteText& note, std::size_t i, const std::string& code) {
  if (code.compare(0, note[i].folded.size(), note[i].folded) != 0) return 0;
  std::size_t done = 0;
  for (std::size_t at = i; at < i + 24 && at < note.size(); ++at) {
    const Token& token = note[at];
    if (!token.is_word() && !token.is_number()) continue;
    if (code.compare(done, token.folded.size(), token.folded) != 0) return 0;
    done += token.folded.size();
    if (done == code.size()) return at + 1;
  }
  return 0;
}

bool IsOwnName(const NoteText& note, std::size_t i, const OwnWords& own) {
  const Token& token = note[i];
  const std::string& word = token.folded;
  const bool capital = token.capital && !(note.CapsLine(i) && IsCommonWord(word));
  if (own.names.contains(word)) {
    // A name that is a word of everyday counts in capitals, or beside another of the names.
    const bool near = (i > 0 && own.names.contains(note[i - 1].folded)) ||
                      own.names.contains(note[i + 1].folded) ||
                      (note[i + 1].Is("-") && own.names.contains(note[i + 2].folded));
    return capital || near || (!IsCommonWord(word) && word.size() >= 3);
  }
  if (word.size() < 5 || IsCommonWord(word) || LooksMedical(word)) return false;
  return std::ranges::any_of(
      own.names, [&](const std::string& name) { return name.size() >= 5 && OneTypo(name, word); });
}

}  // namespace

void FindOwn(NoteText& note, std::span<const Identity> persons) {
  if (persons.empty()) return;
  const OwnWords own = WordsOf(persons);
  for (std::size_t i = 0; i < note.size(); ++i) {
    if (!note[i].is_word() && !note[i].is_number()) continue;
    for (const std::vector<std::string>& street : own.streets) {
      if (const std::size_t end = SequenceEnd(note, i, street); end > 0)
        note.Take(i, end, Identifying::kAddress);
    }
    for (const std::string& code : own.codes) {
      const std::size_t end = CodeEnd(note, i, code);
      if (end == 0) continue;
      const bool postcode = std::ranges::any_of(
          persons, [&](const Identity& person) { return Plain(person.postcode) == code; });
      note.Take(i, end, postcode ? Identifying::kPostcode : Identifying::kPatientId);
    }
    if (!note[i].is_word()) continue;
    if (own.places.contains(note[i].folded) && note[i].capital)
      note.Take(i, i + 1, Identifying::kAddress);
    if (IsOwnName(note, i, own)) note.Take(i, i + 1, Identifying::kName);
  }
}

}  // namespace essaim::text
