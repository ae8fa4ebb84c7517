// Recall and precision of de-identification on texts whose identifying parts are marked.
//
// A labelled text has "{{NOM:Jean Dupont}}" where a name stands; tags as identifying.h has them. A
// file of them has one JSON object a line: text, and of the note's person family_name, given_names,
// birth_date, address, postcode, phone, email, identifiers.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/identity.h"
#include "text/identifying.h"

namespace essaim::text {

struct LabelledText {
  std::string text;  // without the marks
  std::vector<Span> spans;
  std::vector<Identity> persons;
};

// kInvalidArgument: a mark that does not end, or of no known tag.
absl::StatusOr<LabelledText> ReadLabelled(std::string_view marked);
// kInvalidArgument with the line; kNotFound.
absl::StatusOr<std::vector<LabelledText>> ReadLabelledFile(const std::string& path);

struct ClassMeasure {
  std::size_t n_labelled = 0;  // spans in the labels
  std::size_t n_hidden = 0;    // of those: every letter and digit was replaced, whatever the tag
  std::size_t n_same = 0;      // of those: replaced under the label's own tag
  std::size_t n_found = 0;     // spans found of the class
  std::size_t n_right = 0;     // of those: they touch a label of any class
};

struct Measure {
  std::array<ClassMeasure, kIdentifyingKinds> classes;
  std::size_t n_texts = 0, n_words = 0;
  std::size_t n_words_lost = 0;            // words outside the labels that were replaced
  std::vector<std::string> missed, wrong;  // examples, the first thousand: of made-up data alone
};

// With what the site knows of each person, or by rules and lists alone.
Measure MeasureDeidentification(const std::vector<LabelledText>& texts, bool with_identities);

}  // namespace essaim::text
