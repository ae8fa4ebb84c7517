#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "algorithms/registry.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "cli/commands.h"
#include "cli/compare.h"
#include "cli/fail.h"
#include "cli/screen.h"
#include "cli/study_text.h"
#include "engine/context.h"
#include "engine/plain_run.h"
#include "report/csv.h"
#include "report/html.h"
#include "report/json.h"
#include "report/terminal.h"
#include "sim/simulate.h"
#include "study/schema_file.h"
#include "warehouse/file_table.h"

namespace essaim::cli {
namespace {

using Json = nlohmann::json;

struct Arguments {
  std::string study, schema, format = "table", report;
  std::vector<std::string> sites;
  bool compare = false, all = false;
  std::uint64_t seed = 1;
};

// The rows of every site, in the study's order.
absl::StatusOr<std::vector<PersonTable>> ReadSites(const Arguments& args, const StudyFile& file) {
  std::map<std::string, std::string> paths;
  for (const std::string& pair : args.sites) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos)
      return absl::InvalidArgumentError(absl::StrCat("--site ", pair, ": NAME=FILE was expected"));
    paths[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  std::string schema_yaml = file.schema_yaml;
  if (!args.schema.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(schema_yaml, ReadFile(args.schema));
  }
  if (schema_yaml.empty())
    schema_yaml = absl::StrCat("variables:\n", SchemaYaml(file.study.schema, 2));
  ESSAIM_ASSIGN_OR_RETURN(const SchemaFile schema, ParseSchemaFile(schema_yaml));
  std::vector<PersonTable> tables;
  for (std::size_t i = 0; i < file.study.sites.size(); ++i) {
    const auto path = paths.find(file.study.sites[i]);
    if (path == paths.end()) {
      return absl::InvalidArgumentError(absl::StrCat("the study has a site ", file.study.sites[i],
                                                     ": give --site ", file.study.sites[i],
                                                     "=FILE"));
    }
    ESSAIM_ASSIGN_OR_RETURN(tables.emplace_back(), ReadCsvTable(path->second, schema, i));
  }
  return tables;
}

absl::StatusOr<PersonTable> CohortRows(const Study& study, const Analysis& analysis,
                                       const PersonTable& table) {
  ESSAIM_ASSIGN_OR_RETURN(const Expression cohort, CohortOf(study, analysis));
  return table.Select(cohort.Matches(table));
}

// All rows as one site's, for the pooled analysis. A model or a stratum of the site itself needs
// the sites apart.
absl::StatusOr<PersonTable> Pool(const std::vector<PersonTable>& tables) {
  std::vector<std::vector<double>> columns(tables[0].schema().size());
  for (const PersonTable& table : tables) {
    for (std::size_t v = 0; v < columns.size(); ++v) {
      columns[v].insert(columns[v].end(), table.column(v).begin(), table.column(v).end());
    }
  }
  return PersonTable::Make(tables[0].schema(), std::move(columns), 0);
}

// Whether the analysis tells the sites apart; then the comparison adds the sites' own statistics in
// the clear.
bool NeedsSites(const Analysis& analysis) {
  if (analysis.params.Has("stratify_by_site") && analysis.params.Bool("stratify_by_site", false))
    return true;
  const auto by_site = analysis.params.values.find("terms");
  if (by_site == analysis.params.values.end()) return false;
  const auto* terms = std::get_if<std::vector<std::string>>(&by_site->second);
  return terms != nullptr && std::ranges::find(*terms, "site") != terms->end();
}

struct Compared {
  std::vector<Difference> differences;
  bool by_site = false;
};

absl::StatusOr<std::vector<Compared>> ComparePooled(const Study& study,
                                                    const std::vector<PersonTable>& tables,
                                                    const std::vector<sim::SimAnalysis>& done,
                                                    const Registry& registry) {
  std::vector<Compared> all;
  std::map<std::string, Result> pooled_results;
  for (std::size_t i = 0; i < study.analyses.size(); ++i) {
    const Analysis& analysis = study.analyses[i];
    std::vector<PersonTable> rows;
    for (const PersonTable& table : tables) {
      ESSAIM_ASSIGN_OR_RETURN(rows.emplace_back(), CohortRows(study, analysis, table));
    }
    const bool by_site = NeedsSites(analysis);
    if (!by_site) {
      ESSAIM_ASSIGN_OR_RETURN(PersonTable pooled, Pool(rows));
      rows.clear();
      rows.push_back(std::move(pooled));
    }
    const std::string model = analysis.model.empty() ? "" : pooled_results[analysis.model].Encode();
    ESSAIM_ASSIGN_OR_RETURN(const auto algorithm, MakeAlgorithm(study, i, model, registry));
    ESSAIM_ASSIGN_OR_RETURN(Result pooled, RunPlain(*algorithm, rows));
    all.push_back({.differences = Compare(done[i].result, pooled), .by_site = by_site});
    pooled_results[analysis.name] = std::move(pooled);
  }
  return all;
}

void PrintTable(const Study& study, const std::vector<sim::SimAnalysis>& done,
                const std::vector<Compared>& compared, const Arguments& args) {
  const TerminalStyle style = ScreenStyle(study.privacy.minimum_cell, args.all);
  for (const sim::SimAnalysis& analysis : done) {
    if (args.compare) break;
    std::printf("── %s ── (%zu sites, %d rounds, %.1f kB)\n\n%s\n", analysis.name.c_str(),
                analysis.sites.size(), analysis.result.rounds,
                static_cast<double>(analysis.bytes) / 1000,
                ResultText(analysis.result, style).c_str());
  }
  if (compared.empty()) return;
  std::printf("%-28s %-24s %8s  %s\n", "analysis", "table", "values",
              "largest difference from the pooled analysis");
  for (std::size_t i = 0; i < done.size(); ++i) {
    for (const Difference& d : compared[i].differences) {
      const std::string what =
          d.same_shape
              ? absl::StrCat(d.largest,
                             compared[i].by_site ? "  (sites' own strata, in the clear)" : "")
              : "ANOTHER SHAPE";
      std::printf("%-28s %-24s %8zu  %s\n", done[i].name.c_str(), d.table.c_str(), d.n_values,
                  what.c_str());
    }
  }
}

Json JsonOf(const Study& study, const std::vector<sim::SimAnalysis>& done,
            const std::vector<Compared>& compared) {
  Json json = {{"name", study.name}, {"analyses", Json::array()}};
  for (std::size_t i = 0; i < done.size(); ++i) {
    Json analysis = {
        {"name", done[i].name},
        {"sites", done[i].sites},
        {"bytes", done[i].bytes},
        {"result", Json::parse(ResultJson(done[i].result, study.privacy.minimum_cell))}};
    if (!compared.empty()) {
      analysis["compared"] = Json::array();
      for (const Difference& d : compared[i].differences) {
        analysis["compared"].push_back({{"table", d.table},
                                        {"values", d.n_values},
                                        {"largest_difference", d.largest},
                                        {"same_shape", d.same_shape}});
      }
    }
    json["analyses"].push_back(analysis);
  }
  return json;
}

int WriteReport(const std::string& path, const Study& study,
                const std::vector<sim::SimAnalysis>& done) {
  ReportHead head{.title = study.title,
                  .purpose = study.purpose,
                  .facts = {{"Data set", study.dataset}, {"Run", "simulation"}},
                  .sites = study.sites,
                  .minimum_cell = study.privacy.minimum_cell,
                  .made_by = "essaim simulate"};
  std::vector<ReportSection> sections;
  for (const sim::SimAnalysis& a : done) {
    sections.push_back(
        {.title = a.name, .result = a.result, .sites = a.sites, .comparison = std::nullopt});
  }
  const absl::Status written = WriteFile(path, HtmlReport(head, sections));
  return written.ok() ? kOk : Fail(written);
}

int Simulate(const Arguments& args) {
  Registry registry;
  RegisterAll(registry);
  const absl::StatusOr<StudyFile> file = ReadStudyFile(args.study, registry);
  if (!file.ok()) return Fail(file.status());
  const Study& study = file->study;
  if (!study.omop.empty()) {
    return Fail(absl::InvalidArgumentError(absl::StrCat(
        args.study,
        ": its cohort is on OMOP tables, which are at sites: load them with 'essaim node "
        "load --from omop' and send the study, or ask 'essaim study cohort'")));
  }
  const absl::StatusOr<std::vector<PersonTable>> tables = ReadSites(args, *file);
  if (!tables.ok()) return Fail(tables.status());
  sim::SimOptions options;
  options.seed = args.seed;
  if (isatty(STDERR_FILENO) == 1) {
    options.on_round = [](const std::string& name, int round) {
      std::fprintf(stderr, "\r\033[K%s, round %d", name.c_str(), round);
    };
  }
  const sim::TableSource source = [&](const Analysis& analysis, std::size_t site) {
    return CohortRows(study, analysis, (*tables)[site]);
  };
  const absl::StatusOr<std::vector<sim::SimAnalysis>> done =
      sim::Simulate(study, source, registry, options);
  if (options.on_round) std::fprintf(stderr, "\r\033[K");
  if (!done.ok()) return Fail(done.status());
  std::vector<Compared> compared;
  if (args.compare) {
    absl::StatusOr<std::vector<Compared>> all = ComparePooled(study, *tables, *done, registry);
    if (!all.ok()) return Fail(all.status());
    compared = *std::move(all);
  }
  if (!args.report.empty()) {
    const int code = WriteReport(args.report, study, *done);
    if (code != kOk) return code;
  }
  if (args.format == "json") {
    std::printf("%s\n", JsonOf(study, *done, compared).dump(2).c_str());
  } else if (args.format == "csv") {
    for (const sim::SimAnalysis& a : *done) {
      std::printf("# analysis: %s\n%s", a.name.c_str(),
                  ResultCsv(a.result, study.privacy.minimum_cell).c_str());
    }
  } else {
    PrintTable(study, *done, compared, args);
  }
  return kOk;
}

}  // namespace

void AddSimulateCommand(CLI::App& app, int& exit_code) {
  auto args = std::make_shared<Arguments>();
  CLI::App* sub = app.add_subcommand(
      "simulate", "Run a study in one process, without network: same file, same engine");
  sub->add_option("STUDY", args->study, "the study file")->required();
  sub->add_option("--site", args->sites, "NAME=FILE, one for each site")->required();
  sub->add_option("--schema", args->schema, "schema file of the data, if not the study's");
  sub->add_flag("--compare-pooled", args->compare,
                "hold every table against the pooled analysis of the same rows");
  sub->add_flag("--all", args->all, "show long tables in full");
  sub->add_option("--seed", args->seed, "of the simulation's keys")->capture_default_str();
  sub->add_option("--report", args->report, "write an HTML report to this file");
  sub->add_option("--format", args->format)
      ->check(CLI::IsMember({"table", "json", "csv"}))
      ->capture_default_str();
  sub->callback([args, &exit_code] { exit_code = Simulate(*args); });
}

}  // namespace essaim::cli
