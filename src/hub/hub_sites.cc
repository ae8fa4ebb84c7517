// Sites: who may take part.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "governance/enrolment.h"
#include "hub/hub_entry.h"
#include "hub/hub_service.h"
#include "transport/json_text.h"

namespace essaim::hub {
namespace {

using Json = nlohmann::json;

constexpr int kSiteDays = 90;
constexpr std::size_t kPendingMax = 1'000;

absl::StatusOr<Site> SiteOf(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return absl::DataLossError("a stored site that does not parse");
  Site site{.name = JsonText(json, "name"),
            .status = JsonText(json, "status"),
            .signing_key = "",
            .request_pem = JsonText(json, "request_pem"),
            .fingerprint = JsonText(json, "fingerprint"),
            .certificate_pem = JsonText(json, "certificate_pem")};
  ESSAIM_ASSIGN_OR_RETURN(site.signing_key, FromHex(JsonText(json, "signing_key")));
  return site;
}

}  // namespace

absl::Status HubService::StoreSite(const Site& site) {
  const Json json = {{"name", site.name},
                     {"status", site.status},
                     {"signing_key", ToHex(site.signing_key)},
                     {"request_pem", site.request_pem},
                     {"fingerprint", site.fingerprint},
                     {"certificate_pem", site.certificate_pem}};
  return store_->Put("site", site.name, JsonBytes(json));
}

absl::StatusOr<Site> HubService::LoadSite(const std::string& name) {
  absl::StatusOr<std::string> text = store_->Get("site", name);
  if (absl::IsNotFound(text.status()))
    return absl::NotFoundError(absl::StrCat("no site ", name, "; essaim hub status lists them"));
  ESSAIM_RETURN_IF_ERROR(text.status());
  return SiteOf(*text);
}

absl::StatusOr<Site> HubService::Enrol(const std::string& name, const std::string& request_pem,
                                       const std::string& signing_key) {
  const std::scoped_lock lock(mutex_);
  ESSAIM_RETURN_IF_ERROR(CheckSiteName(name));
  ESSAIM_ASSIGN_OR_RETURN(const std::string fingerprint,
                          EnrolmentFingerprint(name, request_pem, signing_key));
  const absl::StatusOr<Site> known = LoadSite(name);
  if (known.ok() && known->status != "pending") {
    if (known->fingerprint == fingerprint) return *known;  // asking again is harmless
    return absl::AlreadyExistsError(
        absl::StrCat("a site ", name, " is ", known->status, " with another key"));
  }
  ESSAIM_ASSIGN_OR_RETURN(const auto all, store_->List("site"));
  if (!known.ok() && all.size() >= kPendingMax)
    return absl::ResourceExhaustedError("too many sites");
  Site site{.name = name,
            .status = "pending",
            .signing_key = signing_key,
            .request_pem = request_pem,
            .fingerprint = fingerprint,
            .certificate_pem = ""};
  ESSAIM_RETURN_IF_ERROR(StoreSite(site));
  log_.Info("enrolment", {{"site", name}, {"fingerprint", fingerprint}});
  return site;
}

absl::StatusOr<Site> HubService::FindSite(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  return LoadSite(name);
}

std::vector<Site> HubService::Sites() {
  const std::scoped_lock lock(mutex_);
  std::vector<Site> sites;
  const auto stored = store_->List("site");
  if (!stored.ok()) return sites;
  for (const auto& [key, text] : *stored) {
    absl::StatusOr<Site> site = SiteOf(text);
    if (site.ok()) sites.push_back(*std::move(site));
  }
  return sites;
}

absl::Status HubService::Approve(const std::string& name, const std::string& fingerprint) {
  const std::scoped_lock lock(mutex_);
  ESSAIM_ASSIGN_OR_RETURN(Site site, LoadSite(name));
  if (site.status == "revoked")
    return absl::FailedPreconditionError(
        absl::StrCat(name, " was revoked; it must enrol with new keys under another name"));
  if (site.fingerprint != fingerprint) {
    return absl::FailedPreconditionError(
        absl::StrCat("the fingerprint is not ", name, "'s: it asked with ", site.fingerprint,
                     ". Do not approve; ask the site what it shows"));
  }
  if (site.status == "approved") return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(site.certificate_pem,
                          crypto::SignRequest(folder_.authority, site.request_pem,
                                              {.common_name = name,
                                               .role = "site",
                                               .addresses = {},
                                               .now_ms = clock_.NowMs(),
                                               .days = kSiteDays}));
  site.status = "approved";
  ESSAIM_RETURN_IF_ERROR(StoreSite(site));
  log_.Info("approved", {{"site", name}});
  if (outbound_.roster_changed) outbound_.roster_changed();
  return absl::OkStatus();
}

absl::Status HubService::Revoke(const std::string& name) {
  {
    const std::scoped_lock lock(mutex_);
    ESSAIM_ASSIGN_OR_RETURN(Site site, LoadSite(name));
    site.status = "revoked";
    ESSAIM_RETURN_IF_ERROR(StoreSite(site));
    log_.Warning("revoked", {{"site", name}});
  }
  if (outbound_.drop) outbound_.drop(name);
  if (outbound_.roster_changed) outbound_.roster_changed();
  return absl::OkStatus();
}

absl::StatusOr<std::string> HubService::RenewCertificate(const std::string& name,
                                                         const std::string& request_pem) {
  const std::scoped_lock lock(mutex_);
  ESSAIM_ASSIGN_OR_RETURN(Site site, LoadSite(name));
  if (site.status != "approved")
    return absl::PermissionDeniedError(absl::StrCat(name, " is ", site.status));
  ESSAIM_ASSIGN_OR_RETURN(site.certificate_pem, crypto::SignRequest(folder_.authority, request_pem,
                                                                    {.common_name = name,
                                                                     .role = "site",
                                                                     .addresses = {},
                                                                     .now_ms = clock_.NowMs(),
                                                                     .days = kSiteDays}));
  ESSAIM_RETURN_IF_ERROR(StoreSite(site));
  log_.Info("renewed", {{"site", name}});
  return site.certificate_pem;
}

std::vector<std::string> HubService::ConnectedSites() {
  const std::scoped_lock lock(mutex_);
  return {connected_.begin(), connected_.end()};
}

absl::Status HubService::OnConnect(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  ESSAIM_ASSIGN_OR_RETURN(const Site site, LoadSite(name));
  if (site.status != "approved")
    return absl::PermissionDeniedError(absl::StrCat(name, " is ", site.status));
  connected_.insert(name);
  away_since_ms_.erase(name);
  log_.Info("connected", {{"site", name}});
  for (auto& [id, entry] : entries_) {
    entry->asked.erase(name);  // whatever is open is said again
    SendAsks(*entry);
    Changed(*entry);
  }
  return absl::OkStatus();
}

void HubService::OnDisconnect(const std::string& site) {
  const std::scoped_lock lock(mutex_);
  connected_.erase(site);
  away_since_ms_[site] = clock_.NowMs();
  log_.Info("disconnected", {{"site", site}});
  for (auto& [id, entry] : entries_) Changed(*entry);
}

}  // namespace essaim::hub
