#include "quality/page_charts.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "report/axis.h"

namespace essaim {
namespace {

constexpr std::int64_t kFewPersons = 5;  // fewer are drawn as so many
constexpr std::size_t kMonthsMax = 600;  // more are drawn by year
constexpr std::size_t kBarsMin = 12;     // fewer leave room, not to fill the width
constexpr std::size_t kReportsShown = 12;
constexpr int kWidth = 1000, kLeft = 70, kTop = 8, kPlot = 180, kYearWidth = 32;

struct Bar {
  int year = 0;
  double n = 0;
  bool few = false;
  std::string name;
};

// From the first to the last, those without any included.
std::vector<Bar> BarsOf(const SiteProfile& profile) {
  const auto& months = profile.months;
  const auto number = [](const MonthProfile& m) { return m.year * 12 + m.month - 1; };
  const int first = number(months.front()), last = number(months.back());
  const bool by_year = static_cast<std::size_t>(last - first) >= kMonthsMax;
  const int from = by_year ? first / 12 : first, to = by_year ? last / 12 : last;
  std::vector<Bar> bars(static_cast<std::size_t>(to - from + 1));
  std::vector<std::int64_t> persons(bars.size(), 0);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const int at = from + static_cast<int>(i);
    bars[i].year = by_year ? at : at / 12;
    bars[i].name = by_year ? absl::StrCat(at) : absl::StrFormat("%d-%02d", at / 12, at % 12 + 1);
  }
  for (const MonthProfile& m : months) {
    const auto at = static_cast<std::size_t>((by_year ? m.year : number(m)) - from);
    bars[at].n += static_cast<double>(m.n_rows);
    persons[at] = std::max(persons[at], m.n_persons);
  }
  for (std::size_t i = 0; i < bars.size(); ++i) {
    bars[i].few = persons[i] > 0 && persons[i] < kFewPersons;
    if (bars[i].few) bars[i].n = kFewPersons;  // their records would tell how many they are
  }
  return bars;
}

// A round number at or above the largest, and lines on the way there.
Axis Upwards(double largest) {
  Axis axis = MakeAxis(0, std::fmax(1, largest), 4);
  axis.low = 0;
  axis.high = std::fmax(axis.high, axis.ticks.empty() ? 1 : axis.ticks.back());
  return axis;
}

struct Strata {
  std::array<double, kAgeBands> male = {}, female = {};  // persons that the reference would have
  bool any = false;
};

// The reference's shares spread evenly over the ages of each stratum, for strata with a sex.
Strata ExpectedOf(const std::vector<Stratum>& reference, double n_persons) {
  Strata expected;
  for (const Stratum& s : reference) {
    if (s.sex == 0) continue;
    const int to = std::min(s.age_to, kAgeBands * 10 - 1);
    if (s.age_from > to) continue;
    auto& side = s.sex == 'M' ? expected.male : expected.female;
    const double a_year = s.share * n_persons / (to - s.age_from + 1);
    for (int age = s.age_from; age <= to; ++age) side[static_cast<std::size_t>(age / 10)] += a_year;
    expected.any = true;
  }
  return expected;
}

double Shown(std::int64_t n) {
  return n > 0 && n < kFewPersons ? static_cast<double>(kFewPersons) : static_cast<double>(n);
}

std::string PyramidSvg(const SiteProfile& profile, const Strata& expected, const Words& w) {
  constexpr int kRow = 20, kMiddle = 500, kHalf = 440;
  double largest = 1;
  for (std::size_t b = 0; b < kAgeBands; ++b) {
    largest = std::max({largest, Shown(profile.ages[b].n_male), Shown(profile.ages[b].n_female),
                        expected.male[b], expected.female[b]});
  }
  const auto width = [&](double n) { return (kHalf - 60) * n / largest; };
  std::string svg = absl::StrFormat(
      "<svg viewBox=\"0 0 1000 %d\" role=\"img\"><g font-size=\"12\" fill=\"var(--s)\">"
      "<text x=\"%d\" y=\"14\" text-anchor=\"end\">%s</text><text x=\"%d\" y=\"14\">%s</text>",
      kRow * kAgeBands + 26, kMiddle - 40, w.Say("Male"), kMiddle + 40, w.Say("Female"));
  for (std::size_t b = 0; b < kAgeBands; ++b) {
    const int y = 22 + kRow * static_cast<int>(kAgeBands - 1 - b);  // the oldest on top
    const AgeBand& band = profile.ages[b];
    const std::string ages =
        b + 1 == kAgeBands ? absl::StrCat(10 * b, "+") : absl::StrCat(10 * b, "–", 10 * b + 9);
    absl::StrAppendFormat(&svg, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>", kMiddle,
                          y + 13, ages);
    for (const auto& [n, reference, sign] :
         {std::tuple(band.n_male, expected.male[b], -1), {band.n_female, expected.female[b], 1}}) {
      const double long_ = width(Shown(n)), at = kMiddle + sign * 30.0;
      absl::StrAppendFormat(
          &svg,
          "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"var(--b)\" "
          "opacity=\"%s\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>",
          sign < 0 ? at - long_ : at, y + 2, long_, kRow - 4, sign < 0 ? ".85" : ".55",
          at + sign * (long_ + 6), y + 13, sign < 0 ? "end" : "start", w.Persons(n));
      if (!expected.any) continue;
      absl::StrAppendFormat(&svg,
                            "<path d=\"M%.1f %dV%d\" stroke=\"var(--w)\" stroke-width=\"2.5\"/>",
                            at + sign * width(reference), y, y + kRow);
    }
  }
  return svg + "</g></svg>";
}

std::string StrataHtml(const QualityReport& report, const Words& w) {
  if (!report.representation.has_value()) return "";
  std::string out = absl::StrCat(
      "<details><summary>", w.Say("strata of the reference"), "</summary><table><tr><th>",
      w.Say("stratum"), "<th class=\"n\">", w.Say("persons"), "<th class=\"n\">", w.Say("share"),
      "<th class=\"n\">", w.Say("reference"), "<th class=\"n\">", w.Say("coverage"),
      "<th class=\"n\">", w.Say("standardised difference"), "<th class=\"n\">",
      w.Say("log-disparity"), "</tr>");
  for (const StratumFigures& f : report.representation->strata) {
    // Where persons are few, the figures would tell how many.
    const bool few = f.n_persons > 0 && f.n_persons < kFewPersons;
    const auto unless_few = [&](std::string text) { return few ? std::string() : text; };
    absl::StrAppend(&out, "<tr><td>", EscapeHtml(f.stratum.name), "<td class=\"n\">",
                    w.Persons(std::llround(f.n_persons)), "<td class=\"n\">",
                    unless_few(w.Percent(f.share)), "<td class=\"n\">", w.Percent(f.stratum.share),
                    "<td class=\"n\">", unless_few(w.Number(f.coverage)), "<td class=\"n\">",
                    unless_few(w.Number(f.standardised_difference)), "<td class=\"n\">",
                    unless_few(w.Number(f.log_disparity)), "</tr>");
  }
  return out + "</table></details>";
}

std::string GroupsHtml(const Bias& bias, const Words& w) {
  if (bias.groups.empty()) return "";
  std::string out = absl::StrCat(
      "<details><summary>", w.Say("groups by"), " ",
      bias.by == "sex" || bias.by == "age" ? w.Say(bias.by) : EscapeHtml(bias.by),
      "</summary><table><tr><th>", w.Say("group"), "<th class=\"n\">", w.Say("persons"),
      "<th class=\"n\">", w.Say("conditions per person"), "<th class=\"n\">",
      w.Say("without a condition"), "<th class=\"n\">", w.Say("complete records"),
      "<th class=\"n\">", w.Say("measurements without a value"), "</tr>");
  const auto of = [](double part, double whole) { return whole > 0 ? part / whole : 0; };
  for (const GroupFigures& g : bias.groups) {  // of five persons or more
    absl::StrAppend(&out, "<tr><td>", EscapeHtml(g.group), "<td class=\"n\">",
                    w.Persons(std::llround(g.n_persons)), "<td class=\"n\">",
                    w.Number(of(g.n_conditions, g.n_persons)), "<td class=\"n\">",
                    w.Percent(of(g.n_without_condition, g.n_persons)), "<td class=\"n\">",
                    w.Percent(of(g.n_complete, g.n_persons)), "<td class=\"n\">",
                    w.Percent(of(g.n_without_value, g.n_measurements)), "</tr>");
  }
  return out + "</table></details>";
}

// Values of the reports so far as a line; the last one as text.
std::string LineSvg(std::string_view title, const std::vector<double>& values, const Words& w) {
  const double top = std::fmax(1, *std::ranges::max_element(values));
  std::string points;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = values.size() == 1 ? 4
                                        : 4 + 232.0 * static_cast<double>(i) /
                                                  static_cast<double>(values.size() - 1);
    absl::StrAppendFormat(&points, "%s%.1f %.1f", i == 0 ? "M" : "L", x, 36 - 32 * values[i] / top);
  }
  return absl::StrCat("<tr><td>", w.Say(title), "<td><svg width=\"240\" height=\"40\"><path d=\"",
                      points,
                      "\" fill=\"none\" stroke=\"var(--b)\" stroke-width=\"2\" "
                      "stroke-linecap=\"round\"/></svg><td class=\"n\">",
                      w.Count(std::llround(values.back())), "</tr>");
}

}  // namespace

