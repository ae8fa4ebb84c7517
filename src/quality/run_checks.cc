#include "quality/run_checks.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "quality/check_cells.h"

namespace essaim {
namespace {

// Above it, planning a statement costs more than another pass over rows that are counted already.
constexpr std::size_t kAggregatesPerStatement = 400;

constexpr char kRows[] = "COUNT(*)";

// Blocks of 32 keys are worth their bits if the keys come in runs. Between the smallest and the
// largest, runs leave gaps, but hashes of 63 bits leave more than this for each key.
constexpr std::uint64_t kSparse = 2048;
constexpr std::int64_t kRowsPerKeyMax = 64;

// Aggregates over one set of rows, each asked once.
struct Pass {
  Rows rows;
  std::vector<std::string> aggregates;
  std::map<std::string, std::size_t> index;
  std::vector<std::int64_t> values;  // empty if the database could not answer

  std::size_t Add(const std::string& aggregate) {
    const auto [at, is_new] = index.emplace(aggregate, aggregates.size());
    if (is_new) aggregates.push_back(aggregate);
    return at->second;
  }
};

struct Place {
  Pass* pass = nullptr;
  std::size_t at = 0;
};

using Fields = std::map<std::string, std::set<std::string>, std::less<>>;  // by table

class Runner {
 public:
  Runner(SqlEngine& engine, const CheckOptions& options) : engine_(engine), options_(options) {}

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
    AskForFacts();
    ESSAIM_RETURN_IF_ERROR(Ask());
    for (std::size_t i = 0; i < run_.results.size(); ++i) Fill(run_.results[i], places_[i]);
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
    auto& [violated, denominator] = places_.emplace_back();
    if (check.kind == CheckKind::kCdmTable || check.kind == CheckKind::kCdmField) return;
    if (!HasTable(check.table) || (!check.field.empty() && !HasField(check.table, check.field)))
      return;
    const CheckCells cells = CellsOf(check, options_.as_of, engine_.dialect());
    violated = PlaceOf(cells.violated);
    denominator = PlaceOf(cells.denominator);
    if (check.kind == CheckKind::kIsPrimaryKey) keys_[std::string(check.table)] = violated;
  }

  double ThresholdOf(const Check& check) const {
    const auto& own = options_.thresholds;
    if (own.empty()) return check.threshold;
    auto at = own.find(CheckId(check));
    if (at == own.end()) at = own.find(InfoOf(check.kind).name);
    return at == own.end() ? check.threshold : at->second;
  }

  Place PlaceOf(const Cell& cell) {
    Pass& pass = passes_[cell.rows.sql];
    pass.rows = cell.rows;
    return {&pass, pass.Add(cell.aggregate)};
  }

  // What tells later whether rows need a pass at all.
  void AskForFacts() {
    std::vector<Rows> all;
    for (const auto& [sql, pass] : passes_) all.push_back(pass.rows);
    for (const Rows& rows : all) {
      if (rows.table.empty()) continue;
      PlaceOf({WholeTable(rows.table), kRows});
      if (const auto join = passes_.find(rows.join); join != passes_.end()) join->second.Add(kRows);
      if (rows.field.empty() || !HasField(rows.table, rows.field)) continue;
      PlaceOf({WholeTable(rows.table), CountOf(rows.field)});
      if (rows.doubt.empty()) continue;
      PlaceOf({WholeTable(rows.table), SmallestOf(rows.field)});
      PlaceOf({WholeTable(rows.table), LargestOf(rows.field)});
    }
  }

  // If the rows were asked for it and could be read.
  std::optional<std::int64_t> Fact(const std::string& rows, const std::string& aggregate) const {
    const auto at = passes_.find(rows);
    if (at == passes_.end() || at->second.values.empty()) return std::nullopt;
    const auto place = at->second.index.find(aggregate);
    if (place == at->second.index.end()) return std::nullopt;
    return at->second.values[place->second];
  }

  std::optional<std::int64_t> FactOf(std::string_view table, const std::string& aggregate) const {
    return Fact(WholeTable(table).sql, aggregate);
  }

  bool HasUniqueKeys(const std::string& table) const {
    const auto at = keys_.find(table);
    return at != keys_.end() && at->second.pass != nullptr && !at->second.pass->values.empty() &&
           at->second.pass->values[at->second.at] == 0;
  }

