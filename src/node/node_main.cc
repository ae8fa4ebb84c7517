// essaim-node: a site's process.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "absl/strings/str_cat.h"
#include "algorithms/registry.h"
#include "base/clock.h"
#include "base/exit_codes.h"
#include "base/files.h"
#include "base/log.h"
#include "base/version.h"
#include "crypto/certificates.h"
#include "crypto/entropy.h"
#include "node/cdm_commands.h"
#include "node/cohort_command.h"
#include "node/control.h"
#include "node/enrolment_client.h"
#include "node/identity_commands.h"
#include "node/node_folder.h"
#include "node/node_service.h"
#include "node/opt_out_command.h"
#include "node/peers.h"
#include "node/steward_commands.h"
#include "transport/node_connection.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;

std::atomic<bool> stop_asked{false};

void OnSignal(int) { stop_asked = true; }

struct Arguments {
  std::string dir, fingerprint, name, dataset, schema, on_bad_row,
      approve = "ask", format = "table", action, from = "files", as_of, out, system, mapping,
      propose, reference, html, language = "en";
  std::vector<std::string> files;
  NodeConfig config;
  bool all = false, dry_run = false, history = false;
  OptOutArguments opt_out;
  StewardArguments steward;
  IdentityArguments identity;
};

int Fail(const absl::Status& status) { return essaim::Fail("essaim-node", status); }

int Init(const Arguments& args) {
  crypto::SystemEntropy entropy;
  const Policy::Approve approve =
      args.approve == "auto" ? Policy::Approve::kAuto : Policy::Approve::kAsk;
  const auto folder = InitNodeFolder(args.dir, args.config, approve, entropy);
  if (!folder.ok()) return Fail(folder.status());
  std::printf(
      "Site %s is in %s. Its private keys were made there and stay there.\nWhat may leave is in "
      "%s/policy.json.\n\n"
      "Next:\n  essaim node enroll %s\n",
      args.config.site.c_str(), args.dir.c_str(), args.dir.c_str(), args.dir.c_str());
  return 0;
}

