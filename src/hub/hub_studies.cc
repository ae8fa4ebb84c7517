// Studies and their runs: log the event, act on it, say what follows.

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "hub/hub_entry.h"
#include "hub/hub_service.h"
#include "hub/site_json.h"
#include "study/study_check.h"
#include "transport/json_text.h"

namespace essaim::hub {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kSampleMax = 256;
constexpr std::int64_t kAwayGraceMs = 3'000;  // a process restarts, a line is dialled again
constexpr auto kWatchWait = std::chrono::seconds(1);

std::string EncodeFinished(const FinishedAnalysis& finished) {
  ByteWriter w;
  w.U64(finished.sites.size());
  for (const std::string& site : finished.sites) w.Bytes(site);
  w.U64(finished.left_out.size());
  for (const auto& [site, why] : finished.left_out) {
    w.Bytes(site);
    w.Bytes(why);
  }
  w.Bytes(finished.result.Encode());
  w.Bytes(LabelsJson(finished.labels).dump());
  return w.Take();
}

absl::StatusOr<FinishedAnalysis> DecodeFinished(std::string_view bytes) {
  ByteReader r(bytes);
  FinishedAnalysis finished;
  ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t n, r.U64());
  if (n > limits::kSitesMax) return absl::DataLossError("a stored result with too many sites");
  for (std::uint64_t i = 0; i < n; ++i) {
    ESSAIM_ASSIGN_OR_RETURN(finished.sites.emplace_back(), r.Bytes(limits::kNameBytesMax));
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t n_left_out, r.U64());
  if (n_left_out > limits::kSitesMax)
    return absl::DataLossError("a stored result with too many sites");
  for (std::uint64_t i = 0; i < n_left_out; ++i) {
    ESSAIM_ASSIGN_OR_RETURN(const std::string site, r.Bytes(limits::kNameBytesMax));
    ESSAIM_ASSIGN_OR_RETURN(finished.left_out[site], r.Bytes(limits::kMessageBytesMax));
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::string result, r.Bytes(limits::kMessageBytesMax));
  ESSAIM_ASSIGN_OR_RETURN(finished.result, Result::Decode(result));
  if (r.End().ok()) return finished;  // stored before results had labels
  ESSAIM_ASSIGN_OR_RETURN(const std::string labels, r.Bytes(limits::kMessageBytesMax));
  const Json json = Json::parse(labels, nullptr, false);
  if (!json.is_object()) return absl::DataLossError("a stored result with labels that do not read");
  finished.labels = LabelsOfJson(json);
  return finished;
}

// The study's sites that are not in the result, and why.
std::map<std::string, std::string> LeftOut(const std::vector<SiteProgress>& all,
                                           const std::vector<std::string>& in_result) {
  std::map<std::string, std::string> left_out;
  for (const SiteProgress& site : all) {
    if (std::ranges::find(in_result, site.site) == in_result.end())
      left_out[site.site] = site.detail.empty() ? "no answer in time" : site.detail;
  }
  return left_out;
}

SiteLabels LabelsOf(const std::vector<SiteProgress>& all,
                    const std::vector<std::string>& in_result) {
  SiteLabels labels;
  for (const SiteProgress& site : all) {
    if (site.quality.has_value() && std::ranges::find(in_result, site.site) != in_result.end())
      labels[site.site] = *site.quality;
  }
  return labels;
}

std::string ResultKey(const std::string& id, std::size_t analysis) {
  return absl::StrCat(id, "/", analysis);
}

}  // namespace

HubService::HubService(HubFolder folder, std::unique_ptr<Store> store, const Registry& registry,
                       const Clock& clock, Entropy& entropy, Log& log)
    : folder_(std::move(folder)),
      store_(std::move(store)),
      registry_(registry),
      clock_(clock),
      entropy_(entropy),
      log_(log) {}

HubService::~HubService() = default;

absl::StatusOr<HubService::Entry*> HubService::FindEntry(const std::string& id) {
  const auto found = entries_.find(id);
  if (found == entries_.end())
    return absl::NotFoundError(absl::StrCat("no study ", id, "; essaim study list shows them"));
  return found->second.get();
}

absl::Status HubService::StoreEntry(Entry& entry) {
  Json roster = Json::array();
  for (const RosterEntry& r : entry.roster)
    roster.push_back({{"site", r.site}, {"key", ToHex(r.signing_key)}});
  const Json json = {{"status", entry.status},
                     {"message", entry.message},
                     {"by", entry.by},
                     {"submitted_ms", entry.submitted_ms},
                     {"ended_ms", entry.ended_ms},
                     {"analysis", entry.analysis},
                     {"run_id", entry.run_id},
                     {"roster", roster},
                     {"active_ms", entry.active_ms},
                     {"sites", SitesJson(entry.last_sites)},
                     {"masked_sample", entry.masked_sample}};
  return store_->Put("study", entry.id, JsonBytes(json));
}

