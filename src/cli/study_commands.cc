#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "algorithms/registry.h"
#include "base/bytes.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/fail.h"
#include "cli/screen.h"
#include "cli/study_cohort.h"
#include "cli/study_text.h"
#include "report/csv.h"
#include "report/site_labels.h"
#include "report/terminal.h"
#include "study/json_schema.h"
#include "transport/json_text.h"

namespace essaim::cli {
namespace {

using Json = nlohmann::json;

struct Arguments {
  ConnectionFlags connection;
  std::string file, id, analysis, format = "table", out;
  bool masked_sample = false, all = false, by_site = false;
};

Registry AllAlgorithms() {
  Registry registry;
  RegisterAll(registry);
  return registry;
}

absl::StatusOr<Json> Get(const Arguments& args, const std::string& path) {
  ESSAIM_ASSIGN_OR_RETURN(const transport::RestTarget target, TargetOf(args.connection));
  ESSAIM_ASSIGN_OR_RETURN(const std::string body, CallHub(target, "GET", path));
  Json json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) return absl::InternalError("the hub's answer is not JSON");
  return json;
}

int Check(const Arguments& args) {
  const absl::StatusOr<StudyFile> file = ReadStudyFile(args.file, AllAlgorithms());
  if (!file.ok()) return Fail(file.status());
  std::printf("%s: fine: %zu variables, %zu sites, %zu analyses\n", args.file.c_str(),
              file->study.schema.size(), file->study.sites.size(), file->study.analyses.size());
  return kOk;
}

// The hub's answer, which has the study's id.
absl::StatusOr<std::string> Send(const Arguments& args, const Study& study) {
  ESSAIM_ASSIGN_OR_RETURN(const transport::RestTarget target, TargetOf(args.connection));
  return CallHub(target, "POST", "/v1/studies", study.source);
}

int Submit(const Arguments& args) {
  const absl::StatusOr<StudyFile> file = ReadStudyFile(args.file, AllAlgorithms());
  if (!file.ok()) return Fail(file.status());
  const absl::StatusOr<std::string> body = Send(args, file->study);
  if (!body.ok()) return Fail(body.status());
  if (args.format == "json") {
    std::printf("%s\n", body->c_str());
  } else {
    const std::string id = JsonText(Json::parse(*body, nullptr, false), "id");
    std::printf("%s\n\nNext:\n  essaim study watch %s\n", id.c_str(), id.c_str());
  }
  return kOk;
}

std::string ProgressLine(const Json& s) {
  std::uint64_t bytes = 0;
  std::size_t answered = 0, connected = 0;
  for (const Json& site : s["sites"]) {
    bytes += site["bytes_in"].get<std::uint64_t>() + site["bytes_out"].get<std::uint64_t>();
    answered += site["standing"] == "answered";
    connected += site["connected"].get<bool>();
  }
  const std::size_t finished = s["finished"].get<std::size_t>(),
                    all = s["analyses"].get<std::size_t>();
  const double elapsed_s = (s["now_ms"].get<double>() - s["submitted_ms"].get<double>()) / 1000;
  const double active_s = s.value("active_ms", 0.0) / 1000;  // without pauses
  std::string line = absl::StrFormat(
      "analysis %d of %d %s, round %d, %s, %d of %d sites answered (%d connected), %.1f kB, %.1f s",
      finished + 1, all, JsonText(s, "analysis"), s.value("round", 0), JsonText(s, "phase"),
      answered, s["sites"].size(), connected, static_cast<double>(bytes) / 1000, elapsed_s);
  if (finished > 0) {
    absl::StrAppendFormat(
        &line, ", about %.0f s left",
        active_s / static_cast<double>(finished) * static_cast<double>(all - finished));
  }
  const std::string message = JsonText(s, "message");
  return message.empty() ? line : absl::StrCat(line, ": ", message);
}

// The exit code of a study that has ended.
int EndCode(const Json& s) {
  const std::string status = JsonText(s, "status");
  if (status == "done") return kOk;
  return status == "cancelled" ? kCancelled : kFailed;
}

int Watch(const Arguments& args) {
  const absl::StatusOr<transport::RestTarget> target = TargetOf(args.connection);
  if (!target.ok()) return Fail(target.status());
  const bool terminal = isatty(STDERR_FILENO) == 1;
  std::string last_step;
  Json last;
  const auto show = [&](std::string_view data) {
    last = Json::parse(data, nullptr, false);
    if (!last.is_object()) return false;
    if (args.format == "json") {
      std::printf("%s\n", last.dump().c_str());
      std::fflush(stdout);
    } else if (last["status"] == "running") {
      const std::string step =
          absl::StrCat(last["finished"].dump(), last.value("round", 0), JsonText(last, "message"));
      if (terminal) std::fprintf(stderr, "\r\033[K%s", ProgressLine(last).c_str());
      if (!terminal && step != last_step) std::fprintf(stderr, "%s\n", ProgressLine(last).c_str());
      last_step = step;
    }
    return last["status"] == "running";
  };
  const absl::Status streamed =
      transport::Stream(*target, "/v1/studies/" + args.id + "/events", show);
  if (terminal && args.format != "json") std::fprintf(stderr, "\r\033[K");
  if (!streamed.ok() && !last.is_object()) return Fail(streamed);
  const absl::StatusOr<Json> now = Get(args, "/v1/studies/" + args.id);
  if (!now.ok()) return Fail(now.status());
  const std::string status = JsonText(*now, "status");
  if (status == "running")
    return Fail(absl::UnavailableError("the hub ended the stream; watch again"));
  if (args.format == "table" || status != "done") {
    const std::string message = JsonText(*now, "message");
    std::printf("%s: %s%s%s\n", args.id.c_str(), status.c_str(), message.empty() ? "" : ": ",
                message.c_str());
    if (status == "done") std::printf("\nNext:\n  essaim study result %s\n", args.id.c_str());
  }
  return EndCode(*now);
}

int ShowResult(const Arguments& args) {
  const absl::StatusOr<Json> json = Get(args, "/v1/studies/" + args.id + "/result");
  if (!json.ok()) return Fail(json.status());
  if (args.format == "json") {
    std::printf("%s\n", json->dump(2).c_str());
    return kOk;
  }
  const int minimum_cell = json->value("minimum_cell", 5);
  const TerminalStyle style = ScreenStyle(minimum_cell, args.all);
  bool found = args.analysis.empty();
  for (const Json& analysis : (*json)["analyses"]) {
    if (!args.analysis.empty() && JsonText(analysis, "name") != args.analysis) continue;
    found = true;
    const absl::StatusOr<std::string> bytes = FromHex(JsonText(analysis, "result_bytes"));
    if (!bytes.ok()) return Fail(bytes.status());
    const absl::StatusOr<Result> result = Result::Decode(*bytes);
    if (!result.ok()) return Fail(result.status());
    const SiteLabels labels = LabelsOfJson(analysis.value("quality", Json()));
    if (args.format == "csv") {
      std::printf("# analysis: %s\r\n%s", analysis["name"].get<std::string>().c_str(),
                  ResultCsv(*result, minimum_cell).c_str());
      if (!labels.empty()) {
        const ResultTable table = LabelTable(labels);
        std::printf("# %s: %s\r\n%s", table.id.c_str(), table.title.c_str(),
                    TableCsv(table, minimum_cell).c_str());
      }
      continue;
    }
    std::string sites;
    for (const Json& site : analysis["sites"])
      absl::StrAppend(&sites, sites.empty() ? "" : ", ", site.get<std::string>());
    std::printf("── %s ── (%s)\n\n", analysis["name"].get<std::string>().c_str(), sites.c_str());
    const Json left_out = analysis.value("left_out", Json::object());
    for (const auto& [site, why] : left_out.items())
      std::printf("without %s: %s\n", site.c_str(), why.get<std::string>().c_str());
    std::printf("%s\n", ResultText(*result, style).c_str());
    if (!labels.empty()) std::printf("%s\n", TableText(LabelTable(labels), style).c_str());
  }
  if (!found)
    return Fail(absl::NotFoundError(
        absl::StrCat(args.id, " has no result of an analysis ", args.analysis, " (yet)")));
  const std::string status = JsonText(*json, "status");
  if (status != "done")
    std::printf("The study is %s. %s\n", status.c_str(), JsonText(*json, "message").c_str());
  return kOk;
}

// The persons left after each step of the cohort, from the analysis that asks for it.
absl::StatusOr<std::string> Attrition(const Arguments& args) {
  ESSAIM_ASSIGN_OR_RETURN(const Json json,
                          Get(args, absl::StrCat("/v1/studies/", args.id, "/result")));
  for (const Json& analysis : json["analyses"]) {
    if (JsonText(analysis, "name") != kAttrition) continue;
    ESSAIM_ASSIGN_OR_RETURN(const std::string bytes, FromHex(JsonText(analysis, "result_bytes")));
    ESSAIM_ASSIGN_OR_RETURN(const Result result, Result::Decode(bytes));
    return AttritionText(result);
  }
  return std::string();
}

// Sends the counts alone, follows them and shows them.
int Cohort(const Arguments& args) {
  absl::StatusOr<StudyFile> file = ReadStudyFile(args.file, AllAlgorithms());
  if (!file.ok()) return Fail(file.status());
  const absl::StatusOr<Study> question = CohortQuestion(file->study, args.by_site);
  if (!question.ok()) return Fail(question.status());
  const absl::StatusOr<std::string> body = Send(args, *question);
  if (!body.ok()) return Fail(body.status());
  Arguments study = args;
  study.id = JsonText(Json::parse(*body, nullptr, false), "id");
  study.format = "quiet";
  const int ended = Watch(study);
  study.format = args.format;
  if (ended != kOk) return ended;
  if (args.format == "table") {
    const absl::StatusOr<std::string> steps = Attrition(study);
    if (!steps.ok()) return Fail(steps.status());
    const absl::StatusOr<std::string> definition = DefinitionOf(file->study);
    if (!definition.ok()) return Fail(definition.status());
    if (!steps->empty())
      std::printf("── persons left after each step, at all sites ── (definition %s)\n\n%s\n",
                  definition->substr(0, 16).c_str(), steps->c_str());
  }
  return ShowResult(study);
}

int Show(const Arguments& args) {
  const absl::StatusOr<Json> json = Get(
      args, absl::StrCat("/v1/studies/", args.id, args.masked_sample ? "?masked_sample=1" : ""));
  if (!json.ok()) return Fail(json.status());
  const std::string status = JsonText(*json, "status");
  if (args.format == "json" || args.masked_sample) {
    std::printf("%s\n", json->dump(2).c_str());
  } else if (status == "running") {
    std::printf("%s\n", ProgressLine(*json).c_str());
  } else {
    std::printf("%s: %zu of %zu analyses %s\n", status.c_str(),
                (*json)["finished"].get<std::size_t>(), (*json)["analyses"].get<std::size_t>(),
                JsonText(*json, "message").c_str());
  }
  if (args.format == "table" && !args.masked_sample) {
    for (const Json& site : (*json)["sites"]) {
      std::printf("  %-24s %-10s %-13s %s\n", JsonText(site, "site").c_str(),
                  JsonText(site, "standing").c_str(),
                  site.value("connected", false) ? "connected" : "-",
                  JsonText(site, "detail").c_str());
    }
  }
  return kOk;
}

int List(const Arguments& args) {
  const absl::StatusOr<Json> json = Get(args, "/v1/studies");
  if (!json.ok()) return Fail(json.status());
  if (args.format == "json") {
    std::printf("%s\n", json->dump(2).c_str());
    return kOk;
  }
  std::printf("%-32s %-10s %-9s %s\n", "study", "status", "analyses", "title");
  for (const Json& s : *json) {
    std::printf("%-32s %-10s %zu of %-4zu %s\n", s["id"].get<std::string>().c_str(),
                s["status"].get<std::string>().c_str(), s["finished"].get<std::size_t>(),
                s["analyses"].get<std::size_t>(), s["title"].get<std::string>().c_str());
  }
  return kOk;
}

int Cancel(const Arguments& args) {
  const absl::StatusOr<transport::RestTarget> target = TargetOf(args.connection);
  if (!target.ok()) return Fail(target.status());
  const absl::StatusOr<std::string> body =
      CallHub(*target, "POST", "/v1/studies/" + args.id + "/cancel");
  if (!body.ok()) return Fail(body.status());
  std::printf("%s is cancelled.\n", args.id.c_str());
  return kOk;
}

int Report(const Arguments& args) {
  const absl::StatusOr<transport::RestTarget> target = TargetOf(args.connection);
  if (!target.ok()) return Fail(target.status());
  const absl::StatusOr<std::string> html =
      CallHub(*target, "GET", "/v1/studies/" + args.id + "/report");
  if (!html.ok()) return Fail(html.status());
  const absl::Status written = WriteFile(args.out, *html);
  if (!written.ok()) return Fail(written);
  std::printf("%s\n", args.out.c_str());
  return kOk;
}

}  // namespace

