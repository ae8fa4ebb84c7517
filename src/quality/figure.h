// The value of one metric as a part of the report found it.
#pragma once

#include <optional>
#include <string>

namespace essaim {

struct Figure {
  std::string id;               // "C7"
  std::optional<double> value;  // none: see missing
  double n = 0;                 // what it rests on
  // Set if the value is k of n persons or rows: it then gets Wilson's interval.
  std::optional<double> k;
  std::string missing = {};
  std::string detail = {};  // what the value is of: a table, a group, a concept
};

inline Figure ShareFigure(std::string id, double k, double n) {
  Figure figure{.id = std::move(id), .value = {}, .n = n, .k = {}};
  if (n > 0) figure.value = k / n, figure.k = k;
  return figure;
}

inline Figure ValueFigure(std::string id, double value, double n) {
  Figure figure{.id = std::move(id), .value = {}, .n = n, .k = {}};
  if (n > 0) figure.value = value;
  return figure;
}

inline Figure MissingFigure(std::string id, std::string missing) {
  return {.id = std::move(id), .value = {}, .n = 0, .k = {}, .missing = std::move(missing)};
}

}  // namespace essaim
