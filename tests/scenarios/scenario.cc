#include "scenario.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/hash.h"
#include "crypto/signing.h"
#include "engine/hub_run.h"
#include "engine/node_run.h"
#include "sim/small_study_testing.h"

namespace essaim {
namespace {

using Words = std::vector<std::string>;

absl::Status Not(std::string_view text) { return absl::FailedPreconditionError(Av(text)); }

std::string NameOf(RunPhase phase) {
  static constexpr const char* kNames[] = {"planning", "keys",        "shares",
                                           "masking",  "consistency", "unmasking",
                                           "paused",   "done",        "failed"};
  return kNames[static_cast<int>(phase)];
}

std::string NameOf(SiteProgress::Standing standing) {
  static constexpr const char* kNames[] = {"waiting", "asked", "answered", "lost", "refused"};
  return kNames[static_cast<int>(standing)];
}

SecretBytes SecretOf(std::string_view what) {
  return SecretBytes::CopyOf(crypto::HashOf("essaim/scenario", {what}));
}

class Stage {
 public:
  Stage() { sim::RegisterTestingMean(registry_); }

  absl::Status Play(const Words& words);
  absl::Status CheckReplay() const;
  absl::Status End();

 private:
  struct Node {
    std::unique_ptr<NodeRun> run;
    std::vector<std::pair<Ask, Answer>> answered;  // persisted
    std::optional<Answer> held;
    bool connected = true, hold = false, tamper = false;
    Approval approval = Approval::kYes;
  };

  absl::Status Sites(std::size_t n);
  absl::Status MakeNode(std::size_t site);
  absl::StatusOr<std::unique_ptr<HubRun>> HubFromLog() const;
  absl::StatusOr<bool> Deliver(std::size_t site);  // whether anything moved
  absl::StatusOr<bool> DeliverOnce();
  absl::Status DeliverAll();
  absl::Status DeliverUntil(const std::string& phase);
  absl::Status OfSite(const Words& words);
  absl::Status Assert(const Words& words);
  absl::Status AssertDone(const Words& words) const;

  void Record(std::function<void(HubRun&)> event) {
    log_.push_back(std::move(event));
    log_.back()(*hub_);
  }

  void Arrives(std::size_t site, const Answer& answer) {
    Record([=, now = now_ms_](HubRun& hub) { hub.OnAnswer(site, answer, now); });
  }

  std::string phase() const { return NameOf(hub_->Progress().phase); }

