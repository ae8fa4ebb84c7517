// The files of a linkage: whatever arrives, what is read is written as it was.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "linkage/encoding_file.h"
#include "linkage/shared_count.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto encodings = essaim::linkage::ReadEncodings(bytes);
  if (encodings.ok()) ESSAIM_CHECK(essaim::linkage::WriteEncodings(*encodings) == bytes);
  const auto links = essaim::linkage::ReadLinks(bytes);
  if (links.ok()) {
    const auto again = essaim::linkage::ReadLinks(essaim::linkage::WriteLinks(*links));
    ESSAIM_CHECK(again.ok() && again->links.size() == links->links.size());
  }
  const auto question = essaim::linkage::ReadCountQuestion(bytes);
  if (question.ok()) ESSAIM_CHECK(question->elements.size() <= size / 32);
  const auto answer = essaim::linkage::ReadCountAnswer(bytes);
  if (answer.ok()) ESSAIM_CHECK(answer->own.size() + answer->asked.size() <= size / 32);
  return 0;
}
