// One JSON value with its place in the document, for errors that say where.
//
// Scalars are as lenient as the Jackson library that Circe reads with: numbers and truths written
// as texts, texts written as numbers, whole numbers with a fraction, which is cut off.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace essaim::cohort {

class JsonReader {
 public:
  JsonReader(const nlohmann::json& value, std::string path)
      : value_(&value), path_(std::move(path)) {}

  const nlohmann::json& value() const { return *value_; }

  const std::string& path() const { return path_; }

  absl::Status Wrong(std::string_view what) const;        // kInvalidArgument "path: what"
  absl::Status Unsupported(std::string_view what) const;  // kUnimplemented "path: what"

  absl::Status IsObject() const;
  // Each key is one of `keys`, or its value says nothing: null, false, nothing between its quotes
  // or brackets, or days as the unit of a length.
  absl::Status CheckKeys(const std::vector<std::string_view>& keys) const;

  // The value under a key; nullopt if it is absent or null.
  std::optional<JsonReader> Get(std::string_view key) const;
  absl::StatusOr<JsonReader> Need(std::string_view key) const;
  absl::StatusOr<std::vector<JsonReader>> Items(std::size_t max) const;  // of a list

  absl::StatusOr<bool> Bool() const;
  absl::StatusOr<std::int64_t> Integer(std::int64_t low, std::int64_t high) const;
  absl::StatusOr<double> Number() const;  // finite
  absl::StatusOr<std::string> Text(std::size_t max) const;

  // What is under a key, or what an absent key means.
  absl::StatusOr<bool> BoolOr(std::string_view key, bool otherwise) const;
  absl::StatusOr<int> IntOr(std::string_view key, int low, int high, int otherwise) const;
  absl::StatusOr<std::optional<int>> MaybeInt(std::string_view key, int low, int high) const;
  absl::StatusOr<std::string> TextOr(std::string_view key, std::size_t max,
                                     std::string_view otherwise) const;

 private:
  const nlohmann::json* value_;
  std::string path_;
};

}  // namespace essaim::cohort