int Enroll(const Arguments& args) {
  absl::StatusOr<NodeFolder> folder = OpenNodeFolder(args.dir);
  if (!folder.ok()) return Fail(folder.status());
  const absl::Status asked = RequestEnrolment(*folder, [&](const std::string& fingerprint) {
    std::printf(
        "Fingerprint of site %s, to be compared with the hub's operator:\n  %s\nWaiting for "
        "approval ...\n",
        folder->config.site.c_str(), fingerprint.c_str());
    std::fflush(stdout);
  });
  if (!asked.ok()) return Fail(asked);
  std::signal(SIGINT, OnSignal);
  while (!stop_asked) {
    const absl::Status collected = CollectCertificate(*folder);
    if (collected.ok()) {
      std::printf(
          "Approved. The certificate is in %s/tls.pem.\n\nNext:\n  essaim node load %s --dataset "
          "NAME --schema FILE FILES...\n"
          "  essaim node serve %s\n",
          args.dir.c_str(), args.dir.c_str(), args.dir.c_str());
      return 0;
    }
    if (!absl::IsUnavailable(collected)) return Fail(collected);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  return Fail(
      absl::CancelledError("stopped; the request stays with the hub, run enroll again to go on"));
}

int Load(const Arguments& args) {
  if (args.dataset.empty() || args.schema.empty()) {
    return Fail(absl::InvalidArgumentError(
        "--dataset NAME and --schema FILE are needed, or --from omop for tables of the CDM"));
  }
  const absl::StatusOr<NodeFolder> folder = OpenNodeFolder(args.dir);
  if (!folder.ok()) return Fail(folder.status());
  const absl::StatusOr<std::string> schema = ReadFile(args.schema);
  if (!schema.ok()) return Fail(schema.status());
  crypto::SystemEntropy entropy;
  StderrLog log(Severity::kWarning);
  const auto warehouse = OpenNodeWarehouse(*folder, entropy, &log);
  if (!warehouse.ok()) return Fail(warehouse.status());
  LoadRequest request{
      .dataset = args.dataset,
      .files = args.files,
      .schema_yaml = *schema,
      .on_bad_row = args.on_bad_row == "quarantine" ? OnBadRow::kQuarantine : OnBadRow::kStop,
      .now_ms = SystemClock().NowMs(),
      .progress = nullptr};
  const auto report = (*warehouse)->Load(request);
  if (!report.ok()) return Fail(report.status());
  if (args.format == "json") {
    Json json = {{"dataset", report->dataset},
                 {"load_id", report->load_id},
                 {"rows_read", report->n_read},
                 {"rows_loaded", report->n_loaded},
                 {"rows_quarantined", report->n_quarantined}};
    std::printf("%s\n", json.dump(2).c_str());
    return 0;
  }
  std::printf("%s: %llu rows read, %llu loaded, %llu quarantined\n", report->dataset.c_str(),
              static_cast<unsigned long long>(report->n_read),
              static_cast<unsigned long long>(report->n_loaded),
              static_cast<unsigned long long>(report->n_quarantined));
  for (const BadRow& row : report->bad_rows)
    std::printf("  quarantined %s\n", row.ToString().c_str());
  if (!report->ignored_columns.empty()) {
    std::printf("  columns in the files but not in the schema: %zu, ignored\n",
                report->ignored_columns.size());
  }
  return 0;
}

std::int64_t RenewAtMs(const std::string& certificate_pem) {
  const auto info = crypto::ReadCertificate(certificate_pem);
  return info.ok() ? crypto::RenewAtMs(*info) : 0;
}

// Keeps the connection and the certificate until told to stop.
int ServeConnected(NodeFolder& folder, Store& store, crypto::SystemEntropy& entropy, Log& log) {
  Registry registry;
  RegisterAll(registry);
  NodeService service(folder, store, registry, entropy, log);
  const auto tls = [&] {
    return transport::ClientTls{.certificate_chain_pem = folder.certificate_pem,
                                .key_pem = std::string(folder.tls_key_pem.view()),
                                .server_ca_pem = folder.ca_pem};
  };
  std::mutex certificate_mutex;
  std::string new_certificate;
  std::unique_ptr<transport::NodeConnection> connection;
  std::atomic<transport::NodeConnection*> line{nullptr};
  service.Start(
      [&](const std::string& run, std::uint64_t number, std::string body) {
        if (auto* c = line.load()) c->Answer(run, number, std::move(body));
      },
      [&](const std::string& run, std::uint64_t number) {
        if (auto* c = line.load()) c->Wait(run, number);
      });
  connection = transport::NodeConnection::Start(
      folder.config.grpc_address, tls(), folder.config.site, kVersion,
      {.on_welcome = [&](const v1::Welcome& welcome) { service.OnWelcome(welcome); },
       .on_ask = [&](const std::string& run, std::uint64_t number,
                     std::string body) { service.OnAsk(run, number, std::move(body)); },
       .on_run_ended = [&](const std::string& run) { service.OnRunEnded(run); },
       .on_certificate =
           [&](const std::string& pem) {
             const std::scoped_lock lock(certificate_mutex);
             new_certificate = pem;
           },
       .on_lost =
           [&](const absl::Status& status) {
             log.Warning("connection lost", {{"why", std::string(status.message())}});
           }},
      log);
  line = connection.get();
  const SystemClock clock;
  const auto control = ServeControl(
      folder.path, service, [&] { return connection->connected(); }, [] { stop_asked = true; },
      clock, log);
  log.Info("serving", {{"site", folder.config.site}, {"hub", folder.config.grpc_address}});
  std::int64_t renew_asked_ms = 0;
  while (!stop_asked) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const std::int64_t now_ms = SystemClock().NowMs();
    if (now_ms >= RenewAtMs(folder.certificate_pem) && now_ms - renew_asked_ms > 60'000 &&
        connection->connected()) {
      renew_asked_ms = now_ms;
      const auto request = crypto::MakeRequestPem(folder.tls_key_pem, folder.config.site);
      if (request.ok()) connection->Renew(*request);
    }
    const std::scoped_lock lock(certificate_mutex);
    if (!new_certificate.empty()) {
      const absl::Status kept = WriteFile(folder.path + "/tls.pem", new_certificate);
      if (kept.ok()) folder.certificate_pem = new_certificate;
      connection->SetTls(tls());
      log.Info("certificate renewed", {{"stored", kept.ok() ? "yes" : "no"}});
      new_certificate.clear();
    }
  }
  line = nullptr;
  connection->Stop();
  return 0;
}

