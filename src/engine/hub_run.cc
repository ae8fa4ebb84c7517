#include "engine/hub_run.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "engine/context.h"
#include "engine/hub_plan.h"
#include "engine/secure_sum_maker.h"
#include "engine/site_label.h"
#include "essaim/v1/run.pb.h"
#include "governance/disclosure.h"
#include "secagg/hub_session.h"

namespace essaim {
namespace {

constexpr std::size_t kSessionsPerBatch = 8;

using Standing = SiteProgress::Standing;

class HubRunImpl final : public HubRun {
 public:
  HubRunImpl(HubRunOptions options, std::unique_ptr<Algorithm> algorithm, std::string model)
      : options_(std::move(options)), algorithm_(std::move(algorithm)), model_(std::move(model)) {
    progress_.sites.resize(options_.roster.size());
    for (std::size_t i = 0; i < options_.roster.size(); ++i)
      progress_.sites[i].site = options_.roster[i].site;
    asks_.resize(options_.roster.size());
    context_ = RunContext(options_.federation, options_.run_id, options_.study, options_.analysis,
                          model_, options_.roster, options_.nonce);
    state_ = algorithm_->Start();
  }

  void Start(std::int64_t now_ms) override {
    Enter(RunPhase::kPlanning, now_ms);
    for (std::uint32_t site = 0; site < options_.roster.size(); ++site) {
      v1::AskBody body;
      *body.mutable_plan() = PlanAskOf(options_, model_);
      AskSite(site, body);
    }
  }

  void OnAnswer(std::size_t site, const Answer& answer, std::int64_t now_ms) override {
    if (finished() || site >= asks_.size() || !asks_[site].has_value() ||
        asks_[site]->number != answer.number)
      return;
    progress_.sites[site].bytes_in += answer.body.size();
    v1::AnswerBody body;
    if (!body.ParseFromString(answer.body)) {
      OnRefusal(static_cast<std::uint32_t>(site), "sent an answer that does not parse");
    } else if (body.answer_case() == v1::AnswerBody::kRefusal) {
      OnRefusal(static_cast<std::uint32_t>(site), v1::Refusal_Name(body.refusal()));
    } else {
      const absl::Status taken = Take(static_cast<std::uint32_t>(site), body);
      if (taken.ok()) {
        progress_.sites[site].standing = Standing::kAnswered;
        answered_.insert(static_cast<std::uint32_t>(site));
      } else {
        OnRefusal(static_cast<std::uint32_t>(site), std::string(taken.message()));
      }
    }
    asks_[site].reset();
    Advance(now_ms);
  }

  void OnWait(std::size_t site, std::int64_t now_ms) override {
    deciding_.insert(static_cast<std::uint32_t>(site));
    progress_.sites[site].detail = "waits for its steward";
    if (deciding_.size() == 1) decide_until_ms_ = now_ms + options_.decision_deadline_ms;
    Advance(now_ms);
  }

  void OnTick(std::int64_t now_ms) override {
    if (!finished()) Advance(now_ms);
  }

  void OnAway(std::int64_t now_ms) override {
    if (finished()) return;
    late_ = true;
    Advance(now_ms);
  }

  void Cancel(std::int64_t) override {
    if (!finished()) Fail(absl::CancelledError("cancelled"));
  }

  std::optional<Ask> AskFor(std::size_t site) const override { return asks_[site]; }

  bool TakesWait(std::size_t site, std::uint64_t number) const override {
    return progress_.phase == RunPhase::kPlanning && asks_[site].has_value() &&
           asks_[site]->number == number && !deciding_.contains(static_cast<std::uint32_t>(site));
  }

  bool TakesAway() const override { return !finished() && !late_; }

  std::optional<std::int64_t> NextDeadlineMs() const override {
    if (finished()) return std::nullopt;
    if (!late_) return deadline_ms_;
    if (n_deciding() > 0) return decide_until_ms_;
    return std::nullopt;
  }

  RunProgress Progress() const override {
    RunProgress progress = progress_;
    if (paused_) progress.phase = RunPhase::kPaused;
    return progress;
  }

