#include "node/listen_command.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/exit_codes.h"
#include "base/files.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "crypto/entropy.h"
#include "crypto/hash.h"
#include "listen/batch.h"
#include "listen/receiver.h"
#include "listen/server.h"
#include "node/category_keys.h"
#include "node/key_rotation.h"
#include "node/load_setup.h"
#include "node/node_folder.h"
#include "text/note_deidentifier.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;

std::atomic<bool> stop_asked{false};

void OnSignal(int) { stop_asked = true; }

struct ListenArguments {
  std::string dir, address = "127.0.0.1", certificate, key, client_ca, format = "table";
  std::string processing_ids = "P";
  int port = 0, batch = 1'000, every_s = 30;
  std::size_t connections = 64;
  bool tls = false, plain_on_network = false, keep_text = false;
};

std::string SpoolFolder(const std::string& dir) { return dir + "/listen"; }

absl::StatusOr<std::unique_ptr<crypto::TlsContext>> TlsOf(const ListenArguments& args) {
  if (!args.tls) {
    if (!args.certificate.empty() || !args.key.empty() || !args.client_ca.empty())
      return absl::InvalidArgumentError("--certificate, --key and --client-ca go with --tls");
    return nullptr;
  }
  if (args.certificate.empty() || args.key.empty())
    return absl::InvalidArgumentError("--tls needs --certificate FILE and --key FILE");
  crypto::TlsServerOptions options;
  ESSAIM_ASSIGN_OR_RETURN(options.certificate_chain_pem, ReadFile(args.certificate));
  ESSAIM_ASSIGN_OR_RETURN(const std::string key, ReadFile(args.key));
  options.key_pem = SecretBytes::CopyOf(key);
  if (!args.client_ca.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(options.client_ca_pem, ReadFile(args.client_ca));
    if (options.client_ca_pem.empty())
      return absl::InvalidArgumentError(absl::StrCat(args.client_ca, ": an empty file"));
  }
  return crypto::TlsContext::Make(options);
}

absl::Status CheckAddress(const ListenArguments& args) {
  ESSAIM_ASSIGN_OR_RETURN(const bool loopback, listen::IsLoopback(args.address));
  if (loopback || args.tls || args.plain_on_network) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat(
      args.address,
      " is reached from the network, and without --tls everybody on the way reads the messages. "
      "Give --tls, or say --plain-on-network where the way is protected otherwise"));
}

// The listener of one site.
class Listener {
 public:
  Listener(const ListenArguments& args, const NodeFolder& folder)
      : args_(args), folder_(folder), log_(Severity::kInfo) {}

  absl::Status Run() {
    ESSAIM_RETURN_IF_ERROR(CheckAddress(args_));
    ESSAIM_ASSIGN_OR_RETURN(const auto tls, TlsOf(args_));
    if (StateOf(folder_, "pseudonyms") == KeyState::kNone ||
        StateOf(folder_, "free_text") == KeyState::kNone) {
      ESSAIM_ASSIGN_OR_RETURN(const auto engine, OpenNodeSql(folder_, entropy_, &log_));
      ESSAIM_RETURN_IF_ERROR(CreateCdm(*engine));
      ESSAIM_RETURN_IF_ERROR(CheckPseudonyms(folder_, *engine));
      ESSAIM_RETURN_IF_ERROR(CheckFreeText(folder_, *engine));
    }
    ESSAIM_ASSIGN_OR_RETURN(const SecretBytes pseudonyms,
                            CategoryKey(folder_, "pseudonyms", entropy_));
    ids_.emplace(pseudonyms, "warehouse", folder_.config.site);
    keys_.emplace(crypto::Hkdf(pseudonyms.span(), "", "essaim/listen-seen", 32));
    ESSAIM_ASSIGN_OR_RETURN(
        spool_, listen::Spool::Open(
                    {.folder = SpoolFolder(args_.dir),
                     .key = crypto::Hkdf(folder_.master_key.span(), "", "essaim/listen", 32),
                     .entropy = &entropy_}));
    ESSAIM_RETURN_IF_ERROR(OpenSeen());
    const hl7v2::JudgeOptions judge{.ids = &*ids_, .processing_ids = args_.processing_ids};
    receiver_.emplace(judge, *keys_, seen_, *spool_, clock_, log_);
    ESSAIM_ASSIGN_OR_RETURN(server_, listen::Server::Listen(
                                         {.address = args_.address,
                                          .port = args_.port,
                                          .connections_max = args_.connections,
                                          .tls = tls.get()},
                                         [this](const std::vector<std::string>& messages) {
                                           return receiver_->Receive(messages);
                                         },
                                         log_));
    std::signal(SIGINT, OnSignal);
    std::signal(SIGTERM, OnSignal);
    started_ms_ = clock_.NowMs();
    Tell("listening", {{"address", args_.address},
                       {"port", server_->port()},
                       {"tls", tls != nullptr},
                       {"waiting", spool_->Ready().size()}});
    return Work();
  }

