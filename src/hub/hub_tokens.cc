// Tokens: who may ask, and what they see.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "hub/hub_entry.h"
#include "hub/hub_service.h"
#include "transport/json_text.h"

namespace essaim::hub {
namespace {

using Json = nlohmann::json;

absl::StatusOr<Caller> CallerOf(const std::string& stored) {
  const Json json = Json::parse(stored, nullptr, false);
  if (!json.is_object()) return absl::DataLossError("a stored token that does not parse");
  return Caller{.name = JsonText(json, "name"), .role = JsonText(json, "role")};
}

}  // namespace

absl::StatusOr<Caller> HubService::Authenticate(const std::string& token) {
  const absl::StatusOr<std::string> stored = store_->Get("token", TokenHash(token));
  if (!stored.ok()) return absl::UnauthenticatedError("no such token");
  return CallerOf(*stored);
}

absl::StatusOr<std::vector<Caller>> HubService::Tokens() {
  ESSAIM_ASSIGN_OR_RETURN(const auto stored, store_->List("token"));
  std::vector<Caller> callers;
  for (const auto& [hash, text] : stored) {
    ESSAIM_ASSIGN_OR_RETURN(callers.emplace_back(), CallerOf(text));
  }
  std::ranges::sort(callers, {}, &Caller::name);
  return callers;
}

absl::StatusOr<std::string> HubService::CreateToken(const std::string& name,
                                                    const std::string& role) {
  if (role != "operator" && role != "researcher") {
    return absl::InvalidArgumentError("role: operator or researcher was expected");
  }
  if (name.empty() || name.size() > 128)
    return absl::InvalidArgumentError("name: 1 to 128 characters were expected");
  const std::scoped_lock lock(mutex_);
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<Caller> known, Tokens());
  if (std::ranges::find(known, name, &Caller::name) != known.end()) {
    return absl::AlreadyExistsError(
        absl::StrCat("there is a token of ", name, "; revoke it first, or take another name"));
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::string token, NewToken(entropy_));
  ESSAIM_RETURN_IF_ERROR(
      store_->Put("token", TokenHash(token), JsonBytes({{"name", name}, {"role", role}})));
  log_.Info("token", {{"name", name}, {"role", role}});
  return token;
}

absl::Status HubService::RevokeToken(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  ESSAIM_ASSIGN_OR_RETURN(const auto stored, store_->List("token"));
  std::size_t n_operators = 0;
  std::string wanted, role;
  for (const auto& [hash, text] : stored) {
    ESSAIM_ASSIGN_OR_RETURN(const Caller caller, CallerOf(text));
    n_operators += caller.role == "operator" ? 1 : 0;
    if (caller.name == name) wanted = hash, role = caller.role;
  }
  if (wanted.empty()) return absl::NotFoundError(absl::StrCat("there is no token of ", name));
  if (role == "operator" && n_operators == 1) {
    return absl::FailedPreconditionError(
        absl::StrCat(name, " is the only operator; make another operator's token first"));
  }
  ESSAIM_RETURN_IF_ERROR(store_->Delete("token", wanted));
  log_.Warning("token revoked", {{"name", name}});
  return absl::OkStatus();
}

absl::Status HubService::CheckMaySee(const std::string& id, const Caller& caller) {
  const std::scoped_lock lock(mutex_);
  ESSAIM_ASSIGN_OR_RETURN(const Entry* const entry, FindEntry(id));
  if (caller.role == "operator" || entry->by == caller.name) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("no study ", id, "; essaim study list shows them"));
}

}  // namespace essaim::hub
