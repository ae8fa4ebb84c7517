#include "sim/simulate.h"

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "crypto/signing.h"
#include "engine/hub_run.h"
#include "engine/node_run.h"

namespace essaim::sim {
namespace {

constexpr std::int64_t kTransitMs = 10;
constexpr std::int64_t kRetryMs = 1'000;

SecretBytes SecretOf(std::uint64_t seed, std::string_view what) {
  return SecretBytes::CopyOf(crypto::HashOf("essaim/sim", {std::to_string(seed), what}));
}

// One analysis among the sites.
class World {
 public:
  World(const Study& study, std::size_t analysis, std::vector<Result> earlier,
        const TableSource& tables, const Registry& registry, const SimOptions& options)
      : study_(study),
        tables_(tables),
        registry_(registry),
        options_(options),
        random_(options.seed + 7919 * analysis) {
    hub_options_ = {.federation = "simulation",
                    .run_id = absl::StrCat("run-", analysis),
                    .study = study,
                    .analysis = analysis,
                    .roster = {},
                    .nonce = std::string(SecretOf(options.seed, "nonce").view()),
                    .earlier = std::move(earlier),
                    .answer_deadline_ms = options.answer_deadline_ms};
    for (const std::string& site : study.sites) {
      const auto key = crypto::SigningKey::FromSeed(SecretOf(options.seed, "signing:" + site));
      ESSAIM_CHECK(key.ok());
      hub_options_.roster.push_back({.site = site, .signing_key = key->public_key()});
    }
    nodes_.resize(study.sites.size());
  }

  absl::StatusOr<SimAnalysis> Run() {
    ESSAIM_ASSIGN_OR_RETURN(hub_, HubRun::Make(hub_options_, registry_));
    for (std::size_t i = 0; i < nodes_.size(); ++i) ESSAIM_RETURN_IF_ERROR(MakeNode(i));
    Record([](HubRun& hub) { hub.Start(0); });
    SendAsks();
    for (std::size_t step = 0; !hub_->finished(); ++step) {
      if (step > options_.steps_max) return absl::UnavailableError(hub_->Progress().message);
      for (const auto& [site, at] : options_.faults.lost)
        nodes_[site].lost = nodes_[site].lost || step >= at;
      ESSAIM_RETURN_IF_ERROR(Step());
    }
    ESSAIM_ASSIGN_OR_RETURN(Result result, hub_->result());
    SimAnalysis done{.name = study_.analyses[hub_options_.analysis].name,
                     .result = std::move(result),
                     .sites = hub_->SitesInResult(),
                     .bytes = 0,
                     .restarts = restarts_};
    for (const SiteProgress& site : hub_->Progress().sites)
      done.bytes += site.bytes_in + site.bytes_out;
    return done;
  }

 private:
  struct Node {
    std::unique_ptr<NodeRun> run;
    std::vector<std::pair<Ask, Answer>> answered;
    std::uint64_t asked = 0;  // the number of the last ask sent
    bool lost = false;
  };

  struct Event {
    std::size_t site = 0;
    std::variant<Ask, Answer> message;
  };

  bool Chance(double p) {
    return p > 0 && std::uniform_real_distribution<double>(0, 1)(random_) < p;
  }

  absl::Status MakeNode(std::size_t site) {
    NodeRunOptions options{.site = study_.sites[site],
                           .signing_key = SecretOf(options_.seed, "signing:" + study_.sites[site]),
                           .seed = SecretOf(options_.seed, absl::StrCat("run:", hub_options_.run_id,
                                                                        study_.sites[site])),
                           .trusted = hub_options_.roster,
                           .policy = options_.policy,
                           .cohort = [this](const Study&, const Analysis& analysis,
                                            std::size_t at) { return tables_(analysis, at); },
                           .approval = [](const Study&) { return Approval::kYes; }};
    ESSAIM_ASSIGN_OR_RETURN(nodes_[site].run,
                            NodeRun::Make(hub_options_.run_id, std::move(options), registry_));
    for (const auto& [ask, answer] : nodes_[site].answered) {
      ESSAIM_RETURN_IF_ERROR(nodes_[site].run->Restore(ask, answer));
    }
    return absl::OkStatus();
  }

  // Persists the event, then acts on it: in this order, as production does.
  void Record(std::function<void(HubRun&)> event) {
    log_.push_back(std::move(event));
    log_.back()(*hub_);
  }

