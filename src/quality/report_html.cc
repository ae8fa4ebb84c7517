#include "quality/report_html.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "base/strings.h"
#include "base/version.h"
#include "quality/dqd_json.h"
#include "quality/page_changes.h"
#include "quality/page_charts.h"

namespace essaim {
namespace {

constexpr char kHead[] = R"(<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>:root{--i:#1c2430;--s:#5b6675;--l:#dfe4ea;--p:#f6f7f9;--c:#fff;--g:#1f7a4d;--w:#b97700;
--f:#be123c;--b:#2563b8}@media(prefers-color-scheme:dark){:root{--i:#e6e9ee;--s:#9aa5b4;--l:#2d3643;
--p:#12161c;--c:#1a2029;--g:#7bd6a5;--w:#f0c36a;--f:#ff7f9a;--b:#6ea8ff}}
body{margin:0;background:var(--p);color:var(--i);font:15px/1.5 system-ui,sans-serif}
main{max-width:1080px;margin:auto;padding:32px 20px}h1{margin:0}h2{font-size:19px;margin:0 0 8px}
section{background:var(--c);border:1px solid var(--l);border-radius:10px;padding:18px 22px;
margin:16px 0;overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13.5px;
font-variant-numeric:tabular-nums}th,td{padding:5px 9px;text-align:left;border-bottom:1px solid
var(--l)}th,.s{color:var(--s)}.n{text-align:right;white-space:nowrap}summary{cursor:pointer;
padding:4px 0}svg{display:block}svg[viewBox]{min-width:760px}
.v0{color:var(--g)}.v1{color:var(--w)}.v2{color:var(--f)}
.v3{color:var(--s)}.f{table-layout:fixed;min-width:900px}.f td{overflow-wrap:anywhere}
.f .n{white-space:normal}b[class]{white-space:nowrap;font-size:13px}
@media print{body,section{background:#fff;color:#000}section{break-inside:avoid;border:0}}
</style>)";

// Of a card, so that the cards' columns stand below one another.
constexpr char kColumns[] =
    "<col style=\"width:25%\"><col style=\"width:12%\"><col style=\"width:198px\"><col "
    "style=\"width:9%\"><col><col style=\"width:13%\">";

std::string LevelText(QualityLevel level, const Words& w) {
  return absl::StrCat("<b class=\"v", static_cast<int>(level), "\">● ", w.Say(NameOf(level)),
                      "</b>");
}

std::string ValueText(const Metric& m, double value, const Words& w) {
  return m.info->is_proportion ? w.Percent(value) : w.Number(value);
}

// The figure, its interval and its thresholds on a scale from 0.
std::string BarSvg(const Metric& m) {
  if (!m.value.has_value() || (!m.interval.has_value() && !m.threshold.has_value())) return "";
  double top = m.interval.has_value() ? m.interval->high : *m.value;
  const Threshold none{.watch = NAN, .fail = NAN, .source = ""};
  const Threshold& t = m.threshold.has_value() ? *m.threshold : none;
  top = std::fmax(std::fmax(top, t.watch), t.fail) * 1.1;  // fmax passes over NaN
  if (m.info->is_proportion) top = std::fmin(1, top);
  if (!(top > 0)) top = 1;
  const auto x = [&](double value) { return 4 + 172 * std::clamp(value / top, 0.0, 1.0); };
  std::string svg = "<svg width=\"180\" height=\"18\"><path d=\"M4 9H176\" stroke=\"var(--l)\"/>";
  if (m.interval.has_value()) {
    absl::StrAppendFormat(&svg,
                          "<rect x=\"%.1f\" y=\"6\" width=\"%.1f\" height=\"6\" rx=\"3\" "
                          "fill=\"var(--b)\" opacity=\".35\"/>",
                          x(m.interval->low), x(m.interval->high) - x(m.interval->low));
  }
  for (const auto& [bound, color] : {std::pair{t.watch, "w"}, std::pair{t.fail, "f"}}) {
    if (std::isnan(bound)) continue;
    absl::StrAppendFormat(&svg, "<path d=\"M%.1f 1V17\" stroke=\"var(--%s)\" stroke-width=\"2\"/>",
                          x(bound), color);
  }
  absl::StrAppendFormat(&svg, "<circle cx=\"%.1f\" cy=\"9\" r=\"4\" fill=\"var(--b)\"/></svg>",
                        x(*m.value));
  return svg;
}

std::string ThresholdText(const Metric& m, const Words& w) {
  if (!m.threshold.has_value()) return w.Say("none");
  const double bound = std::isnan(m.threshold->watch) ? m.threshold->fail : m.threshold->watch;
  std::string text = absl::StrCat(w.Say(m.threshold->at_least ? "at least" : "at most"), " ",
                                  ValueText(m, bound, w));
  if (!std::isnan(m.threshold->watch) && !std::isnan(m.threshold->fail)) {
    absl::StrAppend(&text, ", ", w.Say(m.threshold->at_least ? "fails below" : "fails above"), " ",
                    ValueText(m, m.threshold->fail, w));
  }
  return absl::StrCat(text, "<br><span class=\"s\">", w.Say(m.source), "</span>");
}

// Without a threshold nothing was judged.
std::string LevelOfFigure(const Metric& m, const Words& w) {
  if (m.value.has_value() && !m.threshold.has_value()) return "<span class=\"s\">–</span>";
  return LevelText(m.label, w);
}

// A table, field, group or stratum, perhaps with the load that it is of; long names break at "_".
std::string DetailText(const std::string& detail, const Words& w) {
  if (detail.empty()) return "";
  return absl::StrCat(
      "<br><small class=\"s\">",
      absl::StrReplaceAll(EscapeHtml(detail),
                          {{"_", "_<wbr>"}, {", load ", absl::StrCat(", ", w.Say("load"), " ")}}),
      "</small>");
}

std::string Card(const PageInput& in, int c, const Words& w) {
  const auto characteristic = static_cast<Characteristic>(c);
  std::string out = absl::StrCat("<section id=\"c", c, "\"><h2>", w.Say(NameOf(characteristic)),
                                 " ", LevelText(in.report.labels[c], w), "</h2><table class=\"f\">",
                                 kColumns, "<tr><th>");
  absl::StrAppend(&out, w.Say("figure"), "<th class=\"n\">", w.Say("value"), "<th>",
                  w.Say("95% interval, threshold"), "<th class=\"n\">", w.Say("based on"), "<th>",
                  w.Say("threshold"), "<th>", w.Say("level"), "</tr>");
  for (const Metric& m : in.report.metrics) {
    if (m.info->characteristic != characteristic) continue;
    absl::StrAppend(&out, "<tr><td><span class=\"s\">", EscapeHtml(m.info->id), "</span> ",
                    w.Say(m.info->title), "<br><small class=\"s\">", w.Say(m.info->weiskopf),
                    m.info->kahn.empty() ? "" : " · ", w.Say(m.info->kahn),
                    "</small><td class=\"n\"", m.value.has_value() ? ">" : " colspan=\"2\">");
    absl::StrAppend(&out, m.value.has_value() ? ValueText(m, *m.value, w) : w.Say(m.missing),
                    DetailText(m.detail, w), m.value.has_value() ? "<td>" : "", BarSvg(m),
                    "<td class=\"n\">", w.Count(m.n), "<td>", ThresholdText(m, w), "<td>",
                    LevelOfFigure(m, w), "</tr>");
  }
  return out + "</table></section>";
}

std::string TablesHtml(const PageInput& in, const Words& w) {
  std::string out = absl::StrCat("<section><h2>", w.Say("What the tables hold"), "</h2>");
  if (std::ranges::all_of(in.profile.tables, [](const TableProfile& t) { return t.n_rows == 0; }))
    return absl::StrCat(out, "<p>", w.Say("The tables are empty."), "</p></section>");
  absl::StrAppend(&out, "<table><tr><th>", w.Say("table"), "<th class=\"n\">", w.Say("records"),
                  "<th class=\"n\">", w.Say("persons"), "<th>", w.Say("logarithmic scale"),
                  "</tr>");
  for (const TableProfile& t : in.profile.tables) {
    if (t.n_rows == 0) continue;
    // Where persons are few, their records would tell how many.
    const bool few = t.n_persons.has_value() && *t.n_persons > 0 && *t.n_persons < 5;
    const double width = 25 * std::log10(1 + (few ? 5.0 : static_cast<double>(t.n_rows)));
    absl::StrAppend(&out, "<tr><td>", EscapeHtml(t.name), "<td class=\"n\">",
                    few ? w.Persons(*t.n_persons) : w.Count(t.n_rows), "<td class=\"n\">",
                    t.n_persons.has_value() ? w.Persons(*t.n_persons) : "",
                    absl::StrFormat("<td><svg width=\"260\" height=\"12\"><rect width=\"%.1f\" "
                                    "height=\"12\" fill=\"var(--b)\"/></svg></tr>",
                                    width));
  }
  return absl::StrCat(out, "</table><p class=\"s\">",
                      w.Say("Person counts of 1 to 4 are shown as <5, their bars 5 high."),
                      "</p></section>");
}

std::string ChecksHtml(const PageInput& in, const Words& w) {
  std::string out =
      absl::StrCat("<section><h2>", w.Say("Checks of the OHDSI Data Quality Dashboard"), "</h2>");
  std::map<std::string_view, std::vector<const CheckResult*>> failed;
  for (const CheckResult& r : in.checks.results) {
    if (r.failed || r.error) failed[r.check->table].push_back(&r);
  }
  if (failed.empty()) absl::StrAppend(&out, "<p>", w.Say("No check failed."), "</p>");
  for (const auto& [table, results] : failed) {
    absl::StrAppend(
        &out, "<details><summary>", EscapeHtml(table), " <b class=\"v2\">", results.size(), "</b> ",
        w.Say(results.size() == 1 ? "failed check" : "failed checks"), "</summary><table><tr><th>",
        w.Say("what is wrong"), "<th class=\"n\">", w.Say("violating rows"), "<th class=\"n\">",
        w.Say("rows examined"), "<th class=\"n\">", w.Say("share"), "</tr>");
    for (const CheckResult* r : results) {
      absl::StrAppend(&out, "<tr><td>", w.Describe(*r->check), "<br><small class=\"s\">",
                      EscapeHtml(InfoOf(r->check->kind).name), " · ",
                      w.Say(InfoOf(r->check->kind).category), "</small><td class=\"n\">");
      absl::StrAppend(&out,
                      r->error ? w.Say("The database could not answer.") : w.Count(r->violated),
                      "<td class=\"n\">", w.Count(r->denominator), "<td class=\"n\">",
                      w.Percent(r->share()), "</tr>");
    }
    out += "</table></details>";
  }
  return out + "</section>";
}

}  // namespace

std::string QualityPage(const PageInput& in, const Words& w) {
  const CheckTotals t = TotalsOf(in.checks, "");
  std::string out = absl::StrCat(
      "<!doctype html><html lang=\"", w.language() == Language::kFrench ? "fr" : "en", "\"><head>",
      kHead, "<title>", w.Say("Data quality"), " ", EscapeHtml(in.site), "</title></head><body>");
  absl::StrAppend(
      &out, "<main><h1>", w.Say("Data quality"), " ", w.Say("of the site"), " ",
      EscapeHtml(in.site), "</h1><p class=\"s\">", w.Say("as of"), " ", EscapeHtml(in.report.as_of),
      " · ", w.Say("load"), " ", w.Count(in.profile.load.number), " · ", w.Say("database"), " ",
      EscapeHtml(in.profile.engine), " · ", w.Say("checks passed"), " ",
      w.Count(static_cast<std::int64_t>(t.passed)), " / ",
      w.Count(static_cast<std::int64_t>(t.passed + t.failed + t.errors)), " · ",
      w.Say("not applicable"), " ", w.Count(static_cast<std::int64_t>(t.not_applicable)), "</p>");
  for (int c = 0; c < kCharacteristics; ++c) out += Card(in, c, w);
  absl::StrAppend(&out, ChangesHtml(in.report.between_loads, w), MonthsHtml(in.profile, w),
                  PersonsHtml(in.profile, in.report, in.reference, w), TablesHtml(in, w),
                  ChecksHtml(in, w), HistoryHtml(in.history, in.snapshots, w),
                  "<footer class=\"s\">", w.Say("Made by"), " Essaim ", kVersion,
                  "</footer></main></body></html>\n");
  return out;
}

}  // namespace essaim
