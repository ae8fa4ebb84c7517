#include "cohort/concept_search.h"

#include <algorithm>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cohort/cohort_sql.h"
#include "cohort/concept_sets.h"
#include "warehouse/expression_sql.h"
#include "warehouse/sql_values.h"

namespace essaim::cohort {
namespace {

using absl::StrAppend;
using absl::StrCat;

constexpr std::size_t kCandidatesMax = 2'000;  // whose records are counted
constexpr std::size_t kWordsMax = 20;

// Conditions on names, compared in small letters without accents.
class Names {
 public:
  explicit Names(const SqlDialect& dialect) : dialect_(dialect) {}

  std::string Folded(std::string_view text) const { return dialect_.Folded(text); }

  std::string Like(std::string_view before, std::string_view text, std::string_view after) const {
    const std::string escaped =
        absl::StrReplaceAll(Av(text), {{"!", "!!"}, {"%", "!%"}, {"_", "!_"}});
    return StrCat(" LIKE ", Folded(SqlText(StrCat(Av(before), escaped, Av(after)))), " ESCAPE '!'");
  }

  // The rank of x.folded among the names that have all words of the text.
  std::string Rank(const std::string& text) const {
    return StrCat("CASE WHEN x.folded = ", Folded(SqlText(text)), " THEN 1 WHEN x.folded",
                  Like("", text, "%"), " THEN 2 WHEN x.folded", Like("% ", text, "%"),
                  " THEN 3 ELSE 4 END");
  }

 private:
  const SqlDialect& dialect_;
};

// After the concept's number.
constexpr char kNamed[] =
    "c.concept_name, c.domain_id, c.vocabulary_id, c.concept_class_id, c.concept_code, "
    "c.standard_concept, c.invalid_reason";

ConceptRow RowOf(const std::vector<SqlValue>& row) {
  const std::string invalid = TextOf(row[7]);
  return {.concept_id = WholeOf(row[0]),
          .name = TextOf(row[1]),
          .domain = TextOf(row[2]),
          .vocabulary = TextOf(row[3]),
          .concept_class = TextOf(row[4]),
          .code = TextOf(row[5]),
          .standard = TextOf(row[6]) == "S",
          .valid = invalid.empty() || invalid == "V",
          .maps_to = {}};
}

std::string CandidatesSql(const ConceptQuery& query, const std::vector<std::string>& words,
                          const SqlDialect& dialect) {
  const Names names(dialect);
  const std::string text = absl::StrJoin(words, " ");
  std::string has_all;
  for (const std::string& word : words)
    StrAppend(&has_all, has_all.empty() ? "" : " AND ", "x.folded", names.Like("%", word, "%"));
  std::string filters;
  if (!query.domain.empty()) StrAppend(&filters, " AND c.domain_id = ", SqlText(query.domain));
  if (!query.vocabulary.empty())
    StrAppend(&filters, " AND c.vocabulary_id = ", SqlText(query.vocabulary));
  if (query.standard) filters += " AND c.standard_concept = 'S'";
  std::int64_t number = 0;
  const std::string by_number =
      absl::SimpleAtoi(text, &number) ? StrCat(" OR c.concept_id = ", number) : std::string();
  return StrCat(
      "WITH hits AS (SELECT c.concept_id, 0 AS place FROM concept c WHERE (lower(c.concept_code) = "
      "lower(",
      SqlText(text), ")", by_number, ") UNION ALL SELECT x.concept_id, ", names.Rank(text),
      " FROM (SELECT c.concept_id, ", names.Folded("c.concept_name"),
      " AS folded FROM concept c WHERE TRUE", filters, ") x WHERE ", has_all,
      " UNION ALL SELECT x.concept_id, 4 + ", names.Rank(text), " FROM (SELECT s.concept_id, ",
      names.Folded("s.concept_synonym_name"), " AS folded FROM concept_synonym s) x WHERE ",
      has_all, ") SELECT c.concept_id, ", kNamed,
      ", h.place FROM (SELECT concept_id, MIN(place) AS place FROM hits "
      "GROUP BY concept_id) h JOIN concept c ON c.concept_id = h.concept_id WHERE TRUE",
      filters,
      " ORDER BY h.place, CASE WHEN c.standard_concept = 'S' THEN 0 ELSE 1 END, "
      "length(c.concept_name), c.concept_id LIMIT ",
      kCandidatesMax);
}

// concept_id and n of `ids`, over every column of events that holds concepts.
std::string RecordsSql(const std::string& ids) {
  std::string all;
  const auto add = [&](std::string_view table, std::string_view column) {
    if (column.empty()) return;
    StrAppend(&all, all.empty() ? "" : " UNION ALL ", "SELECT ", Av(column),
              " AS concept_id, COUNT(*) AS n FROM ", Av(table), " WHERE ", Av(column), " IN (", ids,
              ") GROUP BY ", Av(column));
  };
  for (const DomainInfo& info : Domains()) {
    const bool derived = info.domain == Domain::kConditionEra || info.domain == Domain::kDrugEra ||
                         info.domain == Domain::kDoseEra;
    if (derived) continue;
    add(info.table, info.concept_column);
    add(info.table, info.source_column);
  }
  return StrCat("SELECT concept_id, CAST(SUM(n) AS BIGINT) FROM (", all, ") t GROUP BY concept_id");
}

std::string IdsOf(const std::vector<ConceptRow>& rows) {
  std::vector<std::int64_t> ids;
  for (const ConceptRow& row : rows) ids.push_back(row.concept_id);
  return absl::StrJoin(ids, ",");
}

using ById = std::map<std::int64_t, ConceptRow*>;

absl::Status AddCounts(SqlEngine& engine, const std::string& sql, const ById& by_id,
                       std::int64_t ConceptRow::*count) {
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows counts, engine.Query(sql));
  for (const auto& row : counts.rows) {
    const auto at = by_id.find(WholeOf(row[0]));
    if (at != by_id.end()) at->second->*count = WholeOf(row[1]);
  }
  return absl::OkStatus();
}

ById IndexOf(std::vector<ConceptRow>& rows) {
  ById by_id;
  for (ConceptRow& row : rows) by_id[row.concept_id] = &row;
  return by_id;
}

absl::Status AddRelations(SqlEngine& engine, std::vector<ConceptRow>& rows) {
  const ById by_id = IndexOf(rows);
  const std::string ids = IdsOf(rows);
  ESSAIM_RETURN_IF_ERROR(AddCounts(
      engine,
      StrCat("SELECT ancestor_concept_id, COUNT(*) FROM concept_ancestor WHERE ancestor_concept_id "
             "IN (",
             ids,
             ") AND descendant_concept_id <> ancestor_concept_id GROUP BY "
             "ancestor_concept_id"),
      by_id, &ConceptRow::descendants));
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows maps,
      engine.Query(StrCat(
          "SELECT concept_id_1, concept_id_2 FROM concept_relationship WHERE relationship_id = "
          "'Maps to' AND (invalid_reason IS NULL OR invalid_reason = '') AND concept_id_1 IN (",
          ids, ") AND concept_id_2 <> concept_id_1 ORDER BY 1, 2")));
  for (const auto& row : maps.rows) by_id.at(WholeOf(row[0]))->maps_to.push_back(WholeOf(row[1]));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<ConceptRow>> SearchConcepts(SqlEngine& engine,
                                                       const ConceptQuery& query) {
  if (query.text.size() > kSearchBytesMax)
    return absl::InvalidArgumentError("the text is too long to search for");
  const std::vector<std::string> words =
      absl::StrSplit(query.text, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty());
  if (words.empty()) return absl::InvalidArgumentError("expected a word, a code or a number");
  if (words.size() > kWordsMax) return absl::InvalidArgumentError("too many words to search for");
  if (query.limit < 1 || query.limit > kConceptsMax) {
    return absl::InvalidArgumentError(StrCat("limit: expected 1 to ", kConceptsMax));
  }
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows any, engine.Query("SELECT 1 FROM concept LIMIT 1"));
  if (any.rows.empty()) {
    return absl::FailedPreconditionError(
        "the table concept is empty: load a vocabulary (docs/warehouse.md)");
  }
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows found,
                          engine.Query(CandidatesSql(query, words, engine.dialect())));
  std::vector<ConceptRow> rows;
  std::map<std::int64_t, std::int64_t> places;
  for (const auto& row : found.rows) {
    rows.push_back(RowOf(row));
    places[rows.back().concept_id] = WholeOf(row[8]);
  }
  if (rows.empty()) return rows;
  ESSAIM_RETURN_IF_ERROR(
      AddCounts(engine, RecordsSql(IdsOf(rows)), IndexOf(rows), &ConceptRow::records));
  std::stable_sort(rows.begin(), rows.end(), [&](const ConceptRow& a, const ConceptRow& b) {
    const std::int64_t place_a = places[a.concept_id], place_b = places[b.concept_id];
    if (place_a != place_b) return place_a < place_b;
    return (a.records > 0) > (b.records > 0);
  });
  if (rows.size() > query.limit)
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(query.limit), rows.end());
  ESSAIM_RETURN_IF_ERROR(AddRelations(engine, rows));
  return rows;
}

