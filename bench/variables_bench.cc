// A cohort and 100 variables about its index date over Synthea27 many times over, in the encrypted
// warehouse, to the person table's columns: ours against one hand-written query of the same, whose
// values must be equal.
//
//   variables_bench [FACTOR]    28 persons and 25,000 rows, FACTOR times; 100 unless told. 1000 is
//                               25 M rows.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "bench/multiply.h"
#include "cohort/run_cohorts.h"
#include "cohort/variables.h"
#include "cohort/yaml_format.h"
#include "crypto/entropy.h"
#include "warehouse/duckdb_warehouse.h"
#include "warehouse/omop_files.h"

namespace essaim::cohort {
namespace {

using Kind = PersonVariable::Kind;
using Summary = PersonVariable::Summary;
using absl::StrAppend;
using absl::StrCat;

// A first visit of adults after a year of observation.
constexpr char kCohort[] = R"(cohort: adults seen
concepts: {none: [1]}
entry:
  events: [{visit: any, where: {age: {at_least: 18}}}]
  observed: {before: 365}
  keep: first
exit: observation
)";

double Seconds(const std::chrono::steady_clock::time_point& since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

double PeakMib() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

// The concepts of a column that occur most, in the order of their number.
std::vector<std::int64_t> Frequent(SqlEngine& engine, const char* table, const char* column,
                                   int n) {
  const auto rows = engine.Query(StrCat("SELECT ", column, " FROM ", table, " WHERE ", column,
                                        " <> 0 GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT ", n));
  ESSAIM_CHECK(rows.ok());
  std::vector<std::int64_t> concepts;
  for (const auto& row : rows->rows) concepts.push_back(std::get<std::int64_t>(row[0]));
  return concepts;
}

// The request, and the same as a query written by hand: each table once, a condition for each
// variable.
class Task {
 public:
  explicit Task(SqlEngine& engine) {
    Events(engine, Domain::kConditionOccurrence, "condition_occurrence", "condition_concept_id",
           "condition_start_date", 10);
    Events(engine, Domain::kDrugExposure, "drug_exposure", "drug_concept_id",
           "drug_exposure_start_date", 10);
    Events(engine, Domain::kProcedureOccurrence, "procedure_occurrence", "procedure_concept_id",
           "procedure_date", 10);
    Measurements(engine);
  }

  VariableRequest request{
      .cohort_id = 1, .concept_sets = {}, .variables = {}, .opt_out = {}, .with_dates = false};

  std::string HandWritten() const {
    std::string select = "SELECT i.person_id";
    std::string joins;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      StrAppend(&select, groups_[g].columns);
      StrAppend(&joins, " LEFT JOIN (SELECT i.person_id", groups_[g].aggregates, " FROM i JOIN ",
                groups_[g].table, " d ON d.person_id = i.person_id WHERE d.",
                groups_[g].concept_column, " IN (", absl::StrJoin(groups_[g].concepts, ","),
                ") GROUP BY i.person_id) g", g, " ON g", g, ".person_id = i.person_id");
    }
    return StrCat(
        "WITH i AS MATERIALIZED (SELECT v.person_id, MIN(v.visit_start_date) AS day FROM "
        "visit_occurrence v JOIN person p ON p.person_id = v.person_id JOIN observation_period o "
        "ON o.person_id = v.person_id AND v.visit_start_date BETWEEN "
        "o.observation_period_start_date + 365 AND o.observation_period_end_date WHERE "
        "year(v.visit_start_date) - p.year_of_birth >= 18 GROUP BY v.person_id) ",
        select, " FROM i", joins, " ORDER BY i.person_id");
  }

 private:
  struct Group {
    std::string table, concept_column, columns, aggregates;
    std::vector<std::int64_t> concepts;
  };

  PersonVariable& Add(Kind kind, Domain domain, std::int64_t concept_id, DayWindow window) {
    const int set = static_cast<int>(request.concept_sets.size());
    request.concept_sets.push_back({set, "", {{.concept_id = concept_id}}});
    PersonVariable& variable = request.variables.emplace_back();
    variable.name = StrCat("x", request.variables.size());
    variable.kind = kind;
    variable.domain = domain;
    variable.concept_set = set;
    variable.window = window;
    return variable;
  }

  void Write(Group& group, const std::string& aggregate, const char* around) {
    const std::string name = request.variables.back().name;
    StrAppend(&group.aggregates, ", ", aggregate, " AS ", name);
    const std::string column = StrCat("g", groups_.size(), ".", name);
    StrAppend(&group.columns, ", ",
              around == nullptr ? column : StrCat(around, "(", column, ", 0)"));
  }

  // Of each concept: whether and how often before, and the days since.
  void Events(SqlEngine& engine, Domain domain, const char* table, const char* column,
              const char* date, int n) {
    Group group{.table = table,
                .concept_column = column,
                .columns = {},
                .aggregates = {},
                .concepts = Frequent(engine, table, column, n)};
    for (const std::int64_t id : group.concepts) {
      const std::string in = StrCat("d.", column, " = ", id, " AND d.", date);
      Add(Kind::kAny, domain, id, {-365, 0});
      Write(group, StrCat("MAX(CASE WHEN ", in, " BETWEEN i.day - 365 AND i.day THEN 1 END)"),
            "COALESCE");
      Add(Kind::kCount, domain, id, {std::nullopt, 0});
      Write(group, StrCat("COUNT(CASE WHEN ", in, " <= i.day THEN 1 END)"), "COALESCE");
      if (domain == Domain::kProcedureOccurrence) continue;
      Add(Kind::kDaysSince, domain, id, {std::nullopt, 0});
      Write(group, StrCat("MIN(CASE WHEN ", in, " <= i.day THEN i.day - d.", date, " END)"),
            nullptr);
    }
    groups_.push_back(std::move(group));
  }

  // Of each concept: the last value and the mean, where it is plausible.
  void Measurements(SqlEngine& engine) {
    constexpr char kTable[] = "measurement", kColumn[] = "measurement_concept_id";
    Group group{.table = kTable,
                .concept_column = kColumn,
                .columns = {},
                .aggregates = {},
                .concepts = Frequent(engine, kTable, kColumn, 10)};
    for (const std::int64_t id : group.concepts) {
      const std::string in = StrCat("d.measurement_concept_id = ", id,
                                    " AND d.measurement_date <= i.day AND d.value_as_number "
                                    "BETWEEN 0 AND 1000");
      const auto plausible = [](PersonVariable& variable, Summary summary) {
        variable.summary = summary;
        variable.low = 0;
        variable.high = 1000;
      };
      plausible(Add(Kind::kMeasurement, Domain::kMeasurement, id, {std::nullopt, 0}),
                Summary::kLast);
      Write(group,
            StrCat("arg_max(d.value_as_number, (d.measurement_date, d.measurement_id)) "
                   "FILTER (WHERE ",
                   in, ")"),
            nullptr);
      plausible(Add(Kind::kMeasurement, Domain::kMeasurement, id, {std::nullopt, 0}),
                Summary::kMean);
      Write(group, StrCat("AVG(d.value_as_number) FILTER (WHERE ", in, ")"), nullptr);
    }
    groups_.push_back(std::move(group));
  }

  std::vector<Group> groups_;
};

// Ours, as a study's run does it.
SqlNumbers Run(SqlEngine& engine, const Definition& cohort, const VariableRequest& request) {
  ESSAIM_CHECK(RunCohorts(engine, {{.id = 1, .definition = cohort}}, {}).ok());
  ESSAIM_CHECK(engine.Execute("BEGIN").ok());
  const auto prepared = PrepareVariables(engine, request);
  ESSAIM_CHECK(prepared.ok());
  auto numbers = engine.QueryNumbers(prepared->sql);
  ESSAIM_CHECK(numbers.ok());
  ESSAIM_CHECK(DropVariableTables(engine).ok());
  ESSAIM_CHECK(engine.Execute("COMMIT").ok());
  return *std::move(numbers);
}

std::size_t Different(const SqlNumbers& a, const SqlNumbers& b) {
  if (a.keys != b.keys || a.columns.size() != b.columns.size()) return a.keys.size() + 1;
  std::size_t n = 0;
  for (std::size_t c = 0; c < a.columns.size(); ++c) {
    for (std::size_t i = 0; i < a.keys.size(); ++i) {
      const double x = a.columns[c][i], y = b.columns[c][i];
      const bool same =
          std::isnan(x) ? std::isnan(y) : std::abs(x - y) <= 1e-9 * std::abs(x) + 1e-12;
      n += same ? 0 : 1;
    }
  }
  return n;
}

int Main(int factor) {
  crypto::SystemEntropy entropy;
  const std::string path = (std::filesystem::temp_directory_path() /
                            StrCat("essaim-variables-bench-", getpid(), ".duckdb"))
                               .string();
  int code = 0;
  {
    auto engine = OpenDuckDbEngine(DuckDbOptions{.path = path,
                                                 .key = SecretBytes::CopyOf(std::string(32, 'k')),
                                                 .threads = 2,
                                                 .memory_mib = 4'000,
                                                 .entropy = &entropy,
                                                 .log = nullptr});
    ESSAIM_CHECK(engine.ok());
    ESSAIM_CHECK(
        LoadOmop(**engine, {ESSAIM_SOURCE_DIR "/tests/data/omop/synthea27"}, {}, nullptr).ok());
    Multiply(**engine, factor);
    const auto cohort = ParseCohortYaml(kCohort);
    ESSAIM_CHECK(cohort.ok());
    const Task task(**engine);
    const double before_mib = PeakMib();

    constexpr int kRepeats = 3;
    double ours = 1e9, written = 1e9;
    SqlNumbers a, b;
    for (int r = 0; r < kRepeats; ++r) {
      auto start = std::chrono::steady_clock::now();
      a = Run(**engine, *cohort, task.request);
      ours = std::min(ours, Seconds(start));
      start = std::chrono::steady_clock::now();
      auto numbers = (*engine)->QueryNumbers(task.HandWritten());
      ESSAIM_CHECK(numbers.ok());
      written = std::min(written, Seconds(start));
      b = *std::move(numbers);
    }
    const std::size_t n_different = Different(a, b);
    code = n_different == 0 ? 0 : 1;
    std::size_t n_filled = 0;
    for (const auto& column : a.columns) {
      for (const double value : column) n_filled += std::isnan(value) || value == 0 ? 0 : 1;
    }
    std::printf("%d persons, %zu in the cohort, %zu variables, two threads, best of %d\n",
                28 * factor, a.keys.size(), a.columns.size(), kRepeats);
    std::printf("cohort and variables  %8.2f s\n", ours);
    std::printf(
        "one query by hand     %8.2f s  (%zu values differ, %zu are neither 0 nor missing)\n",
        written, n_different, n_filled);
    std::printf("ratio                 %8.2f\n", ours / written);
    std::printf("peak memory           %8.0f MiB (%.0f before the first run)\n", PeakMib(),
                before_mib);
  }
  std::filesystem::remove(path);
  return code;
}

}  // namespace
}  // namespace essaim::cohort

int main(int argc, char** argv) {
  const int factor = argc > 1 ? std::atoi(argv[1]) : 100;
  if (factor < 2 || factor > 10'000) {
    std::fprintf(stderr, "variables_bench [FACTOR], 2 to 10000\n");
    return 2;
  }
  return essaim::cohort::Main(factor);
}
