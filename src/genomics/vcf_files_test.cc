#include "genomics/vcf_files.h"

#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "crypto/entropy.h"
#include "genomics/vcf.h"
#include "genomics/vcf_retry.h"
#include "warehouse/cdm_load.h"
#include "warehouse/engines_testing.h"

namespace essaim::genomics {
namespace {

namespace fs = std::filesystem;
using essaim::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kHeader =
    "##fileformat=VCFv4.2\n##fileDate=20200805\n##source=caller\n"
    "##reference=file:///refs/GRCh38.fa\n"
    "##INFO=<ID=AF,Number=A,Type=Float,Description=\"Allele Frequency\">\n"
    "##INFO=<ID=CSQ,Number=.,Type=String,Description=\"VEP. Format: Allele|Consequence|SYMBOL|"
    "HGVSc\">\n";

std::string Vcf(const std::string& samples, const std::string& records) {
  return absl::StrCat(kHeader, "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT", samples,
                      "\n", records);
}

// The format's own fields, sample by sample and allele by allele.
const std::string kThree = Vcf(
    "\tS1\tS2\tS3",
    "20\t14370\trs6054257;x\tG\tA\t29\tPASS\tAF=0.5;GENEINFO=ABC:12\tGT:GQ:DP:AD\t0|0:48:1\t1|0:48:"
    "8:5,"
    "3\t1/1:43:5\n"
    "20\t1110696\t.\tA\tG,TC\t.\tq10;s50\tAF=0.333,0.667;SOMATIC\tGT:DP:PS\t1|2:6:77\t2|.:.\t./.\n"
    "20\t1230237\t.\tT\t.\t47\tPASS\t.\tGT\t0|0\t0|0\t0|0\n"
    "20\t1234567\t.\tGTC\tG,*\t50\tPASS\tANN=G|frameshift_variant|HIGH|TTN|ENSG1|transcript|"
    "ENST1|protein_coding|1/2|c.5_6del|p.Val2fs\tGT\t0/1\t0/2\t1\n"
    "X\t10\t.\tC\tT\t50\tPASS\tCSQ=T|missense_variant|GATA1|ENST9:c.10C>T\tGT\t.\t0\t1\n");

TEST(Vcf, RefusesWhatIsNoHeader) {
  const auto taken = [](const std::string& text) {
    VcfHeader header;
    absl::Status status;
    std::size_t at = 0;
    while (status.ok() && !header.complete() && at < text.size()) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      status = header.Take(text.substr(at, end - at));
      at = end + 1;
    }
    return status;
  };
  const auto is = [](const char* text) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(text));
  };
  EXPECT_OK(taken(Vcf("\tS1", "")));
  EXPECT_THAT(taken("CHROM\tPOS\n"), is("##fileformat"));
  EXPECT_THAT(taken("##fileformat=VCFv3.3\n"), is("4.0 to 4.5"));
  EXPECT_THAT(taken("##fileformat=VCFv4.1\n##x\n"), is("without '='"));
  EXPECT_THAT(taken("##fileformat=VCFv4.3\n#CHROM\tPOS\n"), is("#CHROM POS ID"));
  EXPECT_THAT(taken(Vcf("\tS1\tS1", "")), is("two samples"));
  EXPECT_THAT(taken("##fileformat=VCFv4.3\n##a=\xff\n"), is("UTF-8"));
}

