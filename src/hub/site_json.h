// How a run's sites stand, as JSON: for people and for the hub's own store. Internal to hub.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "engine/hub_run.h"

namespace essaim::hub {

// [{"site", "standing", "detail", "bytes_in", "bytes_out", "quality" if it is known}]
nlohmann::json SitesJson(const std::vector<SiteProgress>& sites);
// What SitesJson made; entries of another form are left out.
std::vector<SiteProgress> SitesOfJson(const nlohmann::json& json);

}  // namespace essaim::hub
