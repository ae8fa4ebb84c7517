// The hub's REST interface for people's tools; docs/openapi.yaml describes it.
#pragma once

#include <functional>

#include "hub/hub_service.h"
#include "transport/rest_server.h"

namespace essaim::hub {

class RestApi {
 public:
  RestApi(HubService& service, const HubFolder& folder) : service_(service), folder_(folder) {}

  transport::RestResponse Handle(const transport::RestRequest& request);
  std::optional<std::string> Events(const transport::RestRequest& request, std::uint64_t after);

 private:
  absl::StatusOr<std::string> Open(const transport::RestRequest& request, bool& found);
  absl::StatusOr<std::string> ForResearchers(const transport::RestRequest& request,
                                             const Caller& caller, bool& found);
  absl::StatusOr<std::string> ForOperators(const transport::RestRequest& request, bool& found);
  std::string StatusJson();

  HubService& service_;
  const HubFolder& folder_;
};

}  // namespace essaim::hub
