#include "engine/node_run.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/hash.h"
#include "engine/context.h"
#include "engine/site_label.h"
#include "essaim/v1/run.pb.h"
#include "secagg/client.h"
#include "secagg/codec.h"

namespace essaim {
namespace {

using secagg::Refuse;

// What was agreed to when the run was planned.
struct Planned {
  Study study;
  std::size_t analysis = 0;
  std::vector<RosterEntry> roster;
  std::uint32_t self = 0;
  std::string context;
  std::unique_ptr<Algorithm> algorithm;
  PersonTable table;
};

struct Joined {  // the batch in use
  std::uint32_t counter = 0;
  std::vector<std::uint32_t> members;
  std::unique_ptr<secagg::Client> client;
};

class NodeRunImpl final : public NodeRun {
 public:
  NodeRunImpl(std::string run_id, NodeRunOptions options, const Registry& registry)
      : run_id_(std::move(run_id)), options_(std::move(options)), registry_(registry) {}

  std::optional<Answer> OnAsk(const Ask& ask) override {
    if (last_.has_value() && ask.number == last_->first.number && ask.body == last_->first.body)
      return last_->second;
    if (last_.has_value() && ask.number <= last_->first.number) {
      return Refused(
          ask, Refuse(v1::REFUSAL_REPLAYED, "an old ask, or a changed one under an old number"));
    }
    v1::AskBody body;
    if (ask.body.size() > limits::kMessageBytesMax || !body.ParseFromString(ask.body)) {
      return Remember(ask,
                      Refused(ask, Refuse(v1::REFUSAL_MALFORMED, "an ask that does not parse")));
    }
    absl::StatusOr<v1::AnswerBody> answer = Handle(body, nullptr);
    if (absl::IsUnavailable(answer.status())) return std::nullopt;  // a person has not decided yet
    if (!answer.ok()) return Remember(ask, Refused(ask, answer.status()));
    return Remember(ask, Answer{.number = ask.number, .body = answer->SerializeAsString()});
  }

  absl::Status Restore(const Ask& ask, const Answer& answer) override {
    v1::AskBody asked;
    v1::AnswerBody answered;
    if (ask.number != answer.number || !asked.ParseFromString(ask.body) ||
        !answered.ParseFromString(answer.body)) {
      return absl::DataLossError("a persisted pair that does not parse");
    }
    if (answered.answer_case() != v1::AnswerBody::kRefusal) {
      const absl::StatusOr<v1::AnswerBody> again = Handle(asked, &answered);
      if (!again.ok()) return absl::DataLossError(again.status().message());
      if (again->SerializeAsString() != answer.body)
        return absl::DataLossError("a persisted answer of other secrets");
    }
    Remember(ask, answer);
    return absl::OkStatus();
  }

  std::string last_error() const override { return last_error_; }

 private:
  Answer Remember(const Ask& ask, Answer answer) {
    last_ = {ask, answer};
    return answer;
  }

  Answer Refused(const Ask& ask, const absl::Status& status) {
    last_error_ = std::string(status.message());
    v1::AnswerBody body;
    body.set_refusal(secagg::RefusalOf(status));
    return {.number = ask.number, .body = body.SerializeAsString()};
  }

