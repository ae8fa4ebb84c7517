#include "node/node_folder.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/certificates.h"
#include "crypto/hash.h"
#include "crypto/signing.h"
#include "governance/enrolment.h"
#include "node/category_keys.h"
#include "node/key_rotation.h"
#include "transport/json_text.h"
#include "warehouse/duckdb_file.h"
#include "warehouse/duckdb_warehouse.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;

absl::StatusOr<SecretBytes> Draw(Entropy& entropy) {
  SecretBytes secret(32);
  ESSAIM_RETURN_IF_ERROR(entropy.Fill({secret.data(), secret.size()}));
  return secret;
}

absl::StatusOr<SecretBytes> ReadSecret(const std::string& path) {
  const absl::StatusOr<std::string> bytes = ReadFile(path);
  if (!bytes.ok())
    return absl::Status(bytes.status().code(),
                        absl::StrCat(bytes.status().message(),
                                     "; restore it from the backup that the folder is of"));
  return SecretBytes::CopyOf(*bytes);
}

std::string IfThere(const std::string& path) {
  absl::StatusOr<std::string> bytes = ReadFile(path);
  return bytes.ok() ? *std::move(bytes) : std::string();
}

Json PolicyJson(const Policy& policy) {
  return {{"approve", policy.approve == Policy::Approve::kAuto ? "auto" : "ask"},
          {"minimum_cohort", policy.minimum_cohort},
          {"per_site_counts", policy.per_site_counts},
          {"minimum_cell", policy.minimum_cell},
          {"minimum_sites", policy.minimum_sites},
          {"allow_continue_on_dropout", policy.allow_continue_on_dropout},
          {"allowed_algorithms", policy.allowed_algorithms},
          {"allowed_datasets", policy.allowed_datasets},
          {"forbidden_variables", policy.forbidden_variables}};
}

absl::Status TakeInteger(const Json& value, int& out) {
  if (!value.is_number_integer() || value.get<std::int64_t>() < 1 ||
      value.get<std::int64_t>() > 1'000'000) {
    return absl::InvalidArgumentError("a whole number from 1 to 1000000 was expected");
  }
  out = value.get<int>();
  return absl::OkStatus();
}

absl::Status TakeTexts(const Json& value, std::vector<std::string>& out) {
  const bool texts =
      value.is_array() && std::ranges::all_of(value, [](const Json& v) { return v.is_string(); });
  if (!texts) return absl::InvalidArgumentError("a list of texts was expected");
  out = value.get<std::vector<std::string>>();
  return absl::OkStatus();
}

absl::Status TakeApprove(const Json& value, Policy& policy) {
  if (value != "auto" && value != "ask")
    return absl::InvalidArgumentError("\"auto\" or \"ask\" was expected");
  policy.approve = value == "auto" ? Policy::Approve::kAuto : Policy::Approve::kAsk;
  return absl::OkStatus();
}

absl::Status TakeBool(const Json& value, bool& out) {
  if (!value.is_boolean()) return absl::InvalidArgumentError("true or false was expected");
  out = value.get<bool>();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Policy> ReadPolicy(const std::string& path) {
  ESSAIM_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& error) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", error.what()));
  }
  if (!json.is_object())
    return absl::InvalidArgumentError(absl::StrCat(path, ": a JSON object was expected"));
  Policy policy;
  const std::map<std::string, std::function<absl::Status(const Json&)>> takers = {
      {"approve", [&](const Json& v) { return TakeApprove(v, policy); }},
      {"minimum_cohort", [&](const Json& v) { return TakeInteger(v, policy.minimum_cohort); }},
      {"minimum_cell", [&](const Json& v) { return TakeInteger(v, policy.minimum_cell); }},
      {"minimum_sites", [&](const Json& v) { return TakeInteger(v, policy.minimum_sites); }},
      {"allow_continue_on_dropout",
       [&](const Json& v) { return TakeBool(v, policy.allow_continue_on_dropout); }},
      {"per_site_counts", [&](const Json& v) { return TakeBool(v, policy.per_site_counts); }},
      {"allowed_algorithms",
       [&](const Json& v) { return TakeTexts(v, policy.allowed_algorithms); }},
      {"allowed_datasets", [&](const Json& v) { return TakeTexts(v, policy.allowed_datasets); }},
      {"forbidden_variables",
       [&](const Json& v) { return TakeTexts(v, policy.forbidden_variables); }}};
  for (const auto& [key, value] : json.items()) {
    const auto taker = takers.find(key);
    const absl::Status taken =
        taker == takers.end() ? absl::InvalidArgumentError("no such rule") : taker->second(value);
    if (!taken.ok())
      return absl::InvalidArgumentError(absl::StrCat(path, ": \"", key, "\": ", taken.message()));
  }
  return policy;
}

