#include "genomics/hgvs.h"

#include <gmock/gmock.h>

namespace essaim::genomics {
namespace {

struct Case {
  std::int64_t position;
  const char *reference, *alternate, *hgvs, *kind;
  std::int64_t end = 0;
};

// Names by the examples and rules of the HGVS recommendations (hgvs-nomenclature.org, DNA).
TEST(Hgvs, NamesChangesOfBases) {
  for (const Case& c : std::initializer_list<Case>{
           {33038255, "C", "A", "33038255C>A", "SNV"},
           {100, "ACG", "ATG", "101C>T", "SNV"},  // what is shared goes
           {100, "a", "g", "100A>G", "SNV"},      // soft-masked bases
           {100, "TC", "T", "101del", "deletion"},
           {100, "TCAG", "T", "101_103del", "deletion"},
           {100, "CAAA", "CAA", "103del", "deletion"},       // the last of a run (3' rule)
           {100, "TGTGT", "TGT", "103_104del", "deletion"},  // the last of a repeat
           {100, "T", "TCC", "100_101insCC", "insertion"},
           {1, "T", "TT", "1dup", "duplication"},
           {100, "GT", "GATC", "101delinsATC", "indel"},
           {100, "CA", "CAA", "101dup", "duplication"},
           {100, "CAGT", "CAGTAGT", "101_103dup", "duplication"},
           {100, "CAGT", "CAGTAG", "103_104insAG", "insertion"},
           {100, "AC", "GT", "100_101inv", "inversion"},  // its reverse complement
           {100, "AC", "TT", "100_101delinsTT", "indel"},
           {100, "AGC", "TG", "100_102delinsTG", "indel"},
           {100, "TAC", "TGTC", "101delinsGT", "indel"},
           {100, "A", "A", "100=", "no change"},
           {100, "T", "<DEL>", "101_200del", "deletion", 200},
           {100, "T", "<DUP:TANDEM>", "101_200dup", "duplication", 200},
           {100, "T", "<INV>", "101_200inv", "inversion", 200}}) {
    const VariantName name = NameOf({.chromosome = "chr6",
                                     .position = c.position,
                                     .reference = c.reference,
                                     .alternate = c.alternate,
                                     .end = c.end},
                                    "GRCh38");
    EXPECT_EQ(name.hgvs, std::string("NC_000006.12:g.") + c.hgvs);
    EXPECT_EQ(name.kind, c.kind) << c.hgvs;
  }
}

TEST(Hgvs, HasNoNameForWhatIsNotKnown) {
  const auto name = [](const char* reference, const char* alternate, std::int64_t position = 5) {
    return NameOf({.chromosome = "1",
                   .position = position,
                   .reference = reference,
                   .alternate = alternate,
                   .end = 0},
                  "GRCh38");
  };
  EXPECT_EQ(name("A", "<CNV>").hgvs, "");
  EXPECT_EQ(name("A", "<CNV>").kind, "<CNV>");
  EXPECT_EQ(name("A", "<DEL>").hgvs, "");  // no END
  EXPECT_EQ(name("A", "]13:123456]T").kind, "breakend");
  EXPECT_EQ(name("R", "A").hgvs, "");
  EXPECT_EQ(name("A", "GA", 1).hgvs, "");  // before the first base
  EXPECT_EQ(name("A", "G", 0).hgvs, "");   // a telomere
}

TEST(Hgvs, ReferencesAreRefSeqsOrTheFilesOwn) {
  EXPECT_EQ(AccessionOf("chrX", "GRCh37"), "NC_000023.10");
  EXPECT_EQ(AccessionOf("7", "GRCh38"), "NC_000007.14");
  EXPECT_EQ(AccessionOf("MT", "GRCh37"), "NC_012920.1");
  EXPECT_EQ(AccessionOf("chrM", "GRCh37"), "");  // hg19's is another sequence
  EXPECT_EQ(AccessionOf("chrUn_KI270302v1", "GRCh38"), "");
  EXPECT_EQ(AccessionOf("1", ""), "");
  EXPECT_EQ(AssemblyOf("file:///seq/references/human_g1k_v37.fasta"), "GRCh37");
  EXPECT_EQ(AssemblyOf("/data/Homo_sapiens_assembly_hg38.fa"), "GRCh38");
  EXPECT_EQ(AssemblyOf("mm10"), "");
  EXPECT_EQ(
      NameOf({.chromosome = "MT", .position = 3243, .reference = "A", .alternate = "G"}, "GRCh38")
          .hgvs,
      "NC_012920.1:m.3243A>G");
  EXPECT_EQ(
      NameOf({.chromosome = "2L", .position = 7, .reference = "A", .alternate = "G"}, "").hgvs,
      "2L:g.7A>G");
}

}  // namespace
}  // namespace essaim::genomics