void HubService::Changed(Entry& entry) {
  ++entry.version;
  changed_.notify_all();
}

absl::StatusOr<std::string> HubService::Submit(const std::string& source, const std::string& by) {
  ESSAIM_ASSIGN_OR_RETURN(Study study, ParseStudy(source, nullptr));
  ESSAIM_RETURN_IF_ERROR(CheckStudyAgainst(study, registry_));
  const std::scoped_lock lock(mutex_);
  auto entry = std::make_unique<Entry>();
  for (const std::string& name : study.sites) {
    absl::StatusOr<Site> site = LoadSite(name);
    if (!site.ok() || site->status != "approved") {
      return absl::FailedPreconditionError(
          absl::StrCat("sites: ", name, " is not an approved site of this federation"));
    }
    entry->roster.push_back({.site = name, .signing_key = site->signing_key});
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::string random, NewToken(entropy_));
  entry->id = absl::StrCat(study.name, "-", random.substr(0, 8));
  entry->by = by;
  entry->submitted_ms = clock_.NowMs();
  entry->study = std::move(study);
  ESSAIM_RETURN_IF_ERROR(store_->Put("source", entry->id, entry->study.source));
  ESSAIM_RETURN_IF_ERROR(StartAnalysis(*entry));
  log_.Info("submitted", {{"study", entry->id}, {"by", by}});
  std::string id = entry->id;
  Entry& kept = *entries_.emplace(id, std::move(entry)).first->second;
  if (!Record(kept, StartEvent(clock_.NowMs())))
    return absl::UnavailableError("the study's start could not be stored");
  return id;
}

absl::Status HubService::MakeRun(Entry& entry, const std::string& nonce) {
  HubRunOptions options{.federation = folder_.config.name,
                        .run_id = entry.run_id,
                        .study = entry.study,
                        .analysis = entry.analysis,
                        .roster = entry.roster,
                        .nonce = nonce,
                        .earlier = {}};
  for (const FinishedAnalysis& f : entry.finished) options.earlier.push_back(f.result);
  ESSAIM_ASSIGN_OR_RETURN(entry.run, HubRun::Make(std::move(options), registry_));
  entry.asked.clear();
  return absl::OkStatus();
}

// A new run for the entry's current analysis, stored before anybody hears of it.
absl::Status HubService::StartAnalysis(Entry& entry) {
  ESSAIM_ASSIGN_OR_RETURN(const std::string nonce, NewToken(entropy_));
  entry.run_id = absl::StrCat(entry.id, "/", entry.analysis);
  ESSAIM_RETURN_IF_ERROR(MakeRun(entry, nonce));
  ESSAIM_RETURN_IF_ERROR(store_->Put("nonce", entry.run_id, nonce));
  return StoreEntry(entry);
}

bool HubService::Record(Entry& entry, const std::string& event) {
  const absl::Status stored = store_->Append(entry.run_id, event);
  if (!stored.ok()) {
    log_.Error("not stored", {{"study", entry.id}, {"error", std::string(stored.message())}});
    return false;  // not stored, not happened: the site will say it again
  }
  Apply(entry, event);
  return true;
}

void HubService::Apply(Entry& entry, std::string_view event) {
  const std::int64_t now_ms = clock_.NowMs();
  if (entry.seen_ms != 0 && entry.run->Progress().phase != RunPhase::kPaused)
    entry.active_ms += now_ms - entry.seen_ms;
  entry.seen_ms = now_ms;
  const absl::Status played = PlayEvent(event, *entry.run);
  if (!played.ok())
    log_.Error("bad event", {{"study", entry.id}, {"error", std::string(played.message())}});
  AfterEvent(entry);
}

void HubService::AfterEvent(Entry& entry) {
  if (entry.run != nullptr && entry.run->finished()) EndRun(entry);
  SendAsks(entry);
  Changed(entry);
}

void HubService::SendAsks(Entry& entry) {
  if (entry.run == nullptr || !outbound_.ask) return;
  for (std::size_t i = 0; i < entry.roster.size(); ++i) {
    const std::string& site = entry.roster[i].site;
    if (!connected_.contains(site)) continue;
    const std::optional<Ask> ask = entry.run->AskFor(i);
    if (!ask.has_value() || entry.asked[site] == ask->number) continue;
    entry.asked[site] = ask->number;
    outbound_.ask(site, entry.run_id, *ask);
  }
}