absl::StatusOr<std::vector<ExpandedSet>> ExpandSets(SqlEngine& engine,
                                                    const std::vector<ConceptSet>& sets,
                                                    std::size_t limit,
                                                    std::vector<std::string>& notices) {
  ConceptSets numbered;
  std::vector<ExpandedSet> expanded;
  std::vector<int> numbers;
  for (const ConceptSet& set : sets) numbers.push_back(numbered.Add(set));
  ESSAIM_ASSIGN_OR_RETURN(notices, numbered.Expand(engine));
  for (std::size_t i = 0; i < sets.size(); ++i) {
    ExpandedSet& set = expanded.emplace_back();
    set.name = sets[i].name;
    const std::string ids =
        StrCat("SELECT concept_id FROM ", Av(kConceptTable), " WHERE set_id = ", numbers[i]);
    ESSAIM_ASSIGN_OR_RETURN(const SqlRows count,
                            engine.Query(StrCat("SELECT COUNT(*) FROM (", ids, ") t")));
    set.n_concepts = static_cast<std::size_t>(WholeOf(count.rows.at(0).at(0)));
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows found,
        engine.Query(StrCat("SELECT t.concept_id, ", kNamed, ", COALESCE(r.n, 0) FROM (", ids,
                            ") t LEFT JOIN concept c ON c.concept_id = t.concept_id LEFT JOIN (",
                            RecordsSql(ids),
                            ") r(concept_id, n) ON r.concept_id = t.concept_id "
                            "ORDER BY COALESCE(r.n, 0) DESC, t.concept_id LIMIT ",
                            limit)));
    for (const auto& row : found.rows) {
      set.concepts.push_back(RowOf(row));
      set.concepts.back().records = WholeOf(row[8]);
    }
  }
  ESSAIM_RETURN_IF_ERROR(engine.Execute(StrCat("DROP TABLE IF EXISTS ", Av(kConceptTable))));
  return expanded;
}

}  // namespace essaim::cohort