absl::Status StoreConfig(const NodeFolder& folder) {
  Json json = {{"site", folder.config.site},
               {"hub", folder.config.hub_url},
               {"ca_fingerprint", folder.config.ca_fingerprint},
               {"grpc", folder.config.grpc_address}};
  if (!folder.config.omop_database.empty()) json["omop_database"] = folder.config.omop_database;
  if (folder.config.shift_dates_days > 0) {
    json["shift_dates"] = {{"days", folder.config.shift_dates_days},
                           {"keep_weekdays", folder.config.shift_keeps_weekdays}};
  }
  // Readable by its owner only: a connection string may hold a password.
  return WriteFile(folder.path + "/node.json", json.dump(2) + "\n", 0600);
}

absl::StatusOr<NodeFolder> InitNodeFolder(const std::string& path, const NodeConfig& config,
                                          Policy::Approve approve, Entropy& entropy) {
  ESSAIM_RETURN_IF_ERROR(CheckSiteName(config.site));
  ESSAIM_RETURN_IF_ERROR(CheckDateShift(config));
  if (!absl::StartsWith(config.hub_url, "https://")) {
    return absl::InvalidArgumentError(
        absl::StrCat("hub: https://host:port was expected; it is '", config.hub_url, "'"));
  }
  ESSAIM_RETURN_IF_ERROR(MakePrivateFolder(path));
  NodeFolder folder{.path = path,
                    .config = config,
                    .master_key = {},
                    .signing_seed = {},
                    .tls_key_pem = {},
                    .ca_pem = "",
                    .certificate_pem = "",
                    .lock = {}};
  ESSAIM_ASSIGN_OR_RETURN(folder.master_key, Draw(entropy));
  ESSAIM_ASSIGN_OR_RETURN(folder.signing_seed, Draw(entropy));
  ESSAIM_ASSIGN_OR_RETURN(folder.tls_key_pem, crypto::MakeKeyPem());
  ESSAIM_RETURN_IF_ERROR(WriteFile(path + "/master.key", folder.master_key.view(), 0600));
  ESSAIM_RETURN_IF_ERROR(WriteFile(path + "/signing.key", folder.signing_seed.view(), 0600));
  ESSAIM_RETURN_IF_ERROR(WriteFile(path + "/tls.key", folder.tls_key_pem.view(), 0600));
  Policy policy;
  policy.minimum_cohort = 10;
  policy.approve = approve;
  ESSAIM_RETURN_IF_ERROR(WriteFile(path + "/policy.json", PolicyJson(policy).dump(2) + "\n"));
  ESSAIM_RETURN_IF_ERROR(StoreConfig(folder));
  return folder;
}

absl::Status CheckDateShift(const NodeConfig& config) {
  const int least = config.shift_keeps_weekdays ? 7 : 0;
  if (config.shift_dates_days >= least && config.shift_dates_days <= 3'650) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("shift_dates: ", least, " to 3650 days were expected",
                   config.shift_keeps_weekdays ? " where weekdays are kept" : ""));
}

