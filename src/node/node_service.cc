#include "node/node_service.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "cohort/extraction.h"
#include "crypto/hash.h"
#include "node/peers.h"
#include "quality/label.h"
#include "warehouse/cdm_load.h"

namespace essaim::node {
namespace {

constexpr auto kApprovalCheck = std::chrono::seconds(1);

std::string EncodePair(const Ask& ask, const essaim::Answer& answer) {
  ByteWriter w;
  w.U64(ask.number);
  w.Bytes(ask.body);
  w.Bytes(answer.body);
  return w.Take();
}

absl::StatusOr<std::pair<Ask, essaim::Answer>> DecodePair(std::string_view bytes) {
  ByteReader r(bytes);
  std::pair<Ask, essaim::Answer> pair;
  ESSAIM_ASSIGN_OR_RETURN(pair.first.number, r.U64());
  ESSAIM_ASSIGN_OR_RETURN(pair.first.body, r.Bytes(limits::kMessageBytesMax));
  ESSAIM_ASSIGN_OR_RETURN(pair.second.body, r.Bytes(limits::kMessageBytesMax));
  pair.second.number = pair.first.number;
  ESSAIM_RETURN_IF_ERROR(r.End());
  return pair;
}

}  // namespace

NodeService::NodeService(const NodeFolder& folder, Store& store, const Registry& registry,
                         Entropy& entropy, Log& log)
    : folder_(folder), store_(store), registry_(registry), entropy_(entropy), log_(log) {}

NodeService::~NodeService() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
  }
  arrived_.notify_all();
  if (worker_.joinable()) worker_.join();
}

void NodeService::Start(Send send, SendWait wait) {
  send_ = std::move(send);
  send_wait_ = std::move(wait);
  worker_ = std::thread([this] { Work(); });
}

void NodeService::OnWelcome(const v1::Welcome& welcome) {
  for (const v1::Peer& peer : welcome.roster()) {
    if (peer.site() == folder_.config.site) continue;
    const absl::Status seen = SeePeer(store_, peer.site(), peer.signing_key());
    if (!seen.ok())
      log_.Error("peer not stored",
                 {{"site", peer.site()}, {"error", std::string(seen.message())}});
  }
}

void NodeService::OnAsk(const std::string& run_id, std::uint64_t number, std::string body) {
  const std::scoped_lock lock(mutex_);
  tasks_.push_back({.run_id = run_id, .ask = {.number = number, .body = std::move(body)}});
  arrived_.notify_all();
}

void NodeService::OnRunEnded(const std::string& run_id) {
  const std::scoped_lock lock(mutex_);
  tasks_.push_back({.run_id = run_id, .ask = {}, .ended = true});
  arrived_.notify_all();
}

void NodeService::Work() {
  while (true) {
    std::deque<Task> batch;
    {
      std::unique_lock lock(mutex_);
      arrived_.wait_for(lock, kApprovalCheck, [&] { return stop_ || !tasks_.empty(); });
      if (stop_) return;
      batch.swap(tasks_);
    }
    std::vector<Task> again;
    again.swap(waiting_);
    for (Task& task : again) Answer(std::move(task));
    for (Task& task : batch) task.ended ? Wipe(task.run_id) : Answer(std::move(task));
  }
}

std::vector<v1::ControlRun> NodeService::Runs() const {
  const std::scoped_lock lock(mutex_);
  std::vector<v1::ControlRun> runs;
  for (const auto& [run_id, note] : notes_) runs.push_back(note);
  return runs;
}

void NodeService::Note(const std::string& run_id, std::uint64_t answered, bool needs_person) {
  const std::scoped_lock lock(mutex_);
  v1::ControlRun& note = notes_[run_id];
  note.set_run_id(run_id);
  if (answered > 0) note.set_last_ask(answered);
  note.set_needs_person(needs_person);
}

