#include <filesystem>

#include "base/testing/status_matchers.h"
#include "source/cdm_row.h"
#include "source/id_maker.h"
#include "source/identity_store.h"
#include "source/vocabulary.h"
#include "warehouse/cdm_load.h"
#include "warehouse/engines_testing.h"

namespace essaim {
namespace {

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
}

TEST(CdmRow, CutsAtACharacter) {
  CdmRow row("person");
  std::string text;
  for (int i = 0; i < 60; ++i) text += "é";
  row.SetCut("gender_source_value", text);
  EXPECT_EQ(row.Get("gender_source_value")->size(), 100u);
  row.Set("year_of_birth", std::int64_t{1950});
  EXPECT_EQ(*row.Get("year_of_birth"), "1950");
  row.Clear();
  EXPECT_FALSE(row.Get("year_of_birth").has_value());
}

TEST(IdentityStore, TellsAPersonsIdentitiesHoweverOftenAsked) {
  const std::string folder = ::testing::TempDir() + "/identity_store_test";
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
  const std::string folder = ::testing::TempDir() + "/source_test." + GetParam();
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
