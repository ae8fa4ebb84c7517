#include "quality/reference.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/nearest.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "quality/distribution.h"
#include "warehouse/expression_sql.h"
#include "warehouse/row_source.h"
#include "warehouse/sql_values.h"

namespace essaim {
namespace {

constexpr char kWanted[] = "a stratum as 'F 40-59' or 'F 40-59 Bretagne' was expected";

std::string NameOf(const Stratum& s) {
  const std::string age = s.age_from == 0 && s.age_to == kAgeMax ? ""
                          : s.age_to == kAgeMax                  ? absl::StrCat(s.age_from, "+")
                                                : absl::StrCat(s.age_from, "-", s.age_to);
  std::vector<std::string> parts;
  if (s.sex != 0) parts.emplace_back(1, s.sex);
  for (const std::string& part : {age, s.region})
    if (!part.empty()) parts.push_back(part);
  return absl::StrJoin(parts, " ");
}

bool Overlap(const Stratum& a, const Stratum& b) {
  return (a.sex == 0 || b.sex == 0 || a.sex == b.sex) && a.age_from <= b.age_to &&
         b.age_from <= a.age_to &&
         (a.region.empty() || b.region.empty() ||
          absl::AsciiStrToLower(a.region) == absl::AsciiStrToLower(b.region));
}

// One row of either form; the status says what is wrong, without file and line.
class RowReading {
 public:
  static absl::StatusOr<RowReading> Make(const std::vector<std::string>& header) {
    static const std::vector<std::string> kColumns = {"stratum",  "share",  "sex",
                                                      "age_from", "age_to", "region"};
    RowReading reading;
    reading.at_.assign(kColumns.size(), header.size());
    for (std::size_t c = 0; c < header.size(); ++c) {
      const auto known = std::ranges::find(kColumns, absl::AsciiStrToLower(header[c]));
      if (known == kColumns.end()) {
        return absl::InvalidArgumentError(absl::StrCat(
            "column '", header[c], "' is none of stratum, share, sex, age_from, age_to, region",
            DidYouMean(header[c], kColumns)));
      }
      reading.at_[static_cast<std::size_t>(known - kColumns.begin())] = c;
    }
    const auto has = [&](std::size_t column) { return reading.at_[column] < header.size(); };
    const bool columns = has(2) || has(3) || has(4) || has(5);
    if (!has(1) || has(0) == columns) {
      return absl::InvalidArgumentError(
          "the columns stratum,share, or share and any of sex,age_from,age_to,region were "
          "expected");
    }
    return reading;
  }

  absl::StatusOr<Stratum> Read(std::span<const std::string_view> cells) const {
    const auto cell = [&](std::size_t column) {
      return std::string(absl::StripAsciiWhitespace(
          at_[column] < cells.size() ? Av(cells[at_[column]]) : absl::string_view()));
    };
    double share = 0;
    if (!absl::SimpleAtod(cell(1), &share) || !(share >= 0 && share <= 1))
      return absl::InvalidArgumentError("share: a number of 0 to 1 was expected");
    if (!cell(0).empty()) return ParseStratum(cell(0), share);
    Stratum s{
        .name = "", .sex = 0, .age_from = 0, .age_to = kAgeMax, .region = cell(5), .share = share};
    const std::string sex = absl::AsciiStrToUpper(cell(2));
    if (!sex.empty() && sex != "F" && sex != "M")
      return absl::InvalidArgumentError("sex: F, M or nothing was expected");
    if (!sex.empty()) s.sex = sex[0];
    for (const auto& [column, into, name] :
         {std::tuple(3, &s.age_from, "age_from"), std::tuple(4, &s.age_to, "age_to")}) {
      const std::string text = cell(static_cast<std::size_t>(column));
      if (!text.empty() && (!absl::SimpleAtoi(text, into) || *into < 0 || *into > kAgeMax))
        return absl::InvalidArgumentError(absl::StrCat(name, ": an age in years was expected"));
    }
    if (s.age_from > s.age_to)
      return absl::InvalidArgumentError("age_from is above age_to: they are both included");
    s.name = NameOf(s);
    if (s.name.empty())
      return absl::InvalidArgumentError(
          "a stratum of everybody: sex, an age or a region is needed");
    return s;
  }

