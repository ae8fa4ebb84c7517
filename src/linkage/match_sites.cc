#include "linkage/match_sites.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "linkage/clusters.h"

namespace essaim::linkage {
namespace {

absl::Status Check(const std::vector<EncodingFile>& files) {
  if (files.size() < 2 || files.size() > kLinkSitesMax)
    return absl::InvalidArgumentError("expected the encodings of two sites or more");
  std::set<std::string> sites;
  for (const EncodingFile& file : files) {
    if (file.project != files[0].project)
      return absl::InvalidArgumentError(
          absl::StrCat("encodings of two projects: ", file.project, " and ", files[0].project));
    if (!sites.insert(file.site).second)
      return absl::InvalidArgumentError(absl::StrCat("two files of the site ", file.site));
    if (file.key_check != files[0].key_check)
      return absl::InvalidArgumentError(
          absl::StrCat(file.site, " and ", files[0].site,
                       " did not use the same secret: nobody would be found"));
  }
  return absl::OkStatus();
}

// Every person at two sites or more gets an id, and the sites an order by chance.
absl::Status WriteGroup(const std::vector<EncodingFile>& files,
                        const std::vector<std::pair<std::size_t, std::size_t>>& members,
                        Entropy& entropy, std::vector<LinksFile>& links) {
  std::string drawn(kTokenBytes + 8 * members.size(), '\0');
  ESSAIM_RETURN_IF_ERROR(
      entropy.Fill({reinterpret_cast<std::uint8_t*>(drawn.data()), drawn.size()}));
  std::vector<std::pair<std::string, std::size_t>> order;
  for (std::size_t i = 0; i < members.size(); ++i)
    order.emplace_back(drawn.substr(kTokenBytes + 8 * i, 8), i);
  std::ranges::sort(order);
  std::vector<std::string> first;
  for (const auto& [chance, i] : order) {
    const auto& [file, record] = members[i];
    links[file].links.push_back({.token = files[file].tokens[record],
                                 .linkage_id = drawn.substr(0, kTokenBytes),
                                 .first = first});
    first.push_back(files[file].site);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MatchReport> MatchSites(const std::vector<EncodingFile>& files, Entropy& entropy,
                                       double probability_least) {
  ESSAIM_RETURN_IF_ERROR(Check(files));
  MatchReport report;
  std::vector<std::uint32_t> begin;                          // each file's first record
  std::vector<std::pair<std::size_t, std::size_t>> records;  // file, record
  for (std::size_t f = 0; f < files.size(); ++f) {
    begin.push_back(static_cast<std::uint32_t>(records.size()));
    for (std::size_t i = 0; i < files[f].persons.size(); ++i) records.emplace_back(f, i);
    report.links.push_back({.project = files[f].project, .site = files[f].site});
    for (const EncodingFile& file : files) report.links.back().sites.push_back(file.site);
  }
  std::vector<Tie> ties;
  for (std::size_t x = 0; x < files.size(); ++x) {
    for (std::size_t y = x + 1; y < files.size(); ++y) {
      ESSAIM_ASSIGN_OR_RETURN(const LinkResult result,
                              Link(TaskOf(files[x].persons, files[y].persons), {}));
      SitePairReport pair{.a = files[x].site,
                          .b = files[y].site,
                          .n_compared = result.n_compared,
                          .n_all = result.n_all,
                          .n_matches = result.n_matches};
      for (const ScoredPair& scored : result.pairs) {
        if (scored.probability < probability_least || NeedsPerson(scored)) {
          ++pair.n_uncertain;
          continue;
        }
        ties.push_back({.a = begin[x] + scored.pair.a,
                        .b = begin[y] + scored.pair.b,
                        .weight = scored.weight});
      }
      report.pairs.push_back(pair);
    }
  }
  const std::vector<std::uint32_t> group =
      Clusters(records.size(), ties, [&](const auto& one, const auto& other) {
        return std::ranges::none_of(one, [&](std::uint32_t i) {
          return std::ranges::any_of(
              other, [&](std::uint32_t j) { return records[i].first == records[j].first; });
        });
      });
  std::map<std::uint32_t, std::vector<std::pair<std::size_t, std::size_t>>> groups;
  for (std::size_t i = 0; i < records.size(); ++i) groups[group[i]].push_back(records[i]);
  for (const auto& entry : groups) {
    const auto& members = entry.second;  // clang 14 lets no lambda take a structured binding
    if (members.size() < 2) continue;
    ++report.n_shared;
    ESSAIM_RETURN_IF_ERROR(WriteGroup(files, members, entropy, report.links));
    for (SitePairReport& pair : report.pairs) {
      const auto has = [&](const std::string& site) {
        return std::ranges::any_of(members,
                                   [&](const auto& m) { return files[m.first].site == site; });
      };
      pair.n_linked += has(pair.a) && has(pair.b) ? 1 : 0;
    }
  }
  // In the order of the tokens: where a record stood among the others says nothing.
  for (LinksFile& file : report.links) std::ranges::sort(file.links, {}, &SharedRecord::token);
  return report;
}

}  // namespace essaim::linkage
