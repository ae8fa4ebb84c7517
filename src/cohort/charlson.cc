#include "cohort/charlson.h"

namespace essaim::cohort {

std::span<const CharlsonCategory> CharlsonCategories() {
  static const std::vector<CharlsonCategory> kCategories = {
      {"myocardial infarction", 1, {4329847}},
      {"congestive heart failure", 1, {316139}},
      {"peripheral vascular disease", 1, {321052}},
      {"cerebrovascular disease", 1, {381591, 434056}},
      {"dementia", 1, {4182210}},
      {"chronic pulmonary disease", 1, {4063381}},
      {"rheumatologic disease", 1, {257628, 134442, 80800, 80809, 256197, 255348}},
      {"peptic ulcer disease", 1, {4247120}},
      {"mild liver disease", 1, {4064161, 4212540}, 14},
      {"diabetes", 1, {201820}, 10},
      {"diabetes with chronic complications", 2, {4192279, 443767, 442793}},
      {"hemiplegia or paraplegia", 2, {192606, 374022}},
      {"renal disease", 2, {4030518}},
      {"malignancy", 2, {443392}, 15},
      {"moderate to severe liver disease", 3, {4245975, 4029488, 192680, 24966}},
      {"metastatic solid tumour", 6, {432851}},
      {"AIDS", 6, {439727}},
  };
  return kCategories;
}

}  // namespace essaim::cohort
