#include "linkage/blocking.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace essaim::linkage {
namespace {

constexpr std::uint64_t kPairsAtOnce = 4'000'000;  // 32 MB, about

struct Entry {
  std::uint64_t key;
  std::uint32_t record;
  bool second;

  friend bool operator==(const Entry&, const Entry&) = default;

  friend bool operator<(const Entry& x, const Entry& y) {
    if (x.key != y.key) return x.key < y.key;
    return x.second != y.second ? y.second : x.record < y.record;
  }
};

void SortOnce(std::vector<Pair>& pairs) {
  std::ranges::sort(pairs);
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
}

// Of the whole name, and of its words where there are several.
std::vector<std::string> SoundexesOf(const std::string& whole, const std::string& parts) {
  std::vector<std::string> found;
  const auto add = [&](std::string_view name) {
    std::string code = Soundex(name);
    if (!code.empty() && std::ranges::find(found, code) == found.end())
      found.push_back(std::move(code));
  };
  add(whole);
  for (const auto part : absl::StrSplit(parts, ' ', absl::SkipEmpty())) {
    if (part.size() >= 3) add({part.data(), part.size()});
  }
  return found;
}

}  // namespace

std::vector<std::uint64_t> BlockKeys(const PersonFields& p, std::size_t pass) {
  const std::string year = p.birth.substr(0, std::min<std::size_t>(4, p.birth.size()));
  const bool has_month = p.birth.size() == 8 && p.birth.substr(4, 2) != "00";
  std::vector<std::uint64_t> keys;
  const auto add = [&](const std::string& key) { keys.push_back(std::hash<std::string>()(key)); };
  if (pass == 0) {
    if (has_month) add(p.birth);
    return keys;
  }
  const std::vector<std::string> families = SoundexesOf(p.family, p.family_parts),
                                 givens = SoundexesOf(p.given, p.given_parts);
  if (pass == 1) {
    for (const std::string& family : families) {
      for (const std::string& given : givens)
        add(absl::StrCat(std::min(family, given), std::max(family, given)));
    }
  }
  for (const std::string& family : families) {
    if (pass == 2 && !year.empty()) add(family + year);
    if (pass == 5 && !p.postcode.empty()) add(family + p.postcode);
    if (pass == 6 && has_month) add(absl::StrCat("family", family, p.birth.substr(4)));
  }
  for (const std::string& given : givens) {
    if (pass == 3 && has_month) add(given + p.birth.substr(0, 6));
    if (pass == 4 && !p.postcode.empty()) add(absl::StrCat(given, p.sex, p.postcode));
    if (pass == 6 && has_month) add(absl::StrCat("given", given, p.sex, p.birth.substr(4)));
  }
  return keys;
}

BlockIndex::BlockIndex(std::size_t n_a, std::size_t n_b, const Keys& keys) : within_(n_b == 0) {
  std::vector<Entry> entries;
  for (const bool second : {false, true}) {
    for (std::size_t i = 0; i < (second ? n_b : n_a); ++i) {
      for (const std::uint64_t key : keys(second, i))
        entries.push_back({key, static_cast<std::uint32_t>(i), second});
    }
  }
  std::ranges::sort(entries, std::less<>());
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  for (std::size_t from = 0, to = 0; from < entries.size(); from = to) {
    std::size_t n_first = 0;
    for (to = from; to < entries.size() && entries[to].key == entries[from].key; ++to)
      n_first += entries[to].second ? 0 : 1;
    const std::size_t n = to - from;
    const std::uint64_t n_pairs =
        within_ ? std::uint64_t{n} * (n - 1) / 2 : std::uint64_t{n_first} * (n - n_first);
    if (n_pairs > kBlockPairsMax) ++n_left_out_;
    if (n_pairs == 0 || n_pairs > kBlockPairsMax) continue;
    n_pairs_ += n_pairs;
    const std::size_t begin = records_.size();
    blocks_.push_back({.begin = begin, .second = begin + n_first, .end = begin + n});
    for (std::size_t i = from; i < to; ++i) records_.push_back(entries[i].record);
  }
}

void BlockIndex::Append(std::uint32_t from, std::uint32_t to, std::vector<Pair>& pairs) const {
  for (const Block& block : blocks_) {
    const auto first = records_.begin() + static_cast<std::ptrdiff_t>(block.begin),
               second = records_.begin() + static_cast<std::ptrdiff_t>(block.second),
               end = records_.begin() + static_cast<std::ptrdiff_t>(block.end);
    for (auto i = std::lower_bound(first, second, from); i != second && *i < to; ++i) {
      for (auto j = within_ ? i + 1 : second; j != end; ++j) pairs.push_back({*i, *j});
    }
  }
}

void ForEachPair(std::span<const BlockIndex> indexes, std::size_t n_a,
                 absl::FunctionRef<void(const Pair&)> visit) {
  std::uint64_t n_pairs = 0;
  for (const BlockIndex& index : indexes) n_pairs += index.n_pairs();
  const std::uint64_t n_stretches = 1 + n_pairs / kPairsAtOnce;
  const std::size_t step = 1 + n_a / n_stretches;
  std::vector<Pair> pairs;
  for (std::size_t from = 0; from < n_a; from += step) {
    pairs.clear();
    for (const BlockIndex& index : indexes)
      index.Append(static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(from + step),
                   pairs);
    SortOnce(pairs);
    for (const Pair& pair : pairs) visit(pair);
  }
}

}  // namespace essaim::linkage
