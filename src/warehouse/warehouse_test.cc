#include "warehouse/warehouse.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <duckdb.hpp>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/testing/status_matchers.h"
#include "crypto/entropy.h"
#include "warehouse/duckdb_warehouse.h"
#include "warehouse/file_table.h"
#include "warehouse/sql_engine.h"
#include "warehouse/sql_values.h"

namespace essaim {
namespace {

using absl::StatusCode;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::StatusIs;

constexpr char kSchema[] = R"(variables:
  - {name: age, type: number, unit: a, range: [0, 120], source: AGE, missing: ["", "-9"]}
  - {name: visits, type: integer, range: [0, 50]}
  - {name: sick, type: boolean, true: [yes, "1"], false: [no, "0"]}
  - {name: stage, type: category, levels: [I, {name: II, codes: [II, "2"]}, III]}
)";

class CollectingLog final : public Log {
 public:
  void Write(Severity, std::string_view, std::initializer_list<Field> fields) override {
    for (const Field& field : fields) text += field.second + "\n";
  }

  std::string text;
};

class WarehouseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              absl::StrCat("essaim-warehouse-", getpid(), "-",
                           ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }

  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }

  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
    return Path(name);
  }

  absl::StatusOr<std::unique_ptr<Warehouse>> Open(const std::string& key = std::string(32, 'k')) {
    return OpenDuckDbWarehouse({.path = Path("site.duckdb"),
                                .key = SecretBytes::CopyOf(key),
                                .threads = 1,
                                .memory_mib = 512,
                                .entropy = &entropy_,
                                .log = &log_});
  }

  static LoadRequest Request(const std::string& file, OnBadRow rule = OnBadRow::kStop) {
    LoadRequest request;
    request.dataset = "heart";
    request.files = {file};
    request.schema_yaml = kSchema;
    request.on_bad_row = rule;
    return request;
  }

  static Study MakeStudy(const std::string& include) {
    Study study;
    study.dataset = "heart";
    study.schema = ParseSchemaFile(kSchema)->schema;
    study.include_text = include;
    return study;
  }

  std::filesystem::path folder_;
  crypto::SystemEntropy entropy_;
  CollectingLog log_;
};

constexpr char kGood[] =
    "id,AGE,visits,sick,stage\n"
    "a,50,3,yes,I\n"
    "b,-9,,no,2\n"
    "c,71.5,50,1,III\n";

TEST_F(WarehouseTest, LoadsFreezesAndSurvivesReopening) {
  std::string first_snapshot;
  {
    ASSERT_OK_AND_ASSIGN(auto warehouse, Open());
    ASSERT_OK_AND_ASSIGN(const LoadReport report, warehouse->Load(Request(Write("a.csv", kGood))));
    EXPECT_EQ(report.n_read, 3u);
    EXPECT_EQ(report.n_loaded, 3u);
    EXPECT_THAT(report.ignored_columns, ElementsAre("id"));
    ASSERT_OK_AND_ASSIGN(const FrozenCohort all, warehouse->Freeze(MakeStudy(""), {}, 2));
    first_snapshot = all.snapshot_id;
  }
  ASSERT_OK_AND_ASSIGN(auto warehouse, Open());
  ASSERT_OK_AND_ASSIGN(const FrozenCohort all, warehouse->Freeze(MakeStudy(""), {}, 2));
  EXPECT_EQ(all.snapshot_id, first_snapshot);
  EXPECT_EQ(all.table.site(), 2u);
  EXPECT_THAT(std::vector<double>(all.table.column(3).begin(), all.table.column(3).end()),
              ElementsAre(0, 1, 2));
  EXPECT_TRUE(PersonTable::IsMissing(all.table.at(1, 0)));
  EXPECT_TRUE(PersonTable::IsMissing(all.table.at(1, 1)));
  ASSERT_OK_AND_ASSIGN(const FrozenCohort old, warehouse->Freeze(MakeStudy("age > 60"), {}, 0));
  EXPECT_EQ(old.n_rows, 1u);
  EXPECT_NE(old.definition_hash, all.definition_hash);
  EXPECT_NE(old.snapshot_id, all.snapshot_id);
}