namespace {

absl::Status TakeDateShift(const Json& json, NodeConfig& config) {
  if (!json.contains("shift_dates")) return absl::OkStatus();
  const Json& shift = json["shift_dates"];
  const auto is = [&](const char* key, bool (Json::*kind)() const noexcept) {
    return shift.contains(key) && (shift[key].*kind)();
  };
  if (!shift.is_object() || !is("days", &Json::is_number_integer) ||
      (shift.contains("keep_weekdays") && !is("keep_weekdays", &Json::is_boolean))) {
    return absl::InvalidArgumentError(
        "\"shift_dates\": {\"days\": NUMBER, \"keep_weekdays\": true or false} was expected");
  }
  const auto days = shift["days"].get<std::int64_t>();
  config.shift_dates_days = days < 0 || days > 3'650 ? -1 : static_cast<int>(days);
  config.shift_keeps_weekdays = shift.value("keep_weekdays", false);
  return CheckDateShift(config);
}

}  // namespace

absl::StatusOr<NodeFolder> OpenNodeFolder(const std::string& path, FolderUse use) {
  absl::StatusOr<std::string> text = ReadFile(path + "/node.json");
  if (!text.ok()) {
    return absl::NotFoundError(
        absl::StrCat(path, " is not a site's folder; make one with: essaim node init ", path,
                     " --name SITE --hub URL --ca-fingerprint FP"));
  }
  const Json json = Json::parse(*text, nullptr, false);
  if (json.is_discarded())
    return absl::InvalidArgumentError(absl::StrCat(path, "/node.json: not valid JSON"));
  NodeFolder folder{.path = path,
                    .config = {},
                    .master_key = {},
                    .signing_seed = {},
                    .tls_key_pem = {},
                    .ca_pem = "",
                    .certificate_pem = "",
                    .lock = {}};
  for (const auto& [key, target] : {std::pair{"site", &folder.config.site},
                                    {"hub", &folder.config.hub_url},
                                    {"ca_fingerprint", &folder.config.ca_fingerprint},
                                    {"grpc", &folder.config.grpc_address}}) {
    if (!json.is_object() || !json.contains(key) || !json[key].is_string()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, "/node.json: \"", key, "\": a text was expected"));
    }
    *target = json[key].get<std::string>();
  }
  folder.config.omop_database = JsonText(json, "omop_database");
  const absl::Status shift = TakeDateShift(json, folder.config);
  if (!shift.ok())
    return absl::Status(shift.code(), absl::StrCat(path, "/node.json: ", shift.message()));
  ESSAIM_ASSIGN_OR_RETURN(folder.lock, FolderLock::Take(path, use));
  ESSAIM_ASSIGN_OR_RETURN(folder.master_key, ReadSecret(path + "/master.key"));
  ESSAIM_ASSIGN_OR_RETURN(folder.signing_seed, ReadSecret(path + "/signing.key"));
  ESSAIM_ASSIGN_OR_RETURN(folder.tls_key_pem, ReadSecret(path + "/tls.key"));
  folder.ca_pem = IfThere(path + "/ca.pem");
  folder.certificate_pem = IfThere(path + "/tls.pem");
  return folder;
}

absl::StatusOr<std::string> SigningKeyOf(const NodeFolder& folder) {
  ESSAIM_ASSIGN_OR_RETURN(const crypto::SigningKey key,
                          crypto::SigningKey::FromSeed(folder.signing_seed));
  return key.public_key();
}

absl::StatusOr<std::unique_ptr<Store>> OpenNodeStore(const NodeFolder& folder, Entropy& entropy) {
  ESSAIM_RETURN_IF_ERROR(SettleStoreKey(folder, entropy));
  ESSAIM_ASSIGN_OR_RETURN(SecretBytes key, CategoryKey(folder, kStoreKey, entropy));
  return Store::Open(
      {.path = folder.path + "/node.db", .sealing_key = std::move(key), .entropy = &entropy});
}

absl::StatusOr<DuckDbOptions> FileOptionsOf(const NodeFolder& folder, std::string_view category,
                                            Entropy& entropy, Log* log) {
  ESSAIM_RETURN_IF_ERROR(SettleFileKey(folder, category, entropy));
  ESSAIM_ASSIGN_OR_RETURN(SecretBytes key, CategoryKey(folder, category, entropy));
  return DuckDbOptions{.path = FileOf(folder, category),
                       .key = std::move(key),
                       .threads = 1,
                       .memory_mib = 1024,
                       .entropy = &entropy,
                       .log = log};
}

