#include "algo/result.h"

#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/status_macros.h"

namespace essaim {
namespace {

constexpr std::uint32_t kMagic = 0x01535245;  // "ERS" and the version of the encoding
constexpr std::size_t kTextBytesMax = std::size_t{1} << 16;
constexpr std::size_t kTablesMax = 10'000;
constexpr std::size_t kColumnsMax = limits::kVariablesMax + 100;
constexpr std::size_t kSeriesMax = 10'000;
constexpr std::size_t kPointsMax = std::size_t{1} << 24;
constexpr std::size_t kNotesMax = 10'000;

enum CellTag : std::uint8_t { kEmptyCell, kRealCell, kCountCell, kTextCell };

// One quiet NaN, no negative zero: equal results have equal bytes.
void WriteReal(ByteWriter& w, double x) { w.F64(x == 0 ? 0.0 : x); }

void WriteReals(ByteWriter& w, const std::vector<double>& v) {
  w.U64(v.size());
  for (const double x : v) WriteReal(w, x);
}

bool IsCanonical(double x) {
  if (x == 0) return !std::signbit(x);
  return x == x || std::bit_cast<std::uint64_t>(x) ==
                       std::bit_cast<std::uint64_t>(std::numeric_limits<double>::quiet_NaN());
}

absl::StatusOr<double> ReadReal(ByteReader& r) {
  ESSAIM_ASSIGN_OR_RETURN(const double x, r.F64());
  if (!IsCanonical(x)) return absl::InvalidArgumentError("a number in no canonical form");
  return x;
}

absl::StatusOr<std::vector<double>> ReadReals(ByteReader& r) {
  ESSAIM_ASSIGN_OR_RETURN(std::vector<double> v, r.F64s(kPointsMax));
  for (const double x : v) {
    if (!IsCanonical(x)) return absl::InvalidArgumentError("a number in no canonical form");
  }
  return v;
}

absl::StatusOr<std::size_t> ReadCount(ByteReader& r, std::size_t max) {
  ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t n, r.U64());
  if (n > max) return absl::InvalidArgumentError(absl::StrCat(n, " entries, at most ", max));
  return static_cast<std::size_t>(n);
}

absl::StatusOr<bool> ReadBool(ByteReader& r) {
  ESSAIM_ASSIGN_OR_RETURN(const std::uint8_t b, r.U8());
  if (b > 1) return absl::InvalidArgumentError("neither true nor false");
  return b == 1;
}

absl::StatusOr<int> ReadInt(ByteReader& r) {
  ESSAIM_ASSIGN_OR_RETURN(const std::uint32_t v, r.U32());
  return std::bit_cast<std::int32_t>(v);
}

void WriteInt(ByteWriter& w, int v) { w.U32(std::bit_cast<std::uint32_t>(v)); }

struct CellWriter {
  ByteWriter& w;

  void operator()(std::monostate) const { w.U8(kEmptyCell); }

  void operator()(double x) const {
    w.U8(kRealCell);
    WriteReal(w, x);
  }

  void operator()(std::int64_t n) const {
    w.U8(kCountCell);
    w.U64(std::bit_cast<std::uint64_t>(n));
  }

  void operator()(const std::string& s) const {
    w.U8(kTextCell);
    w.Bytes(s);
  }
};

absl::StatusOr<Cell> ReadCell(ByteReader& r) {
  ESSAIM_ASSIGN_OR_RETURN(const std::uint8_t tag, r.U8());
  switch (tag) {
    case kEmptyCell:
      return Cell(std::monostate());
    case kRealCell: {
      ESSAIM_ASSIGN_OR_RETURN(const double x, ReadReal(r));
      return Cell(x);
    }
    case kCountCell: {
      ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t n, r.U64());
      return Cell(std::bit_cast<std::int64_t>(n));
    }
    case kTextCell: {
      ESSAIM_ASSIGN_OR_RETURN(std::string s, r.Bytes(kTextBytesMax));
      return Cell(std::move(s));
    }
    default:
      return absl::InvalidArgumentError("a cell of no known type");
  }
}

