#include "node/cohort_command.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/exit_codes.h"
#include "base/files.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "cohort/circe.h"
#include "cohort/run_cohorts.h"
#include "cohort/yaml_format.h"
#include "crypto/entropy.h"
#include "node/node_folder.h"
#include "warehouse/cdm_load.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;

struct CohortArguments {
  std::string dir, format = "table";
  std::vector<std::string> files;
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

absl::StatusOr<cohort::RunReport> Run(const CohortArguments& args) {
  std::vector<cohort::NumberedDefinition> definitions;
  for (const std::string& file : args.files) {
    ESSAIM_ASSIGN_OR_RETURN(cohort::Definition definition, ReadDefinition(file));
    definitions.push_back(
        {.id = static_cast<int>(definitions.size()) + 1, .definition = std::move(definition)});
  }
  crypto::SystemEntropy entropy;
  StderrLog log(Severity::kWarning);
  ESSAIM_ASSIGN_OR_RETURN(const NodeFolder folder, OpenNodeFolder(args.dir));
  ESSAIM_ASSIGN_OR_RETURN(const auto engine, OpenNodeSql(folder, entropy, &log));
  ESSAIM_RETURN_IF_ERROR(CreateCdm(*engine));
  return cohort::RunCohorts(
      *engine, definitions,
      {.target = "cohort",
       .opt_out = cohort::OptOut{
           .table = "essaim_opt_out", .scopes = {}, .as_of = DayOf(SystemClock().NowMs())}});
}

int Cohort(const CohortArguments& args) {
  const auto report = Run(args);
  if (!report.ok()) return essaim::Fail("essaim-node", report.status());
  Json json = {{"cohorts", Json::array()}, {"notices", report->notices}};
  for (std::size_t i = 0; i < report->cohorts.size(); ++i) {
    const cohort::CohortResult& c = report->cohorts[i];
    Json steps = Json::array();
    for (const cohort::AttritionStep& step : c.attrition)
      steps.push_back({{"step", step.name}, {"persons", step.persons}});
    json["cohorts"].push_back({{"id", c.id},
                               {"file", args.files[i]},
                               {"definition", c.hash},
                               {"rows", c.rows},
                               {"persons", c.persons},
                               {"attrition", steps}});
    if (args.format == "json") continue;
    std::printf("%s: %lld persons, %lld rows  (definition %s)\n", args.files[i].c_str(),
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
  return kOk;
}

}  // namespace

Command CohortCommand(CLI::App& app) {
  auto args = std::make_shared<CohortArguments>();
  CLI::App* cohort = app.add_subcommand(
      "cohort", "Run cohort definitions on the OMOP tables and show who is left after each step");
  AddFormat(cohort, args->format);
  cohort->add_option("--definition", args->files, "Essaim's YAML, or Circe's JSON (*.json)")
      ->required();
  AddDir(cohort, args->dir);
  return {cohort, [args] { return Cohort(*args); }};
}

}  // namespace essaim::node