  bool finished() const override {
    return progress_.phase == RunPhase::kDone || progress_.phase == RunPhase::kFailed;
  }

  absl::StatusOr<Result> result() const override {
    if (!finished()) return absl::FailedPreconditionError("the run is not finished");
    return result_;
  }

  std::vector<std::string> SitesInResult() const override {
    std::vector<std::string> names;
    for (const std::size_t site : sites_in_sum_) names.push_back(options_.roster[site].site);
    return names;
  }

  std::vector<double> MaskedSample(std::size_t n) const override {
    std::vector<double> sample;
    for (std::size_t at = 0; at + 8 <= seen_.size() && sample.size() < n; at += 8) {
      std::uint64_t word;
      std::memcpy(&word, seen_.data() + at, sizeof word);
      sample.push_back(std::ldexp(static_cast<double>(word), -64));
    }
    return sample;
  }

 private:
  // ---- phases --------------------------------------------------------------------------------

  void Enter(RunPhase phase, std::int64_t now_ms) {
    progress_.phase = phase;
    progress_.message.clear();
    ++step_;
    answered_.clear();
    late_ = paused_ = false;
    deadline_ms_ = now_ms + options_.answer_deadline_ms;
    for (auto& ask : asks_) ask.reset();
  }

  void AskSite(std::uint32_t site, const v1::AskBody& body) {
    asks_[site] = Ask{.number = step_, .body = body.SerializeAsString()};
    progress_.sites[site].standing = Standing::kAsked;
    progress_.sites[site].bytes_out += asks_[site]->body.size();
  }

  void EnterKeys(std::int64_t now_ms) {
    std::vector<std::uint32_t> members(participants_.begin(), participants_.end());
    absl::StatusOr<secagg::Batch> batch =
        MakeBatch(context_, ++batch_counter_, members, kSessionsPerBatch, options_.roster,
                  options_.study.privacy);
    if (!batch.ok()) return Fail(batch.status());
    members_ = std::move(members);
    batch_.emplace(*std::move(batch));
    next_session_ = 0;
    Enter(RunPhase::kKeys, now_ms);
    v1::AskBody body;
    body.mutable_keys()->set_batch(batch_counter_);
    body.mutable_keys()->set_sessions(kSessionsPerBatch);
    for (const std::uint32_t m : members_) body.mutable_keys()->add_members(m);
    for (const std::uint32_t m : members_) AskSite(m, body);
  }

  void EnterShares(std::int64_t now_ms) {
    Enter(RunPhase::kShares, now_ms);
    v1::AskBody body;
    for (const v1::Signed& advert : batch_->Adverts())
      *body.mutable_shares()->add_adverts() = advert;
    for (const std::uint32_t m : members_) AskSite(m, body);
  }

  // Masks the next round: with the batch's next session, or a new batch once its sessions are
  // spent.
  void EnterMasking(std::int64_t now_ms) {
    if (state_.round >= limits::kRoundsMax)
      return Fail(absl::ResourceExhaustedError("too many rounds"));
    if (!batch_.has_value() || next_session_ == kSessionsPerBatch) return EnterKeys(now_ms);
    const Layout layout = algorithm_->LayoutFor(state_);
    absl::StatusOr<secagg::Codec> codec =
        secagg::Codec::Plan(layout, options_.roster.size(), kPersonsPerSiteMax);
    if (!codec.ok()) return Fail(codec.status());
    codec_ = *std::move(codec);
    const std::string state = state_.Encode();
    session_.emplace(&*batch_, next_session_, RoundContext(context_, state), codec_->n_whole(),
                     codec_->n_real());
    Enter(RunPhase::kMasking, now_ms);
    progress_.round = state_.round + 1;
    for (std::uint32_t m = 0; m < members_.size(); ++m) {
      if (!participants_.contains(members_[m])) continue;
      v1::AskBody body;
      body.mutable_round()->set_session(static_cast<std::uint32_t>(next_session_));
      body.mutable_round()->set_state(state);
      if (next_session_ == 0) {
        for (const v1::Signed& bundle : batch_->BundlesTo(m))
          *body.mutable_round()->add_shares() = bundle;
      }
      AskSite(members_[m], body);
    }
    ++next_session_;
  }