void WriteTable(ByteWriter& w, const ResultTable& t) {
  w.Bytes(t.id);
  w.Bytes(t.title);
  w.U64(t.columns.size());
  for (const ResultColumn& c : t.columns) {
    w.Bytes(c.name);
    w.Bytes(c.title);
    w.U8(static_cast<std::uint8_t>(c.kind));
    WriteInt(w, c.of);
  }
  w.U64(t.rows.size());
  for (const auto& row : t.rows) {
    ESSAIM_CHECK(row.size() == t.columns.size() && !row.empty());
    for (const Cell& cell : row) std::visit(CellWriter{w}, cell);
  }
  ESSAIM_CHECK(t.groups.empty() || t.groups.size() == t.rows.size());
  w.U64(t.groups.size());
  for (const int g : t.groups) WriteInt(w, g);
  w.U64(t.hidden.size());
  for (const auto& [row, column] : t.hidden) {
    WriteInt(w, row);
    WriteInt(w, column);
  }
}

absl::StatusOr<std::vector<ResultColumn>> ReadColumns(ByteReader& r) {
  ESSAIM_ASSIGN_OR_RETURN(const std::size_t n, ReadCount(r, kColumnsMax));
  std::vector<ResultColumn> columns;
  for (std::size_t i = 0; i < n; ++i) {
    ResultColumn c;
    ESSAIM_ASSIGN_OR_RETURN(c.name, r.Bytes(kTextBytesMax));
    ESSAIM_ASSIGN_OR_RETURN(c.title, r.Bytes(kTextBytesMax));
    ESSAIM_ASSIGN_OR_RETURN(const std::uint8_t kind, r.U8());
    if (kind > static_cast<std::uint8_t>(ColumnKind::kPValue)) {
      return absl::InvalidArgumentError("a column of no known kind");
    }
    c.kind = static_cast<ColumnKind>(kind);
    ESSAIM_ASSIGN_OR_RETURN(c.of, ReadInt(r));
    if (c.of < -1 || c.of >= static_cast<int>(n)) {
      return absl::InvalidArgumentError("a column that depends on none of the table's");
    }
    columns.push_back(std::move(c));
  }
  return columns;
}

absl::Status ReadMarks(ByteReader& r, ResultTable& t) {
  ESSAIM_ASSIGN_OR_RETURN(const std::size_t n_groups, ReadCount(r, t.rows.size()));
  if (n_groups != 0 && n_groups != t.rows.size()) {
    return absl::InvalidArgumentError("not one group a row");
  }
  for (std::size_t i = 0; i < n_groups; ++i) {
    ESSAIM_ASSIGN_OR_RETURN(const int group, ReadInt(r));
    t.groups.push_back(group);
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::size_t n_hidden,
                          ReadCount(r, t.rows.size() * t.columns.size()));
  for (std::size_t i = 0; i < n_hidden; ++i) {
    ESSAIM_ASSIGN_OR_RETURN(const int row, ReadInt(r));
    ESSAIM_ASSIGN_OR_RETURN(const int column, ReadInt(r));
    if (row < 0 || column < 0 || static_cast<std::size_t>(row) >= t.rows.size() ||
        static_cast<std::size_t>(column) >= t.columns.size()) {
      return absl::InvalidArgumentError("a hidden cell outside the table");
    }
    t.hidden.emplace_back(row, column);
  }
  return absl::OkStatus();
}

absl::StatusOr<ResultTable> ReadTable(ByteReader& r) {
  ResultTable t;
  ESSAIM_ASSIGN_OR_RETURN(t.id, r.Bytes(kTextBytesMax));
  ESSAIM_ASSIGN_OR_RETURN(t.title, r.Bytes(kTextBytesMax));
  ESSAIM_ASSIGN_OR_RETURN(t.columns, ReadColumns(r));
  ESSAIM_ASSIGN_OR_RETURN(const std::size_t n_rows, ReadCount(r, kPointsMax));
  if (n_rows > 0 && t.columns.empty()) return absl::InvalidArgumentError("rows without columns");
  // A cell takes a byte at least, so a lying count ends with kDataLoss before it costs.
  for (std::size_t i = 0; i < n_rows; ++i) {
    std::vector<Cell> row;
    for (std::size_t j = 0; j < t.columns.size(); ++j) {
      ESSAIM_ASSIGN_OR_RETURN(Cell cell, ReadCell(r));
      row.push_back(std::move(cell));
    }
    t.rows.push_back(std::move(row));
  }
  ESSAIM_RETURN_IF_ERROR(ReadMarks(r, t));
  return t;
}

void WriteCurve(ByteWriter& w, const Curve& c) {
  for (const std::string* s : {&c.id, &c.title, &c.x_title, &c.y_title}) w.Bytes(*s);
  w.U64(c.series.size());
  for (const Series& s : c.series) {
    w.Bytes(s.name);
    for (const auto* v : {&s.x, &s.y, &s.lower, &s.upper, &s.n}) WriteReals(w, *v);
    w.U8(s.step ? 1 : 0);
  }
}