  // `persisted`: the answer given before a restart, so that no statistic is computed again.
  absl::StatusOr<v1::AnswerBody> Handle(const v1::AskBody& body, const v1::AnswerBody* persisted) {
    v1::AnswerBody answer;
    if (body.ask_case() == v1::AskBody::kPlan) {
      ESSAIM_ASSIGN_OR_RETURN(*answer.mutable_accepted(), Plan(body.plan(), persisted != nullptr));
      // The label that was told stays the run's, whatever was measured since.
      if (persisted == nullptr) {
        AddLabel(*answer.mutable_accepted());
      } else if (persisted->accepted().has_quality()) {
        *answer.mutable_accepted()->mutable_quality() = persisted->accepted().quality();
      }
      return answer;
    }
    if (!planned_.has_value()) return Refuse(v1::REFUSAL_OUT_OF_ORDER, "no plan yet");
    if (body.ask_case() == v1::AskBody::kKeys) {
      ESSAIM_ASSIGN_OR_RETURN(*answer.mutable_advert(), Keys(body.keys()));
      return answer;
    }
    if (joined_.client == nullptr) return Refuse(v1::REFUSAL_OUT_OF_ORDER, "no keys yet");
    switch (body.ask_case()) {
      case v1::AskBody::kShares: {
        ESSAIM_ASSIGN_OR_RETURN(const auto bundles,
                                joined_.client->ShareKeys(ListOf(body.shares().adverts())));
        auto* list = answer.mutable_shares()->mutable_bundles();
        list->Assign(bundles.begin(), bundles.end());
        return answer;
      }
      case v1::AskBody::kRound: {
        ESSAIM_ASSIGN_OR_RETURN(*answer.mutable_masked(), Round(body.round(), persisted));
        return answer;
      }
      case v1::AskBody::kConsistency: {
        ESSAIM_ASSIGN_OR_RETURN(*answer.mutable_consistency(),
                                joined_.client->Agree(ListOf(body.consistency().heads())));
        return answer;
      }
      case v1::AskBody::kUnmask: {
        ESSAIM_ASSIGN_OR_RETURN(*answer.mutable_unmask(),
                                joined_.client->Unmask(ListOf(body.unmask().signatures())));
        return answer;
      }
      default:
        return Refuse(v1::REFUSAL_MALFORMED, "an ask of no known kind");
    }
  }

  void AddLabel(v1::Accepted& accepted) const {
    if (!options_.quality) return;
    const std::optional<SiteQuality> quality = options_.quality(planned_->study);
    if (quality.has_value()) *accepted.mutable_quality() = LabelToWire(*quality);
  }

  template <typename List>
  static std::vector<v1::Signed> ListOf(const List& list) {
    return {list.begin(), list.end()};
  }

  absl::StatusOr<std::vector<RosterEntry>> TakeRoster(const v1::PlanAsk& ask,
                                                      const Study& study) const {
    std::vector<RosterEntry> roster;
    for (const v1::RosterMember& member : ask.roster())
      roster.push_back({member.site(), member.signing_key()});
    if (roster.size() != study.sites.size())
      return Refuse(v1::REFUSAL_STUDY, "the roster is not the study's sites");
    for (std::size_t i = 0; i < roster.size(); ++i) {
      if (roster[i].site != study.sites[i])
        return Refuse(v1::REFUSAL_STUDY, "the roster is not the study's sites");
      if (roster[i].site == options_.site) continue;
      const auto known = std::ranges::find(options_.trusted, roster[i].site, &RosterEntry::site);
      if (known == options_.trusted.end()) {
        return Refuse(v1::REFUSAL_UNKNOWN_PEER,
                      absl::StrCat(roster[i].site, " is not among the accepted peers"));
      }
      if (known->signing_key != roster[i].signing_key) {
        return Refuse(
            v1::REFUSAL_CHANGED_KEY,
            absl::StrCat(roster[i].site, " comes with another key than the accepted one"));
      }
    }
    return roster;
  }

