#include "genomics/variant_reader.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "genomics/normalise.h"
#include "genomics/vep_allele.h"

namespace essaim::genomics {
namespace {

constexpr std::size_t kTextBytesMax = 4'000;
constexpr std::size_t kConsequencesMax = 10'000;  // of a record

// INFO's keys that become annotations, as VCF's specification, ClinVar and dbSNP name them.
constexpr const char* kAnnotated[] = {"AF",         "AC",     "AN",    "CLNSIG", "CLNDN",
                                      "CLNREVSTAT", "SVTYPE", "SVLEN", "END",    "SOMATIC"};

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

// A list of one value an alternate allele, or another list: then whole.
std::string_view ValueOf(std::string_view list, std::size_t allele, std::size_t n_alternates) {
  const std::vector<std::string_view> parts = Split(list, ',');
  return parts.size() == n_alternates && n_alternates > 1 ? parts[allele - 1] : list;
}

Annotation AnnotationOf(const std::string& field, std::string_view value) {
  const std::string_view head = value.substr(0, kTextBytesMax);
  Annotation annotation{.field = field, .text = std::string(head.substr(0, Utf8Prefix(head)))};
  double number = 0;
  if (absl::SimpleAtod(Av(value), &number) && std::isfinite(number)) annotation.number = number;
  if (value.empty()) annotation.text = "yes";  // a flag
  return annotation;
}

// What the program wrote of itself: ##source=..., without the arguments of its command line.
std::string ToolOf(std::string_view text) {
  text = text.substr(0, 200);
  return std::string(text.substr(0, Utf8Prefix(text)));
}

bool IsWanted(std::string_view alternate) {
  return alternate != "*" && alternate != "<*>" && alternate != "<NON_REF>" && alternate != ".";
}

std::string_view At(const std::vector<std::string_view>& parts, std::size_t at) {
  return at < parts.size() ? parts[at] : std::string_view();
}

}  // namespace

VariantReader::VariantReader(const VcfHeader& header, std::vector<Sample> samples,
                             GeneticStore* store, ReferenceGenome* genome)
    : samples_(std::move(samples)), store_(store), genome_(genome) {
  test_.genomic_test_id = samples_.empty() ? 0 : samples_[0].genomic_test_id;
  test_.name = "VCF";
  test_.version = header.version();
  assembly_ = AssemblyOf(header.Value("reference"));
  if (assembly_.empty()) assembly_ = AssemblyOf(header.Value("assembly"));
  if (assembly_.empty()) assembly_ = AssemblyOf(header.Value("contig"));
  test_.reference_genome = assembly_.empty() ? ToolOf(header.Value("reference")) : assembly_;
  test_.calling_tools = ToolOf(header.Value("source"));
  test_.annotation_tools = !header.Value("SnpEffVersion").empty() ? "SnpEff"
                           : !header.Value("VEP").empty()         ? "VEP"
                                                                  : "";
  const std::vector<std::string> parts = header.PartsOf("CSQ");
  for (std::size_t i = 0; i < parts.size(); ++i) csq_.emplace(parts[i], i);
}

std::vector<Sample> VariantReader::wanted() const {
  std::vector<Sample> wanted;
  for (const Sample& sample : samples_)
    if (sample.procedure_occurrence_id != 0) wanted.push_back(sample);
  return wanted;
}

std::vector<Sample> VariantReader::TakeCounts() {
  std::vector<Sample> counted = wanted();
  for (Sample& sample : samples_) sample.n_variants = sample.n_missing = 0;
  return counted;
}

absl::StatusOr<std::string> VariantReader::Take(std::string_view line) {
  const absl::Status read = ReadRecord(line, samples_.size(), record_);
  if (!read.ok()) return std::string(read.message());
  // All genotypes before the first row: a bad line leaves nothing of itself.
  std::vector<Genotype> genotypes(samples_.size());
  for (std::size_t s = 0; s < samples_.size(); ++s) {
    const std::string_view text = record_.Of(s, "GT");
    if (samples_[s].procedure_occurrence_id == 0 || text.empty()) continue;
    absl::StatusOr<Genotype> genotype = ReadGenotype(text, record_.alternates.size());
    if (!genotype.ok())
      return absl::StrCat("sample ", s + 1, ": ", std::string(genotype.status().message()));
    genotypes[s] = *std::move(genotype);
  }
  named_.assign(record_.alternates.size() + 1, std::nullopt);
  for (std::size_t s = 0; s < samples_.size(); ++s) {
    if (samples_[s].procedure_occurrence_id == 0) continue;
    const std::vector<int>& alleles = genotypes[s].alleles;
    if (std::ranges::all_of(alleles, [](int a) { return a < 0; })) ++samples_[s].n_missing;
    for (std::size_t a = 1; a <= record_.alternates.size(); ++a) {
      if (std::ranges::find(alleles, static_cast<int>(a)) == alleles.end()) continue;
      if (IsWanted(record_.alternates[a - 1])) ESSAIM_RETURN_IF_ERROR(Put(record_, a, s));
    }
  }
  return std::string();
}

absl::StatusOr<const VariantReader::Named*> VariantReader::NamedOf(const VcfRecord& record,
                                                                   std::size_t allele) {
  std::optional<Named>& named = named_[allele];
  if (named.has_value()) return &*named;
  named.emplace();
  std::int64_t end = 0;
  if (const auto text = record.Info("END"); text.has_value() && !absl::SimpleAtoi(Av(*text), &end))
    end = 0;
  const Allele said{.chromosome = record.chromosome,
                    .position = record.position,
                    .reference = record.reference,
                    .alternate = record.alternates[allele - 1],
                    .end = end};
  ESSAIM_ASSIGN_OR_RETURN(const bool normal, Normalise(said, *named));
  if (!normal) named->name = NameOf(said, assembly_);
  return &*named;
}

// False: the allele is named as it stands.
absl::StatusOr<bool> VariantReader::Normalise(const Allele& allele, Named& named) {
  if (genome_ == nullptr) return false;
  const Spelling said{.position = allele.position,
                      .reference = absl::AsciiStrToUpper(Av(allele.reference)),
                      .alternate = absl::AsciiStrToUpper(Av(allele.alternate))};
  constexpr std::string_view kBases = "ACGTN";
  if (said.reference.find_first_not_of(kBases) != std::string::npos ||
      said.alternate.find_first_not_of(kBases) != std::string::npos)
    return false;  // symbols, breakends
  if (!genome_->Has(allele.chromosome)) {
    ++n_no_sequence_;
    return false;
  }
  const BaseAt base = [&](std::int64_t position) {
    return genome_->At(allele.chromosome, position);
  };
  ESSAIM_ASSIGN_OR_RETURN(const std::optional<Spelling> left, LeftAligned(said, base));
  if (!left.has_value()) {
    n_other_base_ += said.reference == said.alternate ? 0 : 1;
    return false;
  }
  named.variant = absl::StrCat(Av(allele.chromosome), "-", left->position, "-", left->reference,
                               "-", left->alternate);
  ESSAIM_ASSIGN_OR_RETURN(const std::optional<Spelling> right, RightShifted(said, base));
  if (!right.has_value()) return false;
  named.name = NameOf({.chromosome = allele.chromosome,
                       .position = right->position,
                       .reference = right->reference,
                       .alternate = right->alternate},
                      assembly_);
  return true;
}

absl::Status VariantReader::Put(const VcfRecord& record, std::size_t allele, std::size_t sample) {
  Sample& of = samples_[sample];
  ++of.n_variants;
  ++n_variants_;
  ESSAIM_ASSIGN_OR_RETURN(const Named* named, NamedOf(record, allele));
  const std::string_view alternate = record.alternates[allele - 1];
  if (named->name.hgvs.empty()) ++n_unnamed_;
  if (store_ == nullptr) return absl::OkStatus();
  const Gene gene = GeneOf(record, allele);
  const std::string accession = AccessionOf(record.chromosome, assembly_);
  const std::string_view first_id = record.id.substr(0, record.id.find(';'));
  std::string_view depth = record.Of(sample, "DP");
  std::int64_t number = 0;
  if (!absl::SimpleAtoi(Av(depth), &number)) depth = {};
  return store_->Put({.procedure_occurrence_id = of.procedure_occurrence_id,
                      .specimen_id = of.specimen_id,
                      .gene = gene.symbol,
                      .reference_sequence = accession,
                      .rs_id = first_id.starts_with("rs") ? first_id : std::string_view(),
                      .reference = record.reference,
                      .alternate = alternate,
                      .hgvs_c = gene.hgvs_c,
                      .hgvs_p = gene.hgvs_p,
                      .hgvs_g = named->name.hgvs,
                      .kind = named->name.kind,
                      .origin = record.Info("SOMATIC").has_value() ? "somatic" : "",
                      .genotype = record.Of(sample, "GT"),
                      .chromosome = record.chromosome,
                      .variant = named->variant,
                      .filter = record.filter,
                      .read_depth = depth,
                      .position = record.position,
                      .quality = record.quality},
                     AnnotationsOf(record, allele, sample, gene));
}

// From SnpEff's ANN, VEP's CSQ, dbSNP's and ClinVar's GENEINFO, or GENE: the first that is there.
VariantReader::Gene VariantReader::GeneOf(const VcfRecord& record, std::size_t allele) const {
  const std::string_view alternate = record.alternates[allele - 1];
  if (const auto ann = record.Info("ANN")) {
    for (const std::string_view entry : Split(*ann, ',')) {
      const std::vector<std::string_view> parts = Split(entry, '|');
      if (At(parts, 0) != alternate) continue;
      return {.symbol = std::string(At(parts, 3)),
              .hgvs_c = std::string(At(parts, 9)),
              .hgvs_p = std::string(At(parts, 10)),
              .consequence = std::string(At(parts, 1))};
    }
  }
  if (const auto csq = record.Info("CSQ"); csq.has_value() && !csq_.empty()) {
    if (std::optional<Gene> gene = VepGeneOf(record, allele, *csq)) return *std::move(gene);
  }
  if (const auto info = record.Info("GENEINFO"))
    return {.symbol = std::string(info->substr(0, info->find_first_of(":|")))};
  if (const auto gene = record.Info("GENE")) return {.symbol = std::string(*gene)};
  return {};
}

// Of the transcripts of this allele the one that VEP picked (--flag_pick), else the first.
std::optional<VariantReader::Gene> VariantReader::VepGeneOf(const VcfRecord& record,
                                                            std::size_t allele,
                                                            std::string_view csq) const {
  const auto part = [&](const std::vector<std::string_view>& parts, const char* key) {
    const auto at = csq_.find(key);
    return at == csq_.end() ? std::string_view() : At(parts, at->second);
  };
  std::vector<std::vector<std::string_view>> consequences;
  std::vector<VepEntry> entries;
  for (const std::string_view entry : Split(csq, ',')) {
    if (consequences.size() == kConsequencesMax) break;
    consequences.push_back(Split(entry, '|'));
    const auto& parts = consequences.back();
    entries.push_back({.allele = part(parts, "Allele"), .number = part(parts, "ALLELE_NUM")});
  }
  const std::vector<std::size_t> own =
      EntriesOf(entries, allele, record.reference, record.alternates);
  if (own.empty()) return std::nullopt;
  const auto picked = std::ranges::find_if(
      own, [&](std::size_t i) { return part(consequences[i], "PICK") == "1"; });
  const auto& parts = consequences[picked == own.end() ? own[0] : *picked];
  return Gene{.symbol = std::string(part(parts, "SYMBOL")),
              .hgvs_c = std::string(part(parts, "HGVSc")),
              .hgvs_p = std::string(part(parts, "HGVSp")),
              .consequence = std::string(part(parts, "Consequence"))};
}

std::vector<Annotation> VariantReader::AnnotationsOf(const VcfRecord& record, std::size_t allele,
                                                     std::size_t sample, const Gene& gene) const {
  std::vector<Annotation> annotations;
  for (const char* key : kAnnotated) {
    const auto value = record.Info(key);
    if (value.has_value())
      annotations.push_back(AnnotationOf(key, ValueOf(*value, allele, record.alternates.size())));
  }
  if (!gene.consequence.empty())
    annotations.push_back(AnnotationOf("consequence", gene.consequence));
  if (const std::string_view quality = record.Of(sample, "GQ"); !quality.empty())
    annotations.push_back(AnnotationOf("GQ", quality));
  // AD: the reads of each allele, the reference first.
  const std::vector<std::string_view> depths = Split(record.Of(sample, "AD"), ',');
  if (depths.size() == record.alternates.size() + 1 && depths[allele] != ".")
    annotations.push_back(AnnotationOf("AD", depths[allele]));
  if (const std::string_view set = record.Of(sample, "PS"); !set.empty())
    annotations.push_back(AnnotationOf("PS", set));
  return annotations;
}

std::string VariantReader::Summary(const std::string& path) const {
  return absl::StrCat(
      path, ": ", n_variants_, " variants of ", wanted().size(), " of ", samples_.size(),
      " samples", n_unnamed_ == 0 ? "" : absl::StrCat("; ", n_unnamed_, " without a name by HGVS"),
      n_no_sequence_ == 0
          ? ""
          : absl::StrCat("; ", n_no_sequence_, " alleles of sequences that --reference has not"),
      n_other_base_ == 0
          ? ""
          : absl::StrCat("; ", n_other_base_,
                         " alleles whose REF is not what --reference has there: is it this "
                         "assembly's? They stay as they are written"),
      assembly_.empty() ? "; the header names no assembly (##reference)" : "");
}

}  // namespace essaim::genomics