absl::StatusOr<Curve> ReadCurve(ByteReader& r) {
  Curve c;
  for (std::string* s : {&c.id, &c.title, &c.x_title, &c.y_title}) {
    ESSAIM_ASSIGN_OR_RETURN(*s, r.Bytes(kTextBytesMax));
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::size_t n, ReadCount(r, kSeriesMax));
  for (std::size_t i = 0; i < n; ++i) {
    Series s;
    ESSAIM_ASSIGN_OR_RETURN(s.name, r.Bytes(kTextBytesMax));
    for (auto* v : {&s.x, &s.y, &s.lower, &s.upper, &s.n}) {
      ESSAIM_ASSIGN_OR_RETURN(*v, ReadReals(r));
    }
    if (s.x.size() != s.y.size()) return absl::InvalidArgumentError("a series with x but no y");
    for (const auto* v : {&s.lower, &s.upper, &s.n}) {
      if (!v->empty() && v->size() != s.x.size()) {
        return absl::InvalidArgumentError("limits or counts not one a point");
      }
    }
    ESSAIM_ASSIGN_OR_RETURN(s.step, ReadBool(r));
    c.series.push_back(std::move(s));
  }
  return c;
}

absl::Status ReadHead(ByteReader& r, Result& out) {
  ESSAIM_ASSIGN_OR_RETURN(const std::uint32_t magic, r.U32());
  if (magic != kMagic) return absl::InvalidArgumentError("not a result of this version");
  ESSAIM_ASSIGN_OR_RETURN(out.algorithm, r.Bytes(kTextBytesMax));
  ESSAIM_ASSIGN_OR_RETURN(const bool approximate, ReadBool(r));
  out.label.exactness = approximate ? Exactness::kApproximate : Exactness::kExact;
  ESSAIM_ASSIGN_OR_RETURN(out.label.tolerance, ReadReal(r));
  ESSAIM_ASSIGN_OR_RETURN(out.label.reference, r.Bytes(kTextBytesMax));
  ESSAIM_ASSIGN_OR_RETURN(out.rounds, ReadInt(r));
  if (out.rounds < 0 || out.rounds > limits::kRoundsMax) {
    return absl::InvalidArgumentError("a result of an impossible number of rounds");
  }
  return absl::OkStatus();
}

}  // namespace

const ResultTable* Result::Find(std::string_view table_id) const {
  for (const ResultTable& t : tables) {
    if (t.id == table_id) return &t;
  }
  return nullptr;
}

std::string Result::Encode() const {
  ByteWriter w;
  w.U32(kMagic);
  w.Bytes(algorithm);
  w.U8(label.exactness == Exactness::kApproximate ? 1 : 0);
  WriteReal(w, label.tolerance);
  w.Bytes(label.reference);
  WriteInt(w, rounds);
  w.U64(tables.size());
  for (const ResultTable& t : tables) WriteTable(w, t);
  w.U64(curves.size());
  for (const Curve& c : curves) WriteCurve(w, c);
  w.U64(notes.size());
  for (const std::string& note : notes) w.Bytes(note);
  return w.Take();
}

absl::StatusOr<Result> Result::Decode(std::string_view bytes) {
  if (bytes.size() > limits::kMessageBytesMax) {
    return absl::InvalidArgumentError("a result above the largest message");
  }
  ByteReader r(bytes);
  Result out;
  ESSAIM_RETURN_IF_ERROR(ReadHead(r, out));
  ESSAIM_ASSIGN_OR_RETURN(const std::size_t n_tables, ReadCount(r, kTablesMax));
  for (std::size_t i = 0; i < n_tables; ++i) {
    ESSAIM_ASSIGN_OR_RETURN(ResultTable t, ReadTable(r));
    out.tables.push_back(std::move(t));
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::size_t n_curves, ReadCount(r, kTablesMax));
  for (std::size_t i = 0; i < n_curves; ++i) {
    ESSAIM_ASSIGN_OR_RETURN(Curve c, ReadCurve(r));
    out.curves.push_back(std::move(c));
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::size_t n_notes, ReadCount(r, kNotesMax));
  for (std::size_t i = 0; i < n_notes; ++i) {
    ESSAIM_ASSIGN_OR_RETURN(std::string note, r.Bytes(kTextBytesMax));
    out.notes.push_back(std::move(note));
  }
  ESSAIM_RETURN_IF_ERROR(r.End());
  return out;
}

}  // namespace essaim
