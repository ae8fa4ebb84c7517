// Every attack of the threat model on a secure sum fails closed, with a name: docs/threat-model.md
// lists them in this order.
#include <set>
#include <string>

#include "base/testing/status_matchers.h"
#include "crypto/hash.h"
#include "secagg/codec.h"
#include "secagg/secagg_testing.h"
#include "secagg/threshold.h"

namespace essaim::secagg {
namespace {

using ::essaim::testing::HasCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Messages = std::vector<v1::Signed>;

#define EXPECT_REFUSED(expr, code) \
  EXPECT_EQ(v1::Refusal_Name(RefusalOf(StatusOf(expr))), v1::Refusal_Name(v1::code))

const absl::Status& StatusOf(const absl::Status& s) { return s; }

template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& s) {
  return s.status();
}

EncodedVector Own(std::uint32_t m) { return TestBatch::Vector(m, kTestWhole, kTestReal); }

// Five sites, threshold 4 (one colludes), set up; heads and agreements as the sites would make
// them.
class Attack : public ::testing::Test {
 protected:
  explicit Attack(const TestBatchOptions& options = {.n = 5, .threshold = 4, .n_sessions = 2})
      : sites_(options) {
    sites_.SetUp();
  }

  Messages Masked(const std::set<std::uint32_t>& members, std::size_t session = 0,
                  std::string_view context = "context") {
    Messages heads;
    for (const std::uint32_t m : members)
      heads.push_back(sites_.clients[m]->Mask(session, context, Own(m))->head());
    return heads;
  }

  static Messages Only(const Messages& from, const std::set<std::uint32_t>& members) {
    Messages some;
    for (const v1::Signed& m : from) {
      if (members.contains(m.member())) some.push_back(m);
    }
    return some;
  }

  Client& site(std::size_t m) { return *sites_.clients[m]; }

