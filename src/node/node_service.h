// The node's work: asks come in, answers are stored and go out.
//
// Threads: asks arrive on the connection's thread and are worked off by one worker, in order.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "algo/registry.h"
#include "base/entropy.h"
#include "base/log.h"
#include "engine/node_run.h"
#include "essaim/v1/control.pb.h"
#include "essaim/v1/exchange.pb.h"
#include "node/node_folder.h"
#include "store/store.h"
#include "warehouse/warehouse.h"

namespace essaim::node {

class NodeService {
 public:
  using Send =
      std::function<void(const std::string& run_id, std::uint64_t number, std::string body)>;
  using SendWait = std::function<void(const std::string& run_id, std::uint64_t number)>;

  NodeService(const NodeFolder& folder, Store& store, const Registry& registry, Entropy& entropy,
              Log& log);
  ~NodeService();  // stops the worker

  void Start(Send send, SendWait wait);
  void OnWelcome(const v1::Welcome& welcome);
  void OnAsk(const std::string& run_id, std::uint64_t number, std::string body);
  void OnRunEnded(const std::string& run_id);
  std::vector<v1::ControlRun> Runs() const;  // in progress, by run id

 private:
  struct Task {
    std::string run_id;
    Ask ask;
    bool ended = false;
    bool said = false;  // that it cannot be answered yet
  };

  void Work();
  void Answer(Task task);
  void AskAgain(Task task);
  void Note(const std::string& run_id, std::uint64_t answered, bool needs_person);
  void Wipe(const std::string& run_id);
  absl::StatusOr<NodeRun*> RunOf(const std::string& run_id);
  absl::StatusOr<FrozenCohort> Select(const Study& study, const Analysis& analysis,
                                      std::size_t site);
  absl::StatusOr<PersonTable> Freeze(const std::string& run_id, const Study& study,
                                     const Analysis& analysis, std::size_t site);
  std::optional<SiteQuality> LabelFor(const Study& study);
  Approval ApprovalOf(const Study& study, Policy::Approve approve);

  const NodeFolder& folder_;
  Store& store_;
  const Registry& registry_;
  Entropy& entropy_;
  Log& log_;
  Send send_;
  SendWait send_wait_;
  std::map<std::string, std::unique_ptr<NodeRun>> runs_;  // worker's only
  std::vector<Task> waiting_;                             // worker's only: a person has not decided
  mutable std::mutex mutex_;
  std::map<std::string, v1::ControlRun> notes_;  // what Runs tells
  std::condition_variable arrived_;
  std::deque<Task> tasks_;
  bool stop_ = false;
  std::thread worker_;
};

}  // namespace essaim::node
