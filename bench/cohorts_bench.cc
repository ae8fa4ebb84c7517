// cohorts_bench CDM_FOLDER CASES [batch|one|both] [duckdb|postgresql]: runs Circe definitions on a
// CDM of CSV files, tells the time, and compares each cohort with the rows that the case expects,
// if it does.
//
// CASES: lines of JSON, {"id": 1, "expression": {...}, "rows": ["person,start,end", ...]}.
// one: each definition in a batch of its own. both: as one batch, then one by one, and the ratio.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/measure.h"
#include "cohort/cdm_testing.h"
#include "cohort/circe.h"
#include "cohort/run_cohorts.h"

namespace {

using essaim::cohort::NumberedDefinition;

struct Case {
  int id = 0;
  bool has_rows = false;
  std::vector<std::string> rows;
};

int Compare(essaim::SqlEngine& engine, const std::vector<Case>& cases) {
  int n_wrong = 0;
  std::size_t n_rows = 0, n_filled = 0;
  for (const Case& one : cases) {
    const auto rows = engine.Query(
        absl::StrCat("SELECT subject_id, cohort_start_date, cohort_end_date FROM cohort WHERE "
                     "cohort_definition_id = ",
                     one.id));
    if (!rows.ok()) return 1;
    std::vector<std::string> lines = essaim::cohort::Lines(*rows);
    std::sort(lines.begin(), lines.end());
    n_rows += lines.size();
    n_filled += lines.empty() ? 0 : 1;
    if (!one.has_rows || lines == one.rows) continue;
    if (++n_wrong <= 20) {
      std::printf("cohort %d: %zu rows, expected %zu\n", one.id, lines.size(), one.rows.size());
    }
  }
  std::printf("%zu cohorts, %zu not empty, %zu rows, %d differ\n", cases.size(), n_filled, n_rows,
              n_wrong);
  return n_wrong == 0 ? 0 : 1;
}

struct Cost {
  double clock = 0, cpu = 0;  // seconds
};

// Negative where a cohort failed.
Cost Run(essaim::SqlEngine& engine, const std::vector<NumberedDefinition>& definitions,
         bool alone) {
  const essaim::Stretch stretch;
  for (std::size_t i = 0; i < definitions.size(); i += alone ? 1 : definitions.size()) {
    const auto begin = definitions.begin() + static_cast<std::ptrdiff_t>(i);
    const std::vector<NumberedDefinition> batch(begin, alone ? begin + 1 : definitions.end());
    const auto report = essaim::cohort::RunCohorts(engine, batch, {});
    if (!report.ok()) {
      std::printf("cohort %d: %s\n", batch[0].id, report.status().ToString().c_str());
      return {-1, -1};
    }
    for (const std::string& notice : report->notices) {
      if (i == 0) std::printf("notice: %s\n", notice.c_str());
    }
  }
  const Cost cost{stretch.Seconds(), stretch.CpuSeconds()};
  std::printf("%.2f s, %.2f s of CPU %s\n", cost.clock, cost.cpu,
              alone ? "one by one" : "as one batch");
  return cost;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3)
    return std::fprintf(stderr,
                        "cohorts_bench CDM_FOLDER CASES [batch|one|both] [duckdb|postgresql]\n"),
           2;
  auto cdm = essaim::cohort::TestCdm::Make(argc > 4 ? argv[4] : "duckdb");
  if (!cdm.ok() || !(*cdm)->Load(argv[1]).ok()) return std::fprintf(stderr, "no CDM\n"), 2;
  std::vector<NumberedDefinition> definitions;
  std::vector<Case> cases;
  int n_refused = 0;
  std::ifstream file(argv[2]);
  for (std::string line; std::getline(file, line);) {
    const auto json = nlohmann::json::parse(line);
    auto definition = essaim::cohort::ParseCirce(json["expression"].dump());
    if (!definition.ok()) {
      if (++n_refused <= 20) {
        std::printf("refused %d: %s\n", json["id"].get<int>(),
                    definition.status().ToString().c_str());
      }
      continue;
    }
    Case& one = cases.emplace_back();
    one.id = json["id"].get<int>();
    one.has_rows = json.contains("rows");
    if (one.has_rows) one.rows = json["rows"].get<std::vector<std::string>>();
    std::sort(one.rows.begin(), one.rows.end());
    definitions.push_back({one.id, *std::move(definition)});
  }
  std::printf("%zu definitions, %d refused\n", definitions.size(), n_refused);

  const std::string way = argc > 3 ? argv[3] : "batch";
  essaim::SqlEngine& engine = (*cdm)->engine();
  std::vector<Cost> costs;
  for (const bool alone : {false, true}) {
    if (way == (alone ? "batch" : "one")) continue;
    costs.push_back(Run(engine, definitions, alone));
    if (costs.back().clock < 0 || Compare(engine, cases) != 0) return 1;
  }
  if (costs.size() == 2) {
    std::printf("a batch is %.1f times as fast, %.1f times in CPU\n",
                costs[1].clock / costs[0].clock, costs[1].cpu / costs[0].cpu);
  }
}
