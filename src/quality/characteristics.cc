#include "quality/characteristics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "quality/distribution.h"
#include "warehouse/sql_values.h"

namespace essaim {
namespace {

// The dates of the five event tables, one row an event.
std::string Events() {
  constexpr std::pair<const char*, const char*> kTables[] = {
      {"condition_occurrence", "condition_start_date"},
      {"drug_exposure", "drug_exposure_start_date"},
      {"procedure_occurrence", "procedure_date"},
      {"measurement", "measurement_date"},
      {"observation", "observation_date"}};
  std::vector<std::string> parts;
  for (const auto& [table, date] : kTables) {
    parts.push_back(
        absl::StrCat("SELECT person_id, visit_occurrence_id, ", date, " AS day FROM ", table));
  }
  return absl::StrCat("(", absl::StrJoin(parts, " UNION ALL "), ") e");
}

constexpr char kBirth[] =
    "(SELECT person_id, COALESCE(CAST(birth_datetime AS DATE), CAST(CONCAT(year_of_birth, "
    "'-01-01') AS DATE)) AS birth FROM person) p";

class Report {
 public:
  Report(SqlEngine& engine, const CheckRun& checks, const ReportOptions& options)
      : engine_(engine), checks_(checks), options_(options) {
    for (const MetricInfo& info : MetricList()) report_.metrics.push_back({.info = &info});
    report_.as_of = options.as_of;
  }

  absl::StatusOr<QualityReport> Make() {
    for (const auto part :
         {&Report::Volume, &Report::Consistency, &Report::Temporality, &Report::Heterogeneity,
          &Report::Representativeness, &Report::Confidentiality, &Report::Discrimination}) {
      ESSAIM_RETURN_IF_ERROR((this->*part)());
    }
    report_.between_loads = options_.between_loads;
    std::vector<Figure> between = options_.between_figures;
    if (between.empty()) between = FiguresOf(report_.between_loads);
    for (Figure& figure : between) Take(std::move(figure));
    for (Metric& metric : report_.metrics) {
      const auto own = options_.thresholds.find(std::string(metric.info->id));
      metric.threshold = metric.info->threshold;
      if (metric.threshold.has_value()) metric.source = std::string(metric.threshold->source);
      if (own != options_.thresholds.end()) {
        metric.threshold = BoundsOf(metric.info->id, own->second.bound);
        metric.source = own->second.source;
      }
      metric.label = LevelOf(metric.value, metric.threshold);
      if (!metric.value.has_value() && metric.missing.empty()) metric.missing = "no rows";
    }
    for (int c = 0; c < kCharacteristics; ++c)
      report_.labels[c] = Worst(static_cast<Characteristic>(c));
    return std::move(report_);
  }

 private:
  // ---- how figures are set ---------------------------------------------------------------------

  Metric& At(std::string_view id) {
    return *std::ranges::find_if(report_.metrics,
                                 [&](const Metric& m) { return m.info->id == id; });
  }

  void Value(std::string_view id, double value, double n) {
    if (n > 0) At(id).value = value;
    At(id).n = std::llround(n);
  }

  void Share(std::string_view id, double k, double n) {
    Value(id, n > 0 ? k / n : 0, n);
    if (n > 0) At(id).interval = WilsonInterval(k, n);
  }

  void Take(Figure figure) {
    Metric& metric = At(figure.id);
    metric.value = figure.value;
    metric.n = std::llround(figure.n);
    metric.missing = std::move(figure.missing);
    metric.detail = std::move(figure.detail);
    if (figure.k.has_value() && figure.n > 0) metric.interval = WilsonInterval(*figure.k, figure.n);
  }

  absl::StatusOr<std::vector<double>> Row(const std::string& sql) {
    ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows, engine_.Query(sql));
    if (rows.rows.size() != 1) return absl::InternalError("an aggregate of other than one row");
    std::vector<double> numbers;
    for (const SqlValue& value : rows.rows[0]) numbers.push_back(NumberOf(value));
    return numbers;
  }

  // The query gives k and n.
  absl::Status ShareOf(std::string_view id, const std::string& sql) {
    ESSAIM_ASSIGN_OR_RETURN(const std::vector<double> row, Row(sql));
    Share(id, row[0], row[1]);
    return absl::OkStatus();
  }

  absl::StatusOr<Counts> CountsOf(const std::string& sql) {  // category, count
    ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows, engine_.Query(sql));
    Counts counts;
    for (const auto& row : rows.rows) counts[TextOf(row[0])] += NumberOf(row[1]);
    return counts;
  }

  std::string Today() const { return absl::StrCat("DATE '", options_.as_of, "'"); }

  static std::string When(const std::string& condition) {
    return absl::StrCat("SUM(CASE WHEN ", condition, " THEN 1 ELSE 0 END)");
  }

