// A batch of secure sums with all its members in one place: for tests and benchmarks. Production
// code cannot link it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "secagg/client.h"
#include "secagg/hub_session.h"

namespace essaim::secagg {

struct TestBatchOptions {
  std::size_t n = 4;
  std::size_t threshold = 3;  // 0: as PlanLinks says for `collusions`
  std::size_t collusions = 1;
  std::size_t n_sessions = 1;
  std::size_t minimum_sites = 2;
  bool all_members_or_none = false;
  std::string seed = "seed";  // of every secret of every member
  std::uint32_t counter = 1;
};

class TestBatch {
 public:
  explicit TestBatch(const TestBatchOptions& options);

  static SecretBytes SigningSeed(std::size_t member);
  static SecretBytes Seed(const TestBatchOptions& options, std::size_t member);
  // A client of its own with member's secrets, for tests that make one again.
  absl::StatusOr<std::unique_ptr<Client>> MakeClient(std::size_t member) const;
  // What `member` would sign: a hub that colludes with it can make any message of it.
  v1::Signed SignAs(std::size_t member, Step step, std::string body) const;

  // Steps 1 and 2 for everybody, without faults. ESSAIM_CHECKs that nobody refuses.
  void SetUp();
  // Member's own vector of `session`: a canary, small whole numbers and reals, all known.
  static EncodedVector Vector(std::size_t member, std::size_t n_whole, std::size_t n_real);
  // One whole session among those who answer each step; kUnavailable if the hub gets too few.
  absl::StatusOr<EncodedVector> Sum(std::size_t session, const std::set<std::uint32_t>& masked,
                                    const std::set<std::uint32_t>& agreeing,
                                    const std::set<std::uint32_t>& unmasking);

  TestBatchOptions options;
  Batch batch;
  std::vector<std::unique_ptr<Client>> clients;
  std::unique_ptr<HubBatch> hub;
};

inline constexpr std::size_t kTestWhole = 3, kTestReal = 2;  // lengths of Sum's vectors

}  // namespace essaim::secagg
