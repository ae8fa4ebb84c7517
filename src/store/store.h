// Durable documents and append-only logs in one SQLite file.
//
// Every write is on disk when the call returns (write-ahead log, synchronous=FULL), so that a party
// may persist first and speak afterwards. With a sealing key, every value is encrypted under it and
// bound to its place; keys and names stay readable. Thread-safe: one call at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "base/secret_bytes.h"

namespace essaim {

struct StoreOptions {
  std::string path;            // made, with mode 0600, if absent
  SecretBytes sealing_key;     // 32 bytes, or empty for plain values
  Entropy* entropy = nullptr;  // not owned; needed with a sealing key
};

class Store {
 public:
  // kFailedPrecondition: written by a newer version, or not a store. kUnavailable: locked by
  // another process.
  static absl::StatusOr<std::unique_ptr<Store>> Open(StoreOptions options);
  virtual ~Store() = default;

  // Documents: one value for a kind and a key.
  virtual absl::Status Put(std::string_view kind, std::string_view key, std::string_view value) = 0;
  virtual absl::StatusOr<std::string> Get(std::string_view kind,
                                          std::string_view key) = 0;  // kNotFound
  virtual absl::Status Delete(std::string_view kind,
                              std::string_view key) = 0;  // absent is no error
  // All of a kind, in the order of their keys.
  virtual absl::StatusOr<std::vector<std::pair<std::string, std::string>>> List(
      std::string_view kind) = 0;

  // Logs: entries in the order they were appended.
  virtual absl::Status Append(std::string_view log, std::string_view entry) = 0;
  virtual absl::StatusOr<std::vector<std::string>> ReadLog(std::string_view log) = 0;
  virtual absl::Status DropLog(std::string_view log) = 0;  // its space is overwritten

  // Every value anew under another sealing key, in one transaction; this object goes on with it.
  // kDataLoss: a value does not open, and nothing is changed. kFailedPrecondition: values are
  // plain.
  virtual absl::Status Reseal(SecretBytes sealing_key) = 0;
};

}  // namespace essaim
