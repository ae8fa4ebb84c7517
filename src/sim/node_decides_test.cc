// The node decides: every ask that breaks its policy, its trust or the protocol is refused with a
// code and nothing else. docs/threat-model.md points here.
#include <memory>

#include "base/testing/status_matchers.h"
#include "crypto/hash.h"
#include "crypto/signing.h"
#include "engine/hub_run.h"
#include "engine/node_run.h"
#include "essaim/v1/run.pb.h"
#include "sim/small_study_testing.h"

namespace essaim::sim {
namespace {

SecretBytes SecretOf(std::string_view what) {
  return SecretBytes::CopyOf(crypto::HashOf("essaim/test", {what}));
}

// Four sites and a hub; s0 is the one that is lied to.
class NodeDecides : public ::testing::Test {
 protected:
  NodeDecides() { RegisterTestingMean(registry_); }

  void Make(Privacy::OnDropout on_dropout = Privacy::OnDropout::kWait) {
    hub_options_ = {.federation = "test",
                    .run_id = "run",
                    .study = SmallStudy(4, on_dropout, 3),
                    .roster = {},
                    .nonce = std::string(32, 'n'),
                    .earlier = {}};
    for (const std::string& site : hub_options_.study.sites) {
      hub_options_.roster.push_back(
          {.site = site,
           .signing_key = crypto::SigningKey::FromSeed(SecretOf(site))->public_key()});
    }
    if (trusted_.empty()) trusted_ = hub_options_.roster;
    hub_ = *HubRun::Make(hub_options_, registry_);
    hub_->Start(0);
    for (std::size_t i = 0; i < 4; ++i) nodes_.push_back(MakeNode(i));
  }

  std::unique_ptr<NodeRun> MakeNode(std::size_t site) {
    NodeRunOptions options{.site = hub_options_.study.sites[site],
                           .signing_key = SecretOf(hub_options_.study.sites[site]),
                           .seed = SecretOf("seed of " + hub_options_.study.sites[site]),
                           .trusted = trusted_,
                           .policy = policy_,
                           .cohort =
                               [this](const Study& study, const Analysis&, std::size_t at) {
                                 ++cohorts_;
                                 return SmallTable(study, at);
                               },
                           .approval = [this](const Study&) { return approval_; },
                           .quality = quality_};
    return *NodeRun::Make("run", std::move(options), registry_);
  }

  // Answers everybody's asks until the hub is in `phase`.
  void Until(RunPhase phase) {
    while (hub_->Progress().phase != phase && !hub_->finished()) {
      for (std::size_t i = 0; i < 4 && hub_->Progress().phase != phase; ++i) {
        if (const auto ask = hub_->AskFor(i)) hub_->OnAnswer(i, *nodes_[i]->OnAsk(*ask), 0);
      }
    }
    ASSERT_EQ(hub_->Progress().phase, phase);
  }

  v1::AskBody OpenAsk() const {
    v1::AskBody body;
    EXPECT_TRUE(body.ParseFromString(hub_->AskFor(0)->body));
    return body;
  }

  std::string Says(const v1::AskBody& body, std::uint64_t number = 0) {
    return SaysTo(body.SerializeAsString(), number);
  }

  // The name of s0's refusal, or "" if it answers.
  std::string SaysTo(const std::string& body, std::uint64_t number = 0) {
    if (number == 0) number = hub_->AskFor(0)->number;
    const auto answer = nodes_[0]->OnAsk({.number = number, .body = body});
    if (!answer.has_value()) return "nothing yet";
    v1::AnswerBody said;
    EXPECT_TRUE(said.ParseFromString(answer->body));
    if (said.answer_case() != v1::AnswerBody::kRefusal) return "";
    // A code and nothing else: the text stays in the node.
    v1::AnswerBody code;
    code.set_refusal(said.refusal());
    EXPECT_EQ(answer->body, code.SerializeAsString());
    EXPECT_FALSE(nodes_[0]->last_error().empty());
    return v1::Refusal_Name(said.refusal());
  }

