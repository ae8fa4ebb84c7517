// What people see of studies: status, results and reports.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/version.h"
#include "crypto/hash.h"
#include "hub/hub_entry.h"
#include "hub/hub_service.h"
#include "hub/site_json.h"
#include "report/html.h"
#include "report/json.h"
#include "transport/json_text.h"

namespace essaim::hub {
namespace {

using Json = nlohmann::json;

constexpr const char* kPhases[] = {"planning",  "keys",   "shares", "masking", "consistency",
                                   "unmasking", "paused", "done",   "failed"};

std::string TimeText(std::int64_t ms) {
  return absl::FormatTime("%Y-%m-%d %H:%M UTC", absl::FromUnixMillis(ms), absl::UTCTimeZone());
}

}  // namespace

std::string HubService::EntryJson(const Entry& entry, std::size_t n_sample) const {
  Json json = {{"id", entry.id},
               {"name", entry.study.name},
               {"title", entry.study.title},
               {"status", entry.status},
               {"message", entry.message},
               {"by", entry.by},
               {"submitted_ms", entry.submitted_ms},
               {"ended_ms", entry.ended_ms},
               {"analyses", entry.study.analyses.size()},
               {"finished", entry.finished.size()},
               {"active_ms", entry.active_ms},
               {"version", entry.version},
               {"now_ms", clock_.NowMs()}};
  json["sites"] = SitesJson(entry.last_sites);
  if (entry.run != nullptr) {
    const RunProgress progress = entry.run->Progress();
    json["analysis"] = entry.study.analyses[entry.analysis].name;
    json["phase"] = kPhases[static_cast<int>(progress.phase)];
    json["round"] = progress.round;
    json["message"] = progress.message;
    json["sites"] = SitesJson(progress.sites);
  }
  for (Json& site : json["sites"])
    site["connected"] = connected_.contains(site["site"].get<std::string>());
  if (n_sample > 0) {
    json["masked_sample"] = entry.run != nullptr && entry.masked_sample.empty()
                                ? entry.run->MaskedSample(n_sample)
                                : entry.masked_sample;
  }
  return JsonBytes(json);
}

absl::StatusOr<std::string> HubService::StatusJson(const std::string& id, bool with_masked_sample) {
  const std::scoped_lock lock(mutex_);
  ESSAIM_ASSIGN_OR_RETURN(Entry* const entry, FindEntry(id));
  return EntryJson(*entry, with_masked_sample ? 256 : 0);
}

std::string HubService::ListJson(const Caller& caller) {
  const std::scoped_lock lock(mutex_);
  std::vector<const Entry*> entries;
  for (const auto& [id, entry] : entries_) {
    if (caller.role == "operator" || entry->by == caller.name) entries.push_back(entry.get());
  }
  std::ranges::sort(entries, std::greater<>(), &Entry::submitted_ms);
  Json list = Json::array();
  for (const Entry* entry : entries) list.push_back(Json::parse(EntryJson(*entry, 0)));
  return JsonBytes(list);
}

absl::StatusOr<std::string> HubService::ResultJson(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  ESSAIM_ASSIGN_OR_RETURN(Entry* const entry, FindEntry(id));
  Json json = {{"id", entry->id},
               {"name", entry->study.name},
               {"title", entry->study.title},
               {"status", entry->status},
               {"message", entry->message},
               {"sites", entry->study.sites},
               {"minimum_cell", entry->study.privacy.minimum_cell},
               {"study_sha256", ToHex(crypto::Sha256(entry->study.source))}};
  json["analyses"] = Json::array();
  for (std::size_t i = 0; i < entry->finished.size(); ++i) {
    const FinishedAnalysis& f = entry->finished[i];
    json["analyses"].push_back(
        {{"name", entry->study.analyses[i].name},
         {"sites", f.sites},
         {"left_out", f.left_out},
         {"quality", LabelsJson(f.labels)},
         {"result_sha256", ToHex(crypto::Sha256(f.result.Encode()))},
         {"result_bytes", ToHex(f.result.Encode())},
         {"result", Json::parse(essaim::ResultJson(f.result, entry->study.privacy.minimum_cell))}});
  }
  return JsonBytes(json);
}

absl::StatusOr<std::string> HubService::ReportHtml(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  ESSAIM_ASSIGN_OR_RETURN(Entry* const entry, FindEntry(id));
  if (entry->finished.empty())
    return absl::FailedPreconditionError(absl::StrCat(id, " has no result yet"));
  const Study& study = entry->study;
  ReportHead head{.title = study.title,
                  .purpose = study.purpose,
                  .facts = {},
                  .sites = study.sites,
                  .minimum_cell = study.privacy.minimum_cell,
                  .made_by = ""};
  head.facts = {{"Study", entry->id},
                {"Data set", study.dataset},
                {"Submitted", TimeText(entry->submitted_ms)},
                {"Cohort", study.include_text.empty() ? "everybody" : study.include_text},
                {"Study file", absl::StrCat("SHA-256 ", ToHex(crypto::Sha256(study.source)))}};
  head.made_by = absl::StrFormat("Essaim %s, federation %s", kVersion, folder_.config.name);
  std::vector<ReportSection> sections;
  for (std::size_t i = 0; i < entry->finished.size(); ++i) {
    sections.push_back({.title = study.analyses[i].name,
                        .result = entry->finished[i].result,
                        .sites = entry->finished[i].sites,
                        .comparison = std::nullopt,
                        .labels = entry->finished[i].labels});
  }
  return HtmlReport(head, sections);
}

}  // namespace essaim::hub
