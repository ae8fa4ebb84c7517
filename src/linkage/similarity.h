// How alike two texts or two bit sets are: 0 (nothing in common) to 1 (equal).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "linkage/filter_overlap.h"

namespace essaim::linkage {

// Jaro's measure with Winkler's bonus for a common beginning of up to 4 bytes (weight 0.1):
// Winkler, "String comparator metrics and enhanced decision rules in the Fellegi-Sunter model"
// (1990). Over bytes; texts above 64 bytes are cut there. Two empty texts are equal.
double JaroWinkler(std::string_view a, std::string_view b);

// Insertions, deletions, substitutions and transpositions of neighbours that make one text the
// other, at most `most` + 1 (Damerau 1964, optimal string alignment). Texts as above.
int EditDistance(std::string_view a, std::string_view b, int most);

// Pairs of neighbours with a blank on both ends: "_A", "AB", "B_". Empty for an empty text.
std::vector<std::string> Bigrams(std::string_view text);

// Dice's coefficient of two filters, less what two unrelated ones of their sizes have in common: 0
// for unrelated ones, 1 for equal ones. An empty one: 0.
double DiceOverChance(const Filter& a, const Filter& b);

}  // namespace essaim::linkage
