// A Store in memory that can be copied: a hub is made again from it without a disk.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "store/store.h"

namespace essaim::fuzz {

struct Stored {
  std::map<std::pair<std::string, std::string>, std::string> documents;
  std::map<std::string, std::vector<std::string>> logs;
};

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(Stored* stored) : stored_(*stored) {}  // not owned

  absl::Status Put(std::string_view kind, std::string_view key, std::string_view value) override {
    stored_.documents[{std::string(kind), std::string(key)}] = value;
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Get(std::string_view kind, std::string_view key) override {
    const auto found = stored_.documents.find({std::string(kind), std::string(key)});
    if (found == stored_.documents.end()) return absl::NotFoundError("no such document");
    return found->second;
  }

  absl::Status Delete(std::string_view kind, std::string_view key) override {
    stored_.documents.erase({std::string(kind), std::string(key)});
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> List(
      std::string_view kind) override {
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& [place, value] : stored_.documents) {
      if (place.first == kind) all.emplace_back(place.second, value);
    }
    return all;
  }

  absl::Status Append(std::string_view log, std::string_view entry) override {
    stored_.logs[std::string(log)].emplace_back(entry);
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::string>> ReadLog(std::string_view log) override {
    return stored_.logs[std::string(log)];
  }

  absl::Status DropLog(std::string_view log) override {
    stored_.logs.erase(std::string(log));
    return absl::OkStatus();
  }

  absl::Status Reseal(SecretBytes /*sealing_key*/) override { return absl::OkStatus(); }

 private:
  Stored& stored_;
};

}  // namespace essaim::fuzz