// The secrets of a run that is over are of no use to anybody but a thief.
void NodeService::Wipe(const std::string& run_id) {
  runs_.erase(run_id);
  {
    const std::scoped_lock lock(mutex_);
    notes_.erase(run_id);
  }
  std::erase_if(waiting_, [&](const Task& task) { return task.run_id == run_id; });
  const absl::Status log = store_.DropLog(run_id), seed = store_.Delete("seed", run_id),
                     cohort = store_.Delete("cohort", run_id);
  if (!log.ok() || !seed.ok() || !cohort.ok()) log_.Error("not wiped", {{"run", run_id}});
}

// The hub hears that a person is needed; the ask is tried again soon.
void NodeService::AskAgain(Task task) {
  Note(task.run_id, 0, true);
  send_wait_(task.run_id, task.ask.number);
  // The hub may have said it twice: once before its own restart.
  std::erase_if(waiting_, [&](const Task& other) { return other.run_id == task.run_id; });
  waiting_.push_back(std::move(task));
}

void NodeService::Answer(Task task) {
  if (task.run_id.empty() || task.run_id.size() > 2 * limits::kNameBytesMax) {
    return log_.Error("an ask of a run id of no use", {});
  }
  const absl::StatusOr<NodeRun*> run = RunOf(task.run_id);
  if (!run.ok()) {  // a mistake in policy.json, a full disk: the data manager mends it
    if (!std::exchange(task.said, true)) {
      log_.Error("cannot answer yet",
                 {{"run", task.run_id}, {"error", std::string(run.status().message())}});
    }
    return AskAgain(std::move(task));
  }
  const std::string before = (*run)->last_error();
  const std::optional<essaim::Answer> answer = (*run)->OnAsk(task.ask);
  if ((*run)->last_error() != before) {
    log_.Warning("refused", {{"run", task.run_id},
                             {"ask", std::to_string(task.ask.number)},
                             {"why", (*run)->last_error()}});
  }
  if (!answer.has_value()) {
    return AskAgain(std::move(task));
  }
  const absl::StatusOr<std::vector<std::string>> stored = store_.ReadLog(task.run_id);
  const bool repeated = stored.ok() && !stored->empty() && [&] {
    const auto last = DecodePair(stored->back());
    return last.ok() && last->first.number >= task.ask.number;
  }();
  if (!repeated) {
    const absl::Status kept = store_.Append(task.run_id, EncodePair(task.ask, *answer));
    if (!kept.ok()) {  // not stored, not said: the hub asks again
      log_.Error("not stored", {{"run", task.run_id}, {"error", std::string(kept.message())}});
      runs_.erase(task.run_id);
      return;
    }
  }
  Note(task.run_id, answer->number, false);
  send_(task.run_id, answer->number, answer->body);
}

absl::StatusOr<NodeRun*> NodeService::RunOf(const std::string& run_id) {
  const auto found = runs_.find(run_id);
  if (found != runs_.end()) return found->second.get();
  absl::StatusOr<std::string> seed = store_.Get("seed", run_id);
  if (absl::IsNotFound(seed.status())) {
    std::string drawn(32, '\0');
    ESSAIM_RETURN_IF_ERROR(
        entropy_.Fill({reinterpret_cast<std::uint8_t*>(drawn.data()), drawn.size()}));
    ESSAIM_RETURN_IF_ERROR(store_.Put("seed", run_id, drawn));
    seed = drawn;
  }
  ESSAIM_RETURN_IF_ERROR(seed.status());
  NodeRunOptions options;
  options.site = folder_.config.site;
  options.signing_key = folder_.signing_seed.Clone();
  options.seed = SecretBytes::CopyOf(*seed);
  ESSAIM_ASSIGN_OR_RETURN(options.trusted, TrustedPeers(store_));
  ESSAIM_ASSIGN_OR_RETURN(options.policy, ReadPolicy(folder_.path + "/policy.json"));
  options.cohort = [this, run_id](const Study& study, const Analysis& analysis, std::size_t site) {
    return Freeze(run_id, study, analysis, site);
  };
  options.approval = [this, approve = options.policy.approve](const Study& study) {
    return ApprovalOf(study, approve);
  };
  options.quality = [this](const Study& study) { return LabelFor(study); };
  ESSAIM_ASSIGN_OR_RETURN(std::unique_ptr<NodeRun> run,
                          NodeRun::Make(run_id, std::move(options), registry_));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<std::string> pairs, store_.ReadLog(run_id));
  for (const std::string& bytes : pairs) {
    ESSAIM_ASSIGN_OR_RETURN(const auto pair, DecodePair(bytes));
    ESSAIM_RETURN_IF_ERROR(run->Restore(pair.first, pair.second));
  }
  if (!pairs.empty())
    log_.Info("restored", {{"run", run_id}, {"answers", std::to_string(pairs.size())}});
  return runs_.emplace(run_id, std::move(run)).first->second.get();
}

