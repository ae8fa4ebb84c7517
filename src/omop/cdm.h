// The OMOP Common Data Model, version 5.4: its 39 tables and 432 fields.
//
// Generated at build time from OHDSI's field-level list (data/ohdsi/cdm), which is the model's
// normative form (OHDSI/CommonDataModel, Apache-2.0). Names are lower case.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace essaim {

enum class CdmType { kInteger, kFloat, kDate, kDateTime, kText };
enum class CdmGroup { kClinical, kVocabulary, kResults };

struct CdmField {
  std::string_view name;
  CdmType type;
  int length;  // of kText, in characters; 0: no limit
  bool required, primary_key, foreign_key;
  std::string_view fk_table, fk_field, fk_domain, fk_class;  // empty where none
};

struct CdmTable {
  std::string_view name;
  CdmGroup group;
  std::vector<CdmField> fields;

  const CdmField* Field(std::string_view field) const;  // null if there is none of that name
  const CdmField* PrimaryKey() const;                   // null if the table has none
};

std::span<const CdmTable> CdmTables();
const CdmTable* FindCdmTable(std::string_view name);  // null if there is none of that name

// The field's name as SQL: `offset` of note_nlp is a reserved word and is quoted.
std::string SqlName(const CdmField& field);

}  // namespace essaim