std::string MonthsHtml(const SiteProfile& profile, const Words& w) {
  if (profile.months.empty()) return "";
  const std::vector<Bar> bars = BarsOf(profile);
  const bool by_year = bars.front().name.size() == 4;
  const Axis axis = Upwards(std::ranges::max_element(bars, {}, &Bar::n)->n);
  const auto y = [&](double n) { return kTop + kPlot * (1 - n / axis.high); };
  const double step =
      static_cast<double>(kWidth - kLeft) / static_cast<double>(std::max(bars.size(), kBarsMin));
  std::string svg = absl::StrFormat(
      "<svg viewBox=\"0 0 %d %d\" role=\"img\"><g font-size=\"12\" fill=\"var(--s)\">", kWidth,
      kTop + kPlot + 24);
  for (const double tick : axis.ticks) {
    absl::StrAppendFormat(&svg,
                          "<path d=\"M%d %.1fH%d\" stroke=\"var(--l)\"/><text x=\"%d\" y=\"%.1f\" "
                          "text-anchor=\"end\">%s</text>",
                          kLeft, y(tick), kWidth, kLeft - 8, y(tick) + 4, w.Number(tick));
  }
  const int years = bars.back().year - bars.front().year + 1, apart = 1 + years / 15;
  int last_year = bars.front().year - apart;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double x = kLeft + step * static_cast<double>(i);
    if (bars[i].n > 0) {
      absl::StrAppendFormat(&svg,
                            "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\" "
                            "fill=\"var(--b)\"%s><title>%s: %s</title></rect>",
                            x, y(bars[i].n), std::fmax(0.6, step * 0.85),
                            kTop + kPlot - y(bars[i].n), bars[i].few ? " opacity=\".45\"" : "",
                            bars[i].name, bars[i].few ? "&lt;5" : w.Count(std::llround(bars[i].n)));
    }
    if (bars[i].year < last_year + apart) continue;
    last_year = bars[i].year;
    if (x > kWidth - kYearWidth) continue;  // it would be cut
    absl::StrAppendFormat(&svg, "<text x=\"%.1f\" y=\"%d\">%d</text>", x, kTop + kPlot + 18,
                          bars[i].year);
  }
  return absl::StrCat(
      "<section><h2>", w.Say(by_year ? "Records by year" : "Records by month"), "</h2>", svg,
      "</g></svg><p class=\"s\">",
      w.Say(by_year ? "Years with records of 1 to 4 persons are drawn 5 high, paler."
                    : "Months with records of 1 to 4 persons are drawn 5 high, paler."),
      "</p></section>");
}