  Json StatusJson() const {
    const listen::ReceiverCounts& n = receiver_->counts();
    return {{"address", args_.address},
            {"port", server_->port()},
            {"tls", args_.tls},
            {"started_ms", started_ms_},
            {"connections", server_->counts().n_now.load()},
            {"connections_dropped", server_->counts().n_dropped.load()},
            {"messages_taken", n.n_taken.load()},
            {"messages_again", n.n_again.load()},
            {"messages_error", n.n_error.load()},
            {"messages_rejected", n.n_rejected.load()},
            {"loads", n_loads_},
            {"segments_waiting", spool_->Ready().size()},
            {"last_error", last_error_}};
  }

 private:
  absl::Status KnownLoads(std::set<std::string>& loads) {
    ESSAIM_ASSIGN_OR_RETURN(const auto sql, OpenNodeSql(folder_, entropy_, &log_));
    ESSAIM_RETURN_IF_ERROR(CreateCdm(*sql));
    ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows, sql->Query("SELECT load_id FROM essaim_loads"));
    for (const auto& row : rows.rows) loads.insert(std::get<std::string>(row[0]));
    return absl::OkStatus();
  }

  // What came with loads that were undone since is taken again.
  absl::Status OpenSeen() {
    std::set<std::string> loads;
    const absl::Status known = KnownLoads(loads);
    // A long load must not keep senders waiting.
    if (absl::IsUnavailable(known)) {
      log_.Warning("not known which loads were undone: what came with them is not taken again",
                   {{"why", std::string(known.message())}});
    } else if (!known.ok()) {
      return known;
    }
    const auto is_loaded = [&](const std::string& id) { return !known.ok() || loads.contains(id); };
    ESSAIM_ASSIGN_OR_RETURN(
        auto file, listen::SeenFile::Open(SpoolFolder(args_.dir) + "/seen", seen_, is_loaded));
    seen_file_.emplace(std::move(file));
    for (const std::uint64_t segment : spool_->Ready()) {
      ESSAIM_ASSIGN_OR_RETURN(const listen::Spool::Contents contents, spool_->Read(segment));
      for (const std::string& text : contents.messages) {
        ESSAIM_ASSIGN_OR_RETURN(const hl7v2::Message message, hl7v2::ParseMessage(text));
        seen_.Add(keys_->Of(message, text));
      }
    }
    return absl::OkStatus();
  }

  // Messages arrive on a thread of their own; batches are loaded on this one.
  absl::Status Work() {
    absl::Status served;
    std::atomic<bool> ended{false};
    std::thread arrivals([&] {
      served = server_->Serve(stop_asked);
      ended = true;
    });
    std::int64_t cut_ms = clock_.NowMs(), try_ms = 0, told_ms = 0;
    while (!ended) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      const std::int64_t now_ms = clock_.NowMs();
      const std::uint64_t waiting = spool_->waiting();
      if (waiting == 0) cut_ms = now_ms;
      if (waiting >= static_cast<std::uint64_t>(args_.batch) ||
          (waiting > 0 && now_ms - cut_ms >= args_.every_s * std::int64_t{1'000})) {
        spool_->Cut();
        cut_ms = now_ms;
      }
      if (now_ms >= try_ms && !LoadReady().ok()) try_ms = now_ms + kRetryMs;
      if (now_ms - told_ms < kStatusMs) continue;
      told_ms = now_ms;
      KeepStatus();
    }
    arrivals.join();
    spool_->Cut();
    const absl::Status loaded = LoadReady();
    KeepStatus();
    Json last = StatusJson();
    last["waiting_for_next_time"] = spool_->Ready().size();
    Tell("stopped", last);
    return served.ok() ? loaded : served;
  }

  // Every cut segment, in order. The warehouse is open only meanwhile.
  absl::Status LoadReady() {
    const std::vector<std::uint64_t> ready = spool_->Ready();
    if (ready.empty()) return absl::OkStatus();
    const absl::Status loaded = Load(ready);
    last_error_ = std::string(loaded.message());
    if (!loaded.ok()) {
      log_.Warning("messages wait in the spool",
                   {{"segments", absl::StrCat(ready.size())}, {"why", last_error_}});
    }
    return loaded;
  }

  absl::Status Load(const std::vector<std::uint64_t>& ready) {
    ESSAIM_ASSIGN_OR_RETURN(const auto setup, LoadSetup::Open(args_.dir, true, log_));
    CdmLoadOptions options{.arguments = "{\"from\":\"hl7v2\"}"};
    setup->Apply(options);
    for (const std::uint64_t segment : ready) {
      // Names that this batch brings are taken out of its notes too.
      ESSAIM_ASSIGN_OR_RETURN(const auto deidentifier,
                              text::NoteDeidentifier::Make(*setup->identities));
      options.now_ms = clock_.NowMs();
      const listen::BatchTools tools{
          .spool = *spool_,
          .keys = *keys_,
          .seen = *seen_file_,
          .writing = *setup->sql.writing,
          .reading = *setup->sql.reading,
          .ids = *ids_,
          .vocabulary = *setup->vocabulary,
          .identities = args_.keep_text ? static_cast<IdentitySink&>(*setup->identities)
                                        : static_cast<IdentitySink&>(*deidentifier),
          .notes = args_.keep_text ? nullptr : deidentifier.get(),
          .entropy = entropy_,
          .keep_identities = [&](CdmLoadReport& r) { return setup->CommitIdentities(r); },
          .options = options};
      ESSAIM_ASSIGN_OR_RETURN(const CdmLoadReport report,
                              listen::LoadSegment(segment, tools, log_));
      if (report.known) continue;
      ++n_loads_;
      std::uint64_t n_rows = 0;
      for (const CdmTableReport& table : report.tables) n_rows += table.n_loaded;
      Tell("loaded", {{"load", report.number},
                      {"messages", report.files[0].n_read},
                      {"rejected", report.files[0].n_rejected},
                      {"rows", n_rows}});
    }
    return absl::OkStatus();
  }

  void Tell(const std::string& event, Json what) const {
    if (args_.format == "json") {
      what["event"] = event;
      std::printf("%s\n", what.dump().c_str());
    } else if (event == "listening") {
      std::printf("Listening on %s port %d%s. What comes is kept in %s and loaded every %d s.\n",
                  args_.address.c_str(), server_->port(), args_.tls ? " with TLS 1.3" : "",
                  SpoolFolder(args_.dir).c_str(), args_.every_s);
    } else if (event == "loaded") {
      std::printf("Load %lld: %llu messages, %llu rows, %llu rejected\n",
                  what["load"].get<long long>(), what["messages"].get<unsigned long long>(),
                  what["rows"].get<unsigned long long>(),
                  what["rejected"].get<unsigned long long>());
    } else {
      std::printf(
          "Stopped: %llu messages taken, %llu known already, %llu of no use (AE), %llu rejected "
          "(AR); %llu segments wait for the next time\n",
          what["messages_taken"].get<unsigned long long>(),
          what["messages_again"].get<unsigned long long>(),
          what["messages_error"].get<unsigned long long>(),
          what["messages_rejected"].get<unsigned long long>(),
          what["waiting_for_next_time"].get<unsigned long long>());
    }
    std::fflush(stdout);
  }

  void KeepStatus() {
    const absl::Status kept =
        WriteFile(SpoolFolder(args_.dir) + "/status.json", StatusJson().dump(), 0600);
    if (!kept.ok()) log_.Warning("no status", {{"why", std::string(kept.message())}});
  }

  static constexpr std::int64_t kRetryMs = 2'000, kStatusMs = 1'000;

  const ListenArguments& args_;
  const NodeFolder& folder_;
  crypto::SystemEntropy entropy_;
  StderrLog log_;
  SystemClock clock_;
  std::optional<IdMaker> ids_;
  std::optional<listen::KeyMaker> keys_;
  listen::SeenSet seen_;
  std::optional<listen::SeenFile> seen_file_;
  std::unique_ptr<listen::Spool> spool_;
  std::optional<listen::Receiver> receiver_;
  std::unique_ptr<listen::Server> server_;
  std::int64_t started_ms_ = 0;
  std::uint64_t n_loads_ = 0;
  std::string last_error_;
};