// The result is stored, then the next analysis begins or the study ends.
void HubService::EndRun(Entry& entry) {
  const std::string ended_run = entry.run_id;
  std::vector<double> sample = entry.run->MaskedSample(kSampleMax);
  if (sample.size() > entry.masked_sample.size()) entry.masked_sample = std::move(sample);
  absl::StatusOr<Result> result = entry.run->result();
  absl::Status stored = absl::OkStatus();
  entry.last_sites = entry.run->Progress().sites;
  if (result.ok()) {
    entry.finished.push_back({.result = *std::move(result),
                              .sites = entry.run->SitesInResult(),
                              .left_out = LeftOut(entry.last_sites, entry.run->SitesInResult()),
                              .labels = LabelsOf(entry.last_sites, entry.run->SitesInResult())});
    stored = store_->Put("result", ResultKey(entry.id, entry.analysis),
                         EncodeFinished(entry.finished.back()));
  }
  entry.run.reset();
  const bool more = result.ok() && stored.ok() && entry.analysis + 1 < entry.study.analyses.size();
  if (more) {
    ++entry.analysis;
    stored = StartAnalysis(entry);
    if (stored.ok()) {
      const std::string event = StartEvent(clock_.NowMs());
      stored = store_->Append(entry.run_id, event);
      if (stored.ok()) stored = PlayEvent(event, *entry.run);
    }
  }
  const absl::Status failed = !result.ok() ? result.status() : stored;
  if (!failed.ok() || !more) {
    entry.status = failed.ok() ? "done" : absl::IsCancelled(failed) ? "cancelled" : "failed";
    entry.message = std::string(failed.message());
    entry.ended_ms = clock_.NowMs();
    entry.run.reset();
    const absl::Status kept = StoreEntry(entry);
    log_.Info("ended", {{"study", entry.id},
                        {"status", entry.status},
                        {"message", entry.message},
                        {"stored", std::string(kept.message())}});
  }
  const absl::Status dropped = store_->DropLog(ended_run);
  if (!dropped.ok()) log_.Warning("log kept", {{"run", ended_run}});
  if (outbound_.run_ended) {
    for (const RosterEntry& r : entry.roster) outbound_.run_ended(r.site, ended_run);
  }
}

void HubService::OnAnswer(const std::string& site, const std::string& run_id, std::uint64_t number,
                          std::string body) {
  const std::scoped_lock lock(mutex_);
  std::size_t index = 0;
  Entry* const entry = RunningEntry(run_id, site, index);
  if (entry == nullptr) {
    // The run is over, and the site has not heard.
    if (outbound_.run_ended) outbound_.run_ended(site, run_id);
    return;
  }
  const std::optional<Ask> open = entry->run->AskFor(index);
  if (!open.has_value() || open->number != number) return;  // late or repeated: nothing to keep
  Record(*entry, AnswerEvent(index, {.number = number, .body = std::move(body)}, clock_.NowMs()));
}

void HubService::OnWait(const std::string& site, const std::string& run_id, std::uint64_t number) {
  const std::scoped_lock lock(mutex_);
  std::size_t index = 0;
  Entry* const entry = RunningEntry(run_id, site, index);
  if (entry == nullptr) {
    if (outbound_.run_ended) outbound_.run_ended(site, run_id);
    return;
  }
  // The site says it again and again; once is an event.
  if (entry->run->TakesWait(index, number)) Record(*entry, WaitEvent(index, clock_.NowMs()));
}

HubService::Entry* HubService::RunningEntry(const std::string& run_id, const std::string& site,
                                            std::size_t& index) {
  for (auto& [id, entry] : entries_) {
    if (entry->run == nullptr || entry->run_id != run_id) continue;
    const auto at = std::ranges::find(entry->roster, site, &RosterEntry::site);
    if (at == entry->roster.end()) return nullptr;
    index = static_cast<std::size_t>(at - entry->roster.begin());
    return entry.get();
  }
  return nullptr;
}

// Sites that were seen to leave and have not come back within the grace. Right after the hub's own
// start nobody has been seen to leave: then the deadline decides.
bool HubService::OpenSitesAreAway(const Entry& entry, std::int64_t now_ms) const {
  bool any = false;
  for (std::size_t i = 0; i < entry.roster.size(); ++i) {
    if (!entry.run->AskFor(i).has_value()) continue;
    const auto away = away_since_ms_.find(entry.roster[i].site);
    if (away == away_since_ms_.end() || now_ms - away->second < kAwayGraceMs) return false;
    any = true;
  }
  return any;
}

void HubService::OnTick() {
  const std::scoped_lock lock(mutex_);
  const std::int64_t now_ms = clock_.NowMs();
  for (auto& [id, entry] : entries_) {
    if (entry->run == nullptr) continue;
    const std::optional<std::int64_t> deadline = entry->run->NextDeadlineMs();
    if (!deadline.has_value()) continue;
    if (*deadline <= now_ms) {
      Record(*entry, TickEvent(now_ms));
    } else if (entry->run->TakesAway() && OpenSitesAreAway(*entry, now_ms)) {
      Record(*entry, AwayEvent(now_ms));
    }
  }
}

