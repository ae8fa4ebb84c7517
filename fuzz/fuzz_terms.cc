// Dictionaries of terms, and what is found of them in a text: the first line of the input's second
// half is the text.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/files.h"
#include "text/annotate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t half = bytes.find('\0');
  static const std::string path = "/dev/shm/essaim-fuzz-terms-" + std::to_string(getpid()) + ".csv";
  ESSAIM_CHECK(essaim::WriteFile(path, bytes.substr(0, half)).ok());
  const auto dictionary = essaim::text::TermDictionary::Load(path);
  unlink(path.c_str());
  if (!dictionary.ok()) {
    ESSAIM_CHECK(!dictionary.status().message().empty());
    return 0;
  }
  const std::string_view text = half == std::string_view::npos ? bytes : bytes.substr(half + 1);
  std::size_t last = 0;
  for (const auto& mention :
       essaim::text::FindMentions(text, essaim::text::Language::kFrench, *dictionary)) {
    ESSAIM_CHECK(mention.term < dictionary->terms().size());
    ESSAIM_CHECK(mention.offset >= last && mention.offset <= text.size());
    last = mention.offset;
    ESSAIM_CHECK(!essaim::text::TermModifiers(mention).empty());
  }
  return 0;
}