  absl::Status RestartHub() {
    ++restarts_;
    ESSAIM_ASSIGN_OR_RETURN(hub_, HubRun::Make(hub_options_, registry_));
    for (const auto& event : log_) event(*hub_);
    for (Node& node : nodes_) node.asked = 0;  // whatever was under way is sent again
    SendAsks();
    return absl::OkStatus();
  }

  void Send(std::size_t site, std::variant<Ask, Answer> message) {
    const Faults& faults = options_.faults;
    const int copies = 1 + (Chance(faults.duplicate) ? 1 : 0);
    for (int i = 0; i < copies; ++i) {
      std::int64_t at = now_ms_ + kTransitMs + static_cast<std::int64_t>(random_() % kTransitMs);
      if (Chance(faults.delay)) at += static_cast<std::int64_t>(random_() % (9 * kTransitMs));
      if (Chance(faults.drop))
        at = now_ms_ + kRetryMs;  // the connection broke; both ends repeat what is open
      queue_.emplace(at, Event{.site = site, .message = message});
    }
  }

  void SendAsks() {
    for (std::size_t site = 0; site < nodes_.size(); ++site) {
      const std::optional<Ask> ask = hub_->AskFor(site);
      if (!ask.has_value() || ask->number == nodes_[site].asked) continue;
      nodes_[site].asked = ask->number;
      Send(site, *ask);
    }
    const int round = hub_->Progress().round;
    if (options_.on_round && round != round_)
      options_.on_round(study_.analyses[hub_options_.analysis].name, round);
    round_ = round;
  }

  absl::Status Step() {
    if (Chance(options_.faults.restart_hub)) ESSAIM_RETURN_IF_ERROR(RestartHub());
    const std::optional<std::int64_t> deadline = hub_->NextDeadlineMs();
    if (queue_.empty() && !deadline.has_value())
      return absl::UnavailableError(hub_->Progress().message);
    if (queue_.empty() || (deadline.has_value() && *deadline <= queue_.begin()->first)) {
      now_ms_ = *deadline;
      Record([now = now_ms_](HubRun& hub) { hub.OnTick(now); });
      SendAsks();
      return absl::OkStatus();
    }
    auto next = queue_.extract(queue_.begin());
    now_ms_ = next.key();
    const Event event = std::move(next.mapped());
    if (const Answer* answer = std::get_if<Answer>(&event.message)) {
      Record([site = event.site, a = *answer, now = now_ms_](HubRun& hub) {
        hub.OnAnswer(site, a, now);
      });
      SendAsks();
      return absl::OkStatus();
    }
    return Deliver(event.site, std::get<Ask>(event.message));
  }

  absl::Status Deliver(std::size_t site, const Ask& ask) {
    Node& node = nodes_[site];
    if (node.lost) return absl::OkStatus();
    if (Chance(options_.faults.restart_node)) {
      ++restarts_;
      ESSAIM_RETURN_IF_ERROR(MakeNode(site));
    }
    const std::optional<Answer> answer = node.run->OnAsk(ask);
    if (!answer.has_value()) return absl::OkStatus();
    if (node.answered.empty() || node.answered.back().first.number < ask.number)
      node.answered.emplace_back(ask, *answer);
    Send(site, *answer);
    return absl::OkStatus();
  }

  const Study& study_;
  const TableSource& tables_;
  const Registry& registry_;
  const SimOptions& options_;
  std::mt19937_64 random_;
  HubRunOptions hub_options_;
  std::unique_ptr<HubRun> hub_;
  std::vector<Node> nodes_;
  std::vector<std::function<void(HubRun&)>> log_;
  std::multimap<std::int64_t, Event> queue_;
  std::int64_t now_ms_ = 0;
  int round_ = 0;
  int restarts_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<SimAnalysis>> Simulate(const Study& study, const TableSource& tables,
                                                  const Registry& registry,
                                                  const SimOptions& options) {
  std::vector<SimAnalysis> done;
  std::vector<Result> earlier;
  for (std::size_t i = 0; i < study.analyses.size(); ++i) {
    World world(study, i, earlier, tables, registry, options);
    absl::StatusOr<SimAnalysis> analysis = world.Run();
    if (!analysis.ok()) {
      return absl::Status(analysis.status().code(),
                          absl::StrCat(study.analyses[i].name, ": ", analysis.status().message()));
    }
    earlier.push_back(analysis->result);
    done.push_back(*std::move(analysis));
  }
  return done;
}

}  // namespace essaim::sim