absl::StatusOr<FrozenCohort> NodeService::Select(const Study& study, const Analysis& analysis,
                                                 std::size_t site) {
  if (study.omop.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(const std::unique_ptr<Warehouse> warehouse,
                            OpenNodeWarehouse(folder_, entropy_, &log_));
    return warehouse->Freeze(study, analysis, site);
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::unique_ptr<SqlEngine> engine,
                          OpenNodeSql(folder_, entropy_, &log_));
  ESSAIM_RETURN_IF_ERROR(CreateCdm(*engine));
  ESSAIM_RETURN_IF_ERROR(CheckQuality(*engine, study.quality, study.quality_bounds));
  return cohort::FreezeExtraction(*engine, study, analysis, site, DayOf(SystemClock().NowMs()));
}

// Of the OMOP tables; another data set has no quality report.
std::optional<SiteQuality> NodeService::LabelFor(const Study& study) {
  if (study.omop.empty()) return std::nullopt;
  const auto read = [&]() -> absl::StatusOr<SiteQuality> {
    ESSAIM_ASSIGN_OR_RETURN(const std::unique_ptr<SqlEngine> engine,
                            OpenNodeSql(folder_, entropy_, &log_));
    return CurrentLabel(*engine);
  };
  const absl::StatusOr<SiteQuality> label = read();
  if (label.ok()) return *label;
  log_.Warning("no quality label", {{"error", std::string(label.status().message())}});
  return std::nullopt;
}

// The rows of a run are the same however often they are read: the snapshot is kept and compared.
absl::StatusOr<PersonTable> NodeService::Freeze(const std::string& run_id, const Study& study,
                                                const Analysis& analysis, std::size_t site) {
  ESSAIM_ASSIGN_OR_RETURN(FrozenCohort cohort, Select(study, analysis, site));
  const absl::StatusOr<std::string> before = store_.Get("cohort", run_id);
  if (before.ok() && *before != cohort.snapshot_id) {
    return absl::AbortedError("the data set was loaded again in the middle of the run");
  }
  ESSAIM_RETURN_IF_ERROR(store_.Put("cohort", run_id, cohort.snapshot_id));
  log_.Info("cohort frozen", {{"run", run_id},
                              {"definition", cohort.definition_hash.substr(0, 16)},
                              {"snapshot", cohort.snapshot_id.substr(0, 16)},
                              {"persons", std::to_string(cohort.n_rows)}});
  return std::move(cohort.table);
}

Approval NodeService::ApprovalOf(const Study& study, Policy::Approve approve) {
  const std::string hash = ToHex(crypto::Sha256(study.source));
  const absl::StatusOr<StewardStudy> known = FindStewardStudy(store_, hash);
  if (known.ok() && known->status == "refused") return Approval::kNo;
  if (known.ok() && known->status == "approved") return Approval::kYes;
  StewardStudy seen{.hash = hash,
                    .name = study.name,
                    .title = study.title,
                    .purpose = study.purpose,
                    .status = "waiting"};
  if (approve == Policy::Approve::kAuto) seen.status = "approved";
  const absl::Status kept = PutStewardStudy(store_, seen);
  if (!kept.ok())
    log_.Error("study not stored", {{"study", study.name}, {"error", std::string(kept.message())}});
  if (approve == Policy::Approve::kAuto) return kept.ok() ? Approval::kYes : Approval::kWait;
  if (!known.ok())
    log_.Warning("study waits for the steward",
                 {{"study", study.name}, {"next", "essaim node studies approve"}});
  return Approval::kWait;
}

}  // namespace essaim::node
