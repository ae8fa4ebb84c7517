#include "quality/run_checks.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "quality/check_cells.h"
#include "quality/check_passes.h"
#include "quality/check_rows.h"

namespace essaim {
namespace {

// Blocks of 32 keys are worth their bits if the keys come in runs. Between the smallest and the
// largest, runs leave gaps, but hashes of 63 bits leave more than this for each key.
constexpr std::uint64_t kSparse = 4096;
constexpr std::int64_t kRowsPerKeyMax = 64;
constexpr std::int64_t kManyRows = 100'000;  // fewer are counted by value at once

constexpr char kRows[] = "COUNT(*)";

using Fields = std::map<std::string, std::set<std::string>, std::less<>>;  // by table

// A count of a check, and where its answer will be: nowhere if it is known to be 0.
struct Asked {
  Cell cell;
  bool is_zero = false;
  std::optional<CheckPasses::Place> place = std::nullopt;
};

struct AskedCheck {
  Asked violated, denominator;
};

class Runner {
 public:
  Runner(SqlEngine& engine, const CheckOptions& options)
      : engine_(engine), options_(options), passes_(engine) {}

  absl::StatusOr<CheckRun> Run() {
    absl::CivilDay day;
    if (options_.as_of.size() != 10 || !absl::ParseCivilTime(options_.as_of, &day)) {
      return absl::InvalidArgumentError("as-of: a day as YYYY-MM-DD was expected");
    }
    run_.as_of = options_.as_of;
    ESSAIM_RETURN_IF_ERROR(ReadCatalogue());
    for (const Check& check : AllChecks()) {
      if (options_.with_vocabulary || RunsByDefault(check)) Plan(check);
    }
    ESSAIM_RETURN_IF_ERROR(Ask());
    for (std::size_t i = 0; i < run_.results.size(); ++i) Fill(run_.results[i], asked_[i]);
    run_.n_statements += passes_.n_statements();
    MarkNotApplicable();
    return std::move(run_);
  }

 private:
  absl::Status ReadCatalogue() {
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        engine_.Query("SELECT table_name, column_name FROM information_schema.columns WHERE "
                      "table_schema = current_schema() AND table_catalog = current_database()"));
    ++run_.n_statements;
    for (const auto& row : rows.rows) {
      fields_[absl::AsciiStrToLower(std::get<std::string>(row[0]))].insert(
          absl::AsciiStrToLower(std::get<std::string>(row[1])));
    }
    return absl::OkStatus();
  }

  bool HasTable(std::string_view table) const { return fields_.find(table) != fields_.end(); }

  bool HasField(std::string_view table, std::string_view field) const {
    const auto at = fields_.find(table);
    return at != fields_.end() && at->second.contains(std::string(field));
  }

  void Plan(const Check& check) {
    CheckResult& result = run_.results.emplace_back();
    result.check = &check;
    result.threshold = ThresholdOf(check);
    std::optional<AskedCheck>& asked = asked_.emplace_back();
    if (check.kind == CheckKind::kCdmTable || check.kind == CheckKind::kCdmField) return;
    if (!HasTable(check.table) || (!check.field.empty() && !HasField(check.table, check.field)))
      return;
    CheckCells cells = CellsOf(check, options_.as_of, engine_.dialect());
    if (check.kind == CheckKind::kIsPrimaryKey) keys_.emplace(check.table, run_.results.size() - 1);
    asked.emplace(AskedCheck{.violated = {.cell = std::move(cells.violated)},
                             .denominator = {.cell = std::move(cells.denominator)}});
  }

  double ThresholdOf(const Check& check) const {
    const auto& own = options_.thresholds;
    if (own.empty()) return check.threshold;
    auto at = own.find(CheckId(check));
    if (at == own.end()) at = own.find(InfoOf(check.kind).name);
    return at == own.end() ? check.threshold : at->second;
  }

  // What tells later whether a count need be asked at all.
  void AskForFacts(const Cell& cell) {
    if (cell.table.empty()) return;
    const auto of = [&](const std::string& table, const std::string& aggregate) {
      passes_.Add({.rows = WholeTable(table), .aggregate = aggregate});
    };
    of(cell.table, kRows);
    if (HasTable(cell.other)) of(cell.other, kRows);
    if (HasField(cell.table, cell.field)) of(cell.table, CountOf(cell.field));
    if (cell.doubt.empty() || !HasField(cell.key_table, cell.key)) return;
    of(cell.key_table, kRows);
    of(cell.key_table, SmallestOf(cell.key));
    of(cell.key_table, LargestOf(cell.key));
  }

  // nullopt: it was not asked, or could not be read.
  std::optional<std::int64_t> FactOf(const std::string& table, const std::string& aggregate) const {
    return passes_.Value(Cell{.rows = WholeTable(table), .aggregate = aggregate});
  }

