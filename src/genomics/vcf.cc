#include "genomics/vcf.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "warehouse/csv_scanner.h"

namespace essaim::genomics {
namespace {

constexpr std::size_t kFixedColumns = 8, kGenotypeAllelesMax = 64;

absl::Status Wrong(const char* what) { return absl::InvalidArgumentError(what); }

// The next part before `separator`; false if there is none left.
bool NextPart(std::string_view& rest, bool& more, char separator, std::string_view& part) {
  if (!more) return false;
  const std::size_t at = rest.find(separator);
  part = rest.substr(0, at);
  more = at != std::string_view::npos;
  if (more) rest.remove_prefix(at + 1);
  return true;
}

std::string_view OrEmpty(std::string_view text) { return text == "." ? std::string_view() : text; }

bool IsReference(std::string_view text) {
  return !text.empty() && text.size() <= kAlleleBytesMax && std::ranges::all_of(text, [](char c) {
    return std::string_view("ACGTNacgtnRYSWKMBDHVryswkmbdhv").find(c) != std::string_view::npos;
  });
}

bool IsAlternate(std::string_view text) {
  return !text.empty() && text.size() <= kAlleleBytesMax &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

absl::Status ReadColumns(std::string_view line, std::size_t n_samples, VcfRecord& record) {
  std::string_view part;
  bool more = true;
  std::string_view* const texts[] = {&record.chromosome, nullptr, &record.id, &record.reference};
  for (std::size_t c = 0; c < kFixedColumns + (n_samples > 0 ? 1 + n_samples : 0); ++c) {
    if (!NextPart(line, more, '\t', part)) return Wrong("fewer columns than the header has");
    if (c < 4 && texts[c] != nullptr) *texts[c] = part;
    if (c == 1 && (!absl::SimpleAtoi(Av(part), &record.position) || record.position < 0 ||
                   record.position > 0x7fffffff))
      return Wrong("POS: a whole number was expected");
    if (c == 4) {
      std::string_view alternate;
      for (bool left = true; NextPart(part, left, ',', alternate);) {
        if (record.alternates.size() >= kAllelesMax) return Wrong("ALT: too many alleles");
        record.alternates.push_back(alternate);
      }
    }
    double quality = 0;
    if (c == 5 && part != ".") {
      if (!absl::SimpleAtod(Av(part), &quality) || std::isnan(quality))
        return Wrong("QUAL: a number was expected");
      record.quality = quality;
    }
    if (c == 6) record.filter = OrEmpty(part);
    if (c == 7) record.info = OrEmpty(part);
    if (c == 8) {
      std::string_view key;
      for (bool left = true; NextPart(part, left, ':', key);) {
        if (record.format.size() >= kAllelesMax) return Wrong("FORMAT: too many keys");
        record.format.push_back(key);
      }
    }
    if (c > 8) record.samples.push_back(part);
  }
  return more ? Wrong("more columns than the header has") : absl::OkStatus();
}

}  // namespace

absl::Status VcfHeader::Take(std::string_view line) {
  if (++n_lines_ > kMetaLinesMax) return Wrong("the header has too many lines");
  if (!IsCleanUtf8(line)) return Wrong("bytes that are no UTF-8");
  if (n_lines_ == 1) {
    constexpr std::string_view kFormat = "##fileformat=VCFv";
    if (!line.starts_with(kFormat))
      return Wrong("the first line: ##fileformat=VCFv4.x was expected");
    version_ = line.substr(kFormat.size());
    if (version_.size() != 3 || version_ < "4.0" || version_ > "4.5")
      return Wrong("##fileformat: version 4.0 to 4.5 was expected");
    return absl::OkStatus();
  }
  if (line.starts_with("##")) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return Wrong("a line of the header without '='");
    values_.emplace_back(line.substr(2, equals - 2), line.substr(equals + 1));
    return absl::OkStatus();
  }
  const std::vector<std::string> columns = absl::StrSplit(Av(line), '\t');
  static constexpr const char* kColumns[] = {"#CHROM", "POS",  "ID",     "REF",
                                             "ALT",    "QUAL", "FILTER", "INFO"};
  if (columns.size() < kFixedColumns ||
      !std::equal(std::begin(kColumns), std::end(kColumns), columns.begin()))
    return Wrong("#CHROM POS ID REF ALT QUAL FILTER INFO were expected, tabs between them");
  if (columns.size() > kFixedColumns && columns[kFixedColumns] != "FORMAT")
    return Wrong("#CHROM: FORMAT was expected before the samples");
  for (std::size_t c = kFixedColumns + 1; c < columns.size(); ++c) samples_.push_back(columns[c]);
  if (samples_.size() > kSamplesMax) return Wrong("#CHROM: too many samples");
  const std::set<std::string_view> names(samples_.begin(), samples_.end());
  if (names.size() != samples_.size()) return Wrong("#CHROM: two samples of one name");
  for (const std::string& name : samples_) {
    if (name.empty()) return Wrong("#CHROM: a sample without a name");
  }
  complete_ = true;
  return absl::OkStatus();
}

std::string_view VcfHeader::Value(std::string_view key) const {
  const auto at = std::ranges::find(values_, key, &std::pair<std::string, std::string>::first);
  return at == values_.end() ? std::string_view() : std::string_view(at->second);
}

std::vector<std::string> VcfHeader::PartsOf(std::string_view info) const {
  const std::string id = absl::StrCat("<ID=", Av(info), ",");
  for (const auto& [key, value] : values_) {
    constexpr std::string_view kMark = "Format: ";
    const std::size_t at = value.find(kMark);
    if (key != "INFO" || !value.starts_with(id) || at == std::string::npos) continue;
    const std::size_t begin = at + kMark.size(), end = value.find('"', begin);
    return absl::StrSplit(value.substr(begin, end - begin), '|');
  }
  return {};
}

std::string VcfHeader::Bare() const {
  std::string text = absl::StrCat("##fileformat=VCFv", version_, "\n");
  for (const char* key : {"reference", "assembly", "contig"}) {
    if (const std::string_view value = Value(key); !value.empty())
      absl::StrAppend(&text, "##", key, "=", Av(value), "\n");
  }
  for (const auto& [key, value] : values_) {
    if (key == "INFO" && value.starts_with("<ID=CSQ,"))
      absl::StrAppend(&text, "##", key, "=", value, "\n");
  }
  absl::StrAppend(&text, "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT");
  for (std::size_t s = 1; s <= samples_.size(); ++s) absl::StrAppend(&text, "\t", s);
  return text + "\n";
}

absl::Status ReadRecord(std::string_view line, std::size_t n_samples, VcfRecord& record) {
  record = {};
  if (!IsCleanUtf8(line)) return Wrong("bytes that are no UTF-8");
  ESSAIM_RETURN_IF_ERROR(ReadColumns(line, n_samples, record));
  if (record.chromosome.empty() || record.chromosome.size() > 100 ||
      !IsAlternate(record.chromosome))
    return Wrong("CHROM: a name without blanks was expected");
  if (!IsReference(record.reference)) return Wrong("REF: bases were expected");
  if (record.alternates.size() == 1 && record.alternates[0] == ".") record.alternates.clear();
  for (const std::string_view alternate : record.alternates) {
    if (!IsAlternate(alternate)) return Wrong("ALT: alleles were expected");
  }
  record.id = OrEmpty(record.id);
  return absl::OkStatus();
}

std::optional<std::string_view> VcfRecord::Info(std::string_view key) const {
  std::string_view rest = info, part;
  for (bool more = !info.empty(); NextPart(rest, more, ';', part);) {
    if (!part.starts_with(key)) continue;
    if (part.size() == key.size()) return std::string_view();
    if (part[key.size()] == '=') return part.substr(key.size() + 1);
  }
  return std::nullopt;
}

std::string_view VcfRecord::Of(std::size_t sample, std::string_view key) const {
  std::string_view rest = samples[sample], part;
  bool more = true;
  for (const std::string_view name : format) {
    if (!NextPart(rest, more, ':', part)) return {};  // trailing values may be left out
    if (name == key) return OrEmpty(part);
  }
  return {};
}

absl::StatusOr<Genotype> ReadGenotype(std::string_view text, std::size_t n_alternates) {
  Genotype genotype;
  // Version 4.4 may say of the first allele too whether it is phased.
  if (text.size() > 1 && (text[0] == '/' || text[0] == '|')) {
    genotype.phased = text[0] == '|';
    text.remove_prefix(1);
  }
  while (true) {
    const std::size_t at = text.find_first_of("/|");
    const std::string_view part = text.substr(0, at);
    int allele = -1;
    if (part != "." && (!absl::SimpleAtoi(Av(part), &allele) || allele < 0 ||
                        static_cast<std::size_t>(allele) > n_alternates))
      return Wrong("GT: an allele of the record was expected");
    if (genotype.alleles.size() >= kGenotypeAllelesMax) return Wrong("GT: too many alleles");
    genotype.alleles.push_back(allele);
    if (at == std::string_view::npos) return genotype;
    if (text[at] == '|') genotype.phased = true;
    text.remove_prefix(at + 1);
  }
}

}  // namespace essaim::genomics
