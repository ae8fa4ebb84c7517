// The statement of PrepareVariables.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cohort/comorbidity_sql.h"
#include "cohort/criteria_sql.h"
#include "cohort/event_groups.h"
#include "cohort/variables.h"

namespace essaim::cohort {

// What the site's own rows and vocabulary settle before the statement is written.
struct SiteFacts {
  int charlson_set = -1;  // the number of the first Charlson category's concept set
  std::map<std::string, std::string> values;  // by variable: SQL of the value in the target unit
};

class VariablesSql {
 public:
  VariablesSql(const SqlContext& context, const VariableRequest& request, const SiteFacts& facts);

  PreparedVariables Make();

 private:
  void Add(const PersonVariable& variable);
  void AddEvents(const PersonVariable& variable);
  void AddMeasurement(const PersonVariable& variable);
  void AddAncestors(const PersonVariable& variable);    // Charlson
  void AddComorbidity(const PersonVariable& variable);  // by codes
  void AddReadmissions(const PersonVariable& variable);
  void AddStep(const PersonVariable& variable);
  void AddOutcome(const PersonVariable& variable);
  std::string Index() const;
  std::string Within(const PersonVariable& variable, std::string_view date) const;

  std::string Events(const PersonVariable& variable, std::string_view aggregate) {
    return events_.Column(variable.domain, variable.concept_set, variable.window, aggregate);
  }

  void Column(const std::string& name, const std::string& expression);
  std::string Join(const std::string& query);  // joins a query of one row a person; its alias

  const SqlContext& context_;
  const VariableRequest& request_;
  const SiteFacts& facts_;
  CriteriaSql criteria_;
  std::string index_, select_, joins_;
  EventGroups events_;
  std::vector<std::string> columns_;
  int n_joins_ = 0;
};

// SQL of a measurement's row d: its value in the target unit, NULL where it has none or lies
// outside the plausible range. `converted` without one.
std::string PlausibleValue(const PersonVariable& variable, const std::string& converted);

}  // namespace essaim::cohort
