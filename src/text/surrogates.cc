#include "text/surrogates.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/strings.h"
#include "text/language.h"
#include "text/name_reader.h"
#include "text/surrogate_dates.h"
#include "text/tokens.h"
#include "text/word_lists.h"

namespace essaim::text {
namespace {

SecretBytes KeyOf(const SecretBytes& master, std::string_view project, std::string_view site) {
  return crypto::Hkdf(master.span(), crypto::HashOf("essaim/surrogates", {project, site}),
                      "essaim/surrogates", 32);
}

std::string InCaseOf(std::string_view name, const Token& like) {
  std::string text(name);  // of ASCII: the lists are folded
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (like.all_caps || (like.capital && i == 0)) text[i] = static_cast<char>(text[i] - 'a' + 'A');
  }
  return text;
}

}  // namespace

Surrogates::Surrogates(const SecretBytes& master, std::string_view project, std::string_view site,
                       const DateShift* shift)
    : key_(KeyOf(master, project, site).span()), shift_(shift) {}

std::uint64_t Surrogates::Draw(std::int64_t person_id, std::string_view folded) const {
  ByteWriter w;
  w.U64(static_cast<std::uint64_t>(person_id));
  w.Bytes(folded);
  const auto tag = key_.Tag(w.bytes());
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8 | tag[i];
  return number;
}

std::string Surrogates::NameFor(std::int64_t person_id, std::string_view name) const {
  std::string out;
  std::size_t at = 0;
  for (const Token& t : Tokenize(name)) {
    absl::StrAppend(&out, Av(name.substr(at, t.begin - at)));
    at = t.end;
    const std::string_view raw = name.substr(t.begin, t.end - t.begin);
    if (!t.is_word() || IsParticle(t.folded) || (IsStopper(t.folded) && t.folded.size() > 1)) {
      absl::StrAppend(&out, Av(raw));
      continue;
    }
    const std::uint64_t drawn = Draw(person_id, t.folded);
    if (t.folded.size() == 1) {  // an initial
      const std::string letter(1, static_cast<char>('a' + drawn % 26));
      absl::StrAppend(&out, InCaseOf(letter, t));
      continue;
    }
    const std::vector<std::string_view>& names =
        IsGivenName(t.folded) && !IsFamilyName(t.folded) ? PlainGivenNames() : PlainFamilyNames();
    std::size_t index = drawn % names.size();
    if (names[index] == t.folded) index = (index + 1) % names.size();
    absl::StrAppend(&out, InCaseOf(names[index], t));
  }
  absl::StrAppend(&out, Av(name.substr(at)));
  return out;
}

std::string Surrogates::Replace(std::string_view text, const std::vector<Span>& spans,
                                std::int64_t person_id) const {
  const bool day_first = DetectLanguage(text) == Language::kFrench;
  std::string out;
  std::size_t at = 0;
  for (const Span& span : spans) {
    const std::string_view raw = text.substr(span.begin, span.end - span.begin);
    std::optional<std::string> instead;
    if (span.kind == Identifying::kName) {
      instead = NameFor(person_id, raw);
    } else if (span.kind == Identifying::kDate && shift_ != nullptr) {
      instead = MoveWrittenDate(raw, shift_->DaysOf(person_id), day_first);
    }
    absl::StrAppend(&out, Av(text.substr(at, span.begin - at)), "[", Av(TagOf(span.kind)),
                    instead.has_value() ? ":" : "", instead.value_or(""), "]");
    at = span.end;
  }
  absl::StrAppend(&out, Av(text.substr(std::min(at, text.size()))));
  return out;
}

}  // namespace essaim::text
