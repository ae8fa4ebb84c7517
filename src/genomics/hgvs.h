// A variant's name on the genome by HGVS (recommendations of 2016 and later, "g." and "m.") from a
// VCF record's alleles.
//
// What both alleles share is trimmed, at the front first: within what the record shows, a change
// then lies as far towards the 3' end as HGVS wants. Beyond the record it would take the reference
// sequence, which is not there: an insertion that repeats bases which the record does not show is
// named an insertion, not a duplication, and stays where the caller put it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace essaim::genomics {

struct Allele {
  std::string_view chromosome;  // "1", "chr1", "MT"
  std::int64_t position = 0;    // of the first base of `reference`, from 1
  std::string_view reference, alternate;
  std::int64_t end = 0;  // of a symbolic allele (<DEL>): INFO's END, or 0
};

struct VariantName {
  std::string hgvs;  // empty: it has none, as <CNV>, a breakend, or an allele that is unknown
  // SNV, deletion, insertion, duplication, inversion, indel, or what a symbolic allele says.
  std::string kind;
};

// `assembly`: "GRCh37", "GRCh38" give RefSeq's accession (NC_000001.11); of another, empty too, the
// chromosome's own name stands in its place.
VariantName NameOf(const Allele& allele, std::string_view assembly);

// "GRCh38" of "file:///refs/GCA_000001405.15_GRCh38_no_alt.fa", "hg38", "b37"; empty if unknown.
std::string_view AssemblyOf(std::string_view reference);
// RefSeq's accession; empty if the chromosome or the assembly is not one of the two's.
std::string AccessionOf(std::string_view chromosome, std::string_view assembly);

}  // namespace essaim::genomics
