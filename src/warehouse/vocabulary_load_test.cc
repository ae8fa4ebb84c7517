// A release of the vocabularies in the place of another; stopped and gone on with.
#include "warehouse/vocabulary_load.h"

#include <filesystem>
#include <fstream>

#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "warehouse/engines_testing.h"
#include "warehouse/load_manifest.h"

namespace essaim {
namespace {

using ::essaim::testing::HasCode;
using ::essaim::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class VocabularyLoading : public ::testing::TestWithParam<const char*> {
 protected:
  VocabularyLoading() : folder_(testing::TempPath("vocabulary_load_test", GetParam())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ + "/athena");
    auto engine = engines_.Make(GetParam(), folder_);
    EXPECT_OK(engine.status());
    engine_ = *std::move(engine);
  }

  ~VocabularyLoading() override {
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/athena/" + name) << text;
  }

  void WriteRelease(const std::string& version, int n_concepts, int n_ancestors) const {
    Write("VOCABULARY.csv",
          "vocabulary_id\tvocabulary_name\tvocabulary_reference\tvocabulary_version\t"
          "vocabulary_concept_id\nNone\tOMOP\tOMOP\t" +
              version + "\t44819096\n");
    std::string concepts =
        "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tstandard_concept\t"
        "concept_code\tvalid_start_date\tvalid_end_date\tinvalid_reason\n";
    for (int i = 1; i <= n_concepts; ++i)
      concepts += std::to_string(i) + "\ta \"quoted\" name\tDrug\tRxNorm\tIngredient\tS\t" +
                  std::to_string(i) + "\t19700101\t20991231\t\n";
    Write("CONCEPT.csv", concepts);
    std::string ancestors =
        "ancestor_concept_id\tdescendant_concept_id\tmin_levels_of_separation\t"
        "max_levels_of_separation\n";
    for (int i = 1; i <= n_ancestors; ++i)
      ancestors += "1\t" + std::to_string(i) + (i == 50 ? "\tx" : "\t0") + "\t0\n";
    Write("CONCEPT_ANCESTOR.csv", ancestors);
  }

  std::int64_t Count(const std::string& from) {
    const auto rows = engine_->Query("SELECT COUNT(*) FROM " + from);
    EXPECT_OK(rows.status());
    return rows.ok() ? std::get<std::int64_t>(rows->rows[0][0]) : -1;
  }

  absl::StatusOr<VocabularyReport> Load(const VocabularyOptions& options = {}) {
    return LoadVocabulary(*engine_, folder_ + "/athena", options);
  }