  void EnterConsistency(std::int64_t now_ms) {
    session_->CloseMasking();
    Enter(RunPhase::kConsistency, now_ms);
    v1::AskBody body;
    for (const v1::Signed& head : session_->Heads())
      *body.mutable_consistency()->add_heads() = head;
    for (const std::uint32_t m : session_->in_sum()) AskSite(members_[m], body);
  }

  void EnterUnmasking(std::int64_t now_ms) {
    Enter(RunPhase::kUnmasking, now_ms);
    v1::AskBody body;
    for (const v1::Signed& signature : session_->Agreements())
      *body.mutable_unmask()->add_signatures() = signature;
    for (const v1::Signed& signature : session_->Agreements())
      AskSite(members_[signature.member()], body);
  }

  void Conclude(std::int64_t now_ms) {
    const absl::StatusOr<secagg::EncodedVector> sum = session_->Finish();
    for (const std::uint32_t cheat : session_->cheats()) {
      progress_.sites[members_[cheat]].detail = "sent a wrong share";
    }
    if (!sum.ok()) return Fail(sum.status());
    const std::set<std::uint32_t> in_sum = session_->in_sum();
    absl::StatusOr<std::vector<double>> values = codec_->Decode(*sum, in_sum.size());
    if (!values.ok()) return Fail(values.status());
    sites_in_sum_.clear();
    for (const std::uint32_t m : in_sum) sites_in_sum_.push_back(members_[m]);
    if (seen_.empty())
      seen_ = session_->transcript().masked.begin()->second.vector().substr(0, kSampleBytes);
    const Layout layout = algorithm_->LayoutFor(state_);
    absl::StatusOr<State> next =
        algorithm_->Update(state_, SecureSumMaker::Make(layout, *std::move(values), sites_in_sum_));
    if (!next.ok()) return Fail(next.status());
    next->round = state_.round + 1;
    state_ = *std::move(next);
    session_.reset();
    if (!state_.done) return EnterMasking(now_ms);
    absl::StatusOr<Result> result = algorithm_->ResultOf(state_);
    if (!result.ok()) return Fail(result.status());
    Protect(*result, options_.study.privacy.minimum_cell);
    result->algorithm = options_.study.analyses[options_.analysis].algorithm;
    result->rounds = state_.round;
    result_ = *std::move(result);
    Enter(RunPhase::kDone, now_ms);
  }

  void Fail(const absl::Status& why) {
    result_ = why;
    progress_.phase = RunPhase::kFailed;
    progress_.message = std::string(why.message());
    paused_ = false;
    for (auto& ask : asks_) ask.reset();
  }

  // ---- answers -------------------------------------------------------------------------------

  std::uint32_t MemberOf(std::uint32_t site) const {
    return static_cast<std::uint32_t>(std::ranges::find(members_, site) - members_.begin());
  }

  absl::Status Take(std::uint32_t site, const v1::AnswerBody& body) {
    const auto is = [&](RunPhase phase, v1::AnswerBody::AnswerCase answer) {
      return progress_.phase == phase && body.answer_case() == answer;
    };
    if (is(RunPhase::kPlanning, v1::AnswerBody::kAccepted))
      return TakeLabel(body.accepted(), progress_.sites[site].quality);
    const std::uint32_t member = MemberOf(site);
    if (is(RunPhase::kKeys, v1::AnswerBody::kAdvert))
      return batch_->TakeAdvert(member, body.advert());
    if (is(RunPhase::kShares, v1::AnswerBody::kShares))
      return batch_->TakeBundles(member, body.shares());
    if (is(RunPhase::kMasking, v1::AnswerBody::kMasked))
      return session_->TakeMasked(member, body.masked());
    if (is(RunPhase::kConsistency, v1::AnswerBody::kConsistency))
      return session_->TakeAgreement(member, body.consistency());
    if (is(RunPhase::kUnmasking, v1::AnswerBody::kUnmask))
      return session_->TakeUnmask(member, body.unmask());
    return absl::InvalidArgumentError("sent an answer of another kind");
  }