  // A figure without a threshold cannot fail, so it is no ground to say that all is well.
  QualityLevel Worst(Characteristic characteristic) const {
    QualityLevel worst = QualityLevel::kNotMeasured;
    for (const Metric& metric : report_.metrics) {
      if (metric.info->characteristic == characteristic && metric.threshold.has_value())
        worst = Worse(worst, metric.label);
    }
    return worst;
  }

  // k of n checks of these kinds that apply fail.
  void ShareOfChecks(std::string_view id, std::initializer_list<CheckKind> kinds) {
    double failed = 0, applicable = 0;
    for (const CheckResult& r : checks_.results) {
      if (std::ranges::find(kinds, r.check->kind) == kinds.end() || r.not_applicable || r.error)
        continue;
      ++applicable;
      failed += r.failed ? 1 : 0;
    }
    Share(id, failed, applicable);
  }

  // ---- the seven -------------------------------------------------------------------------------

  absl::Status Volume() {
    const std::string days = engine_.dialect().DaysBetween("observation_period_start_date",
                                                           "observation_period_end_date");
    ESSAIM_ASSIGN_OR_RETURN(
        const std::vector<double> n,
        Row(absl::StrCat("SELECT (SELECT COUNT(*) FROM person), (SELECT SUM(", days,
                         " + 1) FROM observation_period), (SELECT COUNT(*) FROM visit_occurrence), "
                         "(SELECT COUNT(*) FROM condition_occurrence), (SELECT COUNT(*) FROM ",
                         Events(), ")")));
    persons_ = n[0];
    const double years = n[1] / 365.25;
    Value("V1", persons_, 1);
    At("V1").n = std::llround(persons_);
    Value("V2", years, persons_);
    Value("V3", years > 0 ? (n[2] + n[4]) / years : 0, years > 0 ? n[2] + n[4] : 0);
    Value("V6", n[2] > 0 ? n[3] / n[2] : 0, n[2]);
    double emptiest = 0;
    std::vector<std::string> joins, all;
    for (const char* table : {"visit_occurrence", "condition_occurrence", "drug_exposure",
                              "measurement", "procedure_occurrence"}) {
      const std::string without =
          absl::StrCat("SELECT COUNT(*) FROM person p WHERE NOT EXISTS (SELECT 1 FROM ", table,
                       " t WHERE t.person_id = p.person_id)");
      ESSAIM_ASSIGN_OR_RETURN(const std::vector<double> row, Row(without));
      emptiest = std::max(emptiest, row[0]);
      all.push_back(
          absl::StrCat("EXISTS (SELECT 1 FROM ", table, " t WHERE t.person_id = p.person_id)"));
    }
    Share("V4", emptiest, persons_);
    ESSAIM_RETURN_IF_ERROR(ShareOf(
        "V5", absl::StrCat("SELECT (SELECT COUNT(*) FROM person p WHERE ",
                           absl::StrJoin(all, " AND "), "), (SELECT COUNT(*) FROM person)")));
    return ShareOf("V7", absl::StrCat("SELECT (SELECT COUNT(*) FROM (SELECT person_id FROM "
                                      "observation_period GROUP BY person_id HAVING SUM(",
                                      days, " + 1) >= 365) a), (SELECT COUNT(*) FROM person)"));
  }