TEST(Vcf, RefusesWhatIsNoRecord) {
  VcfRecord record;
  const auto is = [](const char* text) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(text));
  };
  EXPECT_THAT(ReadRecord("1\t2\t.\tA\tC\t.\t.\t.\tGT", 1, record), is("fewer columns"));
  EXPECT_THAT(ReadRecord("1\t2\t.\tA\tC\t.\t.\t.\tGT\t0\t0", 1, record), is("more columns"));
  EXPECT_THAT(ReadRecord("1\tx\t.\tA\tC\t.\t.\t.\tGT\t0", 1, record), is("POS"));
  EXPECT_THAT(ReadRecord("1\t2\t.\t\tC\t.\t.\t.\tGT\t0", 1, record), is("REF"));
  EXPECT_THAT(ReadRecord("1\t2\t.\tA\tC,\t.\t.\t.\tGT\t0", 1, record), is("ALT"));
  EXPECT_THAT(ReadRecord("1\t2\t.\tA\tC\tbest\t.\t.\tGT\t0", 1, record), is("QUAL"));
  EXPECT_THAT(ReadRecord("a b\t2\t.\tA\tC\t1\t.\t.\tGT\t0", 1, record), is("CHROM"));
  EXPECT_THAT(ReadGenotype("0/2", 1).status(), is("GT"));
  EXPECT_THAT(ReadGenotype("0/x", 1).status(), is("GT"));
  EXPECT_THAT(ReadGenotype("", 1).status(), is("GT"));
  EXPECT_THAT(ReadGenotype("/", 1).status(), is("GT"));
  EXPECT_THAT(ReadGenotype("//0", 1).status(), is("GT"));
  ASSERT_OK_AND_ASSIGN(const Genotype of_4_4, ReadGenotype("/0|1", 1));
  EXPECT_THAT(of_4_4.alleles, ElementsAre(0, 1));
  ASSERT_OK_AND_ASSIGN(const Genotype genotype, ReadGenotype("1|.|0", 1));
  EXPECT_THAT(genotype.alleles, ElementsAre(1, -1, 0));
  EXPECT_TRUE(genotype.phased);
}

// The same on every engine of the CDM; the genetic store is a file of its own.
class VcfFiles : public ::testing::TestWithParam<const char*> {
 protected:
  VcfFiles() : folder_(testing::TempPath("vcf_files_test", GetParam())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_ + "/g");
    auto cdm = cdm_engines_.Make(GetParam(), folder_);
    EXPECT_OK(cdm.status());
    cdm_ = *std::move(cdm);
    EXPECT_OK(CreateCdm(*cdm_));
    auto genetic = genetic_engines_.Make("duckdb", folder_ + "/g");
    EXPECT_OK(genetic.status());
    auto store = GeneticStore::Open(*std::move(genetic));
    EXPECT_OK(store.status());
    store_ = *std::move(store);
    for (const char* person : {"S1", "S2", "S3", "P7"}) {
      EXPECT_OK(cdm_->Execute(absl::StrCat(
          "INSERT INTO person (person_id, gender_concept_id, year_of_birth, race_concept_id, "
          "ethnicity_concept_id, essaim_load) VALUES (",
          ids_.IdOf("person", "H", person), ", 0, 1950, 0, 0, 0)")));
    }
  }

  ~VcfFiles() override {
    store_.reset();
    cdm_.reset();
    fs::remove_all(folder_);
  }

  std::string Write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << bytes;
    return folder_ + "/" + name;
  }

  absl::StatusOr<bool> Exists(const std::string& table, const std::string& column,
                              std::int64_t id) {
    const auto rows =
        cdm_->Query(absl::StrCat("SELECT COUNT(*) FROM ", table, " WHERE ", column, " = ", id));
    if (!rows.ok()) return rows.status();
    return std::get<std::int64_t>(rows->rows[0][0]) > 0;
  }

  absl::StatusOr<CdmLoadReport> Load(const std::vector<std::string>& paths,
                                     const std::string& samples = "",
                                     const CdmLoadOptions& options = {}) {
    const auto source =
        OpenVcfFiles(paths, {.ids = &ids_,
                             .store = options.dry_run ? nullptr : store_,
                             .has_person = [this](std::int64_t id) { return known_.contains(id); },
                             .samples_path = samples,
                             .reference_path = reference_,
                             .system = "H"});
    if (!source.ok()) return source.status();
    return LoadCdm(*cdm_, **source, options);
  }

  absl::StatusOr<std::uint64_t> Clean() {
    return store_->Clean(
        {.procedure =
             [this](std::int64_t id) {
               return Exists("procedure_occurrence", "procedure_occurrence_id", id);
             },
         .retried =
             [this](RejectedId row) {
               return Exists("essaim_rejected",
                             absl::StrCat("retried_by IS NOT NULL AND number = ", row.load,
                                          " AND row_number"),
                             row.row_number);
             }});
  }

  // The rows of a load that wait, with their texts.
  std::vector<RejectedRow> Waiting(std::int64_t load) {
    auto rows = OpenRejected(*cdm_);
    EXPECT_OK(rows.status());
    const auto loads = ReadLoads(*cdm_);
    EXPECT_OK(loads.status());
    std::erase_if(*rows, [&](const RejectedRow& r) { return r.id.load != load; });
    for (const LoadEntry& entry : *loads) EXPECT_OK(FillTexts(*store_, entry, *rows));
    return *std::move(rows);
  }

  absl::StatusOr<CdmLoadReport> Retry(std::int64_t load, const std::vector<RejectedRow>& rows) {
    const auto loads = ReadLoads(*cdm_);
    if (!loads.ok()) return loads.status();
    const auto source =
        OpenVcfRetry(store_, loads->at(static_cast<std::size_t>(load - 1)), rows, reference_);
    if (!source.ok()) return source.status();
    CdmLoadOptions options;
    for (const RejectedRow& row : rows) options.retries.push_back(row.id);
    return LoadCdm(*cdm_, **source, options);
  }

  std::int64_t Count(SqlEngine& engine, const std::string& from) {
    const auto rows = engine.Query("SELECT COUNT(*) FROM " + from);
    EXPECT_OK(rows.status()) << from;
    return std::get<std::int64_t>(rows->rows[0][0]);
  }

  std::int64_t Genetic(const std::string& from) { return Count(store_->sql(), from); }

  std::string folder_, reference_;
  TestEngines cdm_engines_, genetic_engines_;
  std::unique_ptr<SqlEngine> cdm_;
  std::shared_ptr<GeneticStore> store_;
  IdMaker ids_{SecretBytes::CopyOf(std::string(32, 'k')), "p", "s"};
  std::set<std::int64_t> known_{ids_.IdOf("person", "H", "S1"), ids_.IdOf("person", "H", "S2"),
                                ids_.IdOf("person", "H", "S3"), ids_.IdOf("person", "H", "P7")};
};

