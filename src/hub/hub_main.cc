// essaim-hub: the coordinating process.

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

#include "absl/strings/str_format.h"
#include "algorithms/registry.h"
#include "base/clock.h"
#include "base/exit_codes.h"
#include "base/log.h"
#include "base/version.h"
#include "crypto/entropy.h"
#include "hub/hub_folder.h"
#include "hub/hub_service.h"
#include "hub/rest_api.h"
#include "transport/federation_server.h"
#include "transport/rest_server.h"

namespace essaim::hub {
namespace {

std::atomic<bool> stop_asked{false};
std::atomic<bool> roster_is_new{false};

void OnSignal(int) { stop_asked = true; }

int Fail(const absl::Status& status) { return essaim::Fail("essaim-hub", status); }

int Init(const std::string& path, const HubConfig& config) {
  crypto::SystemEntropy entropy;
  const absl::StatusOr<NewHub> hub = InitHubFolder(path, config, SystemClock().NowMs(), entropy);
  if (!hub.ok()) return Fail(hub.status());
  std::printf(
      "The hub of federation %s is in %s.\n\n"
      "  Fingerprint of its authority, for the sites' data managers:\n  %s\n\n"
      "  The operator's token is in %s/operator.token (keep it private).\n\n"
      "Next:\n  essaim hub serve %s\n",
      config.name.c_str(), path.c_str(), hub->folder.ca_fingerprint.c_str(), path.c_str(),
      path.c_str());
  return 0;
}

// What is given replaces what is stored, then the server gets a new certificate.
int Renew(const std::string& path, const HubConfig& given) {
  absl::StatusOr<HubFolder> folder = OpenHubFolder(path);
  if (!folder.ok()) return Fail(folder.status());
  HubConfig config = folder->config;
  const auto take = [](const std::string& from, std::string& to) {
    if (!from.empty()) to = from;
  };
  take(given.rest_address, config.rest_address);
  take(given.grpc_address, config.grpc_address);
  take(given.rest_listen, config.rest_listen);
  take(given.grpc_listen, config.grpc_listen);
  if (!given.names.empty()) config.names = given.names;
  const absl::Status renewed = RenewServer(*folder, config, SystemClock().NowMs());
  if (!renewed.ok()) return Fail(renewed);
  std::printf(
      "The hub has a new certificate; its authority and the sites' are as before.\n"
      "  people  https://%s\n  nodes   %s\n\nNext: start the hub again\n  essaim hub serve %s\n",
      config.rest_address.c_str(), config.grpc_address.c_str(), path.c_str());
  return 0;
}

v1::Welcome WelcomeOf(const HubFolder& folder) {
  v1::Welcome welcome;
  welcome.set_federation(folder.config.name);
  welcome.set_software_version(kVersion);
  return welcome;
}

std::vector<v1::Peer> RosterOf(HubService& service) {
  std::vector<v1::Peer> roster;
  for (const Site& site : service.Sites()) {
    if (site.status != "approved") continue;
    roster.emplace_back().set_site(site.name);
    roster.back().set_signing_key(site.signing_key);
  }
  return roster;
}

transport::ServerCallbacks CallbacksOf(HubService& service) {
  return {
      .on_connect = [&](const std::string& site,
                        const std::string&) { return service.OnConnect(site); },
      .on_disconnect = [&](const std::string& site) { service.OnDisconnect(site); },
      .on_answer = [&](const std::string& site, const std::string& run, std::uint64_t number,
                       std::string body) { service.OnAnswer(site, run, number, std::move(body)); },
      .on_wait = [&](const std::string& site, const std::string& run,
                     std::uint64_t number) { service.OnWait(site, run, number); },
      .on_renew = [&](const std::string& site,
                      const std::string& pem) { return service.RenewCertificate(site, pem); }};
}

int Serve(const std::string& path) {
  absl::StatusOr<HubFolder> folder = OpenHubFolder(path);
  if (!folder.ok()) return Fail(folder.status());
  if (ServerIsDue(*folder, SystemClock().NowMs())) {
    const absl::Status renewed = RenewServer(*folder, folder->config, SystemClock().NowMs());
    if (!renewed.ok()) return Fail(renewed);
  }
  absl::StatusOr<std::unique_ptr<Store>> store =
      Store::Open({.path = path + "/hub.db", .sealing_key = {}, .entropy = nullptr});
  if (!store.ok()) return Fail(store.status());
  absl::StatusOr<HubFolder> own = OpenHubFolder(path);
  if (!own.ok()) return Fail(own.status());

  StderrLog log(Severity::kInfo);
  SystemClock clock;
  crypto::SystemEntropy entropy;
  Registry registry;
  RegisterAll(registry);
  HubService service(*std::move(own), *std::move(store), registry, clock, entropy, log);
  const transport::ServerTls tls{.certificate_chain_pem = folder->server_chain_pem,
                                 .key_pem = std::string(folder->server_key_pem.view()),
                                 .client_ca_pem = folder->authority.certificate_pem};
  absl::StatusOr<std::unique_ptr<transport::FederationServer>> nodes =
      transport::FederationServer::Start(folder->config.grpc_socket(), tls, CallbacksOf(service),
                                         WelcomeOf(*folder), log);
  if (!nodes.ok()) return Fail(nodes.status());
  transport::FederationServer& federation = **nodes;
  service.SetOutbound(
      {.ask = [&](const std::string& site, const std::string& run,
                  const Ask& ask) { federation.Ask(site, run, ask.number, ask.body); },
       .run_ended = [&](const std::string& site,
                        const std::string& run) { federation.RunEnded(site, run); },
       .drop = [&](const std::string& site) { federation.Drop(site); },
       .roster_changed = [] { roster_is_new = true; }});
  federation.SetRoster(RosterOf(service));
  const absl::Status resumed = service.Resume();
  if (!resumed.ok()) return Fail(resumed);

  RestApi api(service, *folder);
  absl::StatusOr<std::unique_ptr<transport::RestServer>> rest = transport::RestServer::Start(
      folder->config.rest_socket(), tls,
      [&](const transport::RestRequest& r) { return api.Handle(r); },
      [&](const transport::RestRequest& r, std::uint64_t after) { return api.Events(r, after); },
      log);
  if (!rest.ok()) return Fail(rest.status());
  log.Info("serving",
           {{"rest", folder->config.rest_socket()}, {"grpc", folder->config.grpc_socket()}});

  std::signal(SIGINT, OnSignal);
  std::signal(SIGTERM, OnSignal);
  while (!stop_asked) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    service.OnTick();
    // Not from the callback itself, which comes with the service's lock held.
    if (roster_is_new.exchange(false)) federation.SetRoster(RosterOf(service));
  }
  log.Info("stopping");
  (*rest)->Stop();
  federation.Stop();
  return 0;
}

}  // namespace
}  // namespace essaim::hub