std::string PersonsHtml(const SiteProfile& profile, const QualityReport& report,
                        const std::vector<Stratum>& reference, const Words& w) {
  double n = 0;
  std::int64_t n_other = 0;
  for (const AgeBand& band : profile.ages) {
    n += static_cast<double>(band.n_male + band.n_female + band.n_other);
    n_other += band.n_other;
  }
  if (n == 0) return "";
  const Strata expected = ExpectedOf(reference, n);
  std::string note;
  if (expected.any)
    note = absl::StrCat("<span style=\"color:var(--w)\">▌</span> ",
                        w.Say("what the reference population would have"), ". ");
  if (n_other > 0)
    absl::StrAppend(&note, w.Say("Of another or no sex"), ": ", w.Persons(n_other), ". ");
  return absl::StrCat("<section><h2>", w.Say("Persons by age and sex"), "</h2>",
                      PyramidSvg(profile, expected, w), "<p class=\"s\">", note,
                      w.Say("Person counts of 1 to 4 are shown as <5, their bars 5 high."), "</p>",
                      StrataHtml(report, w), GroupsHtml(report.bias, w), "</section>");
}

std::string HistoryHtml(const std::vector<QualityLabel>& labels,
                        const std::vector<QualitySnapshot>& snapshots, const Words& w) {
  if (labels.size() < 2) return "";
  const std::size_t from = labels.size() - std::min(labels.size(), kReportsShown);
  std::string out =
      absl::StrCat("<section><h2>", w.Say("Reports so far"), "</h2><table><tr><th>", w.Say("load"));
  for (std::size_t i = from; i < labels.size(); ++i) {
    absl::StrAppend(&out, "<th>", w.Count(labels[i].load_number), "<br><small>",
                    DayOf(labels[i].made_at_ms), "</small>");
  }
  out += "</tr>";
  for (int c = 0; c < kCharacteristics; ++c) {
    absl::StrAppend(&out, "<tr><td>", w.Say(NameOf(static_cast<Characteristic>(c))));
    for (std::size_t i = from; i < labels.size(); ++i) {
      const QualityLevel level = labels[i].levels[c];
      absl::StrAppend(&out, "<td><b class=\"v", static_cast<int>(level), "\" title=\"",
                      w.Say(NameOf(level)), "\">●</b>");
    }
    out += "</tr>";
  }
  out += "</table>";
  if (snapshots.size() < 2) return out + "</section>";
  std::vector<double> persons, records;
  for (const QualitySnapshot& s : snapshots) {
    double rows = 0;
    for (const auto& [name, table] : s.tables) rows += static_cast<double>(table.n_rows);
    const auto person = s.tables.find("person");
    persons.push_back(person == s.tables.end() ? 0 : static_cast<double>(person->second.n_rows));
    records.push_back(rows);
  }
  return absl::StrCat(out, "<table>", LineSvg("persons", persons, w),
                      LineSvg("records", records, w), "</table></section>");
}

}  // namespace essaim
