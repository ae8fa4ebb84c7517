#include "cohort/concept_sets.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cohort/cohort_sql.h"
#include "warehouse/sql_values.h"

namespace essaim::cohort {
namespace {

using absl::StrCat;

constexpr char kItems[] = "essaim_cohort_items";

absl::Status InsertItems(SqlEngine& engine, const std::vector<ConceptSet>& sets) {
  ESSAIM_ASSIGN_OR_RETURN(
      const std::unique_ptr<SqlAppender> rows,
      engine.Append(kItems, {"set_id", "concept_id", "excluded", "descendants", "mapped"}));
  const auto flag = [](bool set) { return std::string_view(set ? "1" : "0"); };
  for (std::size_t number = 0; number < sets.size(); ++number) {
    const std::string set_id = StrCat(number);
    for (const ConceptSetItem& item : sets[number].items) {
      const std::string concept_id = StrCat(item.concept_id);
      const std::array<std::optional<std::string_view>, 5> cells = {
          set_id, concept_id, flag(item.excluded), flag(item.descendants), flag(item.mapped)};
      ESSAIM_RETURN_IF_ERROR(rows->Row(cells));
    }
  }
  return rows->Close();
}

absl::StatusOr<bool> HasRows(SqlEngine& engine, std::string_view table) {
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows,
                          engine.Query(StrCat("SELECT 1 FROM ", Av(table), " LIMIT 1")));
  return !rows.rows.empty();
}

// Concepts that sets of people's own name and the vocabulary does not have: they stand for nothing.
absl::Status AddUnknown(SqlEngine& engine, const std::vector<ConceptSet>& sets,
                        std::vector<std::string>& notices) {
  constexpr std::size_t kNamed = 10;
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine.Query(StrCat("SELECT DISTINCT i.set_id, i.concept_id FROM ", kItems,
                          " i LEFT JOIN concept c ON c.concept_id = i.concept_id WHERE "
                          "c.concept_id IS NULL AND i.excluded = 0 ORDER BY 1, 2 LIMIT 1000")));
  std::set<std::int64_t> unknown;
  std::string text;
  for (const auto& row : rows.rows) {
    const ConceptSet& set = sets[static_cast<std::size_t>(WholeOf(row[0]))];
    const std::int64_t concept_id = WholeOf(row[1]);
    if (set.name.empty() || !unknown.insert(concept_id).second || unknown.size() > kNamed) continue;
    absl::StrAppend(&text, text.empty() ? "" : ", ", concept_id, " (", set.name, ")");
  }
  if (unknown.empty()) return absl::OkStatus();
  if (unknown.size() > kNamed) absl::StrAppend(&text, " and ", unknown.size() - kNamed, " more");
  notices.push_back(
      StrCat("concepts that the vocabulary does not have, and that stand for nothing: ", text));
  return absl::OkStatus();
}

// As Circe's conceptSetQuery, conceptSetDescendants, conceptSetMapped and conceptSetExclude.
std::string ExpandSql(bool has_concepts) {
  const std::string known = has_concepts ? " JOIN concept c ON c.concept_id = i.concept_id" : "";
  return StrCat(
      "CREATE TEMPORARY TABLE ", Av(kConceptTable),
      " AS WITH own AS (SELECT i.set_id, "
      "i.concept_id, i.excluded, i.mapped FROM ",
      kItems, " i", known,
      "), below AS (SELECT "
      "i.set_id, a.descendant_concept_id AS concept_id, i.excluded, i.mapped FROM ",
      kItems, " i JOIN concept_ancestor a ON a.ancestor_concept_id = i.concept_id",
      has_concepts ? " JOIN concept c ON c.concept_id = a.descendant_concept_id AND "
                     "(c.invalid_reason IS NULL OR c.invalid_reason = '')"
                   : "",
      " WHERE i.descendants = 1), named AS (SELECT * FROM own UNION ALL SELECT * FROM below), "
      "members AS (SELECT set_id, concept_id, excluded FROM named UNION SELECT n.set_id, "
      "r.concept_id_1, n.excluded FROM named n JOIN concept_relationship r ON r.concept_id_2 = "
      "n.concept_id AND r.relationship_id = 'Maps to' AND (r.invalid_reason IS NULL OR "
      "r.invalid_reason = '') WHERE n.mapped = 1) SELECT DISTINCT m.set_id, m.concept_id FROM "
      "members m WHERE m.excluded = 0 AND NOT EXISTS (SELECT 1 FROM members x WHERE x.set_id = "
      "m.set_id AND x.concept_id = m.concept_id AND x.excluded = 1) ORDER BY 1, 2");
}

}  // namespace

absl::Status Analyze(SqlEngine& engine, std::string_view table) {
  if (engine.dialect().name() != "postgresql") return absl::OkStatus();
  return engine.Execute(StrCat("ANALYZE ", Av(table)));
}

int ConceptSets::Add(const ConceptSet& set) {
  const auto [at, added] = numbers_.emplace(CanonicalText(set), static_cast<int>(sets_.size()));
  if (added) sets_.push_back(set);
  return at->second;
}

absl::StatusOr<std::vector<std::string>> ConceptSets::Expand(SqlEngine& engine) const {
  ESSAIM_RETURN_IF_ERROR(engine.Execute(StrCat("DROP TABLE IF EXISTS ", kItems)));
  ESSAIM_RETURN_IF_ERROR(engine.Execute(StrCat("DROP TABLE IF EXISTS ", Av(kConceptTable))));
  ESSAIM_RETURN_IF_ERROR(
      engine.Execute(StrCat("CREATE TEMPORARY TABLE ", kItems,
                            " (set_id INTEGER, concept_id "
                            "BIGINT, excluded INTEGER, descendants INTEGER, mapped INTEGER)")));
  ESSAIM_RETURN_IF_ERROR(InsertItems(engine, sets_));
  ESSAIM_ASSIGN_OR_RETURN(const bool has_concepts, HasRows(engine, "concept"));
  ESSAIM_RETURN_IF_ERROR(engine.Execute(ExpandSql(has_concepts)));
  std::vector<std::string> notices;
  if (has_concepts) ESSAIM_RETURN_IF_ERROR(AddUnknown(engine, sets_, notices));
  ESSAIM_RETURN_IF_ERROR(engine.Execute(StrCat("DROP TABLE ", kItems)));
  ESSAIM_RETURN_IF_ERROR(Analyze(engine, kConceptTable));

  const auto any = [&](bool ConceptSetItem::*flag) {
    return std::any_of(sets_.begin(), sets_.end(), [&](const ConceptSet& set) {
      return std::any_of(set.items.begin(), set.items.end(),
                         [&](const ConceptSetItem& item) { return item.*flag; });
    });
  };
  if (!has_concepts) {
    notices.push_back("the table concept is empty: concept sets are taken as written, unchecked");
  }
  if (any(&ConceptSetItem::descendants)) {
    ESSAIM_ASSIGN_OR_RETURN(const bool has_ancestors, HasRows(engine, "concept_ancestor"));
    if (!has_ancestors) {
      notices.push_back(
          "the table concept_ancestor is empty: concept sets have their own concepts only, no "
          "descendants");
    }
  }
  if (any(&ConceptSetItem::mapped)) {
    ESSAIM_ASSIGN_OR_RETURN(const bool has_relations, HasRows(engine, "concept_relationship"));
    if (!has_relations) {
      notices.push_back(
          "the table concept_relationship is empty: concept sets have no mapped concepts");
    }
  }
  return notices;
}

}  // namespace essaim::cohort
