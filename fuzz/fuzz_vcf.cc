// VCF files: whatever they hold, lines are read or refused with a reason, and names by HGVS are
// made of what was read.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "genomics/hgvs.h"
#include "genomics/variant_reader.h"
#include "genomics/vcf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto next = [&] {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return line;
  };
  essaim::genomics::VcfHeader header;
  while (!header.complete()) {
    if (rest.empty() || !header.Take(next()).ok()) return 0;
  }
  std::vector<essaim::genomics::Sample> samples(header.samples().size());
  for (auto& sample : samples) sample.procedure_occurrence_id = 1;
  essaim::genomics::VariantReader reader(header, samples, nullptr);
  while (!rest.empty()) {
    const std::string_view line = next();
    ESSAIM_CHECK(reader.Take(line).ok());
    essaim::genomics::VcfRecord record;
    if (!essaim::genomics::ReadRecord(line, samples.size(), record).ok()) continue;
    ESSAIM_CHECK(record.samples.size() == samples.size());
    for (const std::string_view alternate : record.alternates) {
      const auto name = essaim::genomics::NameOf({.chromosome = record.chromosome,
                                                  .position = record.position,
                                                  .reference = record.reference,
                                                  .alternate = alternate},
                                                 "GRCh38");
      ESSAIM_CHECK(!name.kind.empty());
    }
  }
  return 0;
}
