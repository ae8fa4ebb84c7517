#include "mapping/mapping.h"

#include <filesystem>
#include <fstream>

#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "mapping/mapped_files.h"
#include "warehouse/cdm_load.h"
#include "warehouse/engines_testing.h"

namespace essaim::mapping {
namespace {

using ::essaim::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FewCodes : public Vocabulary {
 public:
  FewCodes() {
    hypertension_.source = {.concept_id = 45591453};
    hypertension_.targets = {{.concept_id = 320128, .standard = true}};
  }

  absl::StatusOr<const MappedCode*> Map(std::string_view vocabulary,
                                        std::string_view code) override {
    return vocabulary == "ICD10" && code == "I10" ? &hypertension_ : &none_;
  }

  absl::StatusOr<Concept> Find(std::int64_t) override { return Concept(); }

 private:
  MappedCode hypertension_, none_;
};

constexpr char kPatients[] =
    "IPP;NOM;PRENOM;SEXE;DDN;SERVICE\n1;Moreau;Anne;F;02/03/1950;A\n2;Petit;Jean;H;31/12/1961;B\n"
    "3;X;Y;F;31/02/1961;B\n";
constexpr char kDiagnoses[] =
    "IPP;NDA;CODE_CIM10;DATE\n1;S1;I10;05/01/2020\n1;S1;Z99;06/01/2020\n"
    "2;S2;NA;07/01/2020\n";
constexpr char kResults[] =
    "IPP;CODE_ANALYSE;VALEUR;UNITE;DATE\n1;GLU;1,05;g/L;05/01/2020\n1;GLU;5,8;mmol/L;06/01/2020\n"
    "2;GLU;abc;g/L;07/01/2020\n2;GLU;1;inconnue;07/01/2020\n";

constexpr char kMapping[] = R"yaml(mapping: 1
missing: ["", NA]
tables:
  - from: patients.csv
    to: person
    fields:
      person_id: {id: person, of: IPP}
      gender_concept_id: {column: SEXE, values: {H: 8507, F: 8532}, otherwise: 0}
      year_of_birth: {column: DDN, date: "%d/%m/%Y", part: year}
      birth_datetime: {column: DDN, date: "%d/%m/%Y"}
      race_concept_id: {value: 0}
      ethnicity_concept_id: {value: 0}
      person_source_value: {pseudonym: IPP}
    identity: {value: IPP, family_name: NOM, given_names: PRENOM}
  - from: diagnostics
    to: condition_occurrence
    where: {NDA: [S1]}
    fields:
      condition_occurrence_id: {id: condition_occurrence, of: [IPP, NDA, CODE_CIM10, DATE]}
      person_id: {id: person, of: IPP}
      condition_concept_id: {concept: CODE_CIM10, vocabulary: ICD10}
      condition_source_concept_id: {concept: CODE_CIM10, vocabulary: ICD10, source: true}
      condition_source_value: CODE_CIM10
      condition_start_date: {column: DATE, date: "%d/%m/%Y"}
      condition_type_concept_id: {value: 32817}
  - from: biologie.csv
    to: measurement
    fields:
      measurement_id: {id: measurement, of: [IPP, CODE_ANALYSE, DATE]}
      person_id: {id: person, of: IPP}
      measurement_concept_id: {concept: CODE_ANALYSE, vocabulary: L, values: {GLU: 3004501}}
      measurement_date: {column: DATE, date: "%d/%m/%Y"}
      measurement_type_concept_id: {value: 32856}
      value_as_number: {column: VALEUR, decimal: ",",
        times: {column: UNITE, values: {g/L: 100, mmol/L: 18.016}}}
      unit_concept_id: {value: 8840}
)yaml";

class Names : public IdentitySink {
 public:
  absl::Status Put(const Identity& identity) override {
    all.push_back(identity);
    return absl::OkStatus();
  }

  std::vector<Identity> all;
};

// The same on every engine.
class MappingTest : public ::testing::TestWithParam<const char*> {
 protected:
  MappingTest() : folder_(testing::TempPath("mapping_test", GetParam())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    auto engine = engines_.Make(GetParam(), folder_);
    EXPECT_OK(engine.status());
    engine_ = *std::move(engine);
    for (const auto& [name, text] : {std::pair{"patients.csv", kPatients},
                                     {"diagnostics.csv", kDiagnoses},
                                     {"biologie.csv", kResults}}) {
      std::ofstream(folder_ + "/" + name) << text;
      paths_.push_back(folder_ + "/" + name);
    }
  }