// Members of gzip one after the other, as bgzip writes them.
std::string Compressed(const std::string& bytes, std::size_t piece) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const std::string part = bytes.substr(at, piece);
    z_stream z{};
    EXPECT_EQ(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string buffer(part.size() + 1000, '\0');
    std::string in = part;
    z.next_in = reinterpret_cast<Bytef*>(in.data());
    z.avail_in = static_cast<uInt>(in.size());
    z.next_out = reinterpret_cast<Bytef*>(buffer.data());
    z.avail_out = static_cast<uInt>(buffer.size());
    EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
    out += buffer.substr(0, buffer.size() - z.avail_out);
    deflateEnd(&z);
  }
  return out;
}

TEST_P(VcfFiles, EachAlleleOfASampleIsAVariant) {
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report, Load({Write("a.vcf", kThree)}));
  EXPECT_TRUE(report.bad_rows.empty());
  EXPECT_EQ(Count(*cdm_, "procedure_occurrence WHERE procedure_date = DATE '2020-08-05'"), 3);
  EXPECT_EQ(Count(*cdm_, "specimen"), 3);
  EXPECT_EQ(Genetic("variant_occurrence"), 8);
  const std::string v = "variant_occurrence WHERE ";
  EXPECT_EQ(Genetic(v + "rs_id = 'rs6054257' AND genotype = '1|0' AND variant_read_depth = 8 AND "
                        "essaim_hgvs_g = 'NC_000020.11:g.14370G>A' AND reference_sequence = "
                        "'NC_000020.11' AND target_gene1_symbol = 'ABC'"),
            1);
  EXPECT_EQ(Genetic(v + "genotype = '1|2'"), 2);  // both alleles
  EXPECT_EQ(Genetic(v + "genetic_origin = 'somatic' AND essaim_filter = 'q10;s50'"), 3);
  EXPECT_EQ(Genetic(v + "hgvs_c = 'c.5_6del' AND hgvs_p = 'p.Val2fs' AND target_gene1_symbol = "
                        "'TTN' AND essaim_hgvs_g = 'NC_000020.11:g.1234568_1234569del'"),
            2);
  EXPECT_EQ(Genetic(v + "essaim_hgvs_g = 'NC_000023.11:g.10C>T' AND hgvs_c = 'ENST9:c.10C>T'"), 1);
  const std::string a = "variant_annotation WHERE annotation_field = ";
  EXPECT_EQ(Genetic(a + "'AF' AND value_as_number = 0.667"), 2);
  EXPECT_EQ(Genetic(a + "'AD' AND value_as_number = 3"), 1);
  EXPECT_EQ(Genetic(a + "'consequence' AND value_as_string = 'missense_variant'"), 1);
  EXPECT_EQ(Genetic("target_gene"), 3);
  EXPECT_EQ(Genetic("genomic_test WHERE reference_genome = 'GRCh38' AND variant_calling_tools = "
                    "'caller'"),
            1);
  // Nobody's name or number, and nothing of the warehouse's persons, is in the genetic file.
  ASSERT_OK_AND_ASSIGN(const std::vector<Sample> samples, store_->Samples());
  ASSERT_EQ(samples.size(), 3u);
  std::uint64_t n_missing = 0;
  for (const Sample& s : samples) n_missing += s.n_missing;
  EXPECT_EQ(n_missing, 2u);  // ./. and .
}

