// The hub's work: sites, tokens, studies, runs. Everything that is said to a site or a person was
// stored first.
//
// Threads: every public method may be called from any thread; one lock guards all state, and
// callbacks out
// (`ask`, `run_ended`, `drop`) are made with it held and must only queue.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "algo/registry.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "base/log.h"
#include "engine/hub_run.h"
#include "hub/hub_folder.h"
#include "store/store.h"

namespace essaim::hub {

struct Outbound {
  std::function<void(const std::string& site, const std::string& run_id, const Ask& ask)> ask;
  std::function<void(const std::string& site, const std::string& run_id)> run_ended;
  std::function<void(const std::string& site)> drop;
  std::function<void()> roster_changed;
};

struct Site {
  std::string name;
  std::string status;  // "pending", "approved", "revoked"
  std::string signing_key;
  std::string request_pem;
  std::string fingerprint;
  std::string certificate_pem;  // once approved
};

struct Caller {
  std::string name;
  std::string role;  // "operator" or "researcher"
};

class HubService {
 public:
  HubService(HubFolder folder, std::unique_ptr<Store> store, const Registry& registry,
             const Clock& clock, Entropy& entropy, Log& log);
  ~HubService();

  void SetOutbound(Outbound outbound) { outbound_ = std::move(outbound); }

  // Takes up every study that is not finished, where its log ends.
  absl::Status Resume();

  // ---- sites ----
  absl::StatusOr<Site> Enrol(const std::string& name, const std::string& request_pem,
                             const std::string& signing_key);
  absl::StatusOr<Site> FindSite(const std::string& name);
  std::vector<Site> Sites();
  // kFailedPrecondition if the fingerprint is not the site's.
  absl::Status Approve(const std::string& name, const std::string& fingerprint);
  absl::Status Revoke(const std::string& name);
  absl::StatusOr<std::string> RenewCertificate(const std::string& name,
                                               const std::string& request_pem);
  std::vector<std::string> ConnectedSites();

  // ---- people ----
  absl::StatusOr<Caller> Authenticate(const std::string& token);
  // kAlreadyExists: there is a token of that name; it is revoked first.
  absl::StatusOr<std::string> CreateToken(const std::string& name, const std::string& role);
  absl::StatusOr<std::vector<Caller>> Tokens();
  // kFailedPrecondition: it is the last operator's.
  absl::Status RevokeToken(const std::string& name);
  // An operator sees every study, a researcher their own. kNotFound otherwise, as if there were
  // none.
  absl::Status CheckMaySee(const std::string& id, const Caller& caller);

  // ---- studies ----
  absl::StatusOr<std::string> Submit(const std::string& source,
                                     const std::string& by);  // the study's id
  absl::Status Cancel(const std::string& id);
  absl::StatusOr<std::string> StatusJson(const std::string& id, bool with_masked_sample);
  absl::StatusOr<std::string> ResultJson(const std::string& id);
  absl::StatusOr<std::string> ReportHtml(const std::string& id);
  std::string ListJson(const Caller& caller);
  // The status once it is newer than `after` (waits up to a second), "" if nothing is new, nullopt
  // when it has ended.
  std::optional<std::string> NextStatus(const std::string& id, std::uint64_t after);

  // ---- from the sites ----
  absl::Status OnConnect(const std::string& site);
  void OnDisconnect(const std::string& site);
  void OnAnswer(const std::string& site, const std::string& run_id, std::uint64_t number,
                std::string body);
  // The site's steward has not decided.
  void OnWait(const std::string& site, const std::string& run_id, std::uint64_t number);
  void OnTick();

 private:
  struct Entry;  // a study and its run

  absl::Status StoreSite(const Site& site);
  absl::StatusOr<Site> LoadSite(const std::string& name);
  absl::Status StartAnalysis(Entry& entry);
  absl::Status MakeRun(Entry& entry, const std::string& nonce);
  absl::Status ResumeStudy(const std::string& id, const std::string& document);
  absl::Status LoadResults(Entry& entry);
  // The running study of that run and the site's place in its roster; null if there is none.
  Entry* RunningEntry(const std::string& run_id, const std::string& site, std::size_t& index);
  bool Record(Entry& entry, const std::string& event);
  void Apply(Entry& entry, std::string_view event);
  void AfterEvent(Entry& entry);
  void SendAsks(Entry& entry);
  void EndRun(Entry& entry);
  absl::Status StoreEntry(Entry& entry);
  void Changed(Entry& entry);
  std::string EntryJson(const Entry& entry, std::size_t n_sample) const;
  absl::StatusOr<Entry*> FindEntry(const std::string& id);
  bool OpenSitesAreAway(const Entry& entry, std::int64_t now_ms) const;

  HubFolder folder_;
  std::unique_ptr<Store> store_;
  const Registry& registry_;
  const Clock& clock_;
  Entropy& entropy_;
  Log& log_;
  Outbound outbound_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> connected_;
  std::map<std::string, std::int64_t> away_since_ms_;      // sites that were connected and are not
  std::map<std::string, std::unique_ptr<Entry>> entries_;  // by study id
};

}  // namespace essaim::hub
