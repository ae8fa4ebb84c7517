#include "cohort/variables.h"

#include <cmath>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cohort/charlson.h"
#include "cohort/circe.h"
#include "cohort/comorbidity_sql.h"
#include "cohort/concept_sets.h"
#include "cohort/opt_out_sql.h"
#include "cohort/unit_values.h"
#include "cohort/variables_sql.h"
#include "ucum/ucum.h"

namespace essaim::cohort {
namespace {

using absl::StrCat;
using Kind = PersonVariable::Kind;

bool HasJoin(Domain domain, FieldJoin join) {
  for (const DomainField& field : InfoOf(domain).fields) {
    if (field.join == join) return true;
  }
  return false;
}

// What a domain must have for a kind of variable; empty: it has.
std::string_view Lacks(const PersonVariable& variable) {
  const DomainInfo& info = InfoOf(variable.domain);
  if ((variable.kind == Kind::kStay || variable.kind == Kind::kReadmissions) && info.end.empty())
    return "the domain's events have no end";
  if (variable.kind == Kind::kSites && !HasJoin(variable.domain, FieldJoin::kCareSite))
    return "the domain's events have no care site";
  if (variable.kind == Kind::kSpecialties && !HasJoin(variable.domain, FieldJoin::kProvider))
    return "the domain's events have no provider";
  return "";
}

absl::Status CheckVariable(const PersonVariable& variable, const std::set<int>& sets) {
  const auto wrong = [&](std::string_view what) {
    return absl::InvalidArgumentError(StrCat(variable.name, ": ", Av(what)));
  };
  const bool named = IsTableName(variable.name) && variable.name.find('.') == std::string::npos &&
                     variable.name.size() <= 48;
  if (!named) return wrong("expected a name of letters, digits and _, at most 48");
  if (variable.name == "person_id" || variable.name == "index_date") {
    return wrong("the name is taken");
  }
  if (variable.kind == Kind::kMeasurement && !variable.concept_set.has_value()) {
    return wrong("a measurement needs a concept set");
  }
  const bool of_events = variable.kind != Kind::kAge && variable.kind != Kind::kSex &&
                         variable.kind != Kind::kCharlson && variable.kind != Kind::kElixhauser;
  if (of_events && variable.concept_set.has_value() && !sets.contains(*variable.concept_set)) {
    return wrong(StrCat("there is no concept set ", *variable.concept_set));
  }
  if (variable.then_concept_set.has_value() && !sets.contains(*variable.then_concept_set)) {
    return wrong(StrCat("there is no concept set ", *variable.then_concept_set));
  }
  if (const std::string_view lack = Lacks(variable); of_events && !lack.empty()) return wrong(lack);
  if (variable.gap_days < 1 || variable.gap_days > kDaysMax) return wrong("too many days");
  if (variable.ucum.has_value()) {
    const auto to = ucum::ParseUnit(variable.ucum->to);
    if (!to.ok()) return wrong(std::string(to.status().message()));
    const auto mass = variable.ucum->molar_mass;
    if (mass.has_value() && !(*mass > 0 && *mass < 1e9)) return wrong("expected a molar mass");
  }
  for (const auto& end : {variable.window.from, variable.window.to, variable.horizon_days}) {
    if (end.has_value() && std::abs(*end) > kDaysMax) return wrong("too many days");
  }
  const auto& [from, to] = variable.window;
  if (from.has_value() && to.has_value() && *from > *to) {
    return wrong("the window ends before it starts");
  }
  if (variable.low.has_value() && variable.high.has_value() && *variable.low > *variable.high) {
    return wrong("the plausible range ends before it starts");
  }
  std::set<std::int64_t> units;
  for (const UnitConversion& unit : variable.units) {
    if (!std::isfinite(unit.factor) || !std::isfinite(unit.shift) || unit.factor == 0) {
      return wrong("expected a conversion by a finite factor other than 0");
    }
    if (!units.insert(unit.unit_concept_id).second) return wrong("a unit twice");
  }
  return absl::OkStatus();
}

absl::Status Check(const VariableRequest& request) {
  if (!IsTableName(request.cohort_table)) {
    return absl::InvalidArgumentError("cohort_table: no table's name");
  }
  ESSAIM_RETURN_IF_ERROR(CheckOptOut(request.opt_out));
  std::set<int> sets;
  for (const ConceptSet& set : request.concept_sets) {
    if (!sets.insert(set.id).second) {
      return absl::InvalidArgumentError(StrCat("two concept sets have the id ", set.id));
    }
  }
  std::set<std::string> names;
  for (const PersonVariable& variable : request.variables) {
    ESSAIM_RETURN_IF_ERROR(CheckVariable(variable, sets));
    const bool outcome = variable.kind == Kind::kOutcome;
    for (const char* end : {"_event", "_days", "_status"}) {
      if (names.insert(variable.name + (outcome ? end : "")).second) {
        if (!outcome) break;
        continue;
      }
      return absl::InvalidArgumentError(StrCat(variable.name, ": a second column of this name"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PreparedVariables> PrepareVariables(SqlEngine& engine,
                                                   const VariableRequest& request) {
  ESSAIM_RETURN_IF_ERROR(Check(request));
  ConceptSets sets;
  SqlContext context;
  context.dialect = &engine.dialect();
  SiteFacts facts;
  for (const PersonVariable& variable : request.variables) {
    if (variable.kind != Kind::kCharlson || facts.charlson_set >= 0 ||
        variable.codes != PersonVariable::Codes::kStandard)
      continue;
    // First of all, so that their numbers follow one another.
    for (const CharlsonCategory& category : CharlsonCategories()) {
      ConceptSet set;
      for (const std::int64_t id : category.ancestors)
        set.items.push_back({id, false, true, false});
      const int number = sets.Add(set);
      if (facts.charlson_set < 0) facts.charlson_set = number;
    }
  }
  for (const ConceptSet& set : request.concept_sets) context.sets[set.id] = sets.Add(set);
  ESSAIM_RETURN_IF_ERROR(DropVariableTables(engine));
  ESSAIM_ASSIGN_OR_RETURN(std::vector<std::string> notices, sets.Expand(engine));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<std::string> lacks,
                          MakeCodeTable(engine, request.variables));
  notices.insert(notices.end(), lacks.begin(), lacks.end());
  ESSAIM_RETURN_IF_ERROR(ReadUnits(engine, context, request.variables, facts, notices));
  ESSAIM_RETURN_IF_ERROR(engine.Execute(CreateOptOutTable(request.opt_out)));
  PreparedVariables prepared = VariablesSql(context, request, facts).Make();
  prepared.notices = std::move(notices);
  return prepared;
}

absl::Status DropVariableTables(SqlEngine& engine) {
  for (const std::string_view table : {kConceptTable, kOptOutTable, kCodeTable}) {
    ESSAIM_RETURN_IF_ERROR(engine.Execute(StrCat("DROP TABLE IF EXISTS ", Av(table))));
  }
  return absl::OkStatus();
}

}  // namespace essaim::cohort