void AddStudyCommands(CLI::App& app, int& exit_code) {
  auto args = std::make_shared<Arguments>();
  CLI::App* study = app.add_subcommand(
      "study", "Studies: check, cohort, submit, watch, result, show, cancel, list, schema");
  study->require_subcommand(1);
  const auto add = [&](CLI::App& parent, const char* name, const char* text,
                       int (*run)(const Arguments&)) {
    CLI::App* sub = parent.add_subcommand(name, text);
    sub->callback([args, run, &exit_code] { exit_code = run(*args); });
    return sub;
  };
  CLI::App* check = add(*study, "check", "Check a study file without sending it", Check);
  CLI::App* submit = add(*study, "submit", "Send a study to the hub", Submit);
  CLI::App* cohort = add(
      *study, "cohort",
      "Ask the sites how many persons a study's cohort has and where the others are lost", Cohort);
  cohort->add_flag("--by-site", args->by_site,
                   "also each site's steps; a site whose policy gives none stays out");
  CLI::App* watch = add(*study, "watch", "Follow a study until it ends", Watch);
  CLI::App* result = add(*study, "result", "Show a study's results", ShowResult);
  CLI::App* show = add(*study, "show", "Where a study stands", Show);
  CLI::App* cancel = add(*study, "cancel", "Stop a study", Cancel);
  CLI::App* list = add(*study, "list", "Your studies; with an operator's token, everybody's", List);
  CLI::App* report =
      add(app, "report", "Write a study's results as one self-contained HTML file", Report);
  add(*study, "schema", "Print the JSON Schema of study files", [](const Arguments&) {
    std::printf("%s\n", StudyJsonSchema(AllAlgorithms()).c_str());
    return static_cast<int>(kOk);
  });
  for (CLI::App* sub : {check, submit, cohort})
    sub->add_option("FILE", args->file, "the study file")->required();
  for (CLI::App* sub : {watch, result, show, cancel, report})
    sub->add_option("STUDY", args->id, "the study's id")->required();
  for (CLI::App* sub : {submit, cohort, watch, result, show, cancel, list, report})
    AddConnectionFlags(*sub, args->connection);
  for (CLI::App* sub : {submit, cohort, watch, show, list})
    sub->add_option("--format", args->format, "how to print")
        ->check(CLI::IsMember({"table", "json"}))
        ->capture_default_str();
  result->add_option("--format", args->format, "how to print")
      ->check(CLI::IsMember({"table", "json", "csv"}))
      ->capture_default_str();
  result->add_option("--analysis", args->analysis, "only this one, for table and csv");
  result->add_flag("--all", args->all, "show long tables in full");
  show->add_flag("--masked-sample", args->masked_sample,
                 "with the first numbers of one masked vector as the hub saw it");
  report->add_option("--out", args->out, "the file to write")->required();
}

}  // namespace essaim::cli