int Serve(const Arguments& args) {
  absl::StatusOr<NodeFolder> folder = OpenNodeFolder(args.dir);
  if (!folder.ok()) return Fail(folder.status());
  if (!folder->enrolled()) {
    return Fail(absl::FailedPreconditionError(
        absl::StrCat("this site is not enrolled; first: essaim node enroll ", args.dir)));
  }
  const absl::StatusOr<Policy> policy = ReadPolicy(args.dir + "/policy.json");
  if (!policy.ok()) return Fail(policy.status());
  crypto::SystemEntropy entropy;
  StderrLog log(Severity::kInfo);
  const auto store = OpenNodeStore(*folder, entropy);
  if (!store.ok()) return Fail(store.status());
  std::signal(SIGINT, OnSignal);
  std::signal(SIGTERM, OnSignal);
  return ServeConnected(*folder, **store, entropy, log);
}

int Status(const Arguments& args) {
  const absl::StatusOr<NodeFolder> folder = OpenNodeFolder(args.dir);
  if (!folder.ok()) return Fail(folder.status());
  crypto::SystemEntropy entropy;
  Json json = {{"site", folder->config.site},
               {"hub", folder->config.hub_url},
               {"enrolled", folder->enrolled()}};
  const auto own_key = SigningKeyOf(*folder);
  if (!own_key.ok()) return Fail(own_key.status());
  const std::string own = PeerFingerprint(folder->config.site, *own_key);
  json["peer_fingerprint"] = own;
  const auto certificate = crypto::ReadCertificate(folder->certificate_pem);
  json["certificate_until_ms"] = certificate.ok() ? certificate->not_after_ms : 0;
  json["datasets"] = Json::array();
  const auto warehouse = OpenNodeWarehouse(*folder, entropy, nullptr);
  if (warehouse.ok()) {
    const auto sets = (*warehouse)->DataSets();
    if (!sets.ok()) return Fail(sets.status());
    for (const DataSetInfo& set : *sets) {
      json["datasets"].push_back({{"name", set.name},
                                  {"rows", set.n_rows},
                                  {"quarantined", set.n_quarantined},
                                  {"load_id", set.load_id}});
    }
  }
  const auto live = transport::ControlStatusAt(ControlPath(args.dir));
  json["serving"] = live.ok();
  if (live.ok()) json["connected"] = live->connected();
  json["runs"] = Json::array();
  const v1::ControlStatus now = live.ok() ? *live : v1::ControlStatus();
  for (const v1::ControlRun& run : now.runs()) {
    json["runs"].push_back({{"run", run.run_id()},
                            {"last_ask", run.last_ask()},
                            {"needs_person", run.needs_person()}});
  }
  if (args.format == "json") {
    std::printf("%s\n", json.dump(2).c_str());
    return 0;
  }
  std::printf("site      %s\nhub       %s\nenrolled  %s\nfor peers %s\n",
              folder->config.site.c_str(), folder->config.hub_url.c_str(),
              folder->enrolled() ? "yes" : "no", own.c_str());
  std::printf("serving   %s\n", !live.ok()          ? "no"
                                : live->connected() ? "yes, connected to the hub"
                                                    : "yes, the hub cannot be reached");
  for (const Json& run : json["runs"]) {
    std::printf("run       %s: %s\n", run["run"].get<std::string>().c_str(),
                run["needs_person"].get<bool>() ? "waits for a person here" : "in progress");
  }
  for (const Json& set : json["datasets"]) {
    std::printf("data set  %s: %llu rows, %llu quarantined\n",
                set["name"].get<std::string>().c_str(), set["rows"].get<unsigned long long>(),
                set["quarantined"].get<unsigned long long>());
  }
  return 0;
}