TEST_F(WarehouseTest, TheFileHoldsNoPlainTextAndNeedsItsKey) {
  {
    ASSERT_OK_AND_ASSIGN(auto warehouse, Open());
    ASSERT_OK(warehouse->Load(Request(
        Write("a.csv", "AGE,visits,sick,stage\nMARKERMARKER,1,yes,I\n"), OnBadRow::kQuarantine)));
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    if (entry.path().extension() == ".csv") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::stringstream bytes;
    bytes << in.rdbuf();
    EXPECT_THAT(bytes.str(), Not(HasSubstr("MARKERMARKER"))) << entry.path();
    EXPECT_THAT(bytes.str(), Not(HasSubstr("visits"))) << entry.path();
  }
  EXPECT_THAT(Open(std::string(32, 'x')), StatusIs(StatusCode::kUnauthenticated, HasSubstr("key")));
  EXPECT_OK(Open());
}

// A hundred megabytes with memory for half of them.
TEST_F(WarehouseTest, WhatDoesNotFitIntoMemoryLiesSealedBesideTheFileUntilItIsClosed) {
  const std::filesystem::path spill = Path("site.duckdb.spill");
  std::filesystem::create_directories(spill);
  std::ofstream(spill / "duckdb_temp_storage_DEFAULT-0.tmp") << "of a killed process";
  {
    ASSERT_OK_AND_ASSIGN(auto engine,
                         OpenDuckDbEngine({.path = Path("site.duckdb"),
                                           .key = SecretBytes::CopyOf(std::string(32, 'k')),
                                           .memory_mib = 48,
                                           .entropy = &entropy_,
                                           .log = &log_}));
    EXPECT_FALSE(std::filesystem::exists(spill));
    ASSERT_OK(engine->Execute(
        "CREATE TEMPORARY TABLE big AS SELECT i, md5(CAST(i AS VARCHAR)) || 'MARKERMARKER' || "
        "md5(CAST(i * 7 AS VARCHAR)) AS s FROM range(1200000) r(i)"));
    std::uintmax_t bytes = 0, markers = 0;
    for (const auto& entry : std::filesystem::directory_iterator(spill)) {
      ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(entry.path().string(), 1u << 30));
      bytes += text.size();
      for (std::size_t at = 0; (at = text.find("MARKERMARKER", at)) != std::string::npos; ++at)
        ++markers;
    }
    EXPECT_GT(bytes, 10u << 20);
    EXPECT_EQ(markers, 0u);
    ASSERT_OK_AND_ASSIGN(const SqlRows rows,
                         engine->Query("SELECT COUNT(*) FROM big WHERE s LIKE '%MARKERMARKER%'"));
    EXPECT_EQ(WholeOf(rows.rows[0][0]), 1200000);
  }
  EXPECT_FALSE(std::filesystem::exists(spill));
}

TEST_F(WarehouseTest, StopsAtBadRowsAndKeepsTheFormerData) {
  ASSERT_OK_AND_ASSIGN(auto warehouse, Open());
  ASSERT_OK_AND_ASSIGN(const LoadReport good, warehouse->Load(Request(Write("a.csv", kGood))));
  // The quoted line feed makes the next row begin on line 4.
  const std::string bad = Write("b.csv",
                                "note,AGE,visits,sick,stage\n\"two\nlines\",50,3,yes,I\n"
                                "x,121,3,yes,I\nx,50,2.5,yes,I\nx,50,3,maybe,I\nx,50,3,yes,IV\n"
                                "x,SECRET,3,yes,I\nx,50\n\nx,5,3,no,I,9\nx,5,3,no,\xff\n");
  const auto report = warehouse->Load(Request(bad));
  EXPECT_THAT(
      report,
      StatusIs(StatusCode::kInvalidArgument,
               AllOf(HasSubstr("9 rows"), HasSubstr("b.csv:4: column 'AGE': outside [0, 120]"),
                     HasSubstr("b.csv:5: column 'visits': not a whole number"),
                     HasSubstr("b.csv:6: column 'sick': neither"),
                     HasSubstr("b.csv:7: column 'stage': not one of its levels"),
                     HasSubstr("b.csv:8: column 'AGE': not a number"),
                     HasSubstr("b.csv:9: 2 cells, expected 5"),
                     HasSubstr("b.csv:10: an empty line"), HasSubstr("b.csv:11: too many cells"),
                     HasSubstr("b.csv:12: not UTF-8"), Not(HasSubstr("SECRET")))));
  ASSERT_OK_AND_ASSIGN(const auto sets, warehouse->DataSets());
  ASSERT_EQ(sets.size(), 1u);
  EXPECT_EQ(sets[0].load_id, good.load_id);
  EXPECT_EQ(sets[0].n_rows, 3u);
}

