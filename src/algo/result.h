// What an analysis releases: tables and curves with a label that says how exact they are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

namespace essaim {

enum class Exactness {
  kExact,        // equal to the pooled analysis within `tolerance` (relative)
  kApproximate,  // differs from it by at most `tolerance` (absolute, in the unit of the estimate)
};

struct Label {
  Exactness exactness = Exactness::kExact;
  double tolerance = 0;
  std::string reference;  // "R 4.2.2 glm()", a paper, a standard
};

enum class ColumnKind {
  kText,
  kNumber,  // a real number
  kCount,   // a number of persons: subject to the minimum cell
  kShare,   // a proportion in [0, 1] derived from the count in column `of`: hidden with it
  kPValue,
};

struct ResultColumn {
  std::string name;   // a stable identifier, "std_error"
  std::string title;  // for people, "Standard error"
  ColumnKind kind = ColumnKind::kNumber;
  int of = -1;  // kNumber, kShare: the index of the count column whose suppression hides it too
  bool operator==(const ResultColumn&) const = default;
};

// monostate: not applicable, or hidden by disclosure control (then `ResultTable::hidden` says so).
using Cell = std::variant<std::monostate, double, std::int64_t, std::string>;

struct ResultTable {
  std::string id;  // stable, "coefficients"
  std::string title;
  std::vector<ResultColumn> columns;
  std::vector<std::vector<Cell>> rows;
  // Rows with the same non-negative group add up to a published total, so hiding one cell alone
  // would not hide it. One entry a row, or empty.
  std::vector<int> groups;
  std::vector<std::pair<int, int>> hidden;  // (row, column) hidden at release
  bool operator==(const ResultTable&) const = default;
};

struct Series {
  std::string name;
  std::vector<double> x, y;
  std::vector<double> lower, upper;  // pointwise confidence limits, empty if none
  std::vector<double> n;  // persons behind each point (at risk, in the bin), empty if none
  bool step = false;      // constant between points, right-continuous
  bool operator==(const Series&) const = default;
};

struct Curve {
  std::string id;  // stable, "survival", "roc", "calibration"
  std::string title, x_title, y_title;
  std::vector<Series> series;
  bool operator==(const Curve&) const = default;
};

struct Result {
  std::string algorithm;  // registry name, "regression/glm"
  Label label;
  int rounds = 0;
  std::vector<ResultTable> tables;
  std::vector<Curve> curves;
  std::vector<std::string> notes;  // for people: warnings, separation found, levels dropped

  const ResultTable* Find(std::string_view table_id) const;
  std::string Encode() const;  // canonical: equal results have equal bytes
  static absl::StatusOr<Result> Decode(std::string_view bytes);
};

}  // namespace essaim