  std::string folder_;
  TestEngines engines_;
  std::unique_ptr<SqlEngine> engine_;
};

TEST_P(VocabularyLoading, ReplacesARelease) {
  WriteRelease("v5.0 AUG", 20, 100);
  ASSERT_OK_AND_ASSIGN(const VocabularyReport first, Load());
  EXPECT_EQ(first.version, "v5.0 AUG");
  EXPECT_EQ(Count("concept WHERE concept_name = 'a \"quoted\" name'"), 20);
  EXPECT_EQ(Count("concept_ancestor"), 99);
  ASSERT_EQ(first.load.bad_rows.size(), 1u);
  EXPECT_THAT(first.load.bad_rows[0].ToString(), HasSubstr("CONCEPT_ANCESTOR.csv:51: column "
                                                           "'min_levels_of_separation'"));
  EXPECT_EQ(Count("essaim_rejected WHERE line = 51 AND row_number = 1"), 1);
  EXPECT_THAT(first.load.notices, ::testing::Contains("not in the folder, left as it is: domain"));
  ASSERT_OK_AND_ASSIGN(const VocabularyReport again, Load());
  EXPECT_TRUE(again.load.known);
  WriteRelease("v5.0 FEB", 15, 40);
  ASSERT_OK_AND_ASSIGN(const VocabularyReport second, Load());
  EXPECT_EQ(second.load.number, 2);
  EXPECT_EQ(Count("concept"), 15);  // what the newer one lacks went away
  EXPECT_EQ(Count("concept_ancestor"), 40);
  EXPECT_EQ(*VocabularyVersion(*engine_), "v5.0 FEB");
  ASSERT_OK_AND_ASSIGN(const std::vector<LoadEntry> loads, ReadLoads(*engine_));
  ASSERT_EQ(loads.size(), 2u);
  EXPECT_EQ(loads[0].kind, "vocabulary");
  EXPECT_EQ(loads[0].arguments, "v5.0 AUG");
  ASSERT_OK(UndoLastLoad(*engine_));
  EXPECT_EQ(Count("concept"), 20);
  EXPECT_EQ(*VocabularyVersion(*engine_), "v5.0 AUG");
  // One former release is kept, no more.
  EXPECT_THAT(UndoLastLoad(*engine_), StatusIs(absl::StatusCode::kFailedPrecondition,
                                               HasSubstr("the vocabulary before load 1")));
  EXPECT_EQ(Count("concept"), 20);
}

TEST_P(VocabularyLoading, GoesOnWhereItWasStoppedAndReadersSeeNothingOfIt) {
  WriteRelease("v5.0 AUG", 20, 100);
  ASSERT_OK(Load().status());
  WriteRelease("v5.0 FEB", 30, 2'000);
  // Stopped at one piece after another: each time a new engine, as after a crash.
  int n_stops = 0;
  while (true) {
    const auto stopped = Load(
        {.rows_per_commit = 300, .progress = [](const LoadProgress& p) { return p.rows < 600; }});
    if (stopped.ok()) {
      EXPECT_GT(stopped->n_resumed, 1'000u);
      EXPECT_EQ(stopped->load.files.back().n_read, 2'000u);
      break;
    }
    ASSERT_THAT(stopped.status(), HasCode(absl::StatusCode::kCancelled));
    EXPECT_EQ(Count("concept"), 20);
    ASSERT_LT(++n_stops, 20);
    engine_.reset();
    ASSERT_OK_AND_ASSIGN(engine_, engines_.Again());
  }
  EXPECT_GE(n_stops, 3);
  EXPECT_EQ(Count("concept"), 30);
  EXPECT_EQ(Count("concept_ancestor"), 1'999);
  EXPECT_EQ(Count("(SELECT DISTINCT descendant_concept_id FROM concept_ancestor) d"), 1'999);
  EXPECT_EQ(Count("essaim_rejected WHERE number = 2 AND line = 51"), 1);
}

TEST_P(VocabularyLoading, BeginsAFileAgainThatChangedMeanwhile) {
  WriteRelease("v5.0 AUG", 2'000, 10);
  ASSERT_THAT(
      Load({.rows_per_commit = 300, .progress = [](const LoadProgress& p) { return p.rows < 900; }})
          .status(),
      HasCode(absl::StatusCode::kCancelled));
  WriteRelease("v5.0 FEB", 1'000, 10);
  ASSERT_OK_AND_ASSIGN(const VocabularyReport report, Load());
  EXPECT_EQ(report.n_resumed, 0u);
  EXPECT_EQ(Count("concept"), 1'000);
}

TEST_P(VocabularyLoading, SaysWhatItMisses) {
  EXPECT_THAT(LoadVocabulary(*engine_, folder_ + "/nowhere", {}).status(),
              HasCode(absl::StatusCode::kNotFound));
  EXPECT_THAT(Load().status(), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no CONCEPT.csv")));
  WriteRelease("v5.0 AUG", 2, 2);
  EXPECT_THAT(LoadVocabulary(*engine_, folder_ + "/athena/CONCEPT.csv", {}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("the folder of Athena's")));
  Write("CONCEPT.csv", "concept_id\tconcept_name\n1\tx\n");
  EXPECT_THAT(Load().status(), StatusIs(absl::StatusCode::kInvalidArgument,
                                        HasSubstr("CONCEPT.csv: line 1: no column 'domain_id'")));
}

INSTANTIATE_TEST_SUITE_P(Engines, VocabularyLoading, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace essaim