  ~MappingTest() override {
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }

  absl::StatusOr<CdmLoadReport> Load(const std::string& yaml, const CdmLoadOptions& options = {}) {
    auto mapping = ParseMapping(yaml);
    if (!mapping.ok()) return mapping.status();
    auto source = OpenMappedFiles(paths_, *std::move(mapping),
                                  {.ids = &ids_, .vocabulary = &codes_, .identities = &names_});
    if (!source.ok()) return source.status();
    return LoadCdm(*engine_, **source, options);
  }

  std::int64_t Count(const std::string& from) {
    const auto rows = engine_->Query("SELECT COUNT(*) FROM " + from);
    EXPECT_OK(rows.status());
    return std::get<std::int64_t>(rows->rows[0][0]);
  }

  std::string folder_;
  std::vector<std::string> paths_;
  TestEngines engines_;
  std::unique_ptr<SqlEngine> engine_;
  IdMaker ids_{SecretBytes::CopyOf(std::string(32, 'k')), "p", "s"};
  FewCodes codes_;
  Names names_;
};

TEST_P(MappingTest, AHospitalsTablesBecomeTheCdms) {
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report, Load(kMapping));
  EXPECT_EQ(Count("person WHERE gender_concept_id = 8532 AND year_of_birth = 1950"), 1);
  EXPECT_EQ(Count("person"), 2);
  EXPECT_EQ(Count("person WHERE person_source_value = '1'"), 0);
  EXPECT_EQ(Count("condition_occurrence c JOIN person p ON p.person_id = c.person_id"), 2);
  EXPECT_EQ(Count("condition_occurrence WHERE condition_concept_id = 320128 AND "
                  "condition_source_concept_id = 45591453 AND condition_start_date = DATE "
                  "'2020-01-05'"),
            1);
  EXPECT_EQ(Count("condition_occurrence WHERE condition_concept_id = 0 AND "
                  "condition_source_value = 'Z99'"),
            1);
  EXPECT_EQ(Count("measurement WHERE value_as_number > 104.4 AND value_as_number < 105.1"), 2);
  std::vector<std::string> faults;
  for (const BadRow& row : report.bad_rows)
    faults.push_back(std::to_string(row.line) + " " + row.column + " " + row.reason);
  EXPECT_THAT(faults, ElementsAre("4 year_of_birth not a date as %d/%m/%Y",
                                  "4 value_as_number not a number",
                                  "5 value_as_number a unit that the mapping does not list"));
  EXPECT_THAT(report.notices, ::testing::Contains(HasSubstr("SERVICE")));
  EXPECT_THAT(report.notices,
              ::testing::Contains(HasSubstr("without a concept: 1 rows of condition_concept_id")));
  ASSERT_EQ(names_.all.size(), 2u);
  EXPECT_EQ(names_.all[0].family_name, "Moreau");
}

TEST_P(MappingTest, StaysMakeObservationPeriods) {
  std::ofstream(folder_ + "/stays.csv") << "IPP;NDA;IN;OUT\n1;a;2020-01-01;2020-01-03\n"
                                           "1;b;2021-05-01;2021-05-09\n";
  paths_ = {folder_ + "/stays.csv"};
  ASSERT_OK(Load(R"yaml(mapping: 1
tables:
  - from: stays
    to: visit_occurrence
    fields:
      visit_occurrence_id: {id: visit_occurrence, of: [IPP, NDA]}
      person_id: {id: person, of: IPP}
      visit_concept_id: {value: 9201}
      visit_start_date: IN
      visit_end_date: OUT
      visit_type_concept_id: {value: 32817}
)yaml")
                .status());
  EXPECT_EQ(Count("observation_period"), 0);  // of a person who is not there yet
  std::ofstream(folder_ + "/people.csv") << "IPP;BIRTH\n1;1950\n2;1960\n";
  paths_ = {folder_ + "/people.csv"};
  ASSERT_OK(Load(R"yaml(mapping: 1
tables:
  - from: people
    to: person
    fields:
      person_id: {id: person, of: IPP}
      gender_concept_id: {value: 0}
      year_of_birth: BIRTH
      race_concept_id: {value: 0}
      ethnicity_concept_id: {value: 0}
)yaml")
                .status());
  EXPECT_EQ(Count("observation_period"), 1);
  EXPECT_EQ(Count("observation_period WHERE observation_period_start_date = DATE '2020-01-01' AND "
                  "observation_period_end_date = DATE '2021-05-09'"),
            1);
}