TEST_P(VcfFiles, ConsequencesOfSeveralAllelesAreEachAllelesOwn) {
  const std::string header =
      "##fileformat=VCFv4.2\n##fileDate=20200805\n##INFO=<ID=CSQ,Number=.,Type=String,Description="
      "\"VEP. Format: Allele|Consequence|SYMBOL|PICK\">\n"
      "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n";
  ASSERT_OK(Load({Write("a.vcf",
                        header + "1\t10\t.\tGA\tG,GAA\t50\tPASS\tCSQ=-|deletion|ONE|,AA|other|TWO|,"
                                 "AA|insertion|TWO|1\tGT\t1/2\n"
                                 "1\t20\t.\tC\tT,A\t50\tPASS\tCSQ=T|missense|THREE|\tGT\t1/2\n"
                                 "1\t30\t.\tC\tT,A\t50\tPASS\tCSQ=G|odd|FOUR|\tGT\t1/2\n")})
                .status());
  const std::string v =
      "variant_occurrence v JOIN variant_annotation a ON a.variant_occurrence_id = "
      "v.variant_occurrence_id WHERE annotation_field = 'consequence' AND ";
  EXPECT_EQ(Genetic(v + "alternate_allele = 'G' AND target_gene1_symbol = 'ONE' AND "
                        "value_as_string = 'deletion'"),
            1);
  EXPECT_EQ(Genetic(v + "alternate_allele = 'GAA' AND target_gene1_symbol = 'TWO' AND "
                        "value_as_string = 'insertion'"),
            1);
  EXPECT_EQ(Genetic(v + "alternate_allele = 'T' AND target_gene1_symbol = 'THREE'"), 1);
  EXPECT_EQ(
      Genetic("variant_occurrence WHERE essaim_position >= 20 AND target_gene1_symbol IS NULL"),
      3);  // nothing is said of A, and of 30 nothing that fits
}