TEST_F(WarehouseTest, QuarantineKeepsCountOfEveryRow) {
  ASSERT_OK_AND_ASSIGN(auto warehouse, Open());
  const std::string file = Write("b.csv", "AGE,visits,sick,stage\n50,3,yes,I\n500,3,yes,I\n50,3\n");
  ASSERT_OK_AND_ASSIGN(const LoadReport report,
                       warehouse->Load(Request(file, OnBadRow::kQuarantine)));
  EXPECT_EQ(report.n_read, 3u);
  EXPECT_EQ(report.n_loaded, 1u);
  EXPECT_EQ(report.n_quarantined, 2u);
  ASSERT_EQ(report.bad_rows.size(), 2u);
  EXPECT_EQ(report.bad_rows[0].line, 3u);
  ASSERT_OK_AND_ASSIGN(const auto sets, warehouse->DataSets());
  EXPECT_EQ(sets[0].n_quarantined, 2u);
}

TEST_F(WarehouseTest, TheSameLoadTwiceIsTheSameData) {
  ASSERT_OK_AND_ASSIGN(auto warehouse, Open());
  ASSERT_OK_AND_ASSIGN(const auto one, warehouse->Load(Request(Write("a.csv", kGood))));
  ASSERT_OK_AND_ASSIGN(const auto two, warehouse->Load(Request(Write("c.csv", kGood))));
  EXPECT_EQ(one.load_id, two.load_id);
  ASSERT_OK_AND_ASSIGN(const auto cohort, warehouse->Freeze(MakeStudy(""), {}, 0));
  EXPECT_EQ(cohort.n_rows, 3u);
  ASSERT_OK_AND_ASSIGN(
      const auto three,
      warehouse->Load(Request(Write("d.csv", absl::StrCat(kGood, "d,1,1,no,I\n")))));
  EXPECT_NE(three.load_id, one.load_id);
}

TEST_F(WarehouseTest, ACancelledLoadChangesNothing) {
  ASSERT_OK_AND_ASSIGN(auto warehouse, Open());
  LoadRequest request = Request(Write("a.csv", kGood));
  request.progress = [](const LoadProgress&) { return false; };
  EXPECT_THAT(warehouse->Load(request), testing::HasCode(StatusCode::kCancelled));
  ASSERT_OK_AND_ASSIGN(const auto sets, warehouse->DataSets());
  EXPECT_TRUE(sets.empty());
}