namespace {

void UseAllProcessors(DuckDbOptions& options) {
  constexpr int kThreadsMax = 16;
  constexpr std::uint64_t kMibPerThread = 512;
  options.threads =
      std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kThreadsMax);
  options.memory_mib += kMibPerThread * static_cast<std::uint64_t>(options.threads - 1);
}

absl::StatusOr<std::shared_ptr<DuckDbFile>> OpenFile(const NodeFolder& folder,
                                                     std::string_view category, Entropy& entropy,
                                                     Log* log, IfHeld if_held = IfHeld::kWait,
                                                     Processors processors = Processors::kOne) {
  constexpr auto kPause = std::chrono::milliseconds(100);
  constexpr int kTries = 100;
  const bool has_key = StateOf(folder, category) != KeyState::kNone;
  for (int i = 1;; ++i) {
    absl::StatusOr<DuckDbOptions> options = FileOptionsOf(folder, category, entropy, log);
    if (options.ok() && processors == Processors::kAll) UseAllProcessors(*options);
    auto file = options.ok() ? DuckDbFile::Open(*options)
                             : absl::StatusOr<std::shared_ptr<DuckDbFile>>(options.status());
    if (!has_key && absl::IsUnauthenticated(file.status())) return DropMadeKey(folder, category);
    if (!absl::IsUnavailable(file.status()) || if_held == IfHeld::kFail || i == kTries) return file;
    std::this_thread::sleep_for(kPause);
  }
}

absl::StatusOr<std::unique_ptr<SqlEngine>> OpenFileSql(const NodeFolder& folder,
                                                       std::string_view category, Entropy& entropy,
                                                       Log* log) {
  ESSAIM_ASSIGN_OR_RETURN(std::shared_ptr<DuckDbFile> file,
                          OpenFile(folder, category, entropy, log));
  return OpenDuckDbEngine(std::move(file));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Warehouse>> OpenNodeWarehouse(const NodeFolder& folder,
                                                             Entropy& entropy, Log* log,
                                                             IfHeld if_held) {
  ESSAIM_ASSIGN_OR_RETURN(std::shared_ptr<DuckDbFile> file,
                          OpenFile(folder, "general", entropy, log, if_held));
  return OpenDuckDbWarehouse(std::move(file));
}

absl::StatusOr<std::unique_ptr<SqlEngine>> OpenNodeSql(const NodeFolder& folder, Entropy& entropy,
                                                       Log* log, Processors processors) {
  if (!folder.config.omop_database.empty())
    return OpenPostgresEngine(folder.config.omop_database, log);
  ESSAIM_ASSIGN_OR_RETURN(std::shared_ptr<DuckDbFile> file,
                          OpenFile(folder, "general", entropy, log, IfHeld::kWait, processors));
  return OpenDuckDbEngine(std::move(file));
}

absl::StatusOr<SqlPair> OpenNodeSqlPair(const NodeFolder& folder, Entropy& entropy, Log* log) {
  SqlPair pair;
  if (!folder.config.omop_database.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(pair.writing, OpenPostgresEngine(folder.config.omop_database, log));
    ESSAIM_ASSIGN_OR_RETURN(pair.reading, OpenPostgresEngine(folder.config.omop_database, log));
    return pair;
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::shared_ptr<DuckDbFile> file,
                          OpenFile(folder, "general", entropy, log));
  ESSAIM_ASSIGN_OR_RETURN(pair.writing, OpenDuckDbEngine(file));
  ESSAIM_ASSIGN_OR_RETURN(pair.reading, OpenDuckDbEngine(file));
  return pair;
}

absl::StatusOr<std::unique_ptr<SqlEngine>> OpenIdentitySql(const NodeFolder& folder,
                                                           Entropy& entropy, Log* log) {
  return OpenFileSql(folder, "identity", entropy, log);
}

absl::StatusOr<std::unique_ptr<SqlEngine>> OpenGeneticSql(const NodeFolder& folder,
                                                          Entropy& entropy, Log* log) {
  return OpenFileSql(folder, "genetic", entropy, log);
}

}  // namespace essaim::node
