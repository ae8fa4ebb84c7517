// De-identification of the labelled sets, over and over: megabytes of text a second of one
// processor, by rules and lists alone.
//
// usage: text_bench [rounds]
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/check.h"
#include "bench/measure.h"
#include "text/deidentify.h"
#include "text/measure.h"

namespace essaim::text {
namespace {

void Run(std::size_t rounds) {
  std::vector<LabelledText> texts;
  for (const char* name : {"development", "held_out", "held_out_second"}) {
    auto set =
        ReadLabelledFile(std::string(ESSAIM_SOURCE_DIR) + "/tests/data/text/" + name + ".ndjson");
    ESSAIM_CHECK(set.ok());
    for (LabelledText& text : *set) texts.push_back(std::move(text));
  }
  const KnownNames nobody;
  std::size_t n_bytes = 0, n_spans = 0;
  FindIdentifying(texts[0].text, {}, nobody);  // the lists are read once
  const Stretch stretch;
  for (std::size_t round = 0; round < rounds; ++round) {
    for (const LabelledText& text : texts) {
      n_bytes += text.text.size();
      n_spans += FindIdentifying(text.text, {}, nobody).size();
    }
  }
  const double seconds = stretch.CpuSeconds();
  std::printf("%zu notes of %.0f bytes, %zu parts found: %.1f MB/s, %.0f notes/s\n", texts.size(),
              static_cast<double>(n_bytes) / static_cast<double>(rounds * texts.size()),
              n_spans / rounds, static_cast<double>(n_bytes) / 1e6 / seconds,
              static_cast<double>(rounds * texts.size()) / seconds);
}

}  // namespace
}  // namespace essaim::text

int main(int argc, char** argv) {
  essaim::text::Run(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100);
  return 0;
}
