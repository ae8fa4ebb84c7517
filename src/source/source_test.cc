#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "base/status_macros.h"
#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "source/cdm_row.h"
#include "source/id_maker.h"
#include "source/identity_store.h"
#include "source/line_reader.h"
#include "source/vocabulary.h"
#include "warehouse/cdm_load.h"
#include "warehouse/engines_testing.h"

namespace essaim {
namespace {

using ::essaim::testing::HasCode;
using ::testing::HasSubstr;

TEST(IdMaker, PartsKindsSystemsSitesAndProjects) {
  const SecretBytes key = SecretBytes::CopyOf(std::string(32, 'k'));
  const IdMaker ids(key, "p", "a");
  const std::int64_t id = ids.IdOf("person", "ipp", "12");
  EXPECT_GT(id, 0);
  EXPECT_EQ(id, IdMaker(key, "p", "a").IdOf("person", "ipp", "12"));
  EXPECT_NE(id, ids.IdOf("visit", "ipp", "12"));
  EXPECT_NE(id, ids.IdOf("person", "ipp1", "2"));
  EXPECT_NE(id, IdMaker(key, "p", "b").IdOf("person", "ipp", "12"));
  EXPECT_NE(id, IdMaker(key, "q", "a").IdOf("person", "ipp", "12"));
  EXPECT_EQ(ids.PseudonymOf("ipp", "12").size(), 32u);
  // Also of identifiers that are long.
  const std::string many(1'000, 'x');
  EXPECT_EQ(ids.IdOf("person", "ipp", many), ids.IdOf("person", "ipp", many));
  EXPECT_NE(ids.IdOf("person", "ipp", many), ids.IdOf("person", "ipp", many + "x"));
}

class Lines : public ::testing::Test {
 protected:
  Lines() : path_(testing::TempPath("line_reader_test")) {}

  ~Lines() override { std::filesystem::remove(path_); }

  void Write(const std::string& bytes) { std::ofstream(path_, std::ios::binary) << bytes; }

  void WriteGz(const std::string& bytes) {
    const gzFile file = gzopen(path_.c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
  }

  absl::StatusOr<std::vector<std::string>> Read(std::size_t line_bytes_max = 1 << 22) {
    ESSAIM_ASSIGN_OR_RETURN(const auto reader, LineReader::Open(path_, line_bytes_max));
    std::vector<std::string> lines;
    while (true) {
      std::string_view line;
      ESSAIM_ASSIGN_OR_RETURN(const bool more, reader->Next(line));
      if (!more) break;
      lines.emplace_back(line);
      EXPECT_EQ(reader->n_lines(), lines.size());
    }
    ESSAIM_ASSIGN_OR_RETURN(const std::string hash, reader->Sha256Hex());
    ESSAIM_ASSIGN_OR_RETURN(const std::string of_file, HashOfFile(path_));
    EXPECT_EQ(hash, of_file);
    EXPECT_EQ(reader->offset(), std::filesystem::file_size(path_));
    return lines;
  }

  std::string path_;
};

// Lines that end before, at and behind the end of a block, and some that fill several.
TEST_F(Lines, ComeWholeWhateverTheBlocks) {
  std::vector<std::string> lines;
  std::string bytes;
  std::uint64_t random = 1;
  for (int i = 0; bytes.size() < 9'000'000; ++i) {
    random = random * 6364136223846793005 + 1442695040888963407;
    const std::size_t n = i % 50 == 0 ? random >> 43 : random >> 53;
    lines.emplace_back(n, static_cast<char>('a' + i % 26));
    bytes += lines.back() + "\n";
  }
  Write(bytes);
  ASSERT_OK_AND_ASSIGN(auto read, Read());
  EXPECT_TRUE(read == lines);
  WriteGz(bytes);
  ASSERT_OK_AND_ASSIGN(read, Read());
  EXPECT_TRUE(read == lines);
  // The last without its line feed, and a file of whole blocks.
  for (const std::size_t n : {std::size_t{1} << 20, std::size_t{2} << 20, bytes.size() - 1}) {
    Write(bytes.substr(0, n));
    ASSERT_OK_AND_ASSIGN(read, Read());
    std::string joined;
    for (const std::string& line : read) joined += line + "\n";
    if (bytes[n - 1] != '\n') joined.pop_back();
    EXPECT_TRUE(joined == bytes.substr(0, n)) << n;
  }
}

TEST_F(Lines, ThatAreTooLongOrBrokenAreNamed) {
  Write("");
  ASSERT_OK_AND_ASSIGN(const auto none, Read());
  EXPECT_TRUE(none.empty());
  for (const char* end : {"", "\n"}) {
    Write("a\n" + std::string((5 << 20) + 1, 'x') + end);
    const auto read = Read(5 << 20);
    EXPECT_THAT(read.status(), HasCode(absl::StatusCode::kResourceExhausted));
    EXPECT_THAT(std::string(read.status().message()), HasSubstr(": line 2: longer than 5 MiB"));
  }
  EXPECT_THAT(LineReader::Open(path_ + ".none", 1).status(), HasCode(absl::StatusCode::kNotFound));
  std::string noise;
  for (std::uint32_t i = 0, x = 1; i < 3'000'000; ++i)
    noise += static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  WriteGz(noise);
  std::filesystem::resize_file(path_, 2'000'000);
  EXPECT_THAT(Read().status(), HasCode(absl::StatusCode::kInvalidArgument));
}

TEST_F(Lines, MayBeLeftInTheMiddle) {
  Write(std::string(20'000'000, '\n'));
  ASSERT_OK_AND_ASSIGN(const auto reader, LineReader::Open(path_, 1'000));
  std::string_view line;
  ASSERT_OK_AND_ASSIGN(const bool more, reader->Next(line));
  EXPECT_TRUE(more);
}

TEST(CdmRow, CutsAtACharacter) {
  CdmRow row("person");
  std::string text;
  for (int i = 0; i < 60; ++i) text += "é";
  row.SetCut("gender_source_value", text);
  EXPECT_EQ(row.Get("gender_source_value")->size(), 100u);
  row.Set("year_of_birth", std::int64_t{1950});
  EXPECT_EQ(*row.Get("year_of_birth"), "1950");
  row.SetView("person_source_value", "p");
  EXPECT_EQ(*row.Get("person_source_value"), "p");
  const std::string long_text(5'000, 'x');
  row.Set("race_source_value", long_text);
  row.Set("month_of_birth", std::int64_t{-3});
  EXPECT_EQ(*row.Get("race_source_value"), long_text);
  EXPECT_EQ(*row.Get("month_of_birth"), "-3");
  EXPECT_EQ(*row.Get("year_of_birth"), "1950");
  row.Clear();
  EXPECT_FALSE(row.Get("year_of_birth").has_value());
}

TEST(IdentityStore, TellsAPersonsIdentitiesHoweverOftenAsked) {
  const std::string folder = testing::TempPath("identity_store_test");
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  {
    TestEngines engines;
    ASSERT_OK_AND_ASSIGN(const auto engine, engines.Make("duckdb", folder));
    ASSERT_OK_AND_ASSIGN(const auto store, IdentityStore::Open(*engine));
    constexpr int kPersons = 200;
    const auto put = [&](int person, const std::string& value) {
      return store->Put({.person_id = person, .system = "ipp", .value = value});
    };
    for (int i = 0; i < kPersons; ++i) ASSERT_OK(put(i, absl::StrCat("v", i)));
    ASSERT_OK(put(7, "second"));
    ASSERT_OK(store->Commit());
    for (int round = 0; round < 2; ++round) {
      for (int i = 0; i < kPersons; ++i) {
        ASSERT_OK_AND_ASSIGN(const std::vector<Identity> found, store->OfPerson(i));
        ASSERT_EQ(found.size(), i == 7 ? 2u : 1u) << i;
        EXPECT_EQ(found.back().value, absl::StrCat("v", i));
      }
      ASSERT_OK_AND_ASSIGN(const std::vector<Identity> nobody, store->OfPerson(kPersons));
      EXPECT_TRUE(nobody.empty());
    }
    ASSERT_OK(put(kPersons, "late"));
    ASSERT_OK(store->Commit());
    ASSERT_OK_AND_ASSIGN(const std::vector<Identity> late, store->OfPerson(kPersons));
    EXPECT_EQ(late.size(), 1u);
  }
  std::filesystem::remove_all(folder);
}

class VocabularyTest : public ::testing::TestWithParam<const char*> {};

TEST_P(VocabularyTest, MapsACodeToItsStandardConcepts) {
  const std::string folder = testing::TempPath("source_test", GetParam());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  {
    TestEngines engines;
    ASSERT_OK_AND_ASSIGN(const auto engine, engines.Make(GetParam(), folder));
    ASSERT_OK(CreateCdm(*engine));
    ASSERT_OK(engine->Execute(
        "INSERT INTO concept (concept_id, domain_id, vocabulary_id, concept_code, "
        "standard_concept, invalid_reason) VALUES (1, 'Condition', 'ICD10', 'I10', NULL, NULL), "
        "(2, 'Condition', 'SNOMED', '38341003', 'S', NULL), (3, 'Condition', 'SNOMED', 'old', "
        "'S', 'D')"));
    ASSERT_OK(engine->Execute(
        "INSERT INTO concept_relationship (concept_id_1, concept_id_2, relationship_id) VALUES "
        "(1, 2, 'Maps to'), (1, 3, 'Maps to')"));
    const auto vocabulary = OpenSqlVocabulary(*engine);
    ASSERT_OK_AND_ASSIGN(const MappedCode* code, vocabulary->Map("ICD10", "I10"));
    EXPECT_EQ(code->source.concept_id, 1);
    ASSERT_EQ(code->targets.size(), 1u);
    EXPECT_EQ(code->targets[0].concept_id, 2);
    ASSERT_OK_AND_ASSIGN(const MappedCode* standard, vocabulary->Map("SNOMED", "38341003"));
    ASSERT_EQ(standard->targets.size(), 1u);
    ASSERT_OK_AND_ASSIGN(const MappedCode* none, vocabulary->Map("ICD10", "it's none"));
    EXPECT_EQ(none->source.concept_id, 0);
    EXPECT_TRUE(none->targets.empty());
    ASSERT_OK_AND_ASSIGN(const Concept found, vocabulary->Find(2));
    EXPECT_EQ(found.concept_code, "38341003");
  }
  std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Engines, VocabularyTest, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace essaim