  // Few different values are counted faster one by one, and so are sparse ones.
  bool IsDoubtWorthIt(const Cell& cell) const {
    if (cell.doubt.empty()) return false;
    const std::optional<std::int64_t> n = FactOf(cell.table, CountOf(cell.field)),
                                      low = FactOf(cell.key_table, SmallestOf(cell.key)),
                                      high = FactOf(cell.key_table, LargestOf(cell.key)),
                                      n_keys = FactOf(cell.key_table, kRows);
    if (!n.has_value() || !low.has_value() || !high.has_value() || !n_keys.has_value())
      return false;
    if (*n_keys < *n / kRowsPerKeyMax) return false;
    // As unsigned: the difference of two integers of 64 bits may not fit a signed one.
    return (static_cast<std::uint64_t>(*high) - static_cast<std::uint64_t>(*low)) / kSparse <
           static_cast<std::uint64_t>(*n);
  }

  // Whether the statement leaves none.
  bool Doubt(const std::string& statement) {
    const absl::StatusOr<SqlRows> answer = engine_.Query(statement);
    ++run_.n_statements;
    return answer.ok() && answer->rows.size() == 1 && CheckPasses::Integer(answer->rows[0][0]) == 0;
  }

  // The one integer that a field of many rows has in all of them. Where ranges are skipped that
  // costs next to nothing to find out, and much less than counting the field by value.
  std::optional<std::int64_t> OneValue(const std::string& table, const std::string& field) {
    const auto [at, is_new] = one_values_.emplace(std::pair(table, field), std::nullopt);
    const std::optional<std::int64_t> n = FactOf(table, CountOf(field));
    if (!is_new || n < kManyRows || n != FactOf(table, kRows) || !engine_.dialect().SkipsByRange())
      return at->second;
    const std::string name = NameInT(field);
    const absl::StatusOr<SqlRows> first = engine_.Query(absl::StrCat(
        "SELECT MIN(x), MAX(x) FROM (SELECT ", name, " AS x FROM ", table, " t LIMIT 100) s"));
    ++run_.n_statements;
    if (!first.ok() || first->rows.size() != 1 || first->rows[0][0] != first->rows[0][1] ||
        !std::holds_alternative<std::int64_t>(first->rows[0][0]))
      return std::nullopt;
    const std::int64_t value = std::get<std::int64_t>(first->rows[0][0]);
    if (Doubt(absl::StrCat("SELECT COUNT(*) FROM ", table, " t WHERE ", name, " <> ", value)))
      at->second = value;
    return at->second;
  }

  CheckPasses::Place Add(const Cell& cell) {
    const bool by_value = !cell.field.empty() &&
                          cell.rows.head == ByValue(cell.table, cell.field).head &&
                          cell.columns.empty();
    const std::optional<std::int64_t> value =
        by_value ? OneValue(cell.table, cell.field) : std::nullopt;
    if (!value.has_value()) return passes_.Add(cell);
    Cell simple = cell;
    simple.rows = OfOneValue(cell.rows, cell.table, cell.field, *value, *FactOf(cell.table, kRows));
    return passes_.Add(simple);
  }

  // By what the whole tables told: 0, or asked now, or only its proof.
  void AskOrKnow(Asked& asked) {
    const Cell& cell = asked.cell;
    const auto is_empty = [&](const std::string& table) {
      return !table.empty() && FactOf(table, kRows) == 0;
    };
    asked.is_zero = is_empty(cell.table) || is_empty(cell.other);
    if (asked.is_zero) return;
    const std::optional<std::int64_t> n =
        cell.field.empty() ? std::nullopt : FactOf(cell.table, CountOf(cell.field));
    if (n == 0) {
      asked.is_zero = cell.if_null == nullptr;
      if (!asked.is_zero) asked.place = Add(*cell.if_null);
    } else if (cell.proof != nullptr) {
      passes_.Add(*cell.proof);
    } else {
      AskUnlessDoubtful(asked);
    }
  }

  void AskUnlessDoubtful(Asked& asked) {
    const Cell& cell = asked.cell;
    asked.is_zero = IsDoubtWorthIt(cell) && Doubt(cell.doubt);
    if (!asked.is_zero) asked.place = Add(cell);
  }

  bool HasUniqueKeys(const std::string& table) const {
    const auto at = keys_.find(table);
    return at != keys_.end() && ValueOf(asked_[at->second]->violated) == 0;
  }

  void AskUnlessProven(Asked& asked) {
    if (asked.is_zero || asked.place.has_value()) return;
    const Cell& cell = asked.cell;
    asked.is_zero =
        passes_.Value(*cell.proof) == 0 && (cell.unique.empty() || HasUniqueKeys(cell.unique));
    if (!asked.is_zero) AskUnlessDoubtful(asked);
  }

