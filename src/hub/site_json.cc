#include "hub/site_json.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "report/site_labels.h"
#include "transport/json_text.h"

namespace essaim::hub {
namespace {

using Json = nlohmann::json;

constexpr const char* kStandings[] = {"waiting", "asked", "answered", "lost", "refused"};

}  // namespace

Json SitesJson(const std::vector<SiteProgress>& sites) {
  Json json = Json::array();
  for (const SiteProgress& site : sites) {
    json.push_back({{"site", site.site},
                    {"standing", kStandings[static_cast<int>(site.standing)]},
                    {"detail", site.detail},
                    {"bytes_in", site.bytes_in},
                    {"bytes_out", site.bytes_out}});
    if (site.quality.has_value()) json.back()["quality"] = LabelJson(*site.quality);
  }
  return json;
}

std::vector<SiteProgress> SitesOfJson(const Json& json) {
  std::vector<SiteProgress> sites;
  for (const Json& row : json) {
    const auto* at = std::ranges::find(kStandings, JsonText(row, "standing"));
    if (at == std::end(kStandings)) continue;
    sites.push_back({.site = JsonText(row, "site"),
                     .standing = static_cast<SiteProgress::Standing>(at - kStandings),
                     .detail = JsonText(row, "detail"),
                     .bytes_in = row.value("bytes_in", std::uint64_t{0}),
                     .bytes_out = row.value("bytes_out", std::uint64_t{0}),
                     .quality = LabelOfJson(row.value("quality", Json()))});
  }
  return sites;
}

}  // namespace essaim::hub
