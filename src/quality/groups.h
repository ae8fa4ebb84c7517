// Groups of persons between whom the report looks for bias: the sexes, or what the site declares.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "quality/figure.h"
#include "warehouse/sql_engine.h"

namespace essaim {

inline constexpr std::size_t kGroupsMax = 50;
inline constexpr double kGroupPersonsMin = 5;  // a smaller group's figures are chance

// How to group. One of the members is set; none: by sex.
struct GroupRule {
  // A field of PERSON ("race_concept_id"); concepts are named, 0 is no group.
  std::string field;
  // A field of LOCATION ("county").
  std::string region;
  // Bands of ages in completed calendar years that begin at these, and one below the first.
  std::vector<int> ages;
  // A CSV file with the columns person_id,group or person_source_value,group.
  std::string file;

  std::string name() const;  // "sex", "race_concept_id", "county", "age", the file's name
};

// `path`: a .yaml with one of field, region and ages, or a .csv; empty: by sex. A CSV file is
// read later, by BiasOf. kInvalidArgument with file and line.
absl::StatusOr<GroupRule> ReadGroupRule(const std::string& path);

struct GroupFigures {
  std::string group;
  double n_persons = 0;
  double n_conditions = 0, n_without_condition = 0, n_deaths = 0, n_days = 0;
  double n_complete = 0;  // persons with a visit, condition, drug, measurement and procedure
  double n_measurements = 0, n_without_value = 0;
};

struct Bias {
  std::string by;                    // GroupRule::name()
  std::vector<GroupFigures> groups;  // by name, of kGroupPersonsMin persons or more
  std::uint64_t n_unknown = 0;       // lines of the file that name nobody at the site
  // The condition concept that says most about the group: its mutual information with the group
  // over the group's entropy, 0 to 1 (the uncertainty coefficient, Theil 1972).
  std::string proxy_concept;
  double proxy_strength = 0;
};

// Within a transaction that is rolled back, so nothing of the groups stays in the warehouse.
// kInvalidArgument with file and line.
absl::StatusOr<Bias> BiasOf(SqlEngine& engine, const GroupRule& rule, const std::string& as_of);

// B1 to B7.
std::vector<Figure> FiguresOf(const Bias& bias);

}  // namespace essaim