TEST_P(MappingTest, ADryRunSaysTheSameAndLeavesNothing) {
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport dry, Load(kMapping, {.dry_run = true}));
  EXPECT_EQ(dry.bad_rows.size(), 3u);
  EXPECT_EQ(Count("person"), 0);
  EXPECT_EQ(Count("essaim_loads"), 0);
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport real, Load(kMapping));
  EXPECT_EQ(real.number, 1);
  ASSERT_EQ(real.tables.size(), dry.tables.size());
  for (std::size_t i = 0; i < real.tables.size(); ++i)
    EXPECT_EQ(real.tables[i].n_loaded, dry.tables[i].n_loaded);
}

TEST_P(MappingTest, WhatDoesNotFitIsSaidBeforeAnythingIsRead) {
  const auto is = [](const char* text) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(text));
  };
  std::string text = kMapping;
  text.replace(text.find("from: patients.csv"), 18, "from: malades.csv");
  EXPECT_THAT(Load(text).status(), is("line 4: no file 'malades.csv'"));
  text = kMapping;
  text.replace(text.find("column: SEXE"), 12, "column: SEX");
  EXPECT_THAT(Load(text).status(), is("line 8: "));
}

TEST_P(MappingTest, AProposalLoads) {
  ASSERT_OK_AND_ASSIGN(const std::string proposed, ProposeMapping(paths_));
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report, Load(proposed));
  EXPECT_EQ(Count("person"), 2) << proposed;
  EXPECT_EQ(Count("person WHERE gender_concept_id = 8507"), 1);
  EXPECT_EQ(Count("condition_occurrence"), 3);
  EXPECT_EQ(Count("measurement WHERE value_as_number > 1.04 AND value_as_number < 1.06"), 1);
}

INSTANTIATE_TEST_SUITE_P(Engines, MappingTest, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& engine) { return std::string(engine.param); });

TEST(Mapping, FaultsAreNamedWithTheirPlace) {
  const auto fault = [](const std::string& table) {
    return ParseMapping("mapping: 1\ntables:\n  - " + table + "\n").status();
  };
  const auto is = [](const char* text) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(text));
  };
  EXPECT_THAT(ParseMapping("mapping: 2").status(), is("1:10: mapping: expected mapping: 1"));
  EXPECT_THAT(fault("{from: a, to: persn, fields: {}}"), is("did you mean 'person'?"));
  EXPECT_THAT(fault("{from: a, to: death, fields: {person_id: A}}"), is("death_date: missing"));
  EXPECT_THAT(fault("{from: a, to: death, fields: {persn_id: A}}"), is("did you mean"));
  EXPECT_THAT(fault("{from: a, to: death, fields: {person_id: {colum: A}}}"), is("expected a"));
  EXPECT_THAT(fault("{from: a, to: death, fields: {person_id: {column: A, part: week}}}"),
              is("year, month or day"));
  EXPECT_THAT(fault("{from: a, to: death, fields: {person_id: {concept: A}}}"),
              is("vocabulary: missing"));
  EXPECT_THAT(fault("{from: a, to: death, fields: {person_id: {id: person}}}"), is("of: missing"));
}

TEST(ReadDate, ByItsFormat) {
  EXPECT_EQ(ReadDate("31/12/1950", "%d/%m/%Y"), "1950-12-31");
  EXPECT_EQ(ReadDate("1/2/49 7:05", "%d/%m/%y %H:%M"), "1949-02-01 07:05:00");
  EXPECT_EQ(ReadDate("20200229", "%Y%m%d"), "2020-02-29");
  for (const char* bad : {"", "31/02/1950", "31/12/50", "31-12-1950", "31/12/1950 ", "a/b/c"})
    EXPECT_EQ(ReadDate(bad, "%d/%m/%Y"), "") << bad;
  EXPECT_EQ(ReadDate("1", "%q"), "");
  EXPECT_EQ(ReadDate("1", "%"), "");
}

}  // namespace
}  // namespace essaim::mapping
