// UCUM's unit atoms and prefixes, as data.
#pragma once

#include <span>
#include <string_view>

namespace essaim::ucum {

struct Atom {
  std::string_view code;
  bool metric;            // takes a prefix
  double value;           // in `unit`
  std::string_view unit;  // UCUM; empty: a plain number; "=": a base unit, "?": an arbitrary one
};

struct Prefix {
  std::string_view code;
  double value;
};

std::span<const Atom> Atoms();
std::span<const Prefix> Prefixes();

}  // namespace essaim::ucum