  absl::StatusOr<v1::Accepted> Plan(const v1::PlanAsk& ask, bool approved_before) {
    if (planned_.has_value()) return Refuse(v1::REFUSAL_OUT_OF_ORDER, "the run is planned already");
    if (ask.protocol() != kProtocol)
      return Refuse(v1::REFUSAL_PROTOCOL, "another version of the protocol");
    absl::StatusOr<Study> study = ParseStudy(ask.study(), nullptr);
    if (!study.ok())
      return Refuse(v1::REFUSAL_STUDY, absl::StrCat("the study: ", study.status().message()));
    if (study->source != ask.study())
      return Refuse(v1::REFUSAL_STUDY, "the study's bytes are not self-contained");
    if (ask.analysis() >= study->analyses.size())
      return Refuse(v1::REFUSAL_STUDY, "no such analysis");
    const auto self = std::ranges::find(study->sites, options_.site);
    if (self == study->sites.end())
      return Refuse(v1::REFUSAL_NOT_A_SITE, "this site is not in the study");
    ESSAIM_ASSIGN_OR_RETURN(std::vector<RosterEntry> roster, TakeRoster(ask, *study));
    const absl::Status allowed = CheckStudy(options_.policy, *study);
    if (!allowed.ok()) return Refuse(v1::REFUSAL_POLICY, std::string(allowed.message()));
    absl::StatusOr<std::unique_ptr<Algorithm>> algorithm =
        MakeAlgorithm(*study, ask.analysis(), ask.model_result(), registry_);
    if (!algorithm.ok())
      return Refuse(v1::REFUSAL_STUDY, std::string(algorithm.status().message()));
    if (!approved_before) {
      const Approval approval = options_.approval(*study);
      if (approval == Approval::kWait) return absl::UnavailableError("waits for a person");
      if (approval == Approval::kNo)
        return Refuse(v1::REFUSAL_STEWARD, "the steward refused the study");
    }
    const auto site = static_cast<std::size_t>(self - study->sites.begin());
    absl::StatusOr<PersonTable> table =
        options_.cohort(*study, study->analyses[ask.analysis()], site);
    if (!table.ok()) return Refuse(v1::REFUSAL_DATA, std::string(table.status().message()));
    if (table->schema() != study->schema)
      return Refuse(v1::REFUSAL_DATA, "the data set has another schema");
    if (table->n_persons() < static_cast<std::size_t>(study->privacy.minimum_cohort)) {
      return Refuse(v1::REFUSAL_COHORT_TOO_SMALL, "fewer persons than the study's minimum cohort");
    }
    if (table->n_persons() > kPersonsPerSiteMax)
      return Refuse(v1::REFUSAL_OVERFLOW, "more than 2^30 persons");
    std::string context = RunContext(ask.federation(), run_id_, *study, ask.analysis(),
                                     ask.model_result(), roster, ask.nonce());
    v1::Accepted accepted;
    accepted.set_cohort_hash(crypto::HashOf("essaim/accepted", {context, options_.seed.view()}));
    planned_ = Planned{.study = std::move(*study),
                       .analysis = ask.analysis(),
                       .roster = std::move(roster),
                       .self = static_cast<std::uint32_t>(site),
                       .context = std::move(context),
                       .algorithm = std::move(*algorithm),
                       .table = std::move(*table)};
    return accepted;
  }

  // Members may only become fewer within a run, and not even that where the study says wait.
  absl::Status CheckMembers(const std::vector<std::uint32_t>& members) const {
    const Privacy& privacy = planned_->study.privacy;
    if (!std::ranges::is_sorted(members) || std::ranges::adjacent_find(members) != members.end()) {
      return Refuse(v1::REFUSAL_REPEATED_MEMBER, "members out of order or repeated");
    }
    if (!std::ranges::binary_search(members, planned_->self)) {
      return Refuse(v1::REFUSAL_SELF_LEFT_OUT, "this site is not among the members");
    }
    if (members.size() < static_cast<std::size_t>(privacy.minimum_sites)) {
      return Refuse(v1::REFUSAL_TOO_FEW_SITES, "fewer sites than the study's minimum");
    }
    if (joined_.client == nullptr) return absl::OkStatus();
    const bool waits = privacy.on_dropout == Privacy::OnDropout::kWait;
    const bool fits =
        waits ? members == joined_.members : std::ranges::includes(joined_.members, members);
    return fits ? absl::OkStatus()
                : Refuse(v1::REFUSAL_COHORT_CHANGED, "other sites than the run began with");
  }

