#include "text/measure.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "text/deidentify.h"
#include "text/json_lines.h"
#include "text/tokens.h"

namespace essaim::text {
namespace {

constexpr std::size_t kExamplesMax = 1'000;

std::string Field(const JsonFields& fields, std::string_view name) {
  const auto at = fields.find(name);
  return at == fields.end() ? "" : at->second;
}

void AddPersons(const JsonFields& fields, LabelledText& text) {
  Identity person{.person_id = 1,
                  .family_name = Field(fields, "family_name"),
                  .given_names = Field(fields, "given_names"),
                  .birth_date = Field(fields, "birth_date"),
                  .address = Field(fields, "address"),
                  .postcode = Field(fields, "postcode"),
                  .phone = Field(fields, "phone"),
                  .email = Field(fields, "email")};
  if (person.family_name.empty() && person.given_names.empty()) return;
  const std::vector<std::string> values = absl::StrSplit(Field(fields, "identifiers"), '\n');
  for (const std::string& value : values) {
    person.value = value;
    text.persons.push_back(person);
  }
}

// Whether a span of `spans` covers all of the token, and of which kind.
const Span* Covering(const std::vector<Span>& spans, std::size_t begin, std::size_t end) {
  for (const Span& span : spans) {
    if (span.begin <= begin && end <= span.end) return &span;
  }
  return nullptr;
}

void Compare(const LabelledText& text, const std::vector<Span>& found, Measure& measure) {
  const std::vector<Token> tokens = Tokenize(text.text);
  for (const Span& label : text.spans) {
    ClassMeasure& c = measure.classes[static_cast<std::size_t>(label.kind)];
    ++c.n_labelled;
    bool hidden = true, same = true;
    for (const Token& t : tokens) {
      if (t.begin < label.begin || t.end > label.end || (!t.is_word() && !t.is_number())) continue;
      const Span* by = Covering(found, t.begin, t.end);
      hidden = hidden && by != nullptr;
      same = same && by != nullptr && by->kind == label.kind;
    }
    c.n_hidden += hidden ? 1 : 0;
    c.n_same += hidden && same ? 1 : 0;
    if (!hidden && measure.missed.size() < kExamplesMax) {
      measure.missed.push_back(absl::StrCat(Av(TagOf(label.kind)), ": ",
                                            text.text.substr(label.begin, label.end - label.begin),
                                            "  <<  ", ReplaceSpans(text.text, found)));
    }
  }
  for (const Span& span : found) {
    ClassMeasure& c = measure.classes[static_cast<std::size_t>(span.kind)];
    ++c.n_found;
    const bool right = std::ranges::any_of(text.spans, [&](const Span& label) {
      return label.begin < span.end && span.begin < label.end;
    });
    c.n_right += right ? 1 : 0;
    if (!right && measure.wrong.size() < kExamplesMax) {
      measure.wrong.push_back(absl::StrCat(Av(TagOf(span.kind)), ": ",
                                           text.text.substr(span.begin, span.end - span.begin),
                                           "  <<  ", text.text));
    }
  }
  for (const Token& t : tokens) {
    if (!t.is_word() || Covering(text.spans, t.begin, t.end) != nullptr) continue;
    ++measure.n_words;
    measure.n_words_lost += Covering(found, t.begin, t.end) != nullptr ? 1 : 0;
  }
}

}  // namespace

absl::StatusOr<LabelledText> ReadLabelled(std::string_view marked) {
  LabelledText out;
  while (true) {
    const std::size_t open = marked.find("{{");
    absl::StrAppend(&out.text, Av(marked.substr(0, open)));
    if (open == std::string_view::npos) return out;
    const std::size_t close = marked.find("}}", open), colon = marked.find(':', open);
    if (close == std::string_view::npos || colon > close)
      return absl::InvalidArgumentError("a mark that does not end: expected {{TAG:text}}");
    const auto kind = KindOfTag(marked.substr(open + 2, colon - open - 2));
    if (!kind.has_value()) return absl::InvalidArgumentError("a mark of no known tag");
    const std::string_view inner = marked.substr(colon + 1, close - colon - 1);
    out.spans.push_back(
        {.begin = out.text.size(), .end = out.text.size() + inner.size(), .kind = *kind});
    absl::StrAppend(&out.text, Av(inner));
    marked.remove_prefix(close + 2);
  }
}

absl::StatusOr<std::vector<LabelledText>> ReadLabelledFile(const std::string& path) {
  ESSAIM_ASSIGN_OR_RETURN(const std::unique_ptr<LineReader> lines,
                          LineReader::Open(path, kJsonLineBytesMax));
  std::vector<LabelledText> texts;
  std::string_view line;
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(const bool some, NextJsonLine(*lines, line));
    if (!some) return texts;
    absl::StatusOr<JsonFields> fields = ReadJsonFields(line);
    absl::StatusOr<LabelledText> text =
        fields.ok() ? ReadLabelled(Field(*fields, "text")) : fields.status();
    if (!text.ok())
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": line ", lines->n_lines(), ": ", text.status().message()));
    AddPersons(*fields, *text);
    texts.push_back(*std::move(text));
  }
}

Measure MeasureDeidentification(const std::vector<LabelledText>& texts, bool with_identities) {
  Measure measure;
  KnownNames known;
  if (with_identities) {
    for (const LabelledText& text : texts) {
      for (const Identity& person : text.persons)
        known.AddPerson(person.family_name, person.given_names);
    }
  }
  const std::vector<Identity> nobody;
  for (const LabelledText& text : texts) {
    ++measure.n_texts;
    Compare(text, FindIdentifying(text.text, with_identities ? text.persons : nobody, known),
            measure);
  }
  return measure;
}

}  // namespace essaim::text
