// A request and a response, as handlers see them.
#pragma once

#include <map>
#include <string>

namespace essaim::transport {

struct RestRequest {
  std::string method, path, body;
  std::string token;  // of "Authorization: Bearer ..."
  std::map<std::string, std::string> query;
  std::string remote;  // the peer's address
};

struct RestResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

}  // namespace essaim::transport