int Listen(const ListenArguments& args) {
  const absl::StatusOr<NodeFolder> folder = OpenNodeFolder(args.dir);
  if (!folder.ok()) return Fail("essaim-node", folder.status());
  const absl::Status done = Listener(args, *folder).Run();
  return done.ok() ? kOk : Fail("essaim-node", done);
}

}  // namespace

std::string ListenerStatus(const std::string& dir) {
  if (!listen::IsListening(SpoolFolder(dir))) return "";
  const absl::StatusOr<std::string> text = ReadFile(SpoolFolder(dir) + "/status.json", 1 << 16);
  return text.ok() ? *text : "";
}

Command ListenCommand(CLI::App& app) {
  auto args = std::make_shared<ListenArguments>();
  CLI::App* listen = app.add_subcommand(
      "listen", "Take HL7 v2 messages over MLLP, acknowledge what is kept, load it in batches");
  AddDir(listen, args->dir);
  listen->add_option("--port", args->port, "the port; 0: one that is free")
      ->required()
      ->check(CLI::Range(0, 65535));
  listen->add_option("--address", args->address, "the IP address to listen on")
      ->capture_default_str();
  listen->add_flag("--tls", args->tls, "TLS 1.3");
  listen->add_option("--certificate", args->certificate, "of --tls: certificate chain in PEM");
  listen->add_option("--key", args->key, "of --tls: its private key in PEM");
  listen->add_option("--client-ca", args->client_ca,
                     "of --tls: senders must have a certificate of this authority (PEM)");
  listen->add_flag("--plain-on-network", args->plain_on_network,
                   "no TLS though the address is reached from the network");
  listen
      ->add_option("--processing-ids", args->processing_ids,
                   "MSH-11's letters that are taken: P (production), T (training), D (debugging)")
      ->capture_default_str();
  listen->add_option("--batch", args->batch, "load after so many messages")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  listen->add_option("--every", args->every_s, "or after so many seconds")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  listen->add_option("--connections", args->connections, "at most so many senders at a time")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  AddFormat(listen, args->format);
  return {listen, [args] { return Listen(*args); }};
}

}  // namespace essaim::node