  TestBatch sites_;
};

// ---- 1. the hub lies about who dropped -------------------------------------------------------

TEST_F(Attack, HubShowsSitesDifferentListsOfTheSum) {
  const Messages heads = Masked({0, 1, 2, 3, 4});
  const Messages without_0 = Only(heads, {1, 2, 3, 4}), without_4 = Only(heads, {0, 1, 2, 3});
  Messages agreed;
  agreed.push_back(*site(0).Agree(without_4));
  agreed.push_back(*site(1).Agree(without_4));
  agreed.push_back(*site(2).Agree(without_0));
  agreed.push_back(*site(3).Agree(without_0));
  for (std::size_t m = 0; m < 4; ++m)
    EXPECT_REFUSED(site(m).Unmask(agreed), REFUSAL_EQUIVOCATION) << m;
  // And a site signs one list only, so no second set of signatures can be collected.
  EXPECT_REFUSED(site(0).Agree(heads), REFUSAL_OUT_OF_ORDER);
}

TEST_F(Attack, HubShowsOneSiteItsOwnListWithAColludersSignature) {
  const Messages heads = Masked({0, 1, 2, 3, 4});
  ASSERT_OK(site(1).Agree(heads));
  ASSERT_OK_AND_ASSIGN(const v1::Signed victim, site(0).Agree(Only(heads, {0, 1, 2, 3})));
  // Site 4 colludes and signs the victim's list too: two signatures of the four that are needed.
  Messages agreed = {victim, sites_.SignAs(3, Step::kConsistency, victim.body())};
  EXPECT_REFUSED(site(0).Unmask(agreed), REFUSAL_THRESHOLD);
  agreed.push_back(agreed.back());
  agreed.push_back(agreed.back());
  EXPECT_REFUSED(site(0).Unmask(agreed), REFUSAL_REPEATED_MEMBER);
}

TEST_F(Attack, HubNamesASiteTwiceInTheList) {
  Messages heads = Masked({0, 1, 2, 3, 4});
  heads.push_back(heads[1]);
  EXPECT_REFUSED(site(0).Agree(heads), REFUSAL_REPEATED_MEMBER);
}

TEST_F(Attack, HubNamesASiteThatIsNotAMember) {
  Messages heads = Masked({0, 1, 2, 3, 4});
  heads[3].set_member(7);
  EXPECT_REFUSED(site(0).Agree(heads), REFUSAL_FOREIGN_MEMBER);
  heads[3].set_member(0xffffffff);
  EXPECT_REFUSED(site(0).Agree(heads), REFUSAL_FOREIGN_MEMBER);
}

TEST_F(Attack, HubDeclaresTheReceiverLost) {
  const Messages heads = Masked({0, 1, 2, 3, 4});
  EXPECT_REFUSED(site(0).Agree(Only(heads, {1, 2, 3, 4})), REFUSAL_SELF_LEFT_OUT);
}

TEST_F(Attack, HubPassesOneSitesVectorOffAsAnothers) {
  Messages heads = Masked({0, 1, 2, 3, 4});
  heads[2] = heads[1];
  heads[2].set_member(2);
  EXPECT_REFUSED(site(0).Agree(heads), REFUSAL_BAD_SIGNATURE);
}

TEST_F(Attack, HubSwapsTheReceiversOwnVector) {
  Messages heads = Masked({0, 1, 2, 3, 4});
  v1::MaskedHead head;
  ASSERT_TRUE(head.ParseFromString(heads[0].body()));
  head.set_vector_hash(crypto::Sha256("another"));
  heads[0] = sites_.SignAs(0, Step::kMasked, head.SerializeAsString());  // a stolen signing key
  EXPECT_REFUSED(site(0).Agree(heads), REFUSAL_EQUIVOCATION);
}

TEST_F(Attack, AgreementOfASiteThatIsNotInTheSum) {
  const Messages heads = Masked({0, 1, 2, 3, 4});
  const Messages in_sum = Only(heads, {0, 1, 2, 3});
  Messages agreed;
  for (std::size_t m = 0; m < 3; ++m) agreed.push_back(*site(m).Agree(in_sum));
  agreed.push_back(sites_.SignAs(4, Step::kConsistency, agreed[0].body()));
  EXPECT_REFUSED(site(0).Unmask(agreed), REFUSAL_FOREIGN_MEMBER);
}

// ---- 2. both kinds of share of one site ------------------------------------------------------

TEST_F(Attack, NoSiteGivesBothKindsOfShareAndNoneAnswersTwice) {
  const Messages heads = Masked({0, 1, 2, 3, 4});
  const Messages in_sum = Only(heads, {0, 1, 2, 3});
  Messages agreed;
  for (std::size_t m = 0; m < 4; ++m) agreed.push_back(*site(m).Agree(in_sum));
  ASSERT_OK_AND_ASSIGN(const v1::Signed answer, site(0).Unmask(agreed));
  v1::Unmask shares;
  ASSERT_TRUE(shares.ParseFromString(answer.body()));
  std::set<std::uint32_t> self, pairwise;
  for (const v1::MemberShare& s : shares.self_mask()) self.insert(s.member());
  for (const v1::MemberShare& s : shares.pairwise()) pairwise.insert(s.member());
  EXPECT_THAT(self, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(pairwise, ElementsAre(4));
  EXPECT_REFUSED(site(0).Unmask(agreed), REFUSAL_OUT_OF_ORDER);
  EXPECT_REFUSED(site(0).Agree(heads), REFUSAL_OUT_OF_ORDER);
}

// ---- 3. a vector that comes late -------------------------------------------------------------

TEST_F(Attack, AVectorAfterTheListIsClosedIsNotTakenAndStaysMasked) {
  HubSession sum(sites_.hub.get(), 0, "context", kTestWhole, kTestReal);
  for (std::uint32_t m = 0; m < 4; ++m)
    ASSERT_OK(sum.TakeMasked(m, *site(m).Mask(0, "context", Own(m))));
  sum.CloseMasking();
  ASSERT_OK_AND_ASSIGN(const v1::MaskedAnswer late, site(4).Mask(0, "context", Own(4)));
  EXPECT_THAT(sum.TakeMasked(4, late), HasCode(absl::StatusCode::kFailedPrecondition));
  for (std::uint32_t m = 0; m < 4; ++m)
    ASSERT_OK(sum.TakeAgreement(m, *site(m).Agree(sum.Heads())));
  for (std::uint32_t m = 0; m < 4; ++m)
    ASSERT_OK(sum.TakeUnmask(m, *site(m).Unmask(sum.Agreements())));
  ASSERT_OK(sum.Finish());
  // The hub has every pairwise mask of site 4 now. What is left is its self-mask, of which nobody
  // has given a share: the vector is still not the site's own.
  EncodedVector v = *EncodedVector::Decode(late.vector(), kTestWhole, kTestReal);
  const auto key = crypto::AgreementKey::FromSecret(sum.transcript().mask_secrets.at(4).Clone());
  const std::string id = sites_.batch.SessionId(0);
  for (std::uint32_t m = 0; m < 4; ++m) {
    const SecretBytes pair =
        PairSecret(*key->Agree(sites_.hub->mask_key(m, 0)), PairUse::kMask, id, 4, m);
    ApplyMask(v, pair, id, "context", crypto::MaskSign::kAdd);  // 4 came second: it subtracted
  }
  EXPECT_NE(v, Own(4));
  for (std::size_t i = 0; i < kTestWhole; ++i) EXPECT_NE(v.whole[i], Own(4).whole[i]);
  EXPECT_FALSE(sum.transcript().self_masks.contains(4));
}

// ---- 4. keys: used twice, swapped, weak ------------------------------------------------------

TEST_F(Attack, ASessionMasksOnce) {
  ASSERT_OK(site(0).Mask(0, "context", Own(0)));
  EXPECT_REFUSED(site(0).Mask(0, "context", Own(0)), REFUSAL_SESSION_REUSED);
  EXPECT_REFUSED(site(0).Mask(0, "other", Own(1)), REFUSAL_SESSION_REUSED);
  EXPECT_REFUSED(site(0).Mask(2, "context", Own(0)), REFUSAL_MALFORMED);
  EXPECT_OK(site(0).Mask(1, "context", Own(0)));
}

TEST_F(Attack, ASessionThatWasMaskedBeforeARestartStaysUsed) {
  ASSERT_OK_AND_ASSIGN(const v1::MaskedAnswer answer, site(0).Mask(0, "context", Own(0)));
  ASSERT_OK_AND_ASSIGN(const auto again, sites_.MakeClient(0));
  ASSERT_OK(again->ShareKeys(sites_.hub->Adverts()));
  ASSERT_OK(again->Deliver(sites_.hub->BundlesTo(0)));
  ASSERT_OK(again->RestoreMask(0, answer));
  EXPECT_REFUSED(again->Mask(0, "other", Own(0)), REFUSAL_SESSION_REUSED);
}

class SetUpAttack : public ::testing::Test {
 protected:
  SetUpAttack() : sites_({.n = 4, .threshold = 3, .n_sessions = 2}) {
    for (const auto& client : sites_.clients) adverts_.push_back(client->Advertise());
  }

  static v1::Advert KeysOf(const v1::Signed& message) {
    v1::Advert advert;
    EXPECT_TRUE(advert.ParseFromString(message.body()));
    return advert;
  }

  v1::Signed Resign(std::size_t member, const v1::Advert& advert) const {
    return sites_.SignAs(member, Step::kAdvert, advert.SerializeAsString());
  }

  TestBatch sites_;
  Messages adverts_;
};

TEST_F(SetUpAttack, HubPutsItsOwnKeysInASitesPlace) {
  v1::Advert forged = KeysOf(adverts_[1]);
  forged.set_mask_keys(0, KeysOf(adverts_[2]).mask_keys(0));
  adverts_[1].set_body(forged.SerializeAsString());
  EXPECT_REFUSED(sites_.clients[0]->ShareKeys(adverts_), REFUSAL_BAD_SIGNATURE);
}

TEST_F(SetUpAttack, HubSwapsTheReceiversOwnKeys) {
  adverts_[0] = Resign(0, KeysOf(adverts_[1]));  // with a stolen signing key
  EXPECT_REFUSED(sites_.clients[0]->ShareKeys(adverts_), REFUSAL_EQUIVOCATION);
}

TEST_F(SetUpAttack, AKeyIsUsedTwiceByOneSiteOrByTwo) {
  Messages copied = adverts_;
  v1::Advert own = KeysOf(adverts_[1]);
  own.set_mask_keys(1, own.mask_keys(0));
  copied[1] = Resign(1, own);
  EXPECT_REFUSED(sites_.clients[0]->ShareKeys(copied), REFUSAL_BAD_KEY);
  copied[1] = Resign(1, KeysOf(adverts_[2]));
  EXPECT_REFUSED(sites_.clients[0]->ShareKeys(copied), REFUSAL_BAD_KEY);
}

TEST_F(SetUpAttack, AKeyOfLowOrderOrOfTheWrongLength) {
  v1::Advert weak = KeysOf(adverts_[1]);
  weak.set_share_keys(0, std::string(32, '\0'));
  Messages bad = adverts_;
  bad[1] = Resign(1, weak);
  EXPECT_REFUSED(sites_.clients[0]->ShareKeys(bad), REFUSAL_BAD_KEY);
  weak.set_share_keys(0, "short");
  bad[1] = Resign(1, weak);
  EXPECT_REFUSED(sites_.clients[0]->ShareKeys(bad), REFUSAL_BAD_KEY);
  // A mask key of low order is found at the latest where it would be used.
  weak = KeysOf(adverts_[1]);
  weak.set_mask_keys(0, std::string(31, '\0') + '\x80');
  bad[1] = Resign(1, weak);
  EXPECT_REFUSED(sites_.clients[0]->ShareKeys(bad), REFUSAL_BAD_KEY);
}

// One hostile site cannot stall a batch: the hub names it before the others see its keys.
TEST_F(SetUpAttack, TheHubTakesNoKeyThatEverySiteWouldRefuse) {
  const auto took = [&](const v1::Advert& keys) {
    HubBatch hub(sites_.hub->batch());
    EXPECT_OK(hub.TakeAdvert(0, adverts_[0]));
    return hub.TakeAdvert(1, Resign(1, keys));
  };
  EXPECT_OK(took(KeysOf(adverts_[1])));
  v1::Advert bad = KeysOf(adverts_[1]);
  bad.set_mask_keys(1, std::string(32, '\0'));
  EXPECT_THAT(took(bad), HasCode(absl::StatusCode::kInvalidArgument));
  bad.set_mask_keys(1, bad.share_keys(0));
  EXPECT_THAT(took(bad), HasCode(absl::StatusCode::kInvalidArgument));
  bad.set_mask_keys(1, KeysOf(adverts_[0]).mask_keys(0));
  EXPECT_THAT(took(bad), HasCode(absl::StatusCode::kInvalidArgument));
}

TEST_F(SetUpAttack, HubShowsSitesDifferentKeys) {
  v1::Advert other = KeysOf(adverts_[3]);
  other.set_mask_keys(0, crypto::Sha256("site 3 colludes and signs a second advert"));
  Messages second = adverts_;
  second[3] = Resign(3, other);
  std::vector<Messages> bundles(4);
  for (std::size_t m = 0; m < 4; ++m)
    bundles[m] = *sites_.clients[m]->ShareKeys(m == 1 ? second : adverts_);
  Messages to_0;
  for (std::size_t m = 1; m < 4; ++m) to_0.push_back(bundles[m][0]);
  EXPECT_REFUSED(sites_.clients[0]->Deliver(to_0), REFUSAL_EQUIVOCATION);
}

TEST_F(SetUpAttack, AdvertsRepeatedForeignOrMissing) {
  Messages bad = adverts_;
  bad[1] = bad[2];
  EXPECT_REFUSED(sites_.clients[0]->ShareKeys(bad), REFUSAL_REPEATED_MEMBER);
  bad = adverts_;
  bad[1].set_member(9);
  EXPECT_REFUSED(sites_.clients[0]->ShareKeys(bad), REFUSAL_FOREIGN_MEMBER);
  bad = adverts_;
  bad.pop_back();
  EXPECT_REFUSED(sites_.clients[0]->ShareKeys(bad), REFUSAL_FOREIGN_MEMBER);
  EXPECT_OK(sites_.clients[0]->ShareKeys(adverts_));
  EXPECT_REFUSED(sites_.clients[0]->ShareKeys(adverts_), REFUSAL_OUT_OF_ORDER);
}

TEST_F(SetUpAttack, SharesForAnotherTamperedOrMissing) {
  std::vector<Messages> bundles;
  for (const auto& client : sites_.clients) bundles.push_back(*client->ShareKeys(adverts_));
  const Messages to_0 = {bundles[1][0], bundles[2][0], bundles[3][0]};
  Client& victim = *sites_.clients[0];
  EXPECT_REFUSED(victim.Mask(0, "context", Own(0)), REFUSAL_OUT_OF_ORDER);
  Messages bad = to_0;
  bad.pop_back();
  EXPECT_REFUSED(victim.Deliver(bad), REFUSAL_FOREIGN_MEMBER);
  bad = to_0;
  bad[1] = bundles[2][1];  // site 2's to site 1
  EXPECT_REFUSED(victim.Deliver(bad), REFUSAL_FOREIGN_MEMBER);
  bad = to_0;
  (*bad[1].mutable_body())[bad[1].body().size() - 1] ^= 1;
  EXPECT_REFUSED(victim.Deliver(bad), REFUSAL_BAD_SIGNATURE);
  v1::ShareBundle cheat;  // a site that signs a share that does not open
  ASSERT_TRUE(cheat.ParseFromString(to_0[2].body()));
  (*cheat.mutable_sealed(0))[3] ^= 1;
  bad = to_0;
  bad[2] = sites_.SignAs(3, Step::kShares, cheat.SerializeAsString());
  EXPECT_REFUSED(victim.Deliver(bad), REFUSAL_BAD_SHARE);
  EXPECT_OK(victim.Deliver(to_0));
}

// ---- 5. a cohort that is too small, or of one party under many names -------------------------

TEST_F(Attack, AListUnderTheThreshold) {
  const Messages heads = Masked({0, 1, 2, 3, 4});
  EXPECT_REFUSED(site(0).Agree(Only(heads, {0, 1, 2})), REFUSAL_TOO_FEW_SITES);
}

class WaitingAttack : public Attack {
 protected:
  WaitingAttack()
      : Attack({.n = 5,
                .threshold = 4,
                .n_sessions = 2,
                .minimum_sites = 5,
                .all_members_or_none = true}) {}
};

TEST_F(WaitingAttack, AListUnderTheStudysMinimum) {
  const Messages heads = Masked({0, 1, 2, 3, 4});
  EXPECT_REFUSED(site(0).Agree(Only(heads, {0, 1, 2, 3})), REFUSAL_TOO_FEW_SITES);
}

class DifferencingAttack : public Attack {
 protected:
  DifferencingAttack()
      : Attack({.n = 5, .threshold = 4, .n_sessions = 2, .all_members_or_none = true}) {}
};

TEST_F(DifferencingAttack, ASumOverOtherSitesThanTheRuns) {
  ASSERT_OK(site(0).Agree(Masked({0, 1, 2, 3, 4})));
  const Messages heads = Masked({0, 1, 2, 3, 4}, 1);
  EXPECT_REFUSED(site(0).Agree(Only(heads, {0, 1, 2, 3})), REFUSAL_COHORT_CHANGED);
}

TEST(Sybil, OneKeyOrOneNameUnderTwoMembersIsRefused) {
  for (const bool same_key : {true, false}) {
    TestBatch sites({.n = 4, .threshold = 3});
    if (same_key) {
      sites.batch.members[2].signing_key = sites.batch.members[1].signing_key;
    } else {
      sites.batch.members[2].site = sites.batch.members[1].site;
    }
    EXPECT_REFUSED(sites.MakeClient(0), REFUSAL_REPEATED_MEMBER);
  }
  TestBatch sites({.n = 4, .threshold = 3});
  sites.batch.members[0].signing_key = sites.batch.members[1].signing_key;
  sites.batch.members[1].signing_key = std::string(32, 'x');
  EXPECT_REFUSED(sites.MakeClient(0), REFUSAL_CHANGED_KEY);
}

// ---- 6. different models ---------------------------------------------------------------------

TEST_F(Attack, HubSendsTheVictimAnotherModel) {
  Messages heads = Masked({1, 2, 3, 4});
  ASSERT_OK_AND_ASSIGN(const v1::MaskedAnswer own, site(0).Mask(0, "another context", Own(0)));
  heads.insert(heads.begin(), own.head());
  for (std::size_t m = 0; m < 5; ++m)
    EXPECT_REFUSED(site(m).Agree(heads), REFUSAL_EQUIVOCATION) << m;
}

TEST_F(Attack, MasksOfDifferentModelsDoNotCancel) {
  // Even with every secret in the hub's hands: the context is part of every mask's key.
  EncodedVector sum = *EncodedVector::Decode(site(0).Mask(0, "another context", Own(0))->vector(),
                                             kTestWhole, kTestReal);
  for (std::uint32_t m = 1; m < 5; ++m)
    sum.Add(*EncodedVector::Decode(site(m).Mask(0, "context", Own(m))->vector(), kTestWhole,
                                   kTestReal));
  EXPECT_NE(sum.whole[0], 5u);
}

// ---- 7. wrong shares -------------------------------------------------------------------------

TEST_F(Attack, AWrongShareIsFoundAndTheCheatIsNamed) {
  HubSession sum(sites_.hub.get(), 0, "context", kTestWhole, kTestReal);
  EncodedVector plain = Own(0);
  for (std::uint32_t m = 0; m < 5; ++m) {
    ASSERT_OK(sum.TakeMasked(m, *site(m).Mask(0, "context", Own(m))));
    if (m > 0) plain.Add(Own(m));
  }
  sum.CloseMasking();
  for (std::uint32_t m = 0; m < 5; ++m)
    ASSERT_OK(sum.TakeAgreement(m, *site(m).Agree(sum.Heads())));
  for (std::uint32_t m = 0; m < 5; ++m) {
    ASSERT_OK_AND_ASSIGN(v1::Signed answer, site(m).Unmask(sum.Agreements()));
    if (m == 2) {
      v1::Unmask shares;
      ASSERT_TRUE(shares.ParseFromString(answer.body()));
      (*shares.mutable_self_mask(1)->mutable_share())[0] ^= 1;
      answer = sites_.SignAs(2, Step::kUnmask, shares.SerializeAsString());
    }
    ASSERT_OK(sum.TakeUnmask(m, answer));
  }
  ASSERT_OK_AND_ASSIGN(const EncodedVector result, sum.Finish());
  EXPECT_EQ(result, plain);
  EXPECT_THAT(sum.cheats(), ElementsAre(2));
}

TEST_F(Attack, WithoutASpareShareAWrongOneGivesNoSum) {
  HubSession sum(sites_.hub.get(), 0, "context", kTestWhole, kTestReal);
  for (std::uint32_t m = 0; m < 5; ++m)
    ASSERT_OK(sum.TakeMasked(m, *site(m).Mask(0, "context", Own(m))));
  sum.CloseMasking();
  for (std::uint32_t m = 0; m < 5; ++m)
    ASSERT_OK(sum.TakeAgreement(m, *site(m).Agree(sum.Heads())));
  for (std::uint32_t m = 0; m < 4; ++m) {
    ASSERT_OK_AND_ASSIGN(v1::Signed answer, site(m).Unmask(sum.Agreements()));
    if (m == 3) {
      v1::Unmask shares;
      ASSERT_TRUE(shares.ParseFromString(answer.body()));
      shares.mutable_self_mask(0)->set_share(shares.self_mask(1).share());
      answer = sites_.SignAs(3, Step::kUnmask, shares.SerializeAsString());
    }
    ASSERT_OK(sum.TakeUnmask(m, answer));
  }
  EXPECT_THAT(sum.Finish(), HasCode(absl::StatusCode::kDataLoss));
}

// ---- 8. replayed and truncated messages ------------------------------------------------------

TEST_F(Attack, HeadsOfAnotherSession) {
  const Messages old = Masked({0, 1, 2, 3, 4}, 0);
  Messages heads = Masked({0, 1, 2, 3, 4}, 1);
  heads[2] = old[2];
  EXPECT_REFUSED(site(0).Agree(heads), REFUSAL_REPLAYED);
}

TEST_F(Attack, AgreementsOfAnotherSession) {
  Messages old;
  const Messages first = Masked({0, 1, 2, 3, 4}, 0);
  for (std::size_t m = 1; m < 5; ++m) old.push_back(*site(m).Agree(first));
  const Messages second = Masked({0, 1, 2, 3, 4}, 1);
  ASSERT_OK(site(0).Agree(second));
  EXPECT_REFUSED(site(0).Unmask(old), REFUSAL_REPLAYED);
}

TEST_F(Attack, MessagesOfAnotherBatch) {
  TestBatch next({.n = 5, .threshold = 4, .n_sessions = 2, .counter = 2});
  Messages adverts;
  for (const auto& client : next.clients) adverts.push_back(client->Advertise());
  adverts[3] = site(3).Advertise();  // signed by the right site, for the batch before
  EXPECT_REFUSED(next.clients[0]->ShareKeys(adverts), REFUSAL_BAD_SIGNATURE);
}

TEST_F(Attack, AMessageOfOneStepIsNoneOfAnother) {
  const Messages heads = Masked({0, 1, 2, 3, 4});
  Messages agreed;
  for (std::size_t m = 0; m < 5; ++m) agreed.push_back(*site(m).Agree(heads));
  agreed[2] = sites_.SignAs(2, Step::kMasked, agreed[2].body());
  EXPECT_REFUSED(site(0).Unmask(agreed), REFUSAL_BAD_SIGNATURE);
}

TEST_F(Attack, EveryTruncationOfEveryKindOfMessage) {
  const Messages heads = Masked({0, 1, 2, 3, 4});
  for (std::size_t length = 0; length < heads[1].body().size(); length += 7) {
    Messages cut = heads;
    cut[1].mutable_body()->resize(length);
    EXPECT_REFUSED(site(0).Agree(cut), REFUSAL_BAD_SIGNATURE);
    cut[1] = sites_.SignAs(1, Step::kMasked, cut[1].body());  // its own site cuts it short
    EXPECT_FALSE(site(0).Agree(cut).ok());
  }
  HubSession sum(sites_.hub.get(), 1, "context", kTestWhole, kTestReal);
  ASSERT_OK_AND_ASSIGN(const v1::MaskedAnswer whole, site(0).Mask(1, "context", Own(0)));
  v1::MaskedAnswer cut = whole;
  cut.mutable_vector()->pop_back();
  EXPECT_THAT(sum.TakeMasked(0, cut), HasCode(absl::StatusCode::kInvalidArgument));
  v1::MaskedHead head;  // signed by the site itself: still of the wrong length
  ASSERT_TRUE(head.ParseFromString(whole.head().body()));
  head.set_vector_hash(crypto::Sha256(cut.vector()));
  *cut.mutable_head() = sites_.SignAs(0, Step::kMasked, head.SerializeAsString());
  EXPECT_THAT(sum.TakeMasked(0, cut), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(sum.in_sum(), IsEmpty());
}

// ---- 9. overflow -----------------------------------------------------------------------------

TEST(Overflow, ASumThatCouldWrapIsRefusedBeforeItStarts) {
  const Layout wide{.additivity = Additivity::kPerPerson,
                    .blocks = {{.name = "x", .length = 1, .bound = 1e300, .integral = false}}};
  EXPECT_OK(Codec::Plan(wide, 4, 1 << 20));  // the scale follows the bound
  const Layout endless{.additivity = Additivity::kPerPerson,
                       .blocks = {{.name = "x", .length = 1, .bound = 1e308, .integral = false}}};
  EXPECT_THAT(Codec::Plan(endless, 64, std::uint64_t{1} << 36),
              HasCode(absl::StatusCode::kFailedPrecondition));
}

TEST(Overflow, ASiteThatAddsAVectorTwiceTripsTheCanary) {
  const Layout layout{.additivity = Additivity::kPerPerson,
                      .blocks = {{.name = "n", .length = 1, .bound = 1, .integral = true}}};
  ASSERT_OK_AND_ASSIGN(const Codec codec, Codec::Plan(layout, 3, 1000));
  const std::vector<double> ten = {10};
  ASSERT_OK_AND_ASSIGN(EncodedVector sum, codec.Encode(ten, 10));
  sum.Add(*codec.Encode(ten, 10));
  EXPECT_OK(codec.Decode(sum, 2));
  sum.Add(*codec.Encode(ten, 10));
  EXPECT_THAT(codec.Decode(sum, 2), HasCode(absl::StatusCode::kDataLoss));
}

// ---- 10. a roster in which too many may collude ----------------------------------------------

TEST(Threshold, TwoSetsOfSignersAlwaysShareAnHonestSite) {
  for (std::size_t n = 2; n <= kCompleteGraphMax; ++n) {
    for (std::size_t c = 0; c + 2 <= n; ++c) {
      ASSERT_OK_AND_ASSIGN(const std::size_t t, ThresholdFor(n, c));
      EXPECT_GT(2 * t, n + c) << n << " " << c;
      EXPECT_LE(t, n);
    }
    EXPECT_FALSE(ThresholdFor(n, n - 1).ok());
  }
}

}  // namespace
}  // namespace essaim::secagg
