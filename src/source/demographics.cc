#include "source/demographics.h"

#include <span>

namespace essaim {
namespace {

struct Pair {
  std::string_view code;
  std::int64_t concept_id;
};

std::int64_t Find(std::span<const Pair> pairs, std::string_view code) {
  for (const Pair& pair : pairs) {
    if (pair.code == code) return pair.concept_id;
  }
  return 0;
}

}  // namespace

std::int64_t GenderConcept(std::string_view code) {
  static constexpr Pair kGenders[] = {{"male", 8507},    {"female", 8532}, {"other", 8521},
                                      {"unknown", 8551}, {"M", 8507},      {"F", 8532},
                                      {"OTH", 8521},     {"UNK", 8551}};
  return Find(kGenders, code);
}

std::int64_t GenderSourceConcept(std::string_view code) {
  static constexpr Pair kGenders[] = {{"M", 8507}, {"F", 8532}};
  return Find(kGenders, code);
}

std::int64_t RaceConcept(std::string_view omb_code) {
  static constexpr Pair kRaces[] = {{"2106-3", 8527}, {"2054-5", 8516}, {"2028-9", 8515},
                                    {"1002-5", 8657}, {"2076-8", 8557}, {"UNK", 8552}};
  return Find(kRaces, omb_code);
}

std::int64_t EthnicityConcept(std::string_view omb_code) {
  static constexpr Pair kEthnicities[] = {{"2135-2", 38003563}, {"2186-5", 38003564}};
  return Find(kEthnicities, omb_code);
}

}  // namespace essaim