namespace {

void AddAddresses(CLI::App& app, essaim::hub::HubConfig& config) {
  app.add_option("--rest", config.rest_address, "host:port for people's tools, as they reach it")
      ->capture_default_str();
  app.add_option("--grpc", config.grpc_address, "host:port for the nodes, as they reach it")
      ->capture_default_str();
  app.add_option("--listen-rest", config.rest_listen,
                 "where to listen for people, if not at --rest: 0.0.0.0:8443");
  app.add_option("--listen-grpc", config.grpc_listen,
                 "where to listen for nodes, if not at --grpc: 0.0.0.0:9443");
  app.add_option("--also", config.names, "further host names or addresses of the hub");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "The hub of an Essaim federation: studies, runs and results; never a patient's data."};
  app.set_version_flag("--version", essaim::kVersion);
  app.require_subcommand(1);
  std::string path;
  essaim::hub::HubConfig config{
      .name = "", .rest_address = "127.0.0.1:8443", .grpc_address = "127.0.0.1:9443"};
  essaim::hub::HubConfig changes{.name = "", .rest_address = "", .grpc_address = ""};
  CLI::App* init = app.add_subcommand("init", "Make a hub: its authority, keys and operator token");
  init->add_option("DIR", path, "the hub's folder")->required();
  init->add_option("--name", config.name, "the federation's name")->required();
  AddAddresses(*init, config);
  CLI::App* renew = app.add_subcommand(
      "renew", "Give the server a new certificate, and new addresses where they are given");
  renew->add_option("DIR", path, "the hub's folder")->required();
  AddAddresses(*renew, changes);
  CLI::App* serve = app.add_subcommand("serve", "Run the hub");
  serve->add_option("DIR", path, "the hub's folder")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? essaim::kOk : essaim::kUsage;
  }
  if (renew->parsed()) return essaim::hub::Renew(path, changes);
  return init->parsed() ? essaim::hub::Init(path, config) : essaim::hub::Serve(path);
}
