// A site's folder: its keys, its policy, its store and its warehouse. Private keys are made here
// and stay here.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "base/log.h"
#include "base/secret_bytes.h"
#include "governance/policy.h"
#include "node/folder_lock.h"
#include "store/store.h"
#include "warehouse/duckdb_warehouse.h"
#include "warehouse/sql_engine.h"
#include "warehouse/warehouse.h"

namespace essaim::node {

struct NodeConfig {
  std::string site;
  std::string hub_url;         // https://host:port
  std::string ca_fingerprint;  // of the hub's authority, as compared by people
  std::string grpc_address;    // learned at enrolment
  // libpq's connection string of the PostgreSQL server that holds the OMOP tables; empty: they are
  // in the encrypted file.
  std::string omop_database = "";
  // By how many days each person's dates are moved at most on their way into the OMOP tables; 0:
  // they are not. By whole weeks only, if weekdays are kept.
  int shift_dates_days = 0;
  bool shift_keeps_weekdays = false;
};

struct NodeFolder {
  std::string path;
  NodeConfig config;
  SecretBytes master_key;    // 32 bytes: seals the categories' keys
  SecretBytes signing_seed;  // 32 bytes, Ed25519
  SecretBytes tls_key_pem;
  std::string ca_pem;           // empty before enrolment
  std::string certificate_pem;  // empty before enrolment
  FolderLock lock = {};         // as long as this lives, nobody replaces the keys

  bool enrolled() const { return !certificate_pem.empty(); }
};

// kAlreadyExists if the folder is not empty; kInvalidArgument for a bad name.
absl::StatusOr<NodeFolder> InitNodeFolder(const std::string& path, const NodeConfig& config,
                                          Policy::Approve approve, Entropy& entropy);
// kUnavailable: as FolderLock::Take.
absl::StatusOr<NodeFolder> OpenNodeFolder(const std::string& path,
                                          FolderUse use = FolderUse::kShared);
absl::Status StoreConfig(const NodeFolder& folder);
absl::StatusOr<std::string> SigningKeyOf(const NodeFolder& folder);  // public, 32 bytes

// policy.json, checked: unknown keys and wrong types are errors that name the key.
absl::StatusOr<Policy> ReadPolicy(const std::string& path);

// The encrypted file is one process's at a time; a listener has it for as long as a batch takes.
enum class IfHeld { kWait, kFail };  // kWait: for ten seconds, then kUnavailable
// 0 to 3,650 days, at least 7 where weekdays are kept. kInvalidArgument.
absl::Status CheckDateShift(const NodeConfig& config);

absl::StatusOr<std::unique_ptr<Store>> OpenNodeStore(const NodeFolder& folder, Entropy& entropy);
// What the engine may use of the machine. Sums of fractions differ in their last digits from one
// number of threads to another, so what a study computes has one; counts may have all.
enum class Processors { kOne, kAll };
// The SQL engine over the same file: its OMOP tables.
absl::StatusOr<std::unique_ptr<SqlEngine>> OpenNodeSql(const NodeFolder& folder, Entropy& entropy,
                                                       Log* log,
                                                       Processors processors = Processors::kOne);

// Two connections to the OMOP tables: one to write through, one to look up concepts meanwhile.
struct SqlPair {
  std::unique_ptr<SqlEngine> writing, reading;
};

absl::StatusOr<SqlPair> OpenNodeSqlPair(const NodeFolder& folder, Entropy& entropy, Log* log);
// The identity store's own encrypted file, under its category's key.
absl::StatusOr<std::unique_ptr<SqlEngine>> OpenIdentitySql(const NodeFolder& folder,
                                                           Entropy& entropy, Log* log);
// The same of variants (genomics/genetic_store.h).
absl::StatusOr<std::unique_ptr<SqlEngine>> OpenGeneticSql(const NodeFolder& folder,
                                                          Entropy& entropy, Log* log);
// Where these files lie and how they are opened; the key is the category's ("general",
// "identity", "genetic").
absl::StatusOr<DuckDbOptions> FileOptionsOf(const NodeFolder& folder, std::string_view category,
                                            Entropy& entropy, Log* log);
absl::StatusOr<std::unique_ptr<Warehouse>> OpenNodeWarehouse(const NodeFolder& folder,
                                                             Entropy& entropy, Log* log,
                                                             IfHeld if_held = IfHeld::kWait);

}  // namespace essaim::node