int Stop(const Arguments& args) {
  const absl::Status stopped = transport::ControlStopAt(ControlPath(args.dir));
  if (!stopped.ok()) return Fail(stopped);
  std::printf("The node of %s stops. What is in progress goes on when it serves again.\n",
              args.dir.c_str());
  return 0;
}

CdmArguments CdmOf(const Arguments& args) {
  return {.dir = args.dir,
          .on_bad_row = args.on_bad_row,
          .format = args.format,
          .as_of = args.as_of,
          .out = args.out,
          .reference = args.reference,
          .html = args.html,
          .language = args.language,
          .from = args.from,
          .system = args.system,
          .mapping = args.mapping,
          .propose = args.propose,
          .dry_run = args.dry_run,
          .history = args.history,
          .paths = args.files};
}

// Commands on the OMOP tables; DIR is added by the caller.
std::vector<CLI::App*> AddCdmCommands(CLI::App& app, Arguments& args) {
  CLI::App* undo = app.add_subcommand("undo", "Take back the last load of OMOP tables");
  CLI::App* quality =
      app.add_subcommand("quality", "Check the OMOP tables: the 2,374 checks of OHDSI's Dashboard");
  quality->add_option("--as-of", args.as_of, "the day that stands for today, YYYY-MM-DD");
  quality->add_option("--reference", args.reference,
                      "CSV file stratum,share of the population to stand for: F 40-59,0.13");
  quality->add_option("--out", args.out, "also write the results there, in the Dashboard's JSON");
  quality->add_option("--html", args.html, "also write the report there, as one page");
  quality->add_option("--language", args.language, "of the page: en or fr")
      ->check(CLI::IsMember({"en", "fr"}));
  quality->add_flag("--history", args.history, "measure nothing: the labels of the reports so far");
  quality->add_option("--format", args.format, "table or json")
      ->check(CLI::IsMember({"table", "json"}));
  CLI::App* cohort = app.add_subcommand(
      "cohort", "Run cohort definitions on the OMOP tables and show who is left after each step");
  cohort->add_option("--format", args.format, "table or json")
      ->check(CLI::IsMember({"table", "json"}));
  cohort->add_option("--definition", args.files, "Essaim's YAML, or Circe's JSON (*.json)")
      ->required();
  CLI::App* opt_out = app.add_subcommand(
      "opt-out", "Persons who object to a use of their data: every cohort leaves them out");
  opt_out->add_option("ACTION", args.opt_out.action, "add, remove or list")
      ->required()
      ->check(CLI::IsMember({"add", "remove", "list"}));
  opt_out->add_option("--person", args.opt_out.person_id, "the person_id");
  opt_out->add_option("--source-value", args.opt_out.source_value, "the person_source_value");
  opt_out->add_option("--file", args.opt_out.file,
                      "CSV of person_id or person_source_value, scope, from, until");
  opt_out->add_option("--scope", args.opt_out.scope, "all, ai (no fitting of models), project:NAME")
      ->capture_default_str();
  opt_out->add_option("--from", args.opt_out.from, "first day, YYYY-MM-DD");
  opt_out->add_option("--until", args.opt_out.until, "last day");
  opt_out->add_option("--format", args.format, "table or json")
      ->check(CLI::IsMember({"table", "json"}));
  return {undo, quality, cohort, opt_out};
}

int Dispatch(const CLI::App& app, Arguments& args) {
  if (app.got_subcommand("init")) return Init(args);
  if (app.got_subcommand("enroll")) return Enroll(args);
  if (app.got_subcommand("load")) return args.from == "files" ? Load(args) : LoadCdm(CdmOf(args));
  if (app.got_subcommand("keys")) return KeysCommand(args.identity);
  if (app.got_subcommand("identity")) return IdentityCommand(args.identity);
  if (app.got_subcommand("undo")) return UndoCdm(CdmOf(args));
  if (app.got_subcommand("opt-out")) {
    args.opt_out.dir = args.dir;
    args.opt_out.format = args.format;
    return OptOutCommand(args.opt_out);
  }
  if (app.got_subcommand("quality")) return Quality(CdmOf(args));
  if (app.got_subcommand("cohort"))
    return Cohort({.dir = args.dir, .format = args.format, .files = args.files});
  if (app.got_subcommand("serve")) return Serve(args);
  if (app.got_subcommand("status")) return Status(args);
  if (app.got_subcommand("stop")) return Stop(args);
  return app.got_subcommand("peers") ? PeersCommand(args.steward) : StudiesCommand(args.steward);
}

