#include "genomics/vep_allele.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "base/strings.h"

namespace essaim::genomics {
namespace {

bool IsSymbol(std::string_view alternate) {
  return alternate.find_first_of("<>[]*.") != std::string_view::npos;
}

std::string OrDash(std::string_view bases) { return bases.empty() ? "-" : std::string(bases); }

}  // namespace

std::vector<std::string> VepNames(std::string_view reference,
                                  const std::vector<std::string_view>& alternates) {
  bool has_indel = false, same_base = !reference.empty();
  for (const std::string_view alternate : alternates) {
    if (IsSymbol(alternate)) continue;
    has_indel = has_indel || alternate.size() != reference.size();
    same_base = same_base && !alternate.empty() && alternate[0] == reference[0];
  }
  std::vector<std::string> names;
  for (const std::string_view alternate : alternates)
    names.push_back(has_indel && same_base && !IsSymbol(alternate) ? OrDash(alternate.substr(1))
                                                                   : std::string(alternate));
  return names;
}

std::vector<std::string> VepMinimalNames(std::string_view reference,
                                         const std::vector<std::string_view>& alternates) {
  std::vector<std::string> names;
  for (std::string_view alternate : alternates) {
    std::string_view rest = reference;
    while (!IsSymbol(alternate) && !alternate.empty() && !rest.empty() &&
           alternate.front() == rest.front()) {
      alternate.remove_prefix(1);
      rest.remove_prefix(1);
    }
    while (!IsSymbol(alternate) && !alternate.empty() && !rest.empty() &&
           alternate.back() == rest.back()) {
      alternate.remove_suffix(1);
      rest.remove_suffix(1);
    }
    names.push_back(OrDash(alternate));
  }
  return names;
}

std::vector<std::size_t> EntriesOf(const std::vector<VepEntry>& entries, std::size_t allele,
                                   std::string_view reference,
                                   const std::vector<std::string_view>& alternates) {
  std::vector<std::size_t> places;
  bool numbered = false;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::size_t number = 0;
    if (!absl::SimpleAtoi(Av(entries[i].number), &number)) continue;
    numbered = true;
    if (number == allele) places.push_back(i);
  }
  if (numbered) return places;
  if (alternates.size() == 1) {  // all are of the one there is, however it is spelt
    for (std::size_t i = 0; i < entries.size(); ++i) places.push_back(i);
    return places;
  }
  for (const auto& names :
       {VepNames(reference, alternates), VepMinimalNames(reference, alternates)}) {
    const std::string& name = names[allele - 1];
    // Names of one way of writing: every entry must be one of them.
    if (std::ranges::count(names, name) != 1 ||
        !std::ranges::all_of(entries, [&](const VepEntry& e) {
          return std::ranges::find(names, e.allele) != names.end();
        }))
      continue;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].allele == name) places.push_back(i);
    }
    if (!places.empty()) return places;
  }
  return places;
}

}  // namespace essaim::genomics