  Registry registry_;
  Privacy::OnDropout on_dropout_ = Privacy::OnDropout::kWait;
  int rounds_ = 2;
  std::optional<Study> study_;
  HubRunOptions hub_options_;
  std::unique_ptr<HubRun> hub_;
  std::vector<std::function<void(HubRun&)>> log_;
  std::vector<Node> nodes_;
  std::int64_t now_ms_ = 0;
};

absl::Status Stage::Sites(std::size_t n) {
  study_ = sim::SmallStudy(n, on_dropout_, rounds_);
  hub_options_ = {.federation = "scenario",
                  .run_id = "run",
                  .study = *study_,
                  .analysis = 0,
                  .roster = {},
                  .nonce = std::string(SecretOf("nonce").view()),
                  .earlier = {}};
  for (const std::string& site : study_->sites) {
    ESSAIM_ASSIGN_OR_RETURN(const crypto::SigningKey key,
                            crypto::SigningKey::FromSeed(SecretOf("signing:" + site)));
    hub_options_.roster.push_back({.site = site, .signing_key = key.public_key()});
  }
  ESSAIM_ASSIGN_OR_RETURN(hub_, HubFromLog());
  nodes_.resize(n);
  for (std::size_t i = 0; i < n; ++i) ESSAIM_RETURN_IF_ERROR(MakeNode(i));
  return absl::OkStatus();
}

absl::Status Stage::MakeNode(std::size_t site) {
  const std::string& name = study_->sites[site];
  NodeRunOptions options{.site = name,
                         .signing_key = SecretOf("signing:" + name),
                         .seed = SecretOf("run:" + name),
                         .trusted = hub_options_.roster,
                         .policy = {.minimum_cohort = 1, .minimum_cell = 1, .minimum_sites = 2},
                         .cohort = [](const Study& study, const Analysis&,
                                      std::size_t at) { return sim::SmallTable(study, at); },
                         .approval = [this, site](const Study&) { return nodes_[site].approval; }};
  ESSAIM_ASSIGN_OR_RETURN(nodes_[site].run,
                          NodeRun::Make(hub_options_.run_id, std::move(options), registry_));
  for (const auto& [ask, answer] : nodes_[site].answered)
    ESSAIM_RETURN_IF_ERROR(nodes_[site].run->Restore(ask, answer));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<HubRun>> Stage::HubFromLog() const {
  ESSAIM_ASSIGN_OR_RETURN(std::unique_ptr<HubRun> hub, HubRun::Make(hub_options_, registry_));
  for (const auto& event : log_) event(*hub);
  return hub;
}

absl::StatusOr<bool> Stage::Deliver(std::size_t site) {
  Node& node = nodes_[site];
  const std::optional<Ask> ask = hub_->AskFor(site);
  if (!node.connected || !ask.has_value() || node.held.has_value()) return false;
  const std::optional<Answer> answer = node.run->OnAsk(*ask);
  if (!answer.has_value() && hub_->TakesWait(site, ask->number)) {
    Record([site, now_ms = now_ms_](HubRun& hub) { hub.OnWait(site, now_ms); });
  }
  if (!answer.has_value()) return false;
  if (node.answered.empty() || node.answered.back().first.number < ask->number)
    node.answered.emplace_back(*ask, *answer);
  Answer sent = *answer;
  if (std::exchange(node.tamper, false)) sent.body[sent.body.size() / 2] ^= 1;
  if (std::exchange(node.hold, false)) {
    node.held = std::move(sent);
  } else {
    Arrives(site, sent);
  }
  return true;
}

absl::StatusOr<bool> Stage::DeliverOnce() {
  bool moved = false;
  for (std::size_t site = 0; site < nodes_.size(); ++site) {
    ESSAIM_ASSIGN_OR_RETURN(const bool one, Deliver(site));
    moved = moved || one;
  }
  return moved;
}

absl::Status Stage::DeliverAll() {
  for (int i = 0; i < 10'000; ++i) {
    ESSAIM_ASSIGN_OR_RETURN(const bool moved, DeliverOnce());
    if (!moved) return absl::OkStatus();
  }
  return Not("messages go round for ever");
}

absl::Status Stage::DeliverUntil(const std::string& wanted) {
  for (int i = 0; i < 1'000 && phase() != wanted; ++i) {
    // One site at a time, so that no phase is passed by.
    bool moved = false;
    for (std::size_t site = 0; site < nodes_.size() && phase() != wanted; ++site) {
      ESSAIM_ASSIGN_OR_RETURN(const bool one, Deliver(site));
      moved = moved || one;
    }
    if (!moved) break;
  }
  return phase() == wanted ? absl::OkStatus() : Not(absl::StrCat("stands at ", phase()));
}

absl::Status Stage::OfSite(const Words& words) {
  const auto found = study_.has_value() && words.size() > 1
                         ? std::ranges::find(study_->sites, words[1])
                         : std::vector<std::string>::iterator();
  if (!study_.has_value() || words.size() < 2 || found == study_->sites.end())
    return Not("no such command or site");
  const auto site = static_cast<std::size_t>(found - study_->sites.begin());
  Node& node = nodes_[site];
  const std::map<std::string, std::function<absl::Status()>> commands = {
      {"deliver", [&] { return Deliver(site).status(); }},
      {"drop",
       [&] {
         node.connected = false;
         return absl::OkStatus();
       }},
      {"return",
       [&] {
         node.connected = true;
         return absl::OkStatus();
       }},
      {"hold",
       [&] {
         node.hold = true;
         return absl::OkStatus();
       }},
      {"release",
       [&] {
         if (!node.held.has_value()) return Not("nothing is held");
         Arrives(site, *std::exchange(node.held, std::nullopt));
         return absl::OkStatus();
       }},
      {"repeat",
       [&] {
         if (node.answered.empty()) return Not("it has not answered");
         Arrives(site, node.answered.back().second);
         return absl::OkStatus();
       }},
      {"tamper",
       [&] {
         node.tamper = true;
         return absl::OkStatus();
       }},
      {"unwilling",
       [&] {
         node.approval = Approval::kNo;
         return absl::OkStatus();
       }},
      {"undecided",
       [&] {
         node.approval = Approval::kWait;
         return absl::OkStatus();
       }},
      {"decided",
       [&] {
         node.approval = Approval::kYes;
         return absl::OkStatus();
       }},
      {"restart", [&] { return MakeNode(site); }},
      {"assert_standing", [&] {
         const std::string is = NameOf(hub_->Progress().sites[site].standing);
         return words.size() == 3 && is == words[2] ? absl::OkStatus() : Not(is);
       }}};
  const auto command = commands.find(words[0]);
  return command == commands.end() ? Not("no such command") : command->second();
}

absl::Status Stage::AssertDone(const Words& words) const {
  if (hub_->Progress().phase != RunPhase::kDone)
    return Not(absl::StrCat("stands at ", phase(), ": ", hub_->Progress().message));
  const std::vector<std::string> wanted(words.begin() + 1, words.end());
  if (hub_->SitesInResult() != wanted)
    return Not(absl::StrCat("sites in the result: ", absl::StrJoin(hub_->SitesInResult(), ",")));
  double sum = 0, n = 0;
  for (std::size_t site = 0; site < nodes_.size(); ++site) {
    if (std::ranges::find(wanted, study_->sites[site]) == wanted.end()) continue;
    const PersonTable table = sim::SmallTable(*study_, site);
    for (const double x : table.column(0)) sum += x;
    n += static_cast<double>(table.n_persons());
  }
  const double mean = std::get<double>(hub_->result()->tables[0].rows[0][1]);
  if (std::fabs(mean - sum / n) > 1e-12) return Not("the mean is not the pooled one");
  return absl::OkStatus();
}

absl::Status Stage::Assert(const Words& words) {
  const auto says = [&](std::string_view text) {
    return words.size() > 1 && text.find(words[1]) != std::string_view::npos
               ? absl::OkStatus()
               : Not(absl::StrCat("it says: ", Av(text)));
  };
  if (words[0] == "assert_done") return AssertDone(words);
  if (words[0] == "assert_message") return says(hub_->Progress().message);
  if (words[0] == "assert_not_finished")
    return hub_->finished() ? Not("it is finished") : absl::OkStatus();
  if (words[0] == "assert_failed") {
    if (phase() != "failed") return Not(absl::StrCat("stands at ", phase()));
    return says(hub_->result().status().ToString());
  }
  if (words[0] == "assert_phase" && words.size() == 2)
    return phase() == words[1] ? absl::OkStatus() : Not(absl::StrCat("stands at ", phase()));
  return OfSite(words);
}

absl::Status Stage::Play(const Words& words) {
  const auto number = [&](std::size_t at) {
    long value = 0;
    if (at < words.size())
      std::from_chars(words[at].data(), words[at].data() + words[at].size(), value);
    return value;
  };
  if (words[0] == "study") {
    on_dropout_ = words.size() > 1 && words[1] == "continue" ? Privacy::OnDropout::kContinue
                                                             : Privacy::OnDropout::kWait;
    rounds_ = static_cast<int>(number(2));
    return absl::OkStatus();
  }
  if (words[0] == "sites") return Sites(static_cast<std::size_t>(number(1)));
  if (hub_ == nullptr) return Not("`sites` comes first");
  if (words[0] == "start") {
    Record([now = now_ms_](HubRun& hub) { hub.Start(now); });
  } else if (words[0] == "tick_ms") {
    now_ms_ += number(1);
    Record([now = now_ms_](HubRun& hub) { hub.OnTick(now); });
  } else if (words[0] == "cancel") {
    Record([now = now_ms_](HubRun& hub) { hub.Cancel(now); });
  } else if (words[0] == "restart_hub") {
    ESSAIM_ASSIGN_OR_RETURN(hub_, HubFromLog());
  } else if (words[0] == "deliver_once") {
    return DeliverOnce().status();
  } else if (words[0] == "deliver_all") {
    return DeliverAll();
  } else if (words[0] == "deliver_until" && words.size() == 2) {
    return DeliverUntil(words[1]);
  } else {
    return Assert(words);
  }
  return absl::OkStatus();
}

// The hub made again from its log asks the same, byte for byte.
absl::Status Stage::CheckReplay() const {
  if (hub_ == nullptr) return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(const std::unique_ptr<HubRun> again, HubFromLog());
  for (std::size_t site = 0; site < nodes_.size(); ++site) {
    if (again->AskFor(site) != hub_->AskFor(site))
      return Not(absl::StrCat("the hub made again asks s", site, " something else"));
  }
  return again->Progress().phase == hub_->Progress().phase
             ? absl::OkStatus()
             : Not("the hub made again stands elsewhere");
}

absl::Status Stage::End() {
  if (hub_ == nullptr) return Not("nothing was played");
  for (std::size_t site = 0; site < nodes_.size(); ++site) {
    Node& node = nodes_[site];
    node.connected = true;
    if (node.approval == Approval::kWait) node.approval = Approval::kYes;
    if (node.held.has_value()) Arrives(site, *std::exchange(node.held, std::nullopt));
  }
  ESSAIM_RETURN_IF_ERROR(DeliverAll());
  return hub_->finished() ? absl::OkStatus()
                          : Not(absl::StrCat("everybody is back, and the run stands at ", phase(),
                                             ": ", hub_->Progress().message));
}

}  // namespace

absl::Status PlayScenario(std::string_view text) {
  Stage stage;
  int line_number = 0;
  for (const absl::string_view raw : absl::StrSplit(Av(text), '\n')) {
    ++line_number;
    const absl::string_view line =
        absl::StripAsciiWhitespace(raw.substr(0, std::min(raw.find('#'), raw.size())));
    if (line.empty()) continue;
    absl::Status status = stage.Play(absl::StrSplit(line, ','));
    if (status.ok()) status = stage.CheckReplay();
    if (!status.ok())
      return Not(absl::StrCat("line ", line_number, ": ", line, ": ", status.message()));
  }
  const absl::Status end = stage.End();
  return end.ok() ? end : Not(absl::StrCat("end: ", end.message()));
}

}  // namespace essaim