// A process killed in the middle of a load, after rows have been handed to the database.
TEST_F(WarehouseTest, AKilledLoadLeavesTheFormerData) {
  std::string before;
  {
    ASSERT_OK_AND_ASSIGN(auto warehouse, Open());
    ASSERT_OK_AND_ASSIGN(const auto report, warehouse->Load(Request(Write("a.csv", kGood))));
    before = report.load_id;
  }
  std::string big = "AGE,visits,sick,stage\n";
  for (int i = 0; i < 200'000; ++i) big += "50,3,yes,I\n";
  const std::string file = Write("big.csv", big);
  const pid_t child = fork();
  if (child == 0) {
    auto warehouse = Open();
    if (!warehouse.ok()) _exit(3);
    LoadRequest request = Request(file);
    request.progress = [](const LoadProgress& p) {
      if (p.rows > 100'000) _exit(7);
      return true;
    };
    (void)(*warehouse)->Load(request);
    _exit(4);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(WEXITSTATUS(status), 7);
  ASSERT_OK_AND_ASSIGN(auto warehouse, Open());
  ASSERT_OK_AND_ASSIGN(const auto sets, warehouse->DataSets());
  ASSERT_EQ(sets.size(), 1u);
  EXPECT_EQ(sets[0].load_id, before);
  ASSERT_OK_AND_ASSIGN(const auto cohort, warehouse->Freeze(MakeStudy(""), {}, 0));
  EXPECT_EQ(cohort.n_rows, 3u);
}

TEST_F(WarehouseTest, RefusesAStudyWhoseVariablesDiffer) {
  ASSERT_OK_AND_ASSIGN(auto warehouse, Open());
  ASSERT_OK(warehouse->Load(Request(Write("a.csv", kGood))));
  Study study = MakeStudy("");
  std::vector<Variable> variables = study.schema.variables();
  variables[3].levels = {"I", "III", "II"};
  study.schema = *Schema::Make(variables);
  EXPECT_THAT(warehouse->Freeze(study, {}, 0),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("'stage'")));
  study.dataset = "other";
  EXPECT_THAT(warehouse->Freeze(study, {}, 0), testing::HasCode(StatusCode::kNotFound));
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

// The project's own studies read, and their sites' files load without a single bad row.
TEST_F(WarehouseTest, TheDemonstrationsDataFitTheirStudies) {
  const std::string root = ESSAIM_SOURCE_DIR;
  const std::pair<const char*, std::vector<std::size_t>> studies[] = {
      {"heart", {303, 294, 123, 200}}, {"tcga_brca", {311, 196, 206, 162, 162, 51}}};
  for (const auto& [name, rows] : studies) {
    const auto study = ParseStudy(ReadFile(absl::StrCat(root, "/studies/", name, ".yaml")),
                                  [&](std::string_view path) -> absl::StatusOr<std::string> {
                                    return ReadFile(root + "/studies/" + std::string(path));
                                  });
    ASSERT_OK(study);
    ASSERT_EQ(study->sites.size(), rows.size());
    ASSERT_OK_AND_ASSIGN(auto warehouse, Open());
    for (std::size_t site = 0; site < rows.size(); ++site) {
      LoadRequest request;
      request.dataset = study->dataset;
      request.schema_yaml = ReadFile(absl::StrCat(root, "/data/", name, "/", name, ".schema.yaml"));
      request.files = {absl::StrCat(root, "/data/", name, "/", study->sites[site], ".csv")};
      ASSERT_OK_AND_ASSIGN(const LoadReport report, warehouse->Load(request));
      EXPECT_EQ(report.n_loaded, rows[site]);
      EXPECT_THAT(report.ignored_columns, ElementsAre("patient"));
      for (const Analysis& analysis : study->analyses) {
        ASSERT_OK_AND_ASSIGN(const FrozenCohort cohort, warehouse->Freeze(*study, analysis, site));
        EXPECT_GT(cohort.n_rows, 0u);
      }
    }
  }
}

TEST_F(WarehouseTest, LoadsParquetWithTheSameChecks) {
  const std::string file = Path("a.parquet");
  {
    duckdb::DuckDB database(nullptr);
    duckdb::Connection connection(database);
    const auto result = connection.Query(
        "COPY (SELECT * FROM (VALUES (50.5, 3, 'yes', 'I'), (NULL, NULL, 'no', '2'), "
        "(200.0, 1, 'no', 'III')) t(AGE, visits, sick, stage)) TO '" +
        file + "' (FORMAT parquet)");
    ASSERT_FALSE(result->HasError()) << result->GetError();
  }
  ASSERT_OK_AND_ASSIGN(auto warehouse, Open());
  EXPECT_THAT(warehouse->Load(Request(file)),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("a.parquet:3: column 'AGE': outside [0, 120]")));
  ASSERT_OK_AND_ASSIGN(const LoadReport report,
                       warehouse->Load(Request(file, OnBadRow::kQuarantine)));
  EXPECT_EQ(report.n_loaded, 2u);
  ASSERT_OK_AND_ASSIGN(const FrozenCohort all, warehouse->Freeze(MakeStudy(""), {}, 0));
  EXPECT_EQ(all.table.at(0, 0), 50.5);
  EXPECT_TRUE(PersonTable::IsMissing(all.table.at(1, 1)));
  EXPECT_EQ(all.table.at(1, 3), 1);
  EXPECT_THAT(warehouse->Load(Request(Write("b.parquet", "no parquet at all"))),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("not a readable Parquet file")));
}

// 400 random conditions over 300 random rows: the database and Expression::Matches pick the same.
TEST_F(WarehouseTest, SqlAndMatchesAgree) {
  std::mt19937_64 random(20240607);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  std::string csv = "AGE,visits,sick,stage\n";
  for (int i = 0; i < 300; ++i) {
    const char* stages[] = {"I", "II", "III", ""};
    const char* sick[] = {"yes", "no", ""};
    absl::StrAppend(&csv, below(4) == 0 ? "" : absl::StrCat(below(480) / 4.0), ",",
                    below(4) == 0 ? "" : absl::StrCat(below(6)), ",", sick[below(3)], ",",
                    stages[below(4)], "\n");
  }
  const std::function<std::string(int)> number = [&](int depth) -> std::string {
    const char* leaves[] = {"age", "visits", "3", "0", "60.5", "-2"};
    if (depth <= 0 || below(2) == 0) return leaves[below(6)];
    const char* symbols[] = {" + ", " - ", " * ", " / "};
    return absl::StrCat("(", number(depth - 1), symbols[below(4)], number(depth - 1), ")");
  };
  const std::function<std::string(int)> truth = [&](int depth) -> std::string {
    const char* symbols[] = {" == ", " != ", " < ", " <= ", " > ", " >= "};
    const char* leaves[] = {
        "sick",         "stage == 'II'",      "stage != 'I'", "stage in ('I', 'III')",
        "missing(age)", "not missing(stage)", "true",         "visits in (1, 2, -3)"};
    if (depth <= 0) return leaves[below(8)];
    switch (below(6)) {
      case 0:
        return absl::StrCat("(", truth(depth - 1), " and ", truth(depth - 1), ")");
      case 1:
        return absl::StrCat("(", truth(depth - 1), " or ", truth(depth - 1), ")");
      case 2:
        return absl::StrCat("not (", truth(depth - 1), ")");
      case 3:
        return absl::StrCat("(", number(2), " between ", number(1), " and ", number(1), ")");
      case 4:
        return absl::StrCat("((", truth(depth - 1), ")", below(2) ? " == " : " != ", "(",
                            truth(depth - 1), "))");
      default:
        return absl::StrCat("(", number(2), symbols[below(6)], number(2), ")");
    }
  };
  const std::string file = Write("a.csv", csv);
  ASSERT_OK_AND_ASSIGN(auto warehouse, Open());
  ASSERT_OK(warehouse->Load(Request(file)));
  ASSERT_OK_AND_ASSIGN(const SchemaFile schema, ParseSchemaFile(kSchema));
  ASSERT_OK_AND_ASSIGN(const PersonTable table, ReadCsvTable(file, schema, 0));
  int nontrivial = 0;
  for (int i = 0; i < 400; ++i) {
    const std::string text = truth(3);
    ASSERT_OK_AND_ASSIGN(const Expression expression, Expression::Parse(text, schema.schema));
    const PersonTable expected = table.Select(expression.Matches(table));
    ASSERT_OK_AND_ASSIGN(const FrozenCohort cohort, warehouse->Freeze(MakeStudy(text), {}, 0));
    ASSERT_EQ(cohort.n_rows, expected.n_persons()) << text;
    for (std::size_t v = 0; v < 4; ++v) {
      for (std::size_t p = 0; p < cohort.n_rows; ++p) {
        const double a = cohort.table.at(p, v), b = expected.at(p, v);
        ASSERT_TRUE(a == b || (std::isnan(a) && std::isnan(b))) << text;
      }
    }
    nontrivial += cohort.n_rows > 0 && cohort.n_rows < 300 ? 1 : 0;
  }
  EXPECT_GT(nontrivial, 200);
}

}  // namespace
}  // namespace essaim