 private:
  std::vector<std::size_t> at_;  // the column of each of kColumns, or beyond the header
};

// Where the site's region is in a location's fields.
std::string RegionSql(const std::vector<std::string>& regions) {
  if (regions.empty()) return "-1";
  std::string sql = "CASE";
  for (std::size_t r = 0; r < regions.size(); ++r) {
    const std::string text = SqlText(regions[r]);
    const bool digits = std::ranges::all_of(regions[r], absl::ascii_isdigit);
    std::vector<std::string> hits;
    if (digits) hits.push_back(absl::StrCat("l.zip LIKE ", SqlText(regions[r] + "%")));
    for (const char* field :
         {"state", "county", "city", "country_source_value", "location_source_value"})
      hits.push_back(absl::StrCat("LOWER(l.", field, ") = ", text));
    absl::StrAppend(&sql, " WHEN ", absl::StrJoin(hits, " OR "), " THEN ", r);
  }
  return sql + " ELSE -1 END";
}

}  // namespace

absl::StatusOr<Stratum> ParseStratum(std::string_view name, double share) {
  Stratum s{.name = std::string(name),
            .sex = 0,
            .age_from = 0,
            .age_to = kAgeMax,
            .region = "",
            .share = share};
  const std::vector<std::string> parts = absl::StrSplit(Av(name), absl::MaxSplits(' ', 2));
  if (parts.size() < 2 || (parts[0] != "F" && parts[0] != "M"))
    return absl::InvalidArgumentError(kWanted);
  s.sex = parts[0][0];
  const std::vector<std::string> ages = absl::StrSplit(parts[1], '-');
  const bool open = parts[1].ends_with('+');
  const std::string from = open ? parts[1].substr(0, parts[1].size() - 1) : ages[0];
  if (!absl::SimpleAtoi(from, &s.age_from) || (!open && ages.size() != 2) ||
      (!open && !absl::SimpleAtoi(ages[1], &s.age_to)) || s.age_from < 0 || s.age_to > kAgeMax ||
      s.age_from > s.age_to)
    return absl::InvalidArgumentError(kWanted);
  if (parts.size() == 3) s.region = std::string(absl::StripAsciiWhitespace(parts[2]));
  return s;
}

absl::StatusOr<std::vector<Stratum>> ReadReference(const std::string& path) {
  ESSAIM_ASSIGN_OR_RETURN(const auto rows, OpenRowSource(path, nullptr));
  const auto wrong = [&](std::uint64_t line, std::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": line ", line, ": ", Av(what)));
  };
  const absl::StatusOr<RowReading> reading = RowReading::Make(rows->header());
  if (!reading.ok()) return wrong(1, std::string(reading.status().message()));
  std::vector<Stratum> strata;
  std::vector<std::uint64_t> lines;
  std::set<std::string> regions;
  double total = 0;
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(const CsvScanner::Event event, rows->Next());
    if (event == CsvScanner::Event::kEnd) break;
    if (event == CsvScanner::Event::kBad) return wrong(rows->line(), rows->reason());
    absl::StatusOr<Stratum> stratum = reading->Read(rows->cells());
    if (!stratum.ok()) return wrong(rows->line(), std::string(stratum.status().message()));
    if (strata.size() == kStrataMax) return wrong(rows->line(), "more than 5,000 strata");
    for (std::size_t i = 0; i < strata.size(); ++i) {
      if (Overlap(strata[i], *stratum)) {
        return wrong(rows->line(),
                     absl::StrCat("'", stratum->name, "' has persons in common with '",
                                  strata[i].name, "' of line ", lines[i]));
      }
    }
    total += stratum->share;
    regions.insert(absl::AsciiStrToLower(stratum->region));
    if (regions.size() > kRegionsMax + 1) return wrong(rows->line(), "more than 500 regions");
    strata.push_back(*std::move(stratum));
    lines.push_back(rows->line());
  }
  if (strata.empty()) return wrong(1, "no stratum follows");
  if (total > 1.001) return wrong(lines.back(), absl::StrCat("the shares add up to ", total));
  return strata;
}