int Main(int argc, char** argv) {
  CLI::App app{"A site of an Essaim federation: its warehouse, its policy, its answers."};
  app.set_version_flag("--version", kVersion);
  app.require_subcommand(1);
  Arguments args;
  CLI::App* init = app.add_subcommand("init", "Make a site: its keys and its policy");
  init->add_option("DIR", args.dir, "the site's folder")->required();
  init->add_option("--name", args.config.site, "the site's name")->required();
  init->add_option("--hub", args.config.hub_url, "https://host:port of the hub")->required();
  init->add_option("--ca-fingerprint", args.config.ca_fingerprint,
                   "of the hub's authority, as its operator told")
      ->required();
  init->add_option("--omop-database", args.config.omop_database,
                   "PostgreSQL server of the OMOP tables, as host=... dbname=... user=...; not "
                   "given: in the encrypted file");
  init->add_option("--approve", args.approve, "does a person decide on every study?")
      ->check(CLI::IsMember({"ask", "auto"}))
      ->capture_default_str();
  CLI::App* enroll =
      app.add_subcommand("enroll", "Ask the hub for a certificate and wait for its operator");
  CLI::App* load = app.add_subcommand(
      "load", "Load files into the encrypted warehouse: a data set, or OMOP tables");
  load->add_option(
          "--from", args.from,
          "files: a data set with its schema file; omop: tables of the CDM 5.3 or 5.4; fhir: R4 "
          "resources, bundles or bulk data; hl7v2: messages; csv: any tables, with "
          "a mapping")
      ->check(CLI::IsMember({"files", "omop", "csv", "fhir", "hl7v2"}))
      ->capture_default_str();
  load->add_option("--dataset", args.dataset, "of files: the name that studies use");
  load->add_option("--schema", args.schema, "of files: schema file (docs/data.md)");
  load->add_option("--mapping", args.mapping, "of csv: the mapping file (docs/mapping.md)");
  load->add_option("--propose", args.propose,
                   "of csv: write a mapping to begin with there, and load nothing");
  load->add_flag("--dry-run", args.dry_run, "do everything, say what comes of it, keep nothing");
  load->add_option("--system", args.system, "of fhir: the server's name, where there are several");
  load->add_option("--on-bad-row", args.on_bad_row,
                   "stop (of files, if not given), or keep bad rows apart (quarantine)")
      ->check(CLI::IsMember({"stop", "quarantine"}));
  load->add_option("--format", args.format, "table or json")
      ->check(CLI::IsMember({"table", "json"}));
  CLI::App* serve = app.add_subcommand("serve", "Connect to the hub and answer");
  CLI::App* status = app.add_subcommand("status", "Keys, certificate, data sets");
  status->add_option("--format", args.format, "table or json")
      ->check(CLI::IsMember({"table", "json"}));
  CLI::App* stop = app.add_subcommand("stop", "Stop the node that serves from this folder");
  for (CLI::App* sub : AddCdmCommands(app, args))
    sub->add_option("DIR", args.dir, "the site's folder")->required();
  for (CLI::App* sub : {enroll, load, serve, status, stop})
    sub->add_option("DIR", args.dir, "the site's folder")->required();
  load->add_option("FILES", args.files, "the files, for omop also folders")->required();
  AddStewardCommands(app, args.steward);
  AddIdentityCommands(app, args.identity);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  }
  return Dispatch(app, args);
}

}  // namespace
}  // namespace essaim::node

int main(int argc, char** argv) { return essaim::node::Main(argc, argv); }
