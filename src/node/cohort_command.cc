#include "node/cohort_command.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/exit_codes.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "cohort/circe.h"
#include "cohort/objections.h"
#include "cohort/run_cohorts.h"
#include "cohort/yaml_format.h"
#include "node/sql_session.h"
#include "warehouse/cdm_load.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;

struct CohortArguments {
  std::string dir, format = "table", rows;
  std::vector<std::string> paths;
  bool skip_refused = false;
};

// The definitions of a call, each with its file.
struct Definitions {
  std::vector<std::string> files;
  std::vector<cohort::NumberedDefinition> numbered;
  std::vector<std::string> refused;  // the reasons
};

// Circe's JSON by its ending, else Essaim's YAML.
absl::StatusOr<cohort::Definition> ReadDefinition(const std::string& path) {
  ESSAIM_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, cohort::kCohortBytesMax));
  absl::StatusOr<cohort::Definition> definition = absl::EndsWithIgnoreCase(path, ".json")
                                                      ? cohort::ParseCirce(text)
                                                      : cohort::ParseCohortYaml(text);
  if (definition.ok()) return definition;
  return absl::Status(definition.status().code(),
                      absl::StrCat(path, ":\n", definition.status().message()));
}

// A folder stands for the definitions in it, in the order of their names.
absl::StatusOr<std::vector<std::string>> FilesOf(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    ESSAIM_ASSIGN_OR_RETURN(const std::vector<std::string> inside, ListFolder(path));
    for (const std::string& name : inside) {
      for (const char* ending : {".json", ".yaml", ".yml"}) {
        if (absl::EndsWithIgnoreCase(name, ending)) files.push_back(name);
      }
    }
  }
  if (files.empty()) return absl::InvalidArgumentError("--definition: no definition there");
  return files;
}

// By their order from 1; by the numbers in their files' names where each has one of its own, as the
// Phenotype Library's 42.json.
std::vector<int> NumbersOf(const std::vector<std::string>& files) {
  std::vector<int> numbers, order;
  std::set<int> seen;
  for (const std::string& file : files) {
    int number = 0;
    if (absl::SimpleAtoi(std::filesystem::path(file).stem().string(), &number) && number > 0 &&
        seen.insert(number).second)
      numbers.push_back(number);
    order.push_back(static_cast<int>(order.size()) + 1);
  }
  return numbers.size() == files.size() ? numbers : order;
}

absl::StatusOr<Definitions> ReadDefinitions(const CohortArguments& args) {
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<std::string> files, FilesOf(args.paths));
  const std::vector<int> numbers = NumbersOf(files);
  Definitions definitions;
  for (std::size_t i = 0; i < files.size(); ++i) {
    absl::StatusOr<cohort::Definition> definition = ReadDefinition(files[i]);
    if (!definition.ok() && !args.skip_refused) return definition.status();
    if (!definition.ok()) {
      definitions.refused.emplace_back(definition.status().message());
      continue;
    }
    definitions.files.push_back(files[i]);
    definitions.numbered.push_back({.id = numbers[i], .definition = *std::move(definition)});
  }
  if (definitions.numbered.empty())
    return absl::InvalidArgumentError("every definition was refused");
  return definitions;
}

// The rows of the cohorts as CSV, for the site's own staff.
absl::Status WriteRows(SqlEngine& engine, const Definitions& definitions, const std::string& path) {
  std::string text = "cohort_definition_id,subject_id,cohort_start_date,cohort_end_date\n";
  for (const cohort::NumberedDefinition& numbered : definitions.numbered) {
    ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows,
                            engine.Query(absl::StrCat(
                                "SELECT subject_id, cohort_start_date, cohort_end_date FROM cohort "
                                "WHERE cohort_definition_id = ",
                                numbered.id, " ORDER BY 1, 2, 3")));
    for (const auto& row : rows.rows) {
      absl::StrAppend(&text, numbered.id, ",", std::get<std::int64_t>(row[0]), ",",
                      std::get<std::string>(row[1]), ",", std::get<std::string>(row[2]), "\n");
    }
  }
  return WriteFile(path, text, 0600);
}

absl::StatusOr<cohort::RunReport> Run(const CohortArguments& args, const Definitions& definitions) {
  SqlSession session;
  ESSAIM_RETURN_IF_ERROR(session.Open(args.dir, Processors::kAll));
  ESSAIM_RETURN_IF_ERROR(CreateCdm(*session.engine));
  ESSAIM_ASSIGN_OR_RETURN(
      cohort::RunReport report,
      cohort::RunCohorts(
          *session.engine, definitions.numbered,
          {.target = "cohort", .opt_out = cohort::SiteOptOut({}, DayOf(SystemClock().NowMs()))}));
  if (!args.rows.empty())
    ESSAIM_RETURN_IF_ERROR(WriteRows(*session.engine, definitions, args.rows));
  return report;
}

int Cohort(const CohortArguments& args) {
  const auto definitions = ReadDefinitions(args);
  if (!definitions.ok()) return essaim::Fail("essaim-node", definitions.status());
  const auto report = Run(args, *definitions);
  if (!report.ok()) return essaim::Fail("essaim-node", report.status());
  const std::vector<std::string>& files = definitions->files;
  Json json = {
      {"cohorts", Json::array()}, {"notices", report->notices}, {"refused", definitions->refused}};
  for (std::size_t i = 0; i < report->cohorts.size(); ++i) {
    const cohort::CohortResult& c = report->cohorts[i];
    Json steps = Json::array();
    for (const cohort::AttritionStep& step : c.attrition)
      steps.push_back({{"step", step.name}, {"persons", step.persons}});
    json["cohorts"].push_back({{"id", c.id},
                               {"file", files[i]},
                               {"definition", c.hash},
                               {"rows", c.rows},
                               {"persons", c.persons},
                               {"attrition", steps}});
    if (args.format == "json") continue;
    std::printf("%s: %lld persons, %lld rows  (definition %s)\n", files[i].c_str(),
                static_cast<long long>(c.persons), static_cast<long long>(c.rows),
                c.hash.substr(0, 16).c_str());
    for (const cohort::AttritionStep& step : c.attrition)
      std::printf("  %10lld  %s\n", static_cast<long long>(step.persons), step.name.c_str());
  }
  if (args.format == "json") {
    std::printf("%s\n", json.dump(2).c_str());
    return kOk;
  }
  for (const std::string& notice : report->notices) std::printf("note: %s\n", notice.c_str());
  for (const std::string& refused : definitions->refused)
    std::printf("refused: %s\n", refused.c_str());
  return kOk;
}

}  // namespace

Command CohortCommand(CLI::App& app) {
  auto args = std::make_shared<CohortArguments>();
  CLI::App* cohort = app.add_subcommand(
      "cohort", "Run cohort definitions on the OMOP tables and show who is left after each step");
  AddFormat(cohort, args->format);
  cohort
      ->add_option("--definition", args->paths,
                   "Essaim's YAML, or Circe's JSON (*.json), or a folder of them")
      ->required();
  cohort->add_flag("--skip-refused", args->skip_refused,
                   "name the definitions that are not supported and run the others");
  cohort->add_option("--rows", args->rows, "write the cohorts' rows to this file, as CSV");
  AddDir(cohort, args->dir);
  return {cohort, [args] { return Cohort(*args); }};
}

}  // namespace essaim::node
