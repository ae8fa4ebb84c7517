#include "algo/registry.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/nearest.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace essaim {
namespace {

// family/name, both snake_case.
bool IsName(std::string_view name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == name.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (!letter && i != slash) return false;
  }
  return true;
}

}  // namespace

void Registry::Add(AlgorithmInfo info) {
  ESSAIM_CHECK(IsName(info.name));
  ESSAIM_CHECK(info.make != nullptr && info.examples != nullptr);
  std::string name = info.name;
  const bool added = infos_.emplace(std::move(name), std::move(info)).second;
  ESSAIM_CHECK(added);
}

const AlgorithmInfo* Registry::Find(std::string_view name) const {
  const auto it = infos_.find(name);
  return it == infos_.end() ? nullptr : &it->second;
}

std::vector<const AlgorithmInfo*> Registry::All() const {
  std::vector<const AlgorithmInfo*> all;
  all.reserve(infos_.size());
  for (const auto& [name, info] : infos_) all.push_back(&info);
  return all;
}

absl::StatusOr<std::unique_ptr<Algorithm>> Registry::Make(std::string_view name,
                                                          const Setup& setup) const {
  const AlgorithmInfo* info = Find(name);
  if (info == nullptr) {
    std::vector<std::string> names;
    for (const auto& entry : infos_) {
      // A family left out is the commonest slip: "glm" for "regression/glm".
      if (entry.first.substr(entry.first.find('/') + 1) == name) {
        return absl::NotFoundError(absl::StrCat("there is no algorithm '", Av(name),
                                                "'; did you mean '", entry.first, "'?"));
      }
      names.push_back(entry.first);
    }
    return absl::NotFoundError(
        absl::StrCat("there is no algorithm '", Av(name), "'", DidYouMean(name, names)));
  }
  ESSAIM_RETURN_IF_ERROR(CheckParams(info->params, setup.params, setup.schema));
  return info->make(setup);
}

}  // namespace essaim
