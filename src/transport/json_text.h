// JSON that somebody else wrote, read and written without exceptions: a field of another type is as
// good as absent, and bytes that are no text become U+FFFD.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace essaim {

// The text under `key`, or `fallback` when `json` is no object, has no such key, or holds no text.
inline std::string JsonText(const nlohmann::json& json, const char* key,
                            const std::string& fallback = "") {
  if (!json.is_object()) return fallback;
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : fallback;
}

// dump() that throws at no bytes.
inline std::string JsonBytes(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace essaim
