#include "node/concepts_command.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/exit_codes.h"
#include "base/files.h"
#include "cohort/circe.h"
#include "cohort/concept_search.h"
#include "cohort/yaml_format.h"
#include "node/sql_session.h"
#include "warehouse/cdm_load.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;

struct ConceptsArguments {
  std::string dir, set, format = "table";
  std::vector<std::string> words;
  cohort::ConceptQuery query;
};

int Fail(const absl::Status& status) { return essaim::Fail("essaim-node", status); }

Json JsonOf(const cohort::ConceptRow& row) {
  return {{"concept_id", row.concept_id},   {"name", row.name},           {"domain", row.domain},
          {"vocabulary", row.vocabulary},   {"class", row.concept_class}, {"code", row.code},
          {"standard", row.standard},       {"valid", row.valid},         {"records", row.records},
          {"descendants", row.descendants}, {"maps_to", row.maps_to}};
}

void Print(const std::vector<cohort::ConceptRow>& rows) {
  std::printf("%12s %10s %11s %-3s %-12s %-14s %-14s %s\n", "concept", "records", "descendants",
              "std", "domain", "vocabulary", "code", "name");
  for (const cohort::ConceptRow& row : rows) {
    std::string name = row.name;
    if (!row.valid) name += "  (no longer valid)";
    if (!row.maps_to.empty()) absl::StrAppend(&name, "  -> ", absl::StrJoin(row.maps_to, ", "));
    std::printf("%12lld %10lld %11lld %-3s %-12s %-14s %-14s %s\n",
                static_cast<long long>(row.concept_id), static_cast<long long>(row.records),
                static_cast<long long>(row.descendants), row.standard ? "S" : "",
                row.domain.c_str(), row.vocabulary.c_str(), row.code.c_str(), name.c_str());
  }
}

absl::StatusOr<std::vector<cohort::ConceptSet>> ReadSets(const std::string& path) {
  ESSAIM_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, cohort::kCohortBytesMax));
  absl::StatusOr<std::vector<cohort::ConceptSet>> sets;
  if (absl::EndsWithIgnoreCase(path, ".json")) {
    sets = cohort::ParseConceptSets(text);
  } else {
    absl::StatusOr<cohort::Definition> definition = cohort::ParseCohortYaml(text);
    sets =
        definition.ok()
            ? absl::StatusOr<std::vector<cohort::ConceptSet>>(std::move(definition->concept_sets))
            : definition.status();
  }
  if (sets.ok()) return sets;
  return absl::Status(sets.status().code(), absl::StrCat(path, ":\n", sets.status().message()));
}

int Expand(const ConceptsArguments& args, SqlEngine& engine) {
  const auto sets = ReadSets(args.set);
  if (!sets.ok()) return Fail(sets.status());
  std::vector<std::string> notices;
  const auto expanded = cohort::ExpandSets(engine, *sets, args.query.limit, notices);
  if (!expanded.ok()) return Fail(expanded.status());
  Json json = {{"sets", Json::array()}, {"notices", notices}};
  for (const cohort::ExpandedSet& set : *expanded) {
    Json rows = Json::array();
    for (const cohort::ConceptRow& row : set.concepts) rows.push_back(JsonOf(row));
    json["sets"].push_back(
        {{"name", set.name}, {"n_concepts", set.n_concepts}, {"concepts", rows}});
    if (args.format == "json") continue;
    std::printf("%s: %zu concepts\n", set.name.empty() ? "(no name)" : set.name.c_str(),
                set.n_concepts);
    Print(set.concepts);
    if (set.n_concepts > set.concepts.size())
      std::printf("%12s and %zu more: --limit\n", "...", set.n_concepts - set.concepts.size());
  }
  if (args.format == "json")
    std::printf("%s\n", json.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
  if (args.format != "json") {
    for (const std::string& notice : notices) std::printf("note: %s\n", notice.c_str());
  }
  return kOk;
}

int Search(const ConceptsArguments& args, SqlEngine& engine) {
  cohort::ConceptQuery query = args.query;
  query.text = absl::StrJoin(args.words, " ");
  const auto rows = cohort::SearchConcepts(engine, query);
  if (!rows.ok()) return Fail(rows.status());
  if (args.format == "json") {
    Json json = Json::array();
    for (const cohort::ConceptRow& row : *rows) json.push_back(JsonOf(row));
    std::printf("%s\n", json.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
  } else if (rows->empty()) {
    std::printf("no concept has that name or code\n");
  } else {
    Print(*rows);
  }
  return kOk;
}

int Concepts(const ConceptsArguments& args) {
  if (args.set.empty() == args.words.empty())
    return Fail(absl::InvalidArgumentError("expected words to search for, or --set FILE"));
  SqlSession session;
  if (const absl::Status opened = session.Open(args.dir, Processors::kAll); !opened.ok())
    return Fail(opened);
  if (const absl::Status made = CreateCdm(*session.engine); !made.ok()) return Fail(made);
  return args.set.empty() ? Search(args, *session.engine) : Expand(args, *session.engine);
}

}  // namespace

Command ConceptsCommand(CLI::App& app) {
  auto args = std::make_shared<ConceptsArguments>();
  CLI::App* concepts = app.add_subcommand(
      "concepts", "Search the vocabulary by name and code, with the site's number of records");
  AddFormat(concepts, args->format);
  concepts->add_option("--domain", args->query.domain, "of this domain only, as Condition");
  concepts->add_option("--vocabulary", args->query.vocabulary, "of this vocabulary, as SNOMED");
  concepts->add_flag("--standard", args->query.standard, "standard concepts only");
  concepts->add_option("--limit", args->query.limit, "how many are shown, 20 unless told")
      ->check(CLI::Range(std::size_t{1}, cohort::kConceptsMax));
  concepts->add_option("--set", args->set,
                       "show what the concept sets of a file stand for: a definition, or a set's "
                       "JSON");
  AddDir(concepts, args->dir);
  concepts->add_option("TEXT", args->words, "words of the name, a code, or a concept's number");
  return {concepts, [args] { return Concepts(*args); }};
}

}  // namespace essaim::node
