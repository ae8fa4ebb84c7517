// A study at the hub, and the run in progress. Internal to hub.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/hub_run.h"
#include "hub/hub_service.h"
#include "report/site_labels.h"

namespace essaim::hub {

struct FinishedAnalysis {
  Result result;
  std::vector<std::string> sites;
  std::map<std::string, std::string> left_out;  // the study's other sites, and why
  SiteLabels labels;                            // the data quality of the sites in the result
};

struct HubService::Entry {
  std::string id;
  std::string status = "running";  // "running", "done", "failed", "cancelled"
  std::string message;
  std::string by;
  std::int64_t submitted_ms = 0;
  std::int64_t ended_ms = 0;
  Study study;
  std::vector<RosterEntry> roster;
  std::size_t analysis = 0;  // in progress
  std::vector<FinishedAnalysis> finished;
  std::vector<double> masked_sample;
  std::vector<SiteProgress> last_sites;  // as the last run that ended left them
  std::int64_t active_ms = 0;            // of the study, pauses and the hub's absence apart
  std::int64_t seen_ms = 0;              // the last event of this process, 0: none
  std::string run_id;
  std::unique_ptr<HubRun> run;                 // null when nothing runs
  std::map<std::string, std::uint64_t> asked;  // the number last sent to a site
  std::uint64_t version = 1;                   // of the status, for those who watch
};

// Events of a run's log.
std::string StartEvent(std::int64_t now_ms);
std::string AnswerEvent(std::size_t site, const Answer& answer, std::int64_t now_ms);
std::string WaitEvent(std::size_t site, std::int64_t now_ms);
std::string TickEvent(std::int64_t now_ms);
std::string AwayEvent(std::int64_t now_ms);
std::string CancelEvent(std::int64_t now_ms);
// Passes the event to the run. kDataLoss if the bytes are no event.
absl::Status PlayEvent(std::string_view event, HubRun& run);

}  // namespace essaim::hub
