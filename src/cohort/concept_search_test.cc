#include "cohort/concept_search.h"

#include "base/testing/status_matchers.h"
#include "cohort/cdm_testing.h"
#include "cohort/circe.h"

namespace essaim::cohort {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::StatusIs;

class ConceptSearchTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    auto made = TestCdm::Make(GetParam());
    ASSERT_TRUE(made.ok()) << made.status();
    cdm_ = *std::move(made);
    const auto add = [&](const char* row) {
      const absl::Status done = cdm_->engine().Execute(
          absl::StrCat("INSERT INTO concept (concept_id, concept_name, domain_id, vocabulary_id, "
                       "concept_class_id, standard_concept, concept_code) VALUES (",
                       row, ")"));
      ASSERT_TRUE(done.ok()) << done;
    };
    add("1, 'Type 2 diabetes mellitus', 'Condition', 'SNOMED', 'Disorder', 'S', '44054006'");
    add("2, 'Diabetes mellitus', 'Condition', 'SNOMED', 'Disorder', 'S', '73211009'");
    add("3, 'Prediabetes', 'Condition', 'SNOMED', 'Disorder', 'S', '714628002'");
    add("4, 'Diabète de type 2', 'Condition', 'CIM10', 'Code', NULL, 'E11'");
    add("5, '100% cotton_E11', 'Device', 'SNOMED', 'Object', 'S', '9'");
    add("6, 'Mellitus, diabetes of the young', 'Condition', 'SNOMED', 'Disorder', 'S', '8'");
    for (const char* sql :
         {"INSERT INTO concept_relationship (concept_id_1, concept_id_2, relationship_id) VALUES "
          "(4, 1, 'Maps to'), (1, 1, 'Maps to')",
          "INSERT INTO concept_ancestor (ancestor_concept_id, descendant_concept_id) VALUES (2, "
          "1), "
          "(2, 2), (2, 6), (1, 1)",
          "INSERT INTO concept_synonym (concept_id, concept_synonym_name) VALUES (1, 'NIDDM')",
          "INSERT INTO condition_occurrence (condition_occurrence_id, person_id, "
          "condition_concept_id, condition_source_concept_id) VALUES (1, 1, 6, 4), (2, 1, 6, 4)"}) {
      const absl::Status done = cdm_->engine().Execute(sql);
      ASSERT_TRUE(done.ok()) << done;
    }
  }

  std::vector<std::int64_t> Find(ConceptQuery query) {
    const auto rows = SearchConcepts(cdm_->engine(), query);
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::vector<std::int64_t> ids;
    for (const ConceptRow& row : rows.ok() ? *rows : std::vector<ConceptRow>{})
      ids.push_back(row.concept_id);
    return ids;
  }

  std::unique_ptr<TestCdm> cdm_;
};

TEST_P(ConceptSearchTest, RanksWhatItFinds) {
  // The name itself, at a word's start, all words: with records first.
  EXPECT_THAT(Find({.text = "DIABETES mellitus", .domain = {}, .vocabulary = {}}),
              ElementsAre(2, 1, 6));
  EXPECT_THAT(Find({.text = "e11", .domain = {}, .vocabulary = {}}), ElementsAre(4, 5));
  EXPECT_THAT(Find({.text = "diabète", .domain = {}, .vocabulary = {}}),
              ElementsAre(4, 2, 6, 1, 3));
  EXPECT_THAT(Find({.text = "diabete", .domain = {}, .vocabulary = "CIM10"}), ElementsAre(4));
  EXPECT_THAT(
      Find({.text = "diabete", .domain = {}, .vocabulary = {}, .standard = true, .limit = 2}),
      ElementsAre(2, 6));
  EXPECT_THAT(Find({.text = "niddm", .domain = {}, .vocabulary = {}}), ElementsAre(1));
  EXPECT_THAT(Find({.text = "3", .domain = {}, .vocabulary = {}}), ElementsAre(3));
  EXPECT_THAT(Find({.text = "100% cotton_", .domain = {}, .vocabulary = {}}), ElementsAre(5));
  EXPECT_THAT(Find({.text = "1%c", .domain = {}, .vocabulary = {}}), IsEmpty());
  EXPECT_THAT(Find({.text = "it's", .domain = "Condition", .vocabulary = {}}), IsEmpty());
}

TEST_P(ConceptSearchTest, TellsRecordsDescendantsAndMaps) {
  const auto rows =
      SearchConcepts(cdm_->engine(), {.text = "diabete", .domain = {}, .vocabulary = {}});
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_THAT(*rows, SizeIs(5));
  EXPECT_EQ((*rows)[0].records, 2);
  EXPECT_THAT((*rows)[0].maps_to, ElementsAre(1));
  EXPECT_FALSE((*rows)[0].standard);
  EXPECT_EQ((*rows)[1].descendants, 2);
  EXPECT_EQ((*rows)[2].records, 2);
  EXPECT_THAT((*rows)[3].maps_to, IsEmpty());  // itself is not told
}

TEST_P(ConceptSearchTest, ExpandsSets) {
  const auto sets = ParseConceptSets(
      R"({"items": [{"concept": {"CONCEPT_ID": 2}, "includeDescendants": true},
                    {"concept": {"CONCEPT_ID": 1}, "isExcluded": true}]})");
  ASSERT_TRUE(sets.ok()) << sets.status();
  std::vector<std::string> notices;
  const auto expanded = ExpandSets(cdm_->engine(), *sets, 1, notices);
  ASSERT_TRUE(expanded.ok()) << expanded.status();
  ASSERT_THAT(*expanded, SizeIs(1));
  EXPECT_EQ((*expanded)[0].n_concepts, 2u);
  ASSERT_THAT((*expanded)[0].concepts, SizeIs(1));
  EXPECT_EQ((*expanded)[0].concepts[0].concept_id, 6);
  EXPECT_EQ((*expanded)[0].concepts[0].records, 2);
  EXPECT_FALSE(ParseConceptSets("[1]").ok());
  EXPECT_FALSE(ParseConceptSets("{").ok());
}

TEST_P(ConceptSearchTest, RefusesWhatIsWrong) {
  const auto search = [&](ConceptQuery query) {
    return SearchConcepts(cdm_->engine(), query).status();
  };
  EXPECT_THAT(search({.text = "  ", .domain = {}, .vocabulary = {}}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("expected a word")));
  EXPECT_THAT(search({.text = std::string(2000, 'x'), .domain = {}, .vocabulary = {}}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("too long")));
  ASSERT_TRUE(cdm_->engine().Execute("DELETE FROM concept").ok());
  EXPECT_THAT(search({.text = "x", .domain = {}, .vocabulary = {}}),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("load a vocabulary")));
}

INSTANTIATE_TEST_SUITE_P(Engines, ConceptSearchTest, ::testing::ValuesIn(TestEngines::kNames));

}  // namespace
}  // namespace essaim::cohort