  void OnRefusal(std::uint32_t site, std::string why) {
    progress_.sites[site].standing = Standing::kRefused;
    progress_.sites[site].detail = std::move(why);
    refused_.insert(site);
  }

  // ---- what comes next -----------------------------------------------------------------------

  bool goes_on() const {
    return options_.study.privacy.on_dropout == Privacy::OnDropout::kContinue;
  }

  std::size_t sites_min() const {
    return static_cast<std::size_t>(options_.study.privacy.minimum_sites);
  }

  std::size_t n_open() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(asks_, [](const auto& ask) { return ask.has_value(); }));
  }

  // Sites whose steward may still take time.
  std::size_t n_deciding() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        deciding_, [&](std::uint32_t site) { return asks_[site].has_value(); }));
  }

  std::string OpenNames() const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < asks_.size(); ++i)
      if (asks_[i].has_value()) names.push_back(options_.roster[i].site);
    return absl::StrJoin(names, ", ");
  }

  void Pause(std::size_t needed) {
    paused_ = true;
    progress_.message =
        absl::StrFormat("paused: %d of %d sites answer, %d are needed; waiting for %s",
                        answered_.size(), answered_.size() + n_open(), needed, OpenNames());
  }

  // Sites that did not answer in time, or refused, leave the run.
  void Lose() {
    for (std::uint32_t site = 0; site < asks_.size(); ++site) {
      const bool gone = asks_[site].has_value() || refused_.contains(site);
      if (!gone || !participants_.erase(site)) continue;
      if (refused_.contains(site)) continue;
      progress_.sites[site].standing = Standing::kLost;
      progress_.sites[site].detail = "no answer in time";
    }
  }

  void Advance(std::int64_t now_ms) {
    if (finished()) return;
    late_ = late_ || now_ms >= deadline_ms_;
    switch (progress_.phase) {
      case RunPhase::kPlanning:
        return AdvancePlanning(now_ms);
      case RunPhase::kKeys:
      case RunPhase::kShares:
        return AdvanceSetUp(now_ms);
      case RunPhase::kMasking:
        return AdvanceMasking(now_ms);
      case RunPhase::kConsistency:
      case RunPhase::kUnmasking:
        return AdvanceAgreed(now_ms);
      default:
        return;
    }
  }

  void AdvancePlanning(std::int64_t now_ms) {
    if (now_ms >= decide_until_ms_) deciding_.clear();
    if (n_deciding() > 0 && n_deciding() == n_open()) {
      paused_ = true;
      progress_.message = absl::StrCat("waiting for the steward of ", OpenNames());
      return;
    }
    const bool enough = n_deciding() == 0 && answered_.size() >= sites_min();
    if (n_open() > 0 && !(late_ && goes_on() && enough)) {
      if (late_) Pause(goes_on() ? sites_min() : answered_.size() + n_open());
      return;
    }
    if (answered_.size() < sites_min()) {
      return Fail(absl::FailedPreconditionError(
          absl::StrFormat("%d of %d sites take part; the study's minimum is %d (%s)",
                          answered_.size(), asks_.size(), sites_min(), RefusedNames())));
    }
    for (std::uint32_t site = 0; site < asks_.size(); ++site) participants_.insert(site);
    Lose();
    EnterMasking(now_ms);
  }

  std::string RefusedNames() const {
    std::vector<std::string> names;
    for (const std::uint32_t site : refused_) {
      names.push_back(absl::StrCat(options_.roster[site].site, ": ", progress_.sites[site].detail));
    }
    return absl::StrJoin(names, "; ");
  }

  bool AnyParticipantRefused() const {
    return std::ranges::any_of(refused_,
                               [&](std::uint32_t site) { return participants_.contains(site); });
  }

  // A participant that refuses in the middle found something wrong: where the study waits for all,
  // the run ends.
  bool EndedByRefusal() {
    if (!AnyParticipantRefused() || goes_on()) return false;
    Fail(absl::AbortedError(absl::StrCat("a site refused: ", RefusedNames())));
    return true;
  }

  void AdvanceSetUp(std::int64_t now_ms) {
    if (EndedByRefusal()) return;
    const bool all = answered_.size() == members_.size();
    if (all) return progress_.phase == RunPhase::kKeys ? EnterShares(now_ms) : EnterMasking(now_ms);
    if (n_open() > 0 && !(late_ && goes_on() && answered_.size() >= sites_min())) {
      if (late_) Pause(goes_on() ? sites_min() : members_.size());
      return;
    }
    Lose();
    if (participants_.size() < sites_min()) return Fail(TooFewLeft());
    EnterKeys(now_ms);
  }

  absl::Status TooFewLeft() const {
    return absl::AbortedError(absl::StrFormat("%d sites are left; the study's minimum is %d (%s)",
                                              participants_.size(), sites_min(), RefusedNames()));
  }

  void AdvanceMasking(std::int64_t now_ms) {
    if (EndedByRefusal()) return;
    const std::size_t needed = std::max(batch_->batch().signers, sites_min());
    if (n_open() > 0 && !(late_ && goes_on() && answered_.size() >= needed)) {
      if (late_) Pause(goes_on() ? needed : answered_.size() + n_open());
      return;
    }
    Lose();
    if (answered_.size() < needed) return Fail(TooFewLeft());
    EnterConsistency(now_ms);
  }

  // After the list is fixed, a threshold of answers is enough, whatever the study says of dropouts:
  // the sum is the same.
  void AdvanceAgreed(std::int64_t now_ms) {
    const std::size_t needed = progress_.phase == RunPhase::kConsistency
                                   ? batch_->batch().signers
                                   : batch_->batch().threshold;
    const bool enough = answered_.size() >= needed &&
                        (progress_.phase == RunPhase::kConsistency || session_->EnoughUnmasks());
    if (answered_.size() + n_open() < needed || (n_open() == 0 && !enough)) {
      return Fail(TooFewLeft());
    }
    if (n_open() > 0 && !(late_ && enough)) {
      if (late_) Pause(needed);
      return;
    }
    if (progress_.phase == RunPhase::kConsistency) return EnterUnmasking(now_ms);
    Conclude(now_ms);
  }

  static constexpr std::size_t kSampleBytes = 4096;

  HubRunOptions options_;
  std::unique_ptr<Algorithm> algorithm_;
  std::string model_;
  std::string context_;
  State state_;
  RunProgress progress_;
  std::uint64_t step_ = 0;
  std::vector<std::optional<Ask>> asks_;  // by site
  std::set<std::uint32_t> answered_;      // sites, in this phase
  std::set<std::uint32_t> refused_;       // sites, in the run
  std::set<std::uint32_t> participants_;  // sites still in the run
  std::vector<std::uint32_t> members_;    // sites of the current batch
  std::uint32_t batch_counter_ = 0;
  std::optional<secagg::HubBatch> batch_;
  std::size_t next_session_ = 0;
  std::optional<secagg::Codec> codec_;
  std::optional<secagg::HubSession> session_;
  std::vector<std::size_t> sites_in_sum_;
  std::set<std::uint32_t> deciding_;  // sites whose steward has not decided, while planning
  std::int64_t deadline_ms_ = 0, decide_until_ms_ = 0;
  bool late_ = false;
  bool paused_ = false;
  absl::StatusOr<Result> result_ = absl::FailedPreconditionError("not finished");
  std::string seen_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HubRun>> HubRun::Make(HubRunOptions options,
                                                     const Registry& registry) {
  ESSAIM_ASSIGN_OR_RETURN(std::string model, CheckedModel(options));
  ESSAIM_ASSIGN_OR_RETURN(std::unique_ptr<Algorithm> algorithm,
                          MakeAlgorithm(options.study, options.analysis, model, registry));
  return std::make_unique<HubRunImpl>(std::move(options), std::move(algorithm), std::move(model));
}

}  // namespace essaim
