// The 160 cases of fhir2omop, row by row.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "fhir/fhir_files.h"
#include "warehouse/cdm_load.h"
#include "warehouse/engines_testing.h"

namespace essaim::fhir {
namespace {

using Json = nlohmann::json;

const std::string kData = std::string(ESSAIM_SOURCE_DIR) + "/tests/data/fhir/";

std::string ReadAll(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

class Golden : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = testing::TempPath("fhir_golden_test");
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    engines_ = new TestEngines;
    auto engine = engines_->Make("duckdb", folder_);
    ASSERT_OK(engine.status());
    engine_ = engine->release();
    ASSERT_OK(CreateCdm(*engine_));
    LoadVocabulary();
  }

  static void TearDownTestSuite() {
    delete engine_;
    delete engines_;
    std::filesystem::remove_all(folder_);
  }

  // The seed's INSERTs, column by name.
  static void LoadVocabulary() {
    std::istringstream lines(ReadAll(kData + "golden_vocabulary.sql"));
    std::string line;
    int n = 0;
    while (std::getline(lines, line)) {
      if (!absl::StartsWith(line, "INSERT INTO vocab.")) continue;
      const bool relationship = absl::StrContains(line, "concept_relationship");
      const std::string columns =
          relationship ? "concept_relationship (concept_id_1, concept_id_2, relationship_id, "
                         "valid_start_date, valid_end_date, invalid_reason) VALUES"
                       : "concept (concept_id, concept_name, domain_id, vocabulary_id, "
                         "concept_class_id, standard_concept, concept_code, valid_start_date, "
                         "valid_end_date, invalid_reason) VALUES";
      const std::size_t values = line.find("VALUES");
      ASSERT_OK(engine_->Execute("INSERT INTO " + columns + line.substr(values + 6)));
      ++n;
    }
    ASSERT_EQ(n, 201);
  }

  // "ref:X" in a column is the number that the id X gets in that column's space.
  std::string Expected(const std::string& column, const Json& value) {
    if (value.is_null()) return "NULL";
    if (value.is_number()) return Number(value.get<double>());
    std::string text = value.get<std::string>();
    // The one deviation (docs/fhir.md): a name of no parts is no name.
    if (column == "provider_name" && text == ", ") return "NULL";
    if (!absl::StartsWith(text, "ref:")) {
      if (text.size() == 19 && text[10] == 'T') text[10] = ' ';
      return text;
    }
    std::string kind = column.substr(0, column.size() - 3);
    if (kind == "preceding_visit_occurrence") kind = "visit_occurrence";
    return absl::StrCat(ids_.IdOf(kind, "", text.substr(4)));
  }

  static std::string Number(double x) {
    return x == std::floor(x) && std::abs(x) < 1e15 ? absl::StrCat(static_cast<std::int64_t>(x))
                                                    : absl::StrFormat("%.15g", x);
  }

  static std::string Actual(const SqlValue& value) {
    if (const auto* n = std::get_if<std::int64_t>(&value)) return absl::StrCat(*n);
    if (const auto* x = std::get_if<double>(&value)) return Number(*x);
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    return "NULL";
  }

  // Rows as texts; the key is left out unless the case names it, and `id:` stands for any number.
  void Compare(const std::string& table, const Json& expected, const std::string& what) {
    const CdmTable& t = *FindCdmTable(table);
    const auto rows = engine_->Query("SELECT * FROM " + table);
    ASSERT_OK(rows.status());
    std::multiset<std::string> actual_rows, expected_rows;
    std::set<std::string> left_out;
    const bool names_key = !expected.empty() && t.PrimaryKey() != nullptr &&
                           expected[0].contains(std::string(t.PrimaryKey()->name));
    for (const CdmField& field : t.fields) {
      const std::string name(field.name);
      if (field.primary_key && !names_key) left_out.insert(name);
      for (const Json& row : expected) {
        if (row.contains(name) && row[name].is_string() &&
            absl::StartsWith(row[name].get<std::string>(), "id:"))
          left_out.insert(name);
      }
    }
    for (const Json& row : expected) {
      std::string text;
      for (const CdmField& field : t.fields) {
        const std::string name(field.name);
        if (left_out.contains(name)) continue;
        absl::StrAppend(&text, name, "=", row.contains(name) ? Expected(name, row[name]) : "NULL",
                        "\n");
      }
      expected_rows.insert(text);
    }
    for (const auto& row : rows->rows) {
      std::string text;
      for (std::size_t c = 0; c < t.fields.size(); ++c) {
        const std::string name(t.fields[c].name);
        if (!left_out.contains(name)) absl::StrAppend(&text, name, "=", Actual(row[c]), "\n");
      }
      actual_rows.insert(text);
    }
    EXPECT_EQ(actual_rows, expected_rows) << what << ": " << table;
  }

  static inline std::string folder_;
  static inline TestEngines* engines_ = nullptr;
  static inline SqlEngine* engine_ = nullptr;
  IdMaker ids_{SecretBytes::CopyOf(std::string(32, 'k')), "p", "s"};
};

TEST_F(Golden, EveryCaseGivesItsRows) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(kData + "golden"))
    files.push_back(entry.path().string());
  std::ranges::sort(files);
  const auto vocabulary = OpenSqlVocabulary(*engine_);
  int n_cases = 0;
  for (const std::string& file : files) {
    const Json json = Json::parse(ReadAll(file));
    std::set<std::string> tables;
    for (const Json& c : json["cases"]) {
      for (const auto& [table, rows] : c["omop"].items()) tables.insert(table);
    }
    for (const Json& c : json["cases"]) {
      ++n_cases;
      const std::string path = folder_ + "/case.ndjson";
      std::ofstream out(path);
      for (const char* part : {"fixtures", "fhir"}) {
        if (!json.contains(part) && !c.contains(part)) continue;
        for (const Json& r : c.contains(part) ? c[part] : json[part]) out << r.dump() << "\n";
      }
      out.close();
      const auto source = OpenFhirFiles({path}, {.ids = &ids_,
                                                 .vocabulary = vocabulary.get(),
                                                 .keep_identifying = true,
                                                 .drop_unmapped = true});
      ASSERT_OK(source.status());
      const auto report = LoadCdm(*engine_, **source, {});
      ASSERT_OK(report.status());
      const std::string what = absl::StrCat(std::filesystem::path(file).stem().string(), ": ",
                                            c["desc"].get<std::string>());
      for (const std::string& table : tables) {
        const Json rows = c["omop"].contains(table) ? c["omop"][table] : Json::array();
        Compare(table, rows, what);
      }
      ASSERT_OK(UndoLastLoad(*engine_));
    }
  }
  EXPECT_EQ(n_cases, 160);
}

}  // namespace
}  // namespace essaim::fhir