absl::StatusOr<Representation> RepresentationOf(SqlEngine& engine,
                                                const std::vector<Stratum>& reference,
                                                const std::string& as_of) {
  std::vector<std::string> regions;
  for (const Stratum& s : reference) {
    std::string region = absl::AsciiStrToLower(s.region);
    if (!region.empty() && std::ranges::find(regions, region) == regions.end())
      regions.push_back(std::move(region));
  }
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine.Query(absl::StrCat(
          "SELECT sex, age, region, COUNT(*) FROM (SELECT CASE p.gender_concept_id WHEN 8507 THEN "
          "'M' WHEN 8532 THEN 'F' ELSE '?' END AS sex, EXTRACT(YEAR FROM DATE '",
          as_of, "') - p.year_of_birth AS age, ", RegionSql(regions), " AS region FROM person p",
          regions.empty() ? "" : " LEFT JOIN location l ON l.location_id = p.location_id",
          ") a GROUP BY sex, age, region")));
  Representation out;
  for (const Stratum& s : reference) out.strata.push_back({.stratum = s});
  for (const auto& row : rows.rows) {
    const std::string sex = TextOf(row[0]);
    const double age = NumberOf(row[1]), n = NumberOf(row[3]);
    const auto region = static_cast<std::int64_t>(NumberOf(row[2]));
    out.n_persons += n;
    for (StratumFigures& f : out.strata) {
      const Stratum& s = f.stratum;
      if ((s.sex != 0 && sex != std::string(1, s.sex)) || age < s.age_from || age > s.age_to)
        continue;
      if (!s.region.empty() && (region < 0 || regions[static_cast<std::size_t>(region)] !=
                                                  absl::AsciiStrToLower(s.region)))
        continue;
      f.n_persons += n;  // strata have nobody in common
      break;
    }
  }
  const double n = out.n_persons;
  for (StratumFigures& f : out.strata) {
    const double q = f.stratum.share, p = n > 0 ? f.n_persons / n : 0;
    const double variance = (p * (1 - p) + q * (1 - q)) / 2;
    f.share = p;
    f.coverage = q > 0 ? p / q : 0;
    f.standardised_difference = variance > 0 ? (p - q) / std::sqrt(variance) : 0;
    if (q > 0 && q < 1 && n > 0) {
      f.log_disparity =
          std::log((f.n_persons + 0.5) / (n - f.n_persons + 0.5)) - std::log(q / (1 - q));
    }
  }
  return out;
}

std::vector<Figure> FiguresOf(const Representation& r) {
  const double n = r.n_persons;
  Counts expected, found;
  double share = 0, persons = 0;
  const StratumFigures *farthest = nullptr, *least = nullptr, *disparate = nullptr;
  for (const StratumFigures& f : r.strata) {
    expected[f.stratum.name] = f.stratum.share * n;
    found[f.stratum.name] = f.n_persons;
    share += f.stratum.share;
    persons += f.n_persons;
    const auto larger = [](double a, double b) { return std::fabs(a) > std::fabs(b); };
    if (farthest == nullptr || larger(f.standardised_difference, farthest->standardised_difference))
      farthest = &f;
    if (f.stratum.share <= 0) continue;
    if (least == nullptr || f.coverage < least->coverage) least = &f;
    if (disparate == nullptr || larger(f.log_disparity, disparate->log_disparity)) disparate = &f;
  }
  // Whoever is in no stratum is a stratum of its own.
  if (1 - share > 0.001 || n - persons > 0) {
    expected["(elsewhere)"] = std::fmax(0, 1 - share) * n;
    found["(elsewhere)"] = n - persons;
  }
  double chi2 = 0, cells = 0;
  for (const auto& [name, e] : expected) {
    if (!(e > 0)) continue;
    chi2 += (found[name] - e) * (found[name] - e) / e;
    ++cells;
  }
  std::vector<Figure> figures;
  const auto add = [&](const char* id, double value, const StratumFigures* of) {
    figures.push_back(ValueFigure(id, value, n));
    if (of != nullptr) figures.back().detail = of->stratum.name;
  };
  add("R1", farthest == nullptr ? 0 : std::fabs(farthest->standardised_difference), farthest);
  add("R2", StabilityIndex(expected, found), nullptr);
  if (least != nullptr) add("R3", least->coverage, least);
  if (cells > 1 && n > 0) add("R5", std::sqrt(chi2 / (n * (cells - 1))), nullptr);
  if (disparate != nullptr) add("R6", std::fabs(disparate->log_disparity), disparate);
  return figures;
}

}  // namespace essaim
