// The name that a person probably meant: for messages about unknown names.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace essaim {

// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal
// string alignment distance), without regard to ASCII case. O(|a| |b|) time; texts above 128 bytes
// are compared by their first 128.
std::size_t EditDistance(std::string_view a, std::string_view b);

// The candidate nearest to `name`, the first of equals; empty if none is near enough to be a slip
// of the keyboard (more than a third of the name, at least 2, differs).
std::string NearestName(std::string_view name, std::span<const std::string> candidates);

// "; did you mean 'age'?", or "" if nothing is near.
std::string DidYouMean(std::string_view name, std::span<const std::string> candidates);

}  // namespace essaim