  bool IsKnownZero(const Rows& rows) {
    if (rows.table.empty()) return false;
    if (FactOf(rows.table, kRows) == 0) return true;
    if (!rows.other.empty() && FactOf(rows.other, kRows) == 0) return true;
    const std::optional<std::int64_t> n =
        rows.field.empty() ? std::nullopt : FactOf(rows.table, CountOf(rows.field));
    if (!n.has_value()) return false;
    if (*n == 0) return true;
    // Each value meets at most one key: as many meetings as values leave none without its key.
    if (!rows.join.empty() && HasUniqueKeys(rows.target) && Fact(rows.join, kRows) == n)
      return true;
    return IsDoubtWorthIt(rows, *n) && Doubt(rows.doubt);
  }

  // Few different values are counted faster one by one, and so are sparse ones.
  bool IsDoubtWorthIt(const Rows& rows, std::int64_t n) const {
    if (rows.doubt.empty()) return false;
    const std::optional<std::int64_t> low = FactOf(rows.table, SmallestOf(rows.field)),
                                      high = FactOf(rows.table, LargestOf(rows.field)),
                                      n_target = FactOf(rows.target, kRows);
    if (!low.has_value() || !high.has_value()) return false;
    if (n_target.has_value() && *n_target < n / kRowsPerKeyMax) return false;
    // As unsigned: the difference of two integers of 64 bits may not fit a signed one.
    return (static_cast<std::uint64_t>(*high) - static_cast<std::uint64_t>(*low)) / kSparse <
           static_cast<std::uint64_t>(n);
  }

  // Whether the statement leaves none.
  bool Doubt(const std::string& statement) {
    const absl::StatusOr<SqlRows> answer = engine_.Query(statement);
    ++run_.n_statements;
    return answer.ok() && answer->rows.size() == 1 && Integer(answer->rows[0][0]) == 0;
  }

  // Whole tables tell which of the other passes need not be made; what refers to keys comes last.
  absl::Status Ask() {
    std::size_t done = 0;
    for (const int stage : {0, 1, 2}) {
      for (auto& [sql, pass] : passes_) {
        if ((pass.rows.table.empty() ? 0 : pass.rows.target.empty() ? 1 : 2) != stage) continue;
        if (options_.progress && !options_.progress(done++, passes_.size()))
          return absl::CancelledError("cancelled");
        if (IsKnownZero(pass.rows)) {
          pass.values.assign(pass.aggregates.size(), 0);
        } else {
          Ask(pass);
        }
      }
    }
    return absl::OkStatus();
  }

  void Ask(Pass& pass) {
    for (std::size_t from = 0; from < pass.aggregates.size(); from += kAggregatesPerStatement) {
      const auto first = pass.aggregates.begin() + static_cast<std::ptrdiff_t>(from);
      const std::size_t n = std::min(kAggregatesPerStatement, pass.aggregates.size() - from);
      const absl::StatusOr<SqlRows> answer = engine_.Query(absl::StrCat(
          "SELECT ", absl::StrJoin(first, first + static_cast<std::ptrdiff_t>(n), ", "), " FROM ",
          pass.rows.sql));
      ++run_.n_statements;
      if (!answer.ok() || answer->rows.size() != 1) {
        pass.values.clear();  // its checks are in error; the others go on
        return;
      }
      for (const SqlValue& value : answer->rows[0]) pass.values.push_back(Integer(value));
    }
  }

  static std::int64_t Integer(const SqlValue& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
    if (const auto* real = std::get_if<double>(&value)) return std::llround(*real);
    return 0;  // SUM over no row
  }

  void Fill(CheckResult& result, const std::pair<Place, Place>& places) const {
    const Check& check = *result.check;
    if (check.kind == CheckKind::kCdmTable || check.kind == CheckKind::kCdmField) {
      const bool there = check.kind == CheckKind::kCdmTable ? HasTable(check.table)
                                                            : HasField(check.table, check.field);
      result.violated = there ? 0 : 1;
      result.denominator = 1;
    } else if (places.first.pass != nullptr) {
      const auto& violated = places.first.pass->values;
      const auto& denominator = places.second.pass->values;
      result.error = violated.empty() || denominator.empty();
      if (result.error) {
        result.why = "the database could not answer; its log says why";
      } else {
        result.violated = violated[places.first.at];
        result.denominator = denominator[places.second.at];
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
  std::map<std::string, Pass> passes_;           // by their rows' SQL
  std::map<std::string, Place> keys_;            // of repeated primary keys, by table
  std::vector<std::pair<Place, Place>> places_;  // of each result
};

}  // namespace

absl::StatusOr<CheckRun> RunChecks(SqlEngine& engine, const CheckOptions& options) {
  return Runner(engine, options).Run();
}

}  // namespace essaim
