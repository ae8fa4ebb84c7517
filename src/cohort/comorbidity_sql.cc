#include "cohort/comorbidity_sql.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "warehouse/expression_sql.h"
#include "warehouse/sql_values.h"

namespace essaim::cohort {
namespace {

using absl::StrAppend;
using absl::StrCat;
using Codes = PersonVariable::Codes;
using Kind = PersonVariable::Kind;

constexpr std::size_t kRowsAtOnce = 1'000;
// The vocabularies of ICD-10 and its national editions, as OMOP names them.
constexpr char kVocabularies[] = "('ICD10', 'ICD10CM', 'ICD10GM', 'ICD10CN', 'CIM10', 'KCD7')";

ComorbidityScheme SchemeOf(const PersonVariable& variable) {
  return variable.kind == Kind::kCharlson ? ComorbidityScheme::kCharlson
                                          : ComorbidityScheme::kElixhauser;
}

bool IsByCodes(const PersonVariable& variable) {
  return variable.kind == Kind::kElixhauser ||
         (variable.kind == Kind::kCharlson && variable.codes == Codes::kIcd10);
}

// Rows on their way into kCodeTable.
class CodeRows {
 public:
  explicit CodeRows(SqlEngine& engine) : engine_(engine) {}

  absl::Status Add(Codes way, const std::string& value, std::int64_t concept_id,
                   std::string_view code) {
    const std::string tidy = TidyIcd10(code);
    for (const auto scheme : {ComorbidityScheme::kCharlson, ComorbidityScheme::kElixhauser}) {
      for (const std::size_t group : GroupsOfCode(scheme, tidy)) {
        StrAppend(&values_, n_ == 0 ? "(" : ",(", static_cast<int>(way), ",",
                  static_cast<int>(scheme), ",", group, ",", SqlText(value), ",", concept_id, ")");
        if (++n_ == kRowsAtOnce) ESSAIM_RETURN_IF_ERROR(Flush());
      }
    }
    return absl::OkStatus();
  }

  absl::Status Flush() {
    if (n_ == 0) return absl::OkStatus();
    const absl::Status done =
        engine_.Execute(StrCat("INSERT INTO ", Av(kCodeTable), " VALUES ", values_));
    values_.clear();
    n_ = 0;
    return done;
  }

 private:
  SqlEngine& engine_;
  std::string values_;
  std::size_t n_ = 0;
};

absl::Status AddSourceCodes(SqlEngine& engine, CodeRows& rows) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows codes,
      engine.Query(StrCat(
          "SELECT x.value, x.concept_id, c.vocabulary_id, c.concept_code, CASE WHEN "
          "c.vocabulary_id IN ",
          kVocabularies,
          " THEN 1 ELSE 0 END FROM (SELECT DISTINCT COALESCE(condition_source_value, '') AS value, "
          "COALESCE(condition_source_concept_id, 0) AS concept_id FROM condition_occurrence) x "
          "LEFT "
          "JOIN concept c ON c.concept_id = x.concept_id AND x.concept_id <> 0")));
  for (const auto& row : codes.rows) {
    const std::string value = TextOf(row[0]), vocabulary = TextOf(row[2]);
    const bool of_icd10 = WholeOf(row[4]) == 1;
    if (!of_icd10 && !vocabulary.empty() && vocabulary != "None") continue;
    ESSAIM_RETURN_IF_ERROR(
        rows.Add(Codes::kIcd10, value, WholeOf(row[1]), of_icd10 ? TextOf(row[3]) : value));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::size_t> AddMappedConcepts(SqlEngine& engine, CodeRows& rows) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows codes,
      engine.Query(StrCat(
          "SELECT DISTINCT r.concept_id_2, c.concept_code FROM (SELECT DISTINCT "
          "condition_concept_id FROM condition_occurrence) x JOIN concept_relationship r ON "
          "r.concept_id_2 = x.condition_concept_id AND r.relationship_id = 'Maps to' AND "
          "(r.invalid_reason IS NULL OR r.invalid_reason = '') JOIN concept c ON c.concept_id = "
          "r.concept_id_1 WHERE c.vocabulary_id IN ",
          kVocabularies)));
  for (const auto& row : codes.rows) {
    ESSAIM_RETURN_IF_ERROR(rows.Add(Codes::kStandard, "", WholeOf(row[0]), TextOf(row[1])));
  }
  return codes.rows.size();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> MakeCodeTable(
    SqlEngine& engine, const std::vector<PersonVariable>& variables) {
  std::vector<std::string> notices;
  const auto any = [&](Codes codes) {
    return std::any_of(variables.begin(), variables.end(), [&](const PersonVariable& variable) {
      return IsByCodes(variable) && variable.codes == codes;
    });
  };
  if (!any(Codes::kIcd10) && !any(Codes::kStandard)) return notices;
  ESSAIM_RETURN_IF_ERROR(engine.Execute(StrCat(
      "CREATE TEMPORARY TABLE ", Av(kCodeTable),
      " (way INTEGER, scheme INTEGER, place INTEGER, value VARCHAR(255), concept_id BIGINT)")));
  CodeRows rows(engine);
  if (any(Codes::kIcd10)) ESSAIM_RETURN_IF_ERROR(AddSourceCodes(engine, rows));
  if (any(Codes::kStandard)) {
    ESSAIM_ASSIGN_OR_RETURN(const std::size_t n, AddMappedConcepts(engine, rows));
    if (n == 0)
      notices.push_back(
          "no condition is mapped from a code of ICD-10 in the vocabulary: comorbidities by "
          "standard concepts find nothing");
  }
  ESSAIM_RETURN_IF_ERROR(rows.Flush());
  ESSAIM_RETURN_IF_ERROR(engine.Execute(StrCat("ANALYZE ", Av(kCodeTable))));
  return notices;
}

std::string ComorbiditySql(const PersonVariable& variable, std::string_view index,
                           std::string_view within) {
  const ComorbidityScheme scheme = SchemeOf(variable);
  const auto groups = GroupsOf(scheme);
  std::vector<std::string> flags, terms;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    flags.push_back(StrCat("MAX(CASE WHEN x.place = ", i, " THEN 1 ELSE 0 END) AS c", i));
    const int weight = variable.other_weights ? groups[i].other_weight : groups[i].weight;
    if (weight == 0) continue;
    terms.push_back(StrCat("(", weight, ") * c", i,
                           groups[i].graver < 0 ? "" : StrCat(" * (1 - c", groups[i].graver, ")")));
  }
  const bool by_source = variable.codes == Codes::kIcd10;
  return StrCat(
      "SELECT person_id, ",
      variable.group >= 0 ? StrCat("c", variable.group) : absl::StrJoin(terms, " + "),
      " AS score FROM (SELECT i.person_id, ", absl::StrJoin(flags, ", "), " FROM ", Av(index),
      " i JOIN condition_occurrence co ON co.person_id = i.person_id", Av(within), " JOIN ",
      Av(kCodeTable), " x ON x.way = ", static_cast<int>(variable.codes),
      " AND x.scheme = ", static_cast<int>(scheme),
      by_source ? " AND x.value = COALESCE(co.condition_source_value, '') AND x.concept_id = "
                  "COALESCE(co.condition_source_concept_id, 0)"
                : " AND x.concept_id = co.condition_concept_id",
      " GROUP BY i.person_id) f");
}

}  // namespace essaim::cohort
