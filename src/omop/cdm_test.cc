#include "omop/cdm.h"

#include <gtest/gtest.h>

#include "omop/extensions.h"

namespace essaim {
namespace {

TEST(Cdm, HasTheTablesAndFieldsOfVersion54) {
  std::size_t n_fields = 0, n_required = 0;
  for (const CdmTable& table : CdmTables()) {
    n_fields += table.fields.size();
    for (const CdmField& field : table.fields) n_required += field.required ? 1 : 0;
  }
  EXPECT_EQ(CdmTables().size(), 39u);
  EXPECT_EQ(n_fields, 432u);
  EXPECT_EQ(n_required, 180u);
}

TEST(Cdm, DescribesAField) {
  const CdmTable* person = FindCdmTable("person");
  ASSERT_NE(person, nullptr);
  EXPECT_EQ(person->group, CdmGroup::kClinical);
  ASSERT_NE(person->PrimaryKey(), nullptr);
  EXPECT_EQ(person->PrimaryKey()->name, "person_id");
  const CdmField* gender = person->Field("gender_concept_id");
  ASSERT_NE(gender, nullptr);
  EXPECT_EQ(gender->type, CdmType::kInteger);
  EXPECT_TRUE(gender->required);
  EXPECT_EQ(gender->fk_table, "concept");
  EXPECT_EQ(gender->fk_domain, "Gender");
  EXPECT_EQ(person->Field("no_such_field"), nullptr);
  EXPECT_EQ(FindCdmTable("no_such_table"), nullptr);
}

TEST(Cdm, KeepsExtensionsApart) {
  EXPECT_EQ(FindCdmTable("image_occurrence"), nullptr);
  const CdmTable* images = FindLoadedTable("image_occurrence");
  ASSERT_NE(images, nullptr);
  EXPECT_EQ(images->fields.size(), 11u);
  EXPECT_EQ(images->PrimaryKey()->name, "image_occurrence_id");
  EXPECT_EQ(FindLoadedTable("person"), FindCdmTable("person"));
  EXPECT_EQ(LoadedTables().size(), CdmTables().size() + ExtensionTables().size());
  for (const CdmTable& table : ExtensionTables()) {
    EXPECT_EQ(FindCdmTable(table.name), nullptr) << table.name;
    EXPECT_NE(table.PrimaryKey(), nullptr) << table.name;
  }
}

TEST(Cdm, QuotesTheReservedWord) {
  EXPECT_EQ(SqlName(*FindCdmTable("note_nlp")->Field("offset")), "\"offset\"");
  EXPECT_EQ(SqlName(*FindCdmTable("note_nlp")->Field("note_id")), "note_id");
}

}  // namespace
}  // namespace essaim
