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
#include "node/annotate_command.h"
#include "node/cohort_command.h"
#include "node/concepts_command.h"
#include "node/control.h"
#include "node/deidentify_command.h"
#include "node/enrolment_client.h"
#include "node/genetic.h"
#include "node/identity_commands.h"
#include "node/images_command.h"
#include "node/key_commands.h"
#include "node/link_command.h"
#include "node/listen_command.h"
#include "node/load_command.h"
#include "node/loads_command.h"
#include "node/node_folder.h"
#include "node/node_service.h"
#include "node/note_commands.h"
#include "node/opt_out_command.h"
#include "node/peers.h"
#include "node/quality_command.h"
#include "node/rejected_command.h"
#include "node/steward_commands.h"
#include "transport/node_connection.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;

std::atomic<bool> stop_asked{false};

void OnSignal(int) { stop_asked = true; }

struct Arguments {
  std::string dir, approve = "ask", format = "table";
  NodeConfig config;
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

void PrintListener(const Json& listener) {
  const auto number = [&](const char* key) { return listener.value(key, std::uint64_t{0}); };
  std::printf(
      "listener  port %llu%s: %llu messages taken, %llu again, %llu refused; %llu loads, %llu "
      "segments wait\n",
      static_cast<unsigned long long>(number("port")), listener.value("tls", false) ? " (TLS)" : "",
      static_cast<unsigned long long>(number("messages_taken")),
      static_cast<unsigned long long>(number("messages_again")),
      static_cast<unsigned long long>(number("messages_error") + number("messages_rejected")),
      static_cast<unsigned long long>(number("loads")),
      static_cast<unsigned long long>(number("segments_waiting")));
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
  const auto warehouse = OpenNodeWarehouse(*folder, entropy, nullptr, IfHeld::kFail);
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
  if (!warehouse.ok()) json["datasets_unread"] = std::string(warehouse.status().message());
  const auto live = transport::ControlStatusAt(ControlPath(args.dir));
  json["serving"] = live.ok();
  if (live.ok()) json["connected"] = live->connected();
  json["listener"] = Json::parse(ListenerStatus(args.dir), nullptr, false);
  if (json["listener"].is_discarded()) json["listener"] = nullptr;
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
  if (json["listener"].is_object()) PrintListener(json["listener"]);
  for (const Json& run : json["runs"]) {
    std::printf("run       %s: %s\n", run["run"].get<std::string>().c_str(),
                run["needs_person"].get<bool>() ? "waits for a person here" : "in progress");
  }
  if (json.contains("datasets_unread"))
    std::printf("data set  not told: %s\n", json["datasets_unread"].get<std::string>().c_str());
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
  init->add_option("--shift-dates", args.config.shift_dates_days,
                   "move each person's dates by up to so many days of their own (docs/keys.md); "
                   "not given: dates stay");
  init->add_flag("--keep-weekdays", args.config.shift_keeps_weekdays,
                 "of --shift-dates: by whole weeks only");
  init->add_option("--approve", args.approve, "does a person decide on every study?")
      ->check(CLI::IsMember({"ask", "auto"}))
      ->capture_default_str();
  CLI::App* enroll =
      app.add_subcommand("enroll", "Ask the hub for a certificate and wait for its operator");
  CLI::App* serve = app.add_subcommand("serve", "Connect to the hub and answer");
  CLI::App* status = app.add_subcommand("status", "Keys, certificate, data sets");
  AddFormat(status, args.format);
  CLI::App* stop = app.add_subcommand("stop", "Stop the node that serves from this folder");
  for (CLI::App* sub : {enroll, serve, status, stop}) AddDir(sub, args.dir);
  const Commands commands = {{init, [&] { return Init(args); }},
                             {enroll, [&] { return Enroll(args); }},
                             {serve, [&] { return Serve(args); }},
                             {status, [&] { return Status(args); }},
                             {stop, [&] { return Stop(args); }},
                             LoadCommand(app),
                             UndoCommand(app),
                             ListenCommand(app),
                             GeneticCommand(app),
                             LoadsCommand(app),
                             RejectedCommand(app),
                             ImagesCommand(app),
                             QualityCommand(app),
                             CohortCommand(app),
                             DeidentifyCommand(app),
                             ConceptsCommand(app),
                             OptOutCommand(app),
                             LinkCommand(app),
                             KeysCommand(app),
                             IndexCommand(app),
                             SearchCommand(app),
                             AnnotateCommand(app),
                             IdentityCommand(app),
                             PeersCommand(app),
                             StudiesCommand(app)};
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  }
  const auto asked =
      std::ranges::find_if(commands, [](const Command& c) { return c.app->parsed(); });
  return asked->run();
}

}  // namespace
}  // namespace essaim::node

int main(int argc, char** argv) { return essaim::node::Main(argc, argv); }