TEST_P(VcfFiles, AReferenceGivesVariantsOneSpelling) {
  reference_ = Write("ref.fa", ">1\nGGCACACACATTTTGC\n>20\nACGT\n");
  const std::string text = Vcf("\tS1\tS2",
                               "1\t8\t.\tACA\tA\t50\tPASS\t.\tGT\t0/1\t.\n"
                               "1\t3\t.\tCACA\tCA\t50\tPASS\t.\tGT\t.\t0/1\n"
                               "1\t10\t.\tA\tAT,<DEL>\t50\tPASS\tEND=12\tGT\t1/2\t.\n"
                               "1\t2\t.\tA\tC\t50\tPASS\t.\tGT\t1\t.\n"
                               "7\t2\t.\tA\tC\t50\tPASS\t.\tGT\t1\t.\n");
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report, Load({Write("a.vcf", text)}));
  EXPECT_EQ(Genetic("variant_occurrence WHERE essaim_variant = '1-2-GCA-G' AND essaim_hgvs_g = "
                    "'NC_000001.11:g.9_10del'"),
            2);
  EXPECT_EQ(Genetic("variant_occurrence WHERE essaim_variant = '1-10-A-AT' AND essaim_hgvs_g = "
                    "'NC_000001.11:g.14dup'"),
            1);
  EXPECT_EQ(Genetic("variant_occurrence WHERE essaim_hgvs_g = 'NC_000001.11:g.11_12del'"), 1);
  // What the file says stays beside it.
  EXPECT_EQ(Genetic("variant_occurrence WHERE essaim_position = 3 AND reference_allele = 'CACA'"),
            1);
  EXPECT_EQ(Genetic("variant_occurrence WHERE essaim_variant IS NULL"), 3);
  EXPECT_THAT(report.notices,
              ::testing::Contains(::testing::AllOf(
                  HasSubstr("1 alleles of sequences that --reference has not"),
                  HasSubstr("1 alleles whose REF is not what --reference has there"))));
  // Without it, as another load: the spelling of the file.
  reference_.clear();
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport plain, Load({folder_ + "/a.vcf"}));
  EXPECT_FALSE(plain.known);
  EXPECT_EQ(Genetic("variant_occurrence WHERE essaim_variant IS NOT NULL"), 0);
  EXPECT_EQ(Genetic("variant_occurrence WHERE essaim_hgvs_g = 'NC_000001.11:g.5_6del'"), 1);
  reference_ = folder_ + "/none.fa";
  EXPECT_THAT(Load({folder_ + "/a.vcf"}).status(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none.fa: no such file")));
}

TEST_P(VcfFiles, CompressedIsTheSameAsPlain) {
  ASSERT_OK(Load({Write("a.vcf.gz", Compressed(kThree, 200))}).status());
  EXPECT_EQ(Genetic("variant_occurrence"), 8);
  EXPECT_THAT(Load({Write("b.vcf.gz", Compressed(kThree, 10'000).substr(0, 300))}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("broken")));
  EXPECT_EQ(Genetic("variant_occurrence"), 8);
}

TEST_P(VcfFiles, ALoadIsKnownAgainAndUndoneWithItsVariants) {
  const std::string path = Write("a.vcf", kThree);
  ASSERT_OK(Load({path}).status());
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport again, Load({path}));
  EXPECT_TRUE(again.known);
  EXPECT_EQ(Genetic("variant_occurrence"), 8);
  EXPECT_EQ(Genetic("genomic_test"), 1);
  ASSERT_OK_AND_ASSIGN(std::uint64_t n, Clean());
  EXPECT_EQ(n, 0u);
  ASSERT_OK(UndoLastLoad(*cdm_));
  ASSERT_OK_AND_ASSIGN(n, Clean());
  EXPECT_EQ(n, 3u);
  for (const char* table :
       {"variant_occurrence", "variant_annotation", "target_gene", "genomic_test", "essaim_sample"})
    EXPECT_EQ(Genetic(table), 0) << table;
}

TEST_P(VcfFiles, ALoadThatFailsLeavesOrphansThatCountForNothing) {
  const std::string good = Write("a.vcf", kThree), bad = Write("b.vcf.gz", "\x1f\x8b\x08no");
  EXPECT_THAT(Load({good, bad}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("b.vcf.gz: line 1")));
  EXPECT_EQ(Count(*cdm_, "procedure_occurrence"), 0);
  EXPECT_EQ(Genetic("variant_occurrence"), 8);  // of the first file
  ASSERT_OK_AND_ASSIGN(const std::uint64_t n, Clean());
  EXPECT_EQ(n, 3u);
  EXPECT_EQ(Genetic("variant_occurrence"), 0);
  ASSERT_OK(Load({good}, "", {.dry_run = true}).status());
  EXPECT_EQ(Genetic("variant_occurrence"), 0);
}

TEST_P(VcfFiles, SamplesBelongToWhomTheListSays) {
  const std::string list = Write("samples.csv",
                                 "sample,person,system,date\nS1,P7,,2021-02-03\n"
                                 "S2,P7,OTHER,\n");
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report, Load({Write("a.vcf", kThree)}, list));
  std::vector<std::string> faults;
  for (const BadRow& row : report.bad_rows) faults.push_back(row.column + " " + row.reason);
  EXPECT_THAT(faults, ElementsAre(HasSubstr("sample 2 no person of that identifier"),
                                  HasSubstr("sample 3 not in the list of samples")));
  EXPECT_EQ(Count(*cdm_, absl::StrCat("specimen WHERE specimen_date = DATE '2021-02-03' AND "
                                      "person_id = ",
                                      ids_.IdOf("person", "H", "P7"))),
            1);
  EXPECT_EQ(Genetic("essaim_sample"), 1);
  EXPECT_EQ(Genetic("variant_occurrence"), 3);
  EXPECT_THAT(Load({Write("a.vcf", kThree)}, Write("c.csv", "sample\nS1\n")).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("columns sample and person")));
  EXPECT_THAT(
      Load({Write("a.vcf", kThree)}, Write("d.csv", "sample,person\nS1,1\nS1,2\n")).status(),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line 3")));
}

TEST_P(VcfFiles, AFileWithoutAHeaderOrSamplesIsRejectedAlone) {
  const std::string none = Write("b.vcf", "no VCF\n"),
                    sites =
                        Write("c.vcf", kHeader + "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"),
                    empty = Write("d.vcf", "");
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report,
                       Load({none, sites, empty, Write("e.vcf", kThree)}));
  std::vector<std::string> faults;
  for (const BadRow& row : report.bad_rows) faults.push_back(row.ToString());
  EXPECT_THAT(faults,
              ElementsAre(HasSubstr("b.vcf:1: column 'header': the first line"),
                          HasSubstr("c.vcf:7: column 'header': #CHROM: no sample"),
                          HasSubstr("d.vcf:1: column 'header': the line #CHROM was expected")));
  EXPECT_EQ(Genetic("variant_occurrence"), 8);
  EXPECT_THAT(Load({none}, "", {.on_bad_row = OnBadRow::kStop}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("b.vcf")));
}

TEST_P(VcfFiles, WhatIsNoVcfIsNotLoaded) {
  EXPECT_THAT(Load({Write("a.vcf", "sample,person\n"), Write("b.vcf", "")}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("a.vcf: expected VCF, which begins with ##fileformat=VCFv4, and "
                                 "none is there (nor in 1 more)")));
  EXPECT_EQ(Count(*cdm_, "essaim_loads"), 0);
  ASSERT_OK(Load({Write("c.vcf", "##fileformat=VCFv3.3\n")}).status());  // one, of another version
  EXPECT_EQ(Count(*cdm_, "essaim_rejected"), 1);
}

TEST_P(VcfFiles, ASampleIsLoadedOnceItsPersonIsThere) {
  known_.erase(ids_.IdOf("person", "H", "S2"));
  const std::string path = Write("a.vcf", kThree);
  ASSERT_OK(Load({path}).status());
  EXPECT_EQ(Genetic("essaim_sample"), 2);
  ASSERT_OK_AND_ASSIGN(CdmLoadReport again, Load({path}));
  EXPECT_TRUE(again.known);
  known_.insert(ids_.IdOf("person", "H", "S2"));
  ASSERT_OK_AND_ASSIGN(again, Load({path}));
  EXPECT_FALSE(again.known);
  EXPECT_EQ(Genetic("essaim_sample"), 3);
  EXPECT_EQ(Genetic("variant_occurrence"), 8);
}

TEST_P(VcfFiles, BadLinesAreNamedWithoutTheirText) {
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report,
                       Load({Write("a.vcf", Vcf("\tS1",
                                                "1\t5\t.\tA\tC\t.\t.\t.\tGT\t0/7\n"
                                                "1\tfive\t.\tA\tC\t.\t.\t.\tGT\t0/1\r\n"
                                                "1\t6\t.\tA\tC\t.\t.\t.\tGT\t0/1"))}));
  std::vector<std::string> faults;
  for (const BadRow& row : report.bad_rows)
    faults.push_back(absl::StrCat(row.line, " ", row.reason));
  EXPECT_THAT(faults, ElementsAre(HasSubstr("8 sample 1: GT"), HasSubstr("9 POS")));
  EXPECT_EQ(Genetic("variant_occurrence"), 1);
  EXPECT_EQ(Count(*cdm_, "essaim_rejected WHERE raw IS NULL OR raw = ''"), 2);
  EXPECT_THAT(Load({Write("b.bcf", "")}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(".vcf")));
}

TEST_P(VcfFiles, AMendedLineJoinsTheVariantsOfItsFile) {
  reference_ = Write("ref.fa", ">1\nGGCACACACATTTTGC\n");
  const std::string good = "1\t2\t.\tG\tC\t.\t.\tGENEINFO=ABC:1\tGT\t0/1\t1/1\n";
  ASSERT_OK(Load({Write("a.vcf", Vcf("\tS1\tS2\tNOBODY",
                                     "1\t8\t.\tACA\tA\t.\t.\tGENEINFO=ABC:1\tGT\t0/7\t./.\t0\n"
                                     "1\tten\t.\tA\tAT\t.\t.\t.\tGT\t0/1\t0/1\t0\n" +
                                         good.substr(0, good.size() - 1) + "\t0\n")),
                  Write("b.vcf", Vcf("\tS3", "1\t\xe9\t.\tG\tC\t.\t.\t.\tGT\t1\n"))})
                .status());
  ASSERT_EQ(Genetic("variant_occurrence"), 2);
  // Nobody's name is in the genetic file.
  EXPECT_EQ(Genetic("essaim_rejected_file WHERE header LIKE '%NOBODY%' OR header LIKE '%S1%'"), 0);
  std::vector<RejectedRow> rows = Waiting(1);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].fault.column, "sample 3");
  EXPECT_THAT(Retry(1, rows).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--samples")));
  rows.erase(rows.begin());
  EXPECT_THAT(rows[0].raw, HasSubstr("GT\t0/7\t./.\t0"));
  EXPECT_THAT(rows[2].raw, HasSubstr("1\t\xc3\xa9\t"));
  rows[0].raw = "1\t8\t.\tACA\tA\t.\t.\tGENEINFO=ABC:1\tGT\t0/1\t./.\t0\r\n";
  rows[2].raw = "1\t3\t.\tC\tG\t.\t.\t.\tGT\t1";
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report, Retry(1, rows));
  ASSERT_EQ(report.bad_rows.size(), 1u);
  EXPECT_EQ(report.bad_rows[0].line, 9u);
  EXPECT_THAT(report.notices,
              ::testing::Contains(HasSubstr("a.vcf: 1 variants of 2 of 3 samples")));
  // To the same samples, test and gene, spelled by the same reference.
  EXPECT_EQ(Count(*cdm_, "procedure_occurrence"), 3);
  EXPECT_EQ(Genetic("variant_occurrence WHERE essaim_variant = '1-2-GCA-G' AND target_gene1_id = "
                    "(SELECT MIN(target_gene_id) FROM target_gene)"),
            1);
  EXPECT_EQ(Genetic("target_gene"), 1);
  EXPECT_EQ(Genetic("variant_occurrence"), 4);
  std::uint64_t n_variants = 0, n_missing = 0;
  ASSERT_OK_AND_ASSIGN(const std::vector<Sample> samples, store_->Samples());
  for (const Sample& s : samples) n_variants += s.n_variants, n_missing += s.n_missing;
  EXPECT_EQ(samples.size(), 3u);
  EXPECT_EQ(n_variants, 4u);
  EXPECT_EQ(n_missing, 1u);
  // What is wrong still waits with its last text, and can be mended further.
  ASSERT_OK_AND_ASSIGN(std::uint64_t n, Clean());
  EXPECT_EQ(n, 0u);
  EXPECT_EQ(Genetic("variant_occurrence"), 4);
  rows = Waiting(2);
  ASSERT_EQ(rows.size(), 1u);
  rows[0].raw = "1\tnine\t.\tA\tAT\t.\t.\t.\tGT\t0/1\t0/1\t0";
  ASSERT_OK(Retry(2, rows).status());
  rows = Waiting(3);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_THAT(rows[0].raw, HasSubstr("nine"));
  rows[0].raw = "1\t10\t.\tA\tAT\t.\t.\t.\tGT\t0/1\t0/1\t0";
  ASSERT_OK(Retry(3, rows).status());
  EXPECT_EQ(Genetic("variant_occurrence"), 6);
  // Undone one after the other, each takes its own along.
  ASSERT_OK(UndoLastLoad(*cdm_));
  ASSERT_OK(Clean().status());
  EXPECT_EQ(Genetic("variant_occurrence"), 4);
  EXPECT_THAT(Waiting(3).at(0).raw, HasSubstr("nine"));
  ASSERT_OK(UndoLastLoad(*cdm_));
  ASSERT_OK(UndoLastLoad(*cdm_));
  ASSERT_OK(Clean().status());
  EXPECT_EQ(Genetic("variant_occurrence"), 2);
  EXPECT_EQ(Genetic("variant_annotation"), 0);
  EXPECT_THAT(Waiting(1).at(2).raw, HasSubstr("ten"));
  ASSERT_OK(UndoLastLoad(*cdm_));
  ASSERT_OK(Clean().status());
  for (const char* table : {"variant_occurrence", "essaim_sample", "essaim_rejected_file",
                            "essaim_rejected_line", "essaim_rejected_sample"})
    EXPECT_EQ(Genetic(table), 0) << table;
}

INSTANTIATE_TEST_SUITE_P(Engines, VcfFiles, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace essaim::genomics
