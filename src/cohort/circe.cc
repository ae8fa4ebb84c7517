#include "cohort/circe.h"

#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cohort/circe_reader.h"
#include "cohort/json_reader.h"

namespace essaim::cohort {
namespace {

absl::StatusOr<ConceptSetItem> ReadItem(const JsonReader& json) {
  ESSAIM_RETURN_IF_ERROR(
      json.CheckKeys({"concept", "isExcluded", "includeDescendants", "includeMapped"}));
  ConceptSetItem item;
  ESSAIM_ASSIGN_OR_RETURN(const JsonReader concept_, json.Need("concept"));
  ESSAIM_RETURN_IF_ERROR(concept_.IsObject());
  ESSAIM_ASSIGN_OR_RETURN(const JsonReader id, concept_.Need("CONCEPT_ID"));
  ESSAIM_ASSIGN_OR_RETURN(item.concept_id, id.Integer(INT32_MIN, INT64_MAX));
  ESSAIM_ASSIGN_OR_RETURN(item.excluded, json.BoolOr("isExcluded", false));
  ESSAIM_ASSIGN_OR_RETURN(item.descendants, json.BoolOr("includeDescendants", false));
  ESSAIM_ASSIGN_OR_RETURN(item.mapped, json.BoolOr("includeMapped", false));
  return item;
}

absl::StatusOr<std::vector<ConceptSet>> ReadConceptSets(const JsonReader& json) {
  std::vector<ConceptSet> sets;
  std::set<int> ids;
  std::size_t n_items = 0;
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<JsonReader> list, json.Items(kCriteriaMax));
  for (const JsonReader& at : list) {
    ESSAIM_RETURN_IF_ERROR(at.IsObject());
    ConceptSet& set = sets.emplace_back();
    ESSAIM_ASSIGN_OR_RETURN(set.id, at.IntOr("id", INT32_MIN, INT32_MAX, 0));
    if (!ids.insert(set.id).second) {
      return at.Wrong(absl::StrCat("a second concept set with the id ", set.id));
    }
    ESSAIM_ASSIGN_OR_RETURN(set.name, at.TextOr("name", 10'000, ""));
    ESSAIM_ASSIGN_OR_RETURN(const JsonReader expression, at.Need("expression"));
    ESSAIM_RETURN_IF_ERROR(expression.IsObject());
    ESSAIM_ASSIGN_OR_RETURN(const JsonReader item_list, expression.Need("items"));
    ESSAIM_ASSIGN_OR_RETURN(const std::vector<JsonReader> items, item_list.Items(kConceptItemsMax));
    n_items += items.size();
    if (n_items > kConceptItemsMax) {
      return json.Wrong(absl::StrCat("more than ", kConceptItemsMax, " concepts"));
    }
    for (const JsonReader& item : items) {
      ESSAIM_ASSIGN_OR_RETURN(set.items.emplace_back(), ReadItem(item));
    }
  }
  return sets;
}

absl::StatusOr<Limit> ReadLimit(const JsonReader& json, std::string_view key) {
  const auto at = json.Get(key);
  if (!at.has_value()) return Limit::kFirst;
  ESSAIM_RETURN_IF_ERROR(at->CheckKeys({"Type"}));
  // Circe: no limit where the type is said to be none, the first where nothing is said.
  if (at->value().contains("Type") && !at->Get("Type").has_value()) return Limit::kAll;
  ESSAIM_ASSIGN_OR_RETURN(std::string type, at->TextOr("Type", 16, "First"));
  type = absl::AsciiStrToLower(type);
  if (type == "all") return Limit::kAll;
  if (type == "first") return Limit::kFirst;
  if (type == "last") return Limit::kLast;
  return at->Wrong("expected the Type First, Last or All");
}

absl::Status ReadEntry(const JsonReader& json, CirceReader& reader, Definition& definition) {
  ESSAIM_RETURN_IF_ERROR(
      json.CheckKeys({"CriteriaList", "ObservationWindow", "PrimaryCriteriaLimit"}));
  ESSAIM_ASSIGN_OR_RETURN(const JsonReader list, json.Need("CriteriaList"));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<JsonReader> items, list.Items(kCriteriaMax));
  if (items.empty()) return list.Wrong("expected at least one criterion");
  for (const JsonReader& item : items) {
    ESSAIM_ASSIGN_OR_RETURN(definition.entry.emplace_back(), reader.ReadCriterion(item, 0));
  }
  ESSAIM_ASSIGN_OR_RETURN(const JsonReader window, json.Need("ObservationWindow"));
  ESSAIM_RETURN_IF_ERROR(window.CheckKeys({"PriorDays", "PostDays"}));
  ESSAIM_ASSIGN_OR_RETURN(definition.days_before,
                          window.IntOr("PriorDays", -kDaysMax, kDaysMax, 0));
  ESSAIM_ASSIGN_OR_RETURN(definition.days_after, window.IntOr("PostDays", -kDaysMax, kDaysMax, 0));
  ESSAIM_ASSIGN_OR_RETURN(definition.entry_limit, ReadLimit(json, "PrimaryCriteriaLimit"));
  return absl::OkStatus();
}

absl::Status ReadRules(const JsonReader& json, CirceReader& reader, Definition& definition) {
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<JsonReader> items, json.Items(1'000));
  for (const JsonReader& item : items) {
    ESSAIM_RETURN_IF_ERROR(item.CheckKeys({"name", "description", "expression"}));
    InclusionRule& rule = definition.rules.emplace_back();
    ESSAIM_ASSIGN_OR_RETURN(rule.name, item.TextOr("name", 10'000, ""));
    ESSAIM_ASSIGN_OR_RETURN(const JsonReader group, item.Need("expression"));
    ESSAIM_ASSIGN_OR_RETURN(rule.group, reader.ReadGroup(group, 0));
  }
  return absl::OkStatus();
}

absl::Status ReadExit(const JsonReader& json, CirceReader& reader, Definition& definition) {
  ESSAIM_RETURN_IF_ERROR(json.CheckKeys({"DateOffset", "CustomEra"}));
  if (json.value().size() != 1) return json.Wrong("expected DateOffset or CustomEra, one of them");
  if (const auto at = json.Get("DateOffset"); at.has_value()) {
    ESSAIM_RETURN_IF_ERROR(at->CheckKeys({"DateField", "Offset"}));
    DateOffset offset;
    ESSAIM_ASSIGN_OR_RETURN(const std::string field, at->TextOr("DateField", 16, "StartDate"));
    if (field != "StartDate" && field != "EndDate") {
      return at->Wrong("expected the DateField StartDate or EndDate");
    }
    offset.from_end = field == "EndDate";
    ESSAIM_ASSIGN_OR_RETURN(offset.days, at->IntOr("Offset", -kDaysMax, kDaysMax, 0));
    definition.exit = offset;
    return absl::OkStatus();
  }
  ESSAIM_ASSIGN_OR_RETURN(const JsonReader at, json.Need("CustomEra"));
  ESSAIM_RETURN_IF_ERROR(
      at.CheckKeys({"DrugCodesetId", "GapDays", "Offset", "DaysSupplyOverride"}));
  DrugEraExit exit;
  ESSAIM_ASSIGN_OR_RETURN(const JsonReader id, at.Need("DrugCodesetId"));
  ESSAIM_ASSIGN_OR_RETURN(exit.concept_set, reader.ReadConceptSetId(id));
  ESSAIM_ASSIGN_OR_RETURN(exit.gap_days, at.IntOr("GapDays", 0, kDaysMax, 0));
  ESSAIM_ASSIGN_OR_RETURN(exit.offset, at.IntOr("Offset", -kDaysMax, kDaysMax, 0));
  ESSAIM_ASSIGN_OR_RETURN(exit.days_supply, at.MaybeInt("DaysSupplyOverride", 0, kDaysMax));
  definition.exit = exit;
  return absl::OkStatus();
}

absl::Status ReadRest(const JsonReader& json, CirceReader& reader, Definition& definition) {
  if (const auto at = json.Get("EndStrategy"); at.has_value()) {
    ESSAIM_RETURN_IF_ERROR(ReadExit(*at, reader, definition));
  }
  if (const auto at = json.Get("CensoringCriteria"); at.has_value()) {
    ESSAIM_ASSIGN_OR_RETURN(const std::vector<JsonReader> items, at->Items(kCriteriaMax));
    for (const JsonReader& item : items) {
      ESSAIM_ASSIGN_OR_RETURN(definition.censoring.emplace_back(), reader.ReadCriterion(item, 0));
    }
  }
  if (const auto at = json.Get("CollapseSettings"); at.has_value()) {
    ESSAIM_RETURN_IF_ERROR(at->CheckKeys({"CollapseType", "EraPad"}));
    ESSAIM_ASSIGN_OR_RETURN(const std::string type, at->TextOr("CollapseType", 16, "ERA"));
    if (type != "ERA") return at->Unsupported("a CollapseType other than ERA is not supported");
    ESSAIM_ASSIGN_OR_RETURN(definition.era_gap, at->IntOr("EraPad", 0, kDaysMax, 0));
  }
  if (const auto at = json.Get("CensorWindow"); at.has_value()) {
    ESSAIM_RETURN_IF_ERROR(at->CheckKeys({"StartDate", "EndDate"}));
    if (const auto start = at->Get("StartDate"); start.has_value()) {
      ESSAIM_ASSIGN_OR_RETURN(definition.censor_start, ReadDate(*start));
    }
    if (const auto end = at->Get("EndDate"); end.has_value()) {
      ESSAIM_ASSIGN_OR_RETURN(definition.censor_end, ReadDate(*end));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Definition> ReadDefinition(const JsonReader& json) {
  ESSAIM_RETURN_IF_ERROR(
      json.CheckKeys({"cdmVersionRange", "Title", "PrimaryCriteria", "AdditionalCriteria",
                      "ConceptSets", "QualifiedLimit", "ExpressionLimit", "InclusionRules",
                      "EndStrategy", "CensoringCriteria", "CollapseSettings", "CensorWindow"}));

  Definition definition;
  ESSAIM_ASSIGN_OR_RETURN(definition.name, json.TextOr("Title", 10'000, ""));
  std::set<int> ids;
  if (const auto at = json.Get("ConceptSets"); at.has_value()) {
    ESSAIM_ASSIGN_OR_RETURN(definition.concept_sets, ReadConceptSets(*at));
    for (const ConceptSet& set : definition.concept_sets) ids.insert(set.id);
  }
  CirceReader reader(std::move(ids));
  ESSAIM_ASSIGN_OR_RETURN(const JsonReader entry, json.Need("PrimaryCriteria"));
  ESSAIM_RETURN_IF_ERROR(ReadEntry(entry, reader, definition));
  if (const auto at = json.Get("AdditionalCriteria"); at.has_value()) {
    ESSAIM_ASSIGN_OR_RETURN(definition.additional, reader.ReadGroup(*at, 0));
  }
  ESSAIM_ASSIGN_OR_RETURN(definition.qualified_limit, ReadLimit(json, "QualifiedLimit"));
  ESSAIM_ASSIGN_OR_RETURN(definition.limit, ReadLimit(json, "ExpressionLimit"));
  if (const auto at = json.Get("InclusionRules"); at.has_value()) {
    ESSAIM_RETURN_IF_ERROR(ReadRules(*at, reader, definition));
  }
  ESSAIM_RETURN_IF_ERROR(ReadRest(json, reader, definition));
  definition.notes = reader.notes();
  for (const auto& [id, path] : reader.missing_sets()) {
    definition.concept_sets.push_back({.id = id, .name = "", .items = {}});
    definition.notes.push_back(
        absl::StrCat(path, ": there is no concept set ", id, ": taken as empty, as Circe does"));
  }
  return definition;
}

}  // namespace

absl::StatusOr<Definition> ParseCirce(std::string_view text) {
  if (text.size() > kCohortBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("$: more than ", kCohortBytesMax, " bytes of cohort definition"));
  }
  const nlohmann::json document = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return JsonReader(document, "$").Wrong("this is not JSON");
  if (!document.is_object() || document.contains("PrimaryCriteria") ||
      !document.contains("expression"))
    return ReadDefinition(JsonReader(document, "$"));
  // As WebAPI sends it: the definition within its record, sometimes as a text.
  const nlohmann::json& expression = document["expression"];
  if (!expression.is_string()) return ReadDefinition(JsonReader(expression, "$.expression"));
  const nlohmann::json inner = nlohmann::json::parse(expression.get_ref<const std::string&>(),
                                                     nullptr, /*allow_exceptions=*/false);
  const JsonReader json(inner, "$.expression");
  return inner.is_discarded() ? json.Wrong("this is not JSON") : ReadDefinition(json);
}

absl::StatusOr<std::vector<ConceptSet>> ParseConceptSets(std::string_view text) {
  if (text.size() > kCohortBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("$: more than ", kCohortBytesMax, " bytes of concept sets"));
  }
  const nlohmann::json document = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const JsonReader json(document, "$");
  if (document.is_discarded()) return json.Wrong("this is not JSON");
  if (document.is_array()) return ReadConceptSets(json);
  if (!document.is_object()) return json.Wrong("expected concept sets");
  if (document.contains("ConceptSets") || document.contains("PrimaryCriteria")) {
    ESSAIM_ASSIGN_OR_RETURN(Definition definition, ParseCirce(text));
    return std::move(definition.concept_sets);
  }
  nlohmann::json list = nlohmann::json::array();
  list.push_back(document.contains("items") ? nlohmann::json{{"expression", document}} : document);
  return ReadConceptSets(JsonReader(list, "$"));
}

}  // namespace essaim::cohort
