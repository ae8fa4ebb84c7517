#include "warehouse/sql_dialect.h"

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "warehouse/expression_sql.h"

namespace essaim {
namespace {

// What DuckDB and PostgreSQL have in common.
class CommonDialect : public SqlDialect {
 public:
  std::string DaysBetween(std::string_view from, std::string_view to) const override {
    return absl::StrCat("(CAST(", Av(to), " AS DATE) - CAST(", Av(from), " AS DATE))");
  }

  std::string AddDays(std::string_view date, std::string_view days) const override {
    return absl::StrCat("(CAST(", Av(date), " AS DATE) + CAST(", Av(days), " AS INTEGER))");
  }

  std::string AddDaysToTime(std::string_view time, std::string_view days) const override {
    return absl::StrCat("(", Av(time), " + CAST(", Av(days), " AS INTEGER) * INTERVAL '1 day')");
  }

  std::string QuantileDisc(std::string_view value, double q) const override {
    return absl::StrCat("percentile_disc(", q, ") WITHIN GROUP (ORDER BY ", Av(value), ")");
  }

  std::string BlockOf(std::string_view integer) const override {
    return absl::StrCat("(", Av(integer), " >> 5)");
  }
};

class DuckDb final : public CommonDialect {
 public:
  std::string_view name() const override { return "duckdb"; }

  std::string Type(CdmType type, int /*length*/) const override {
    switch (type) {
      case CdmType::kInteger:
        return "BIGINT";
      case CdmType::kFloat:
        return "DOUBLE";
      case CdmType::kDate:
        return "DATE";
      case CdmType::kDateTime:
        return "TIMESTAMP";
      case CdmType::kText:
        return "VARCHAR";
    }
    return "VARCHAR";
  }

  // One number that orders as the pair does: an id is less than 2^64 away from another.
  std::string ValueAtEnd(std::string_view value, std::string_view day, std::string_view id,
                         std::string_view condition, bool greatest) const override {
    return absl::StrCat(greatest ? "arg_max(" : "arg_min(", "CASE WHEN ", Av(condition), " THEN ",
                        Av(value), " END, CAST(", Av(day), " AS HUGEINT) * 18446744073709551616 + ",
                        Av(id), ")");
  }

  std::string RowName() const override { return "rowid"; }

  bool NumbersRowsAsAdded() const override { return true; }

  std::string RowsEnd(std::string_view table) const override {
    return absl::StrCat("SELECT COALESCE(MAX(rowid), -1) + 1 FROM ", Av(table));
  }

  std::string RowsBetween(std::int64_t from, std::int64_t to) const override {
    return absl::StrCat("rowid >= ", from, " AND rowid < ", to);
  }

  std::int64_t RowsStep() const override { return 1024; }

  std::string Folded(std::string_view text) const override {
    return absl::StrCat("strip_accents(lower(", Av(text), "))");
  }

  std::string Matches(std::string_view text, std::string_view pattern) const override {
    return absl::StrCat("regexp_matches(", Av(text), ", ", SqlText(std::string(pattern)), ")");
  }

  bool SkipsByRange() const override { return true; }  // least and greatest of 122,880 rows

  std::string BitInBlock(std::string_view integer) const override {
    return absl::StrCat("(CAST(1 AS BIGINT) << (", Av(integer), " & 31))");
  }

  std::string BitCount(std::string_view bits) const override {
    return absl::StrCat("bit_count(", Av(bits), ")");
  }
};

class Postgres final : public CommonDialect {
 public:
  std::string_view name() const override { return "postgresql"; }

  std::string Type(CdmType type, int length) const override {
    switch (type) {
      case CdmType::kInteger:
        return "BIGINT";
      case CdmType::kFloat:
        return "DOUBLE PRECISION";
      case CdmType::kDate:
        return "DATE";
      case CdmType::kDateTime:
        return "TIMESTAMP";
      case CdmType::kText:
        return length == 0 ? "TEXT" : absl::StrCat("VARCHAR(", length, ")");
    }
    return "TEXT";
  }

  std::string ValueAtEnd(std::string_view value, std::string_view day, std::string_view id,
                         std::string_view condition, bool greatest) const override {
    const char* way = greatest ? " DESC" : "";
    return absl::StrCat("(ARRAY_AGG(", Av(value), " ORDER BY ", Av(day), way, ", ", Av(id), way,
                        ") FILTER (WHERE ", Av(condition), " AND ", Av(value), " IS NOT NULL))[1]");
  }

  std::string RowName() const override { return "CAST(ctid AS TEXT)"; }

  bool NumbersRowsAsAdded() const override { return false; }  // free room is filled first

  std::string RowsEnd(std::string_view table) const override {
    return absl::StrCat("SELECT pg_relation_size('", Av(table),
                        "') / CAST(current_setting('block_size') AS BIGINT)");
  }

  std::string RowsBetween(std::int64_t from, std::int64_t to) const override {
    return absl::StrCat("ctid >= CAST('(", from, ",0)' AS tid) AND ctid < CAST('(", to,
                        ",0)' AS tid)");
  }

  std::int64_t RowsStep() const override { return 16; }  // pages, of 8 KiB

  // Capitals too: under the locale C a server's lower() leaves what is not ASCII alone.
  std::string Folded(std::string_view text) const override {
    return absl::StrCat("translate(lower(", Av(text),
                        "), 'àáâãäåçèéêëìíîïñòóôõöøùúûüýÿÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŸ', "
                        "'aaaaaaceeeeiiiinoooooouuuuyyaaaaaaceeeeiiiinoooooouuuuyy')");
  }

  std::string Matches(std::string_view text, std::string_view pattern) const override {
    return absl::StrCat("(", Av(text), " ~ ", SqlText(std::string(pattern)), ")");
  }

  bool SkipsByRange() const override { return false; }

  std::string BitInBlock(std::string_view integer) const override {
    return absl::StrCat("(CAST(1 AS BIGINT) << CAST(", Av(integer), " & 31 AS INTEGER))");
  }

  std::string BitCount(std::string_view bits) const override {
    return absl::StrCat("bit_count(CAST(", Av(bits), " AS BIT(64)))");
  }
};

}  // namespace

const SqlDialect& DuckDbDialect() {
  static const DuckDb kDialect;
  return kDialect;
}

const SqlDialect& PostgresDialect() {
  static const Postgres kDialect;
  return kDialect;
}

}  // namespace essaim
