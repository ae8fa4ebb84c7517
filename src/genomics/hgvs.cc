#include "genomics/hgvs.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/strings.h"

namespace essaim::genomics {
namespace {

// The versions of NC_000001 to NC_000024 in NCBI's assemblies GCF_000001405.25 and .26.
constexpr int kGrch37[] = {10, 11, 11, 11, 9,  11, 13, 10, 11, 10, 9,  11,
                           10, 8,  9,  9,  10, 9,  9,  10, 8,  10, 10, 9};
constexpr int kGrch38[] = {11, 12, 12, 12, 10, 12, 14, 11, 12, 11, 10, 12,
                           11, 9,  10, 10, 11, 10, 10, 11, 9,  11, 11, 10};

bool IsMitochondrial(std::string_view name) { return name == "M" || name == "MT"; }

std::string_view Bare(std::string_view chromosome) {
  if (chromosome.size() > 3 && absl::EqualsIgnoreCase(Av(chromosome.substr(0, 3)), "chr"))
    chromosome.remove_prefix(3);
  return chromosome;
}

bool IsBases(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return std::string_view("ACGTN").find(c) != std::string_view::npos;
  });
}

std::string ReverseComplement(std::string_view bases) {
  std::string out(bases.rbegin(), bases.rend());
  for (char& c : out) {
    const std::size_t at = std::string_view("ACGTN").find(c);
    c = "TGCAN"[at];
  }
  return out;
}

// "12" or "12_15".
std::string Range(std::int64_t first, std::int64_t last) {
  return first == last ? absl::StrCat(first) : absl::StrCat(first, "_", last);
}

struct Change {
  std::string text, kind;
};

Change Inserted(std::string_view before, std::int64_t next, std::string_view bases) {
  const auto n = static_cast<std::int64_t>(bases.size());
  if (before.ends_with(bases))
    return {absl::StrCat(Range(next - n, next - 1), "dup"), "duplication"};
  if (next <= 1) return {"", "insertion"};  // before the first base there is no place to name
  return {absl::StrCat(next - 1, "_", next, "ins", Av(bases)), "insertion"};
}

Change OfBases(std::int64_t position, std::string_view reference, std::string_view alternate) {
  if (reference == alternate)
    return {absl::StrCat(
                Range(position, position + static_cast<std::int64_t>(reference.size()) - 1), "="),
            "no change"};
  const auto differs = std::ranges::mismatch(reference, alternate);
  const auto n_front = static_cast<std::size_t>(differs.in1 - reference.begin());
  const std::string_view before = reference.substr(0, n_front);
  std::string_view from = reference.substr(n_front), to = alternate.substr(n_front);
  while (!from.empty() && !to.empty() && from.back() == to.back()) {
    from.remove_suffix(1);
    to.remove_suffix(1);
  }
  const std::int64_t first = position + static_cast<std::int64_t>(n_front);
  const std::int64_t last = first + static_cast<std::int64_t>(from.size()) - 1;
  if (from.empty()) return Inserted(before, first, to);
  if (to.empty()) return {absl::StrCat(Range(first, last), "del"), "deletion"};
  if (from.size() == 1 && to.size() == 1)
    return {absl::StrCat(first, Av(from), ">", Av(to)), "SNV"};
  if (from.size() == to.size() && to == ReverseComplement(from))
    return {absl::StrCat(Range(first, last), "inv"), "inversion"};
  return {absl::StrCat(Range(first, last), "delins", Av(to)), "indel"};
}

// Of <DEL> and its like the record's base is the one before the change (VCF 4.3, section 1.6.1).
Change OfSymbol(std::int64_t position, std::string_view symbol, std::int64_t end) {
  static constexpr struct {
    std::string_view symbol, word, kind;
  } kSymbols[] = {
      {"DEL", "del", "deletion"}, {"DUP", "dup", "duplication"}, {"INV", "inv", "inversion"}};

  for (const auto& entry : kSymbols) {
    const bool same = symbol == entry.symbol ||
                      (symbol.starts_with(entry.symbol) && symbol[entry.symbol.size()] == ':');
    if (!same) continue;
    if (end <= position) return {"", std::string(entry.kind)};
    return {absl::StrCat(Range(position + 1, end), Av(entry.word)), std::string(entry.kind)};
  }
  return {"", absl::StrCat("<", Av(symbol), ">")};
}

}  // namespace

std::string_view AssemblyOf(std::string_view reference) {
  const std::string text = absl::AsciiStrToLower(Av(reference));
  for (const char* word : {"grch38", "hg38", "b38"}) {
    if (absl::StrContains(text, word)) return "GRCh38";
  }
  for (const char* word : {"grch37", "hg19", "b37", "hs37", "g1k_v37"}) {
    if (absl::StrContains(text, word)) return "GRCh37";
  }
  return {};
}

std::string AccessionOf(std::string_view chromosome, std::string_view assembly) {
  if (assembly != "GRCh37" && assembly != "GRCh38") return "";
  const std::string_view name = Bare(chromosome);
  // UCSC's hg19 calls another sequence chrM (NC_001807): with GRCh37, only MT is sure.
  if (IsMitochondrial(name)) return assembly == "GRCh37" && name == "M" ? "" : "NC_012920.1";
  int number = name == "X" ? 23 : name == "Y" ? 24 : 0;
  if (number == 0 && (!absl::SimpleAtoi(Av(name), &number) || number < 1 || number > 22)) return "";
  const int version = assembly == "GRCh38" ? kGrch38[number - 1] : kGrch37[number - 1];
  return absl::StrFormat("NC_%06d.%d", number, version);
}

VariantName NameOf(const Allele& allele, std::string_view assembly) {
  const std::string reference = absl::AsciiStrToUpper(Av(allele.reference));
  const std::string_view alternate = allele.alternate;
  Change change;
  if (alternate.size() > 2 && alternate.front() == '<' && alternate.back() == '>') {
    change = OfSymbol(allele.position, alternate.substr(1, alternate.size() - 2), allele.end);
  } else if (alternate.find_first_of("[]") != std::string_view::npos) {
    return {"", "breakend"};
  } else {
    const std::string upper = absl::AsciiStrToUpper(Av(alternate));
    if (!IsBases(reference) || !IsBases(upper) || allele.position < 1) return {"", "other"};
    change = OfBases(allele.position, reference, upper);
  }
  if (change.text.empty()) return {"", change.kind};
  const std::string accession = AccessionOf(allele.chromosome, assembly);
  const char* system = IsMitochondrial(Bare(allele.chromosome)) ? "m." : "g.";
  return {absl::StrCat(accession.empty() ? Av(allele.chromosome) : Av(accession), ":", system,
                       change.text),
          change.kind};
}

}  // namespace essaim::genomics
