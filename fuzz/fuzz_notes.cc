// Notes as they come: a line of NDJSON, bytes of any encoding, dates; and what de-identification
// makes of any text keeps its order and loses nothing but what it tags.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/utf8.h"
#include "text/deidentify.h"
#include "text/fold.h"
#include "text/json_lines.h"
#include "text/language.h"
#include "text/measure.h"
#include "text/note_files.h"
#include "text/surrogate_dates.h"
#include "text/surrogates.h"

namespace {

void CheckSpans(std::string_view text) {
  const essaim::Identity person{.person_id = 1,
                                .system = "",
                                .value = "A-123",
                                .family_name = "Dupont",
                                .given_names = "Anne Rose",
                                .address = "3 rue X, Lyon"};
  const std::vector<essaim::Identity> persons{person};
  std::size_t at = 0;
  const std::vector<essaim::text::Span> spans =
      essaim::text::FindIdentifying(text, persons, essaim::text::KnownNames());
  for (const essaim::text::Span& span : spans) {
    ESSAIM_CHECK(span.begin >= at && span.begin < span.end && span.end <= text.size());
    at = span.end;
  }
  static const essaim::SecretBytes master = essaim::SecretBytes::CopyOf(std::string(32, 'k'));
  static const essaim::DateShift shift(master, "p", {});
  static const essaim::text::Surrogates surrogates(master, "p", "s", &shift);
  ESSAIM_CHECK(spans.empty() == (surrogates.Replace(text, spans, 1) == text));
  const auto moved = essaim::text::MoveWrittenDate(text, 40, true);
  ESSAIM_CHECK(!moved.has_value() || !moved->empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  CheckSpans(bytes);
  bool was_latin1 = false;
  const std::string text = essaim::text::ToUtf8(bytes, was_latin1);
  ESSAIM_CHECK(essaim::Utf8Prefix(text) == text.size());
  CheckSpans(text);
  (void)essaim::text::DetectLanguage(text);
  const auto fields = essaim::text::ReadJsonFields(bytes);
  ESSAIM_CHECK(fields.ok() || !fields.status().message().empty());
  const auto moment = essaim::text::ReadNoteMoment(bytes);
  ESSAIM_CHECK(moment.date.empty() == moment.time.empty());
  ESSAIM_CHECK(moment.date.empty() || moment.date.size() == 10);
  (void)essaim::text::ReadLabelled(bytes);
  return 0;
}
