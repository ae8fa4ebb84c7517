#include "text/deidentify.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "text/finders.h"
#include "text/word_lists.h"

namespace essaim::text {

void KnownNames::AddPerson(std::string_view family_name, std::string_view given_names) {
  for (const Token& token : Tokenize(family_name)) {
    if (token.is_word() && token.folded.size() >= 3) family_.insert(token.folded);
  }
  for (const Token& token : Tokenize(given_names)) {
    if (token.is_word() && token.folded.size() >= 3) given_.insert(token.folded);
  }
}

void KnownNames::AddHospital(std::string_view name) {
  constexpr std::size_t kHospitalsMax = 100'000;
  std::vector<std::string> words;
  std::string key;
  for (Token& token : Tokenize(name)) {
    if (!token.is_word() && !token.is_number()) continue;
    absl::StrAppend(&key, token.folded, " ");
    words.push_back(std::move(token.folded));
  }
  // What follows the name as registers write it is left out in notes.
  while (words.size() > 2 && InList(words.back(), "inc llc corporation corp ltd pc"))
    words.pop_back();
  if (words.size() < 2 || hospital_keys_.size() >= kHospitalsMax) return;
  if (hospital_keys_.insert(key).second) hospitals_[words[0]].push_back(words);
}

const std::vector<std::vector<std::string>>& KnownNames::HospitalsFrom(
    const std::string& folded) const {
  static const auto* const kNone = new std::vector<std::vector<std::string>>();
  const auto at = hospitals_.find(folded);
  return at == hospitals_.end() ? *kNone : at->second;
}

std::vector<Span> FindIdentifying(std::string_view text, std::span<const Identity> persons,
                                  const KnownNames& known) {
  NoteText note(text);
  FindMailAndUrls(note);
  FindNumbers(note);
  FindDates(note);
  FindOwn(note, persons);
  FindAddresses(note);
  FindHospitals(note, known);
  FindNames(note, known);
  FindTowns(note);
  return note.Spans();
}

std::string ReplaceSpans(std::string_view text, const std::vector<Span>& spans) {
  std::string out;
  std::size_t at = 0;
  for (const Span& span : spans) {
    absl::StrAppend(&out, Av(text.substr(at, span.begin - at)), "[", Av(TagOf(span.kind)), "]");
    at = span.end;
  }
  absl::StrAppend(&out, Av(text.substr(std::min(at, text.size()))));
  return out;
}

}  // namespace essaim::text