  Registry registry_;
  Policy policy_{.minimum_cohort = 2, .minimum_cell = 1, .minimum_sites = 2};
  Approval approval_ = Approval::kYes;
  QualitySource quality_;
  std::vector<RosterEntry> trusted_;
  HubRunOptions hub_options_;
  std::unique_ptr<HubRun> hub_;
  std::vector<std::unique_ptr<NodeRun>> nodes_;
  int cohorts_ = 0;
};

TEST_F(NodeDecides, APlanThatItAccepts) {
  Make();
  EXPECT_EQ(Says(OpenAsk()), "");
  EXPECT_EQ(cohorts_, 1);
}

// Levels from a closed list, a day and a flag: as wide as a label is.
TEST_F(NodeDecides, ItsQualityLabelTravelsWithItsAcceptance) {
  SiteQuality label{.levels = {}, .as_of = "2026-01-31", .since_last_load = true};
  label.levels[2] = SiteLevel::kFailed;
  label.levels[6] = SiteLevel::kNotMeasured;
  quality_ = [&](const Study&) { return std::optional(label); };
  Make();
  const Ask plan = *hub_->AskFor(0);
  const Answer accepted = *nodes_[0]->OnAsk(plan);
  hub_->OnAnswer(0, accepted, 0);
  EXPECT_EQ(hub_->Progress().sites[0].quality, label);
  EXPECT_FALSE(hub_->Progress().sites[1].quality.has_value());
  // A restart of the node tells what was told, though a report was made since.
  label.levels[2] = SiteLevel::kPassed;
  nodes_[0] = MakeNode(0);
  ASSERT_OK(nodes_[0]->Restore(plan, accepted));
  EXPECT_EQ(nodes_[0]->OnAsk(plan)->body, accepted.body);
}

TEST_F(NodeDecides, TheHubTakesNoLabelThatIsNone) {
  Make();
  for (std::size_t site = 0; site < 3; ++site) {
    const Ask plan = *hub_->AskFor(site);
    v1::AnswerBody body;
    ASSERT_TRUE(body.ParseFromString(nodes_[site]->OnAsk(plan)->body));
    v1::QualityLabel& label = *body.mutable_accepted()->mutable_quality();
    for (int i = 0; i < (site == 0 ? 6 : 7); ++i) label.add_levels(v1::QUALITY_LEVEL_PASSED);
    if (site == 1) label.set_levels(3, static_cast<v1::QualityLevel>(9));
    if (site == 2) label.set_as_of(20261340);
    hub_->OnAnswer(site, {.number = plan.number, .body = body.SerializeAsString()}, 0);
    EXPECT_EQ(hub_->Progress().sites[site].standing, SiteProgress::Standing::kRefused);
    EXPECT_THAT(hub_->Progress().sites[site].detail, ::testing::HasSubstr("quality"));
  }
}

TEST_F(NodeDecides, APeerThatItsStewardDoesNotKnow) {
  Make();
  trusted_.pop_back();
  nodes_[0] = MakeNode(0);
  EXPECT_EQ(Says(OpenAsk()), "REFUSAL_UNKNOWN_PEER");
  EXPECT_EQ(cohorts_, 0);  // nothing was read
}

TEST_F(NodeDecides, APeerWithAnotherKeyThanTheAcceptedOne) {
  Make();
  v1::AskBody plan = OpenAsk();
  plan.mutable_plan()->mutable_roster(2)->set_signing_key(std::string(32, 'k'));
  EXPECT_EQ(Says(plan), "REFUSAL_CHANGED_KEY");
}

TEST_F(NodeDecides, ARosterThatIsNotTheStudys) {
  Make();
  v1::AskBody plan = OpenAsk();
  plan.mutable_plan()->mutable_roster()->RemoveLast();
  EXPECT_EQ(Says(plan), "REFUSAL_STUDY");
}

TEST_F(NodeDecides, AStudyThatItsPolicyForbids) {
  policy_.minimum_sites = 5;
  Make();
  EXPECT_EQ(Says(OpenAsk()), "REFUSAL_POLICY");
  EXPECT_EQ(cohorts_, 0);
}

TEST_F(NodeDecides, AStudyThatItsStewardRefusesOrHasNotSeen) {
  approval_ = Approval::kWait;
  Make();
  EXPECT_EQ(Says(OpenAsk()), "nothing yet");
  approval_ = Approval::kNo;
  EXPECT_EQ(Says(OpenAsk()), "REFUSAL_STEWARD");
  EXPECT_EQ(cohorts_, 0);
}

TEST_F(NodeDecides, ATooSmallCohort) {
  Make();
  hub_options_.study.source.replace(hub_options_.study.source.find("minimum_cohort: 2"), 17,
                                    "minimum_cohort: 21");  // s0 has 20 persons
  v1::AskBody plan = OpenAsk();
  plan.mutable_plan()->set_study(hub_options_.study.source);
  EXPECT_EQ(Says(plan), "REFUSAL_COHORT_TOO_SMALL");
}

TEST_F(NodeDecides, AStudyThatDoesNotParseOrAnotherProtocol) {
  Make();
  v1::AskBody plan = OpenAsk();
  plan.mutable_plan()->set_study("name: [");
  EXPECT_EQ(Says(plan, 1), "REFUSAL_STUDY");
  plan = OpenAsk();
  plan.mutable_plan()->set_analysis(7);
  EXPECT_EQ(Says(plan, 2), "REFUSAL_STUDY");
  plan = OpenAsk();
  plan.mutable_plan()->set_protocol(2);
  EXPECT_EQ(Says(plan, 3), "REFUSAL_PROTOCOL");
  EXPECT_EQ(SaysTo("\xff\xff", 4), "REFUSAL_MALFORMED");
  EXPECT_EQ(SaysTo("", 5), "REFUSAL_OUT_OF_ORDER");
}

TEST_F(NodeDecides, AnOldAskOrAChangedOne) {
  Make();
  const v1::AskBody plan = OpenAsk();
  ASSERT_EQ(Says(plan), "");
  ASSERT_EQ(Says(plan), "");  // the same again: the same answer
  v1::AskBody changed = plan;
  changed.mutable_plan()->set_nonce("other");
  EXPECT_EQ(Says(changed), "REFUSAL_REPLAYED");
  EXPECT_EQ(Says(changed, 2), "REFUSAL_OUT_OF_ORDER");  // a run is planned once
}

TEST_F(NodeDecides, ABatchWithoutItTooSmallOrRepeated) {
  Make();
  Until(RunPhase::kKeys);
  const auto with = [&](std::vector<std::uint32_t> members) {
    v1::AskBody keys = OpenAsk();
    keys.mutable_keys()->mutable_members()->Assign(members.begin(), members.end());
    return keys;
  };
  EXPECT_EQ(Says(with({1, 2, 3}), 10), "REFUSAL_SELF_LEFT_OUT");
  EXPECT_EQ(Says(with({0, 1}), 11), "REFUSAL_TOO_FEW_SITES");
  EXPECT_EQ(Says(with({0, 1, 1, 2}), 12), "REFUSAL_REPEATED_MEMBER");
  EXPECT_EQ(Says(with({0, 1, 2, 9}), 13), "REFUSAL_THRESHOLD");
  EXPECT_EQ(Says(with({0, 1, 2, 3}), 14), "");
  EXPECT_EQ(Says(with({0, 1, 2, 3}), 15), "REFUSAL_SESSION_REUSED");
}

// Differencing: where the study waits for all, no later batch leaves a site out.
TEST_F(NodeDecides, ABatchOfOtherSitesThanTheRuns) {
  for (const bool goes_on : {false, true}) {
    nodes_.clear();
    Make(goes_on ? Privacy::OnDropout::kContinue : Privacy::OnDropout::kWait);
    Until(RunPhase::kMasking);
    v1::AskBody keys;
    keys.mutable_keys()->set_batch(2);
    keys.mutable_keys()->set_sessions(1);
    for (const std::uint32_t m : {0, 1, 2}) keys.mutable_keys()->add_members(m);
    EXPECT_EQ(Says(keys), goes_on ? "" : "REFUSAL_COHORT_CHANGED");
    // A site never comes back into a run that went on without it.
    keys.mutable_keys()->set_batch(3);
    keys.mutable_keys()->add_members(3);
    EXPECT_EQ(Says(keys, 50), goes_on ? "REFUSAL_COHORT_CHANGED" : "");
  }
}

TEST_F(NodeDecides, ARoundTwiceOutOfOrderOrWithAStateThatIsNone) {
  Make(Privacy::OnDropout::kContinue);
  Until(RunPhase::kMasking);
  const v1::AskBody round = OpenAsk();
  v1::AskBody bad = round;
  bad.mutable_round()->set_state("no state");
  EXPECT_EQ(Says(bad, 20), "REFUSAL_MALFORMED");
  State later = *State::Decode(round.round().state());
  later.round = 1;
  bad.mutable_round()->set_state(later.Encode());
  EXPECT_EQ(Says(bad, 21), "REFUSAL_REPLAYED");
  EXPECT_EQ(Says(round, 22), "");
  v1::AskBody again = round;  // the same rows once more, to fewer sites: a difference
  again.mutable_round()->set_session(1);
  again.mutable_round()->clear_shares();
  EXPECT_EQ(Says(again, 23), "REFUSAL_REPLAYED");
}

TEST_F(NodeDecides, AnotherStateThanTheOthersWere) {
  Make();
  Until(RunPhase::kMasking);
  v1::AskBody round = OpenAsk();
  State other = *State::Decode(round.round().state());
  other.Set("mean", 1e9);
  round.mutable_round()->set_state(other.Encode());
  const auto answer =
      nodes_[0]->OnAsk({.number = hub_->AskFor(0)->number, .body = round.SerializeAsString()});
  hub_->OnAnswer(0, *answer, 0);  // an honest hub sees that the vector is of another state
  for (std::size_t i = 1; i < 4; ++i) {
    if (const auto ask = hub_->AskFor(i)) hub_->OnAnswer(i, *nodes_[i]->OnAsk(*ask), 0);
  }
  EXPECT_EQ(hub_->Progress().phase, RunPhase::kFailed);
  EXPECT_EQ(hub_->Progress().sites[0].standing, SiteProgress::Standing::kRefused);
}

TEST_F(NodeDecides, ARestartedNodeGivesTheSameBytesAndKnowsAForeignPair) {
  Make();
  std::vector<std::pair<Ask, Answer>> pairs;
  while (!hub_->finished()) {
    for (std::size_t i = 0; i < 4; ++i) {
      const auto ask = hub_->AskFor(i);
      if (!ask.has_value()) continue;
      const Answer answer = *nodes_[i]->OnAsk(*ask);
      if (i == 0) {
        pairs.emplace_back(*ask, answer);
        nodes_[0] = MakeNode(0);
        for (const auto& [a, b] : pairs) ASSERT_OK(nodes_[0]->Restore(a, b));
        EXPECT_EQ(nodes_[0]->OnAsk(*ask)->body, answer.body);
      }
      hub_->OnAnswer(i, answer, 0);
    }
  }
  EXPECT_OK(hub_->result());
  auto restarted = MakeNode(0);
  ASSERT_OK(restarted->Restore(pairs[0].first, pairs[0].second));
  Answer foreign = pairs[1].second;
  foreign.body.back() ^= 1;
  EXPECT_THAT(restarted->Restore(pairs[1].first, foreign),
              testing::HasCode(absl::StatusCode::kDataLoss));
}

TEST_F(NodeDecides, TheHubIgnoresWhatItDidNotAskFor) {
  Make();
  hub_->OnAnswer(0, {.number = 99, .body = "?"}, 0);
  hub_->OnAnswer(77, {.number = 1, .body = "?"}, 0);
  EXPECT_EQ(hub_->Progress().sites[0].standing, SiteProgress::Standing::kAsked);
  hub_->OnAnswer(0, {.number = 1, .body = "?"}, 0);
  EXPECT_EQ(hub_->Progress().sites[0].standing, SiteProgress::Standing::kRefused);
  hub_->OnAnswer(0, *nodes_[0]->OnAsk({.number = 1, .body = ""}), 0);
  EXPECT_FALSE(hub_->finished());
}

TEST_F(NodeDecides, WhatTheHubSeesIsNotTheVector) {
  Make();
  Until(RunPhase::kConsistency);
  while (!hub_->finished()) {
    for (std::size_t i = 0; i < 4; ++i) {
      if (const auto ask = hub_->AskFor(i)) hub_->OnAnswer(i, *nodes_[i]->OnAsk(*ask), 0);
    }
  }
  // s0's canary and count would both be below 2^-50 if they were in the clear.
  const std::vector<double> seen = hub_->MaskedSample(2);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_GT(seen[0], 1e-9);
  EXPECT_GT(seen[1], 1e-9);
}

}  // namespace
}  // namespace essaim::sim
