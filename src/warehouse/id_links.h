// Numbers that stand for other numbers, in chains without circles.
#pragma once

#include <cstdint>
#include <map>

namespace essaim {

using IdLinks = std::map<std::int64_t, std::int64_t>;  // from, into

inline std::int64_t EndOf(const IdLinks& links, std::int64_t id) {
  for (auto next = links.find(id); next != links.end(); next = links.find(id)) id = next->second;
  return id;
}

// The last word counts: a link that would close a circle opens it where it comes back to, so that
// of a -> b and then b -> a the second stays.
inline void Link(IdLinks& links, std::int64_t from, std::int64_t into) {
  if (from == into) return;
  for (auto next = links.find(into); next != links.end(); next = links.find(next->second)) {
    if (next->second != from) continue;
    links.erase(into);
    break;
  }
  links[from] = into;
}

}  // namespace essaim
