#include "node/peers.h"

#include <cstdio>
#include <string>

#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"

namespace essaim::node {
namespace {

class PeersTest : public ::testing::Test {
 protected:
  PeersTest() : path_(testing::TempPath("peers")) {
    std::remove(path_.c_str());
    store_ = *Store::Open({.path = path_, .sealing_key = {}, .entropy = nullptr});
  }

  ~PeersTest() override { std::remove(path_.c_str()); }

  std::string path_;
  std::unique_ptr<Store> store_;
  const std::string first_ = std::string(32, 'a'), second_ = std::string(32, 'b');
};

TEST_F(PeersTest, ANewSiteIsNotTrusted) {
  ASSERT_OK(SeePeer(*store_, "va", first_));
  ASSERT_OK_AND_ASSIGN(const auto trusted, TrustedPeers(*store_));
  EXPECT_TRUE(trusted.empty());
  EXPECT_THAT(TrustPeer(*store_, "va", PeerFingerprint("va", second_)),
              ::essaim::testing::HasCode(absl::StatusCode::kPermissionDenied));
  ASSERT_OK(TrustPeer(*store_, "va", PeerFingerprint("va", first_)));
  ASSERT_OK_AND_ASSIGN(const auto now, TrustedPeers(*store_));
  ASSERT_EQ(now.size(), 1u);
  EXPECT_EQ(now[0].signing_key, first_);
}

TEST_F(PeersTest, AChangedKeyIsTakenOnlyByItsFingerprint) {
  ASSERT_OK(SeePeer(*store_, "va", first_));
  ASSERT_OK(TrustPeer(*store_, "va", ""));
  ASSERT_OK(SeePeer(*store_, "va", second_));
  ASSERT_OK_AND_ASSIGN(const auto still, TrustedPeers(*store_));
  EXPECT_EQ(still[0].signing_key, first_);
  for (const std::string& fingerprint : {std::string(), PeerFingerprint("va", first_)}) {
    EXPECT_THAT(TrustPeer(*store_, "va", fingerprint),
                ::essaim::testing::HasCode(absl::StatusCode::kPermissionDenied));
  }
  ASSERT_OK(TrustPeer(*store_, "va", PeerFingerprint("va", second_)));
  ASSERT_OK_AND_ASSIGN(const auto now, TrustedPeers(*store_));
  EXPECT_EQ(now[0].signing_key, second_);
}

TEST_F(PeersTest, AHubThatShowsTheTrustedKeyAgainIsNoChange) {
  ASSERT_OK(SeePeer(*store_, "va", first_));
  ASSERT_OK(TrustPeer(*store_, "va", ""));
  ASSERT_OK(SeePeer(*store_, "va", second_));
  ASSERT_OK(SeePeer(*store_, "va", first_));
  ASSERT_OK_AND_ASSIGN(const auto peers, Peers(*store_));
  EXPECT_TRUE(peers[0].offered_key.empty());
}

}  // namespace
}  // namespace essaim::node