  absl::StatusOr<v1::Signed> Keys(const v1::KeysAsk& ask) {
    const std::vector<std::uint32_t> members(ask.members().begin(), ask.members().end());
    ESSAIM_RETURN_IF_ERROR(CheckMembers(members));
    if (ask.batch() <= joined_.counter) return Refuse(v1::REFUSAL_SESSION_REUSED, "an old batch");
    absl::StatusOr<secagg::Batch> batch =
        MakeBatch(planned_->context, ask.batch(), members, ask.sessions(), planned_->roster,
                  planned_->study.privacy);
    if (!batch.ok()) return Refuse(v1::REFUSAL_THRESHOLD, std::string(batch.status().message()));
    const Privacy& privacy = planned_->study.privacy;
    secagg::ClientOptions options{
        .batch = *batch,
        .self = static_cast<std::uint32_t>(std::ranges::lower_bound(members, planned_->self) -
                                           members.begin()),
        .signing_seed = options_.signing_key.Clone(),
        .seed =
            crypto::Hkdf(options_.seed.span(), "", absl::StrCat("essaim/batch:", batch->id), 32),
        .minimum_sites = static_cast<std::size_t>(privacy.minimum_sites),
        .all_members_or_none = privacy.on_dropout == Privacy::OnDropout::kWait};
    ESSAIM_ASSIGN_OR_RETURN(std::unique_ptr<secagg::Client> client,
                            secagg::Client::Make(std::move(options)));
    joined_ = Joined{.counter = ask.batch(), .members = members, .client = std::move(client)};
    return joined_.client->Advertise();
  }

  absl::StatusOr<v1::MaskedAnswer> Round(const v1::RoundAsk& ask, const v1::AnswerBody* persisted) {
    const absl::StatusOr<State> state = State::Decode(ask.state());
    if (!state.ok()) return Refuse(v1::REFUSAL_MALFORMED, "a state that does not parse");
    // One answer a round: the same state asked of fewer sites would be a difference.
    if (state->done || state->round != next_round_ || next_round_ >= limits::kRoundsMax)
      return Refuse(v1::REFUSAL_REPLAYED, "not the next round");
    if (ask.shares_size() > 0)
      ESSAIM_RETURN_IF_ERROR(joined_.client->Deliver(ListOf(ask.shares())));
    if (persisted != nullptr) {
      ESSAIM_RETURN_IF_ERROR(joined_.client->RestoreMask(ask.session(), persisted->masked()));
      ++next_round_;
      return persisted->masked();
    }
    ESSAIM_ASSIGN_OR_RETURN(secagg::EncodedVector encoded, Statistic(*state));
    ESSAIM_ASSIGN_OR_RETURN(
        v1::MaskedAnswer answer,
        joined_.client->Mask(ask.session(), RoundContext(planned_->context, ask.state()),
                             std::move(encoded)));
    ++next_round_;
    return answer;
  }

  absl::StatusOr<secagg::EncodedVector> Statistic(const State& state) const {
    const Layout layout = planned_->algorithm->LayoutFor(state);
    const absl::StatusOr<secagg::Codec> codec =
        secagg::Codec::Plan(layout, planned_->roster.size(), kPersonsPerSiteMax);
    if (!codec.ok()) return Refuse(v1::REFUSAL_OVERFLOW, std::string(codec.status().message()));
    std::vector<double> x(layout.length(), 0.0);
    const absl::Status done = planned_->algorithm->LocalStatistic(planned_->table, state, x);
    if (!done.ok()) return Refuse(v1::REFUSAL_STATISTIC, std::string(done.message()));
    absl::StatusOr<secagg::EncodedVector> encoded = codec->Encode(x, planned_->table.n_persons());
    if (!encoded.ok())
      return Refuse(v1::REFUSAL_STATISTIC, std::string(encoded.status().message()));
    return encoded;
  }

  std::string run_id_;
  NodeRunOptions options_;
  const Registry& registry_;
  std::optional<Planned> planned_;
  Joined joined_;
  int next_round_ = 0;
  std::optional<std::pair<Ask, Answer>> last_;
  std::string last_error_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<NodeRun>> NodeRun::Make(std::string run_id, NodeRunOptions options,
                                                       const Registry& registry) {
  if (options.seed.size() != 32 || options.signing_key.size() != 32) {
    return absl::InvalidArgumentError("a run needs a seed and a signing key of 32 bytes");
  }
  return std::make_unique<NodeRunImpl>(std::move(run_id), std::move(options), registry);
}

}  // namespace essaim
