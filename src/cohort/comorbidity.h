// The Charlson and Elixhauser comorbidities by ICD-10 codes: the lists of Quan et al. (Medical Care
// 2005;43:1130-9), the weights of Charlson et al. (J Chronic Dis 1987;40:373-83), of Quan et al.
// (Am J Epidemiol 2011;173:676-82) and of van Walraven et al. (Medical Care 2009;47:626-33).
//
// A code belongs to a group if it begins with one of the group's codes, so the national editions
// (CIM-10 FR, ICD-10-CM, ICD-10-GM), which only lengthen the WHO's, are read alike.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace essaim::cohort {

struct ComorbidityGroup {
  std::string_view name;      // heart_failure
  std::string_view prefixes;  // "I099 I110 I43", parted by spaces
  int weight;                 // of the scheme's first weights
  int other_weight;           // of its second
  // The place of the graver form of the same disease, which counts alone; -1: none.
  int graver = -1;
};

enum class ComorbidityScheme { kCharlson, kElixhauser };

// Charlson: 17 groups, the weights of 1987 and of 2011. Elixhauser: 31 groups, van Walraven's
// weights and 1 for each group.
std::span<const ComorbidityGroup> GroupsOf(ComorbidityScheme scheme);
int FindGroup(ComorbidityScheme scheme, std::string_view name);  // its place; -1: none

// "i21.0 " to "I210"; empty where it cannot be a code of ICD-10.
std::string TidyIcd10(std::string_view code);
// The places of the groups that a tidy code belongs to, in order.
std::vector<std::size_t> GroupsOfCode(ComorbidityScheme scheme, std::string_view tidy);

}  // namespace essaim::cohort
