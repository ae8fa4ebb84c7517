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

  std::string QuantileDisc(std::string_view value, double q) const override {
    return absl::StrCat("percentile_disc(", q, ") WITHIN GROUP (ORDER BY ", Av(value), ")");
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
                        Av(value), " END, CAST(", Av(day),
                        " AS HUGEINT) * 18446744073709551616 + ", Av(id), ")");
  }

  std::string Folded(std::string_view text) const override {
    return absl::StrCat("strip_accents(lower(", Av(text), "))");
  }

  std::string Matches(std::string_view text, std::string_view pattern) const override {
    return absl::StrCat("regexp_matches(", Av(text), ", ", SqlText(std::string(pattern)), ")");
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

  // Capitals too: under the locale C a server's lower() leaves what is not ASCII alone.
  std::string Folded(std::string_view text) const override {
    return absl::StrCat("translate(lower(", Av(text),
                        "), 'àáâãäåçèéêëìíîïñòóôõöøùúûüýÿÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŸ', "
                        "'aaaaaaceeeeiiiinoooooouuuuyyaaaaaaceeeeiiiinoooooouuuuyy')");
  }

  std::string Matches(std::string_view text, std::string_view pattern) const override {
    return absl::StrCat("(", Av(text), " ~ ", SqlText(std::string(pattern)), ")");
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