  // Whole tables tell which other passes need not be made, and those which rows need not be read.
  absl::Status Ask() {
    ForEach([&](Asked& asked) {
      AskForFacts(asked.cell);
      if (asked.cell.table.empty() && asked.cell.rows.tail.empty())
        asked.place = passes_.Add(asked.cell);
    });
    ESSAIM_RETURN_IF_ERROR(passes_.Ask(options_.progress));
    ForEach([&](Asked& asked) {
      if (!asked.place.has_value()) AskOrKnow(asked);
    });
    ESSAIM_RETURN_IF_ERROR(passes_.Ask(options_.progress));
    ForEach([&](Asked& asked) { AskUnlessProven(asked); });
    return passes_.Ask(options_.progress);
  }

  template <typename Function>
  void ForEach(const Function& function) {
    for (std::optional<AskedCheck>& check : asked_) {
      if (!check.has_value()) continue;
      function(check->violated);
      function(check->denominator);
    }
  }

  // nullopt: the database could not answer.
  std::optional<std::int64_t> ValueOf(const Asked& asked) const {
    return asked.is_zero ? 0 : passes_.Value(*asked.place);
  }

  void Fill(CheckResult& result, const std::optional<AskedCheck>& asked) const {
    const Check& check = *result.check;
    if (check.kind == CheckKind::kCdmTable || check.kind == CheckKind::kCdmField) {
      const bool there = check.kind == CheckKind::kCdmTable ? HasTable(check.table)
                                                            : HasField(check.table, check.field);
      result.violated = there ? 0 : 1;
      result.denominator = 1;
    } else if (asked.has_value()) {
      const auto violated = ValueOf(asked->violated), denominator = ValueOf(asked->denominator);
      result.error = !violated.has_value() || !denominator.has_value();
      if (result.error) {
        result.why = "the database could not answer; its log says why";
      } else {
        result.violated = *violated;
        result.denominator = *denominator;
      }
    }
    const double threshold = result.threshold;
    result.failed = !result.error &&
                    (std::isnan(threshold) || threshold == 0 ? result.violated > 0
                                                             : result.share() * 100 > threshold);
  }

  // The Dashboard's rules: what is empty or absent has not failed.
  void MarkNotApplicable() {
    std::set<std::string, std::less<>> empty_tables, empty_fields;
    for (const CheckResult& r : run_.results) {
      if (r.check->kind != CheckKind::kMeasureValueCompleteness || r.error) continue;
      if (r.denominator == 0) empty_tables.emplace(r.check->table);
      if (r.denominator == r.violated) empty_fields.insert(FieldKey(*r.check));
    }
    for (CheckResult& r : run_.results) {
      if (r.error) continue;
      r.why = WhyNotApplicable(r, empty_tables, empty_fields);
      r.not_applicable = !r.why.empty();
      if (r.not_applicable) r.failed = false;
    }
  }

  static std::string FieldKey(const Check& check) {
    return absl::StrCat(Av(check.table), ".", Av(check.field));
  }

  std::string WhyNotApplicable(const CheckResult& r,
                               const std::set<std::string, std::less<>>& empty_tables,
                               const std::set<std::string, std::less<>>& empty_fields) const {
    const Check& check = *r.check;
    const std::string table = absl::AsciiStrToUpper(Av(check.table));
    if (check.kind == CheckKind::kCdmTable) return "";
    if (!HasTable(check.table)) return absl::StrCat("Table ", table, " does not exist.");
    if (check.kind == CheckKind::kCdmField || check.kind == CheckKind::kMeasurePersonCompleteness)
      return "";
    if (check.kind == CheckKind::kMeasureConditionEraCompleteness) {
      return empty_tables.contains("condition_occurrence") ? "Table CONDITION_OCCURRENCE is empty."
                                                           : "";
    }
    const std::string field = absl::StrCat(table, ".", absl::AsciiStrToUpper(Av(check.field)));
    if (!check.field.empty() && !HasField(check.table, check.field))
      return absl::StrCat("Field ", field, " does not exist.");
    if (empty_tables.contains(check.table)) return absl::StrCat("Table ", table, " is empty.");
    if (check.kind == CheckKind::kMeasureValueCompleteness) return "";
    if (empty_fields.contains(FieldKey(check)))
      return absl::StrCat("Field ", field, " is not populated.");
    if (!check.concept_ids.empty() && r.denominator == 0) {
      return absl::StrCat(absl::AsciiStrToUpper(Av(check.field)), "=", Av(check.concept_ids),
                          " is missing from the ", table, " table.");
    }
    return "";
  }

  SqlEngine& engine_;
  const CheckOptions& options_;
  CheckRun run_;
  Fields fields_;
  CheckPasses passes_;
  std::vector<std::optional<AskedCheck>> asked_;  // of each result
  std::map<std::pair<std::string, std::string>, std::optional<std::int64_t>> one_values_;
  std::map<std::string, std::size_t> keys_;  // the result about a table's primary key
};

}  // namespace

absl::StatusOr<CheckRun> RunChecks(SqlEngine& engine, const CheckOptions& options) {
  return Runner(engine, options).Run();
}

}  // namespace essaim
