#include "linkage/blocking.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace essaim::linkage {
namespace {

struct Entry {
  std::uint64_t key;
  std::uint32_t record;
  bool second;

  friend auto operator<=>(const Entry&, const Entry&) = default;
};

void AddEntries(const KeyLists& lists, bool second, std::vector<Entry>& entries) {
  for (std::size_t i = 0; i < lists.size(); ++i) {
    for (const std::uint64_t key : lists[i])
      entries.push_back({key, static_cast<std::uint32_t>(i), second});
  }
}

absl::Status TooMany() {
  return absl::ResourceExhaustedError(
      absl::StrCat("more than ", kPairsMax, " pairs of records to compare"));
}

void SortOnce(std::vector<Pair>& pairs) {
  std::ranges::sort(pairs);
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
}

}  // namespace

std::vector<std::uint64_t> BlockKeys(const PersonFields& p, std::size_t pass) {
  const std::string family = Soundex(p.family), given = Soundex(p.given);
  const std::string year = p.birth.substr(0, std::min<std::size_t>(4, p.birth.size()));
  const bool has_month = p.birth.size() == 8 && p.birth.substr(4, 2) != "00";
  std::string key;
  if (pass == 0 && has_month) {
    key = p.birth;
  } else if (pass == 1 && !family.empty() && !given.empty()) {
    key = absl::StrCat(std::min(family, given), std::max(family, given));
  } else if (pass == 2 && !family.empty() && !year.empty()) {
    key = family + year;
  } else if (pass == 3 && !given.empty() && has_month) {
    key = given + p.birth.substr(0, 6);
  } else if (pass == 4 && !given.empty() && !p.postcode.empty()) {
    key = absl::StrCat(given, p.sex, p.postcode);
  }
  if (key.empty()) return {};
  return {std::hash<std::string>()(key)};
}

absl::StatusOr<Blocks> PairsOf(const KeyLists& a, const KeyLists* b) {
  std::vector<Entry> entries;
  AddEntries(a, false, entries);
  if (b != nullptr) AddEntries(*b, true, entries);
  std::ranges::sort(entries);
  Blocks blocks;
  for (std::size_t from = 0; from < entries.size();) {
    std::size_t to = from, n_first = 0;
    for (; to < entries.size() && entries[to].key == entries[from].key; ++to)
      n_first += entries[to].second ? 0 : 1;
    const std::size_t n = to - from;
    const std::uint64_t n_pairs =
        b == nullptr ? std::uint64_t{n} * (n - 1) / 2 : std::uint64_t{n_first} * (n - n_first);
    if (n_pairs > kBlockPairsMax) {
      ++blocks.n_left_out;
      from = to;
      continue;
    }
    if (blocks.pairs.size() + n_pairs > kPairsMax) SortOnce(blocks.pairs);
    if (blocks.pairs.size() + n_pairs > kPairsMax) return TooMany();
    for (std::size_t i = from; i < to; ++i) {
      for (std::size_t j = i + 1; j < to; ++j) {
        const Entry &x = entries[i], &y = entries[j];
        if (b == nullptr ? x.record != y.record : x.second != y.second) {
          const bool in_order = b == nullptr ? x.record < y.record : !x.second;
          blocks.pairs.push_back(in_order ? Pair{x.record, y.record} : Pair{y.record, x.record});
        }
      }
    }
    from = to;
  }
  SortOnce(blocks.pairs);
  return blocks;
}

absl::StatusOr<std::vector<Pair>> Union(const std::vector<Blocks>& passes) {
  std::vector<Pair> all;
  for (const Blocks& pass : passes) {
    if (all.size() + pass.pairs.size() > kPairsMax) SortOnce(all);
    if (all.size() + pass.pairs.size() > kPairsMax) return TooMany();
    all.insert(all.end(), pass.pairs.begin(), pass.pairs.end());
  }
  SortOnce(all);
  return all;
}

}  // namespace essaim::linkage