  absl::Status Consistency() {
    ShareOfChecks("C1", {CheckKind::kIsPrimaryKey, CheckKind::kIsForeignKey});
    ESSAIM_RETURN_IF_ERROR(
        ShareOf("C2",
                "SELECT SUM(n - 1), SUM(n) FROM (SELECT COUNT(*) AS n FROM condition_occurrence "
                "GROUP BY person_id, condition_concept_id, condition_source_value, "
                "condition_start_date, visit_occurrence_id) a"));
    ESSAIM_RETURN_IF_ERROR(ShareOf(
        "C3",
        "SELECT (SELECT COUNT(*) FROM condition_occurrence c WHERE NOT EXISTS (SELECT 1 FROM "
        "observation_period o WHERE o.person_id = c.person_id AND c.condition_start_date BETWEEN "
        "o.observation_period_start_date AND o.observation_period_end_date)), (SELECT COUNT(*) "
        "FROM condition_occurrence)"));
    for (const CheckResult& r : checks_.results) {
      if (r.check->kind == CheckKind::kMeasureConditionEraCompleteness && !r.not_applicable)
        Share("C4", static_cast<double>(r.violated), static_cast<double>(r.denominator));
    }
    ESSAIM_RETURN_IF_ERROR(Months());
    // The last year that has conditions, which is not always the last before the report.
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows end,
        engine_.Query(absl::StrCat("SELECT CAST(MAX(condition_start_date) AS VARCHAR) FROM "
                                   "condition_occurrence WHERE condition_start_date <= ",
                                   Today())));
    const std::string last = TextOf(end.rows.empty() ? SqlValue() : end.rows[0][0]);
    const auto mix = [&](int from_days, int to_days) -> absl::StatusOr<Counts> {
      if (last.empty()) return Counts();
      const std::string day = absl::StrCat("DATE '", last, "'");
      return CountsOf(absl::StrCat(
          "SELECT condition_concept_id, COUNT(*) FROM condition_occurrence WHERE "
          "condition_start_date > ",
          engine_.dialect().AddDays(day, absl::StrCat(-from_days)),
          " AND condition_start_date <= ", engine_.dialect().AddDays(day, absl::StrCat(-to_days)),
          " GROUP BY condition_concept_id"));
    };
    ESSAIM_ASSIGN_OR_RETURN(const Counts before, mix(730, 365));
    ESSAIM_ASSIGN_OR_RETURN(const Counts now, mix(365, 0));
    if (!before.empty() && !now.empty()) {
      double n = 0;
      for (const auto& [category, count] : now) n += count;
      Value("C6", StabilityIndex(before, now), n);
    } else {
      At("C6").missing = "no conditions in one of the last two years";
    }
    return absl::OkStatus();
  }

  // Visits by calendar month: the largest change between full months of the last three years, and
  // the months without any since the first.
  absl::Status Months() {
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        engine_.Query(absl::StrCat(
            "SELECT EXTRACT(YEAR FROM visit_start_date) * 12 + EXTRACT(MONTH FROM "
            "visit_start_date) - 1 AS month, COUNT(*) FROM visit_occurrence WHERE visit_start_date "
            "<= ",
            Today(), " GROUP BY 1 ORDER BY 1")));
    if (rows.rows.empty()) return absl::OkStatus();
    std::map<std::int64_t, double> by_month;
    for (const auto& row : rows.rows) by_month[std::llround(NumberOf(row[0]))] = NumberOf(row[1]);
    const std::int64_t first = by_month.begin()->first, last = by_month.rbegin()->first;
    Share("T5", static_cast<double>(last - first + 1) - static_cast<double>(by_month.size()),
          static_cast<double>(last - first + 1));
    constexpr std::int64_t kMonths = 36;
    constexpr double kVisitsMin = 20;  // below, a change is chance
    std::vector<double> series;
    for (std::int64_t m = std::max(first, last - kMonths); m < last; ++m)
      series.push_back(by_month.contains(m) ? by_month[m] : 0);
    Value("C5", LargestChange(series, kVisitsMin), static_cast<double>(series.size()));
    return absl::OkStatus();
  }

  absl::Status Temporality() {
    const SqlDialect& d = engine_.dialect();
    const std::string events = Events();
    ESSAIM_ASSIGN_OR_RETURN(
        const std::vector<double> row,
        Row(absl::StrCat(
            "SELECT COUNT(e.day), ", When(absl::StrCat("e.day > ", Today())), ", ",
            When("e.day < p.birth"), ", COUNT(g.death_date), ",
            When(absl::StrCat("e.day > ", d.AddDays("g.death_date", "60"))),
            ", COUNT(v.start_day), ",
            When(absl::StrCat("e.day < ", d.AddDays("v.start_day", "-7"), " OR e.day > ",
                              d.AddDays("v.end_day", "7"))),
            " FROM ", events, " LEFT JOIN ", kBirth, " ON p.person_id = e.person_id",
            " LEFT JOIN (SELECT person_id, MIN(death_date) AS death_date FROM death GROUP BY "
            "person_id) g ON g.person_id = e.person_id LEFT JOIN (SELECT visit_occurrence_id, "
            "visit_start_date AS start_day, visit_end_date AS end_day FROM visit_occurrence) v ON "
            "v.visit_occurrence_id = e.visit_occurrence_id")));
    Share("T1", row[1], row[0]);
    Share("T2", row[2], row[0]);
    Share("T3", row[4], row[3]);
    Share("T4", row[6], row[5]);
    ESSAIM_ASSIGN_OR_RETURN(
        const std::vector<double> last,
        Row(absl::StrCat("SELECT ", d.DaysBetween("MAX(visit_start_date)", Today()),
                         ", COUNT(*) FROM visit_occurrence")));
    Value("T6", last[0], last[1]);
    ESSAIM_ASSIGN_OR_RETURN(
        const std::vector<double> gap,
        Row(absl::StrCat(
            "SELECT ", d.QuantileDisc("gap", 0.5), ", COUNT(gap) FROM (SELECT ",
            d.DaysBetween("LAG(visit_start_date) OVER (PARTITION BY person_id ORDER BY "
                          "visit_start_date, visit_occurrence_id)",
                          "visit_start_date"),
            " AS gap FROM visit_occurrence) a WHERE gap IS NOT NULL")));
    Value("T7", gap[0], gap[1]);
    return ShareOf("T8", absl::StrCat("SELECT ",
                                      When("EXTRACT(MONTH FROM condition_start_date) = 1 AND "
                                           "EXTRACT(DAY FROM condition_start_date) = 1"),
                                      ", COUNT(*) FROM condition_occurrence"));
  }

  absl::Status Heterogeneity() {
    ESSAIM_ASSIGN_OR_RETURN(const Counts concepts,
                            CountsOf("SELECT condition_concept_id, COUNT(*) FROM "
                                     "condition_occurrence GROUP BY condition_concept_id"));
    double n = 0;
    for (const auto& [category, count] : concepts) n += count;
    Value("H1", NormalisedEntropy(concepts), n);
    ESSAIM_ASSIGN_OR_RETURN(
        const std::vector<double> kinds,
        Row("SELECT COUNT(DISTINCT k), COUNT(*) FROM (SELECT visit_type_concept_id AS k FROM "
            "visit_occurrence UNION ALL SELECT condition_type_concept_id FROM condition_occurrence "
            "UNION ALL SELECT drug_type_concept_id FROM drug_exposure UNION ALL SELECT "
            "measurement_type_concept_id FROM measurement) a"));
    Value("H2", kinds[0], kinds[1]);
    ESSAIM_RETURN_IF_ERROR(ShareOf(
        "H3", absl::StrCat("SELECT ", When("n > 1"),
                           ", COUNT(*) FROM (SELECT COUNT(DISTINCT unit_concept_id) AS n FROM "
                           "measurement WHERE value_as_number IS NOT NULL GROUP BY "
                           "measurement_concept_id) a")));
    ShareOfChecks("H4", {CheckKind::kPlausibleUnitConceptIds});
    return absl::OkStatus();
  }

  absl::Status Representativeness() {
    ESSAIM_RETURN_IF_ERROR(ShareOf("R4", absl::StrCat("SELECT ",
                                                      When("COALESCE(race_concept_id, 0) = 0 OR "
                                                           "COALESCE(ethnicity_concept_id, 0) = 0"),
                                                      ", COUNT(*) FROM person")));
    if (options_.reference.empty()) {
      for (const char* id : {"R1", "R2", "R3", "R5", "R6"})
        At(id).missing = "no reference table is given";
      return absl::OkStatus();
    }
    ESSAIM_ASSIGN_OR_RETURN(report_.representation,
                            RepresentationOf(engine_, options_.reference, options_.as_of));
    for (Figure& figure : FiguresOf(*report_.representation)) Take(std::move(figure));
    return absl::OkStatus();
  }

  absl::Status Confidentiality() {
    ESSAIM_ASSIGN_OR_RETURN(
        const std::vector<double> row,
        Row(absl::StrCat("SELECT MIN(n), SUM(n), COUNT(*), ", When("n = 1"),
                         " FROM (SELECT COUNT(*) AS n FROM person GROUP BY year_of_birth, "
                         "gender_concept_id) a")));
    Value("S1", row[0], row[1]);
    Share("S2", row[3], row[1]);
    Value("S3", row[1] > 0 ? row[2] / row[1] : 0, row[1]);
    Value("S4", row[0] > 0 ? 1 / row[0] : 0, row[1]);
    ESSAIM_RETURN_IF_ERROR(ShareOf(
        "S5",
        absl::StrCat("SELECT ", When("birth_datetime IS NOT NULL OR day_of_birth IS NOT NULL"),
                     ", COUNT(*) FROM person")));
    // A UUID, a run of eight digits or more, or an e-mail address.
    const std::string looks = engine_.dialect().Matches(
        "person_source_value", "([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-|[0-9]{8,}|[^ ]+@[^ ]+\\.[a-z])");
    return ShareOf("S6", absl::StrCat("SELECT ", When(looks), ", COUNT(*) FROM person"));
  }

  absl::Status Discrimination() {
    ESSAIM_ASSIGN_OR_RETURN(report_.bias, BiasOf(engine_, options_.groups, options_.as_of));
    for (Figure& figure : FiguresOf(report_.bias)) Take(std::move(figure));
    return absl::OkStatus();
  }

  SqlEngine& engine_;
  const CheckRun& checks_;
  const ReportOptions& options_;
  QualityReport report_;
  double persons_ = 0;
};

}  // namespace

absl::StatusOr<QualityReport> Characteristics(SqlEngine& engine, const CheckRun& checks,
                                              const ReportOptions& options) {
  return Report(engine, checks, options).Make();
}

}  // namespace essaim