absl::Status HubService::Cancel(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  ESSAIM_ASSIGN_OR_RETURN(Entry* const entry, FindEntry(id));
  if (entry->run == nullptr)
    return absl::FailedPreconditionError(absl::StrCat(id, " is ", entry->status, " already"));
  if (!Record(*entry, CancelEvent(clock_.NowMs())))
    return absl::UnavailableError("the cancellation could not be stored");
  return absl::OkStatus();
}

absl::Status HubService::LoadResults(Entry& entry) {
  for (std::size_t i = 0; i < entry.study.analyses.size(); ++i) {
    const absl::StatusOr<std::string> bytes = store_->Get("result", ResultKey(entry.id, i));
    if (absl::IsNotFound(bytes.status())) break;
    ESSAIM_RETURN_IF_ERROR(bytes.status());
    ESSAIM_ASSIGN_OR_RETURN(FinishedAnalysis finished, DecodeFinished(*bytes));
    entry.finished.push_back(std::move(finished));
  }
  return absl::OkStatus();
}

absl::Status HubService::ResumeStudy(const std::string& id, const std::string& document) {
  const Json json = Json::parse(document, nullptr, false);
  if (!json.is_object()) return absl::DataLossError("a stored study that does not parse");
  auto entry = std::make_unique<Entry>();
  entry->id = id;
  entry->status = JsonText(json, "status", "failed");
  entry->message = JsonText(json, "message");
  entry->by = JsonText(json, "by");
  entry->submitted_ms = json.value("submitted_ms", std::int64_t{0});
  entry->ended_ms = json.value("ended_ms", std::int64_t{0});
  entry->analysis = json.value("analysis", std::size_t{0});
  entry->run_id = JsonText(json, "run_id");
  entry->masked_sample = json.value("masked_sample", std::vector<double>{});
  entry->active_ms = json.value("active_ms", std::int64_t{0});
  entry->last_sites = SitesOfJson(json.value("sites", Json::array()));
  for (const Json& r : json.value("roster", Json::array())) {
    ESSAIM_ASSIGN_OR_RETURN(const std::string key, FromHex(JsonText(r, "key")));
    entry->roster.push_back({.site = JsonText(r, "site"), .signing_key = key});
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::string source, store_->Get("source", id));
  ESSAIM_ASSIGN_OR_RETURN(entry->study, ParseStudy(source, nullptr));
  ESSAIM_RETURN_IF_ERROR(LoadResults(*entry));
  Entry& kept = *entries_.emplace(id, std::move(entry)).first->second;
  if (kept.status != "running") return absl::OkStatus();
  // A result that was stored just before the process died: its run's events give the same result
  // again.
  kept.finished.resize(std::min(kept.finished.size(), kept.analysis));
  ESSAIM_ASSIGN_OR_RETURN(const std::string nonce, store_->Get("nonce", kept.run_id));
  ESSAIM_RETURN_IF_ERROR(MakeRun(kept, nonce));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<std::string> events, store_->ReadLog(kept.run_id));
  if (events.empty()) {
    Record(kept, StartEvent(clock_.NowMs()));
    return absl::OkStatus();
  }
  for (const std::string& event : events) ESSAIM_RETURN_IF_ERROR(PlayEvent(event, *kept.run));
  log_.Info("resumed", {{"study", id}, {"events", std::to_string(events.size())}});
  AfterEvent(kept);
  return absl::OkStatus();
}

absl::Status HubService::Resume() {
  const std::scoped_lock lock(mutex_);
  ESSAIM_ASSIGN_OR_RETURN(const auto studies, store_->List("study"));
  for (const auto& [id, document] : studies) {
    const absl::Status resumed = ResumeStudy(id, document);
    if (!resumed.ok())
      log_.Error("not resumed", {{"study", id}, {"error", std::string(resumed.message())}});
  }
  return absl::OkStatus();
}

std::optional<std::string> HubService::NextStatus(const std::string& id, std::uint64_t after) {
  std::unique_lock lock(mutex_);
  const absl::StatusOr<Entry*> entry = FindEntry(id);
  if (!entry.ok()) return std::nullopt;
  if ((*entry)->version <= after && (*entry)->status != "running") return std::nullopt;
  changed_.wait_for(lock, kWatchWait, [&] { return (*entry)->version > after; });
  return (*entry)->version > after ? EntryJson(**entry, 0) : std::string();
}

}  // namespace essaim::hub
