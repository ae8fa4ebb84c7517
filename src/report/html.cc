#include "report/html.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "report/cell_text.h"
#include "report/detail.h"
#include "report/svg.h"

namespace essaim {
namespace {

// A policy of its own: even if a text slipped through, nothing could run or be fetched.
constexpr char kHead[] =
    R"(<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
:root{--ink:#1c2430;--soft:#5b6675;--line:#dfe4ea;--page:#f6f7f9;--card:#fff;--accent:#b8860b;
--good:#1f7a4d;--goodbg:#e6f4ec;--warn:#8a5a00;--warnbg:#fdf1d8;
--c0:#2563b8;--c1:#d97706;--c2:#15803d;--c3:#be123c;--c4:#7c3aed;--c5:#0e7490}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa5b4;--line:#2d3643;--page:#12161c;
--card:#1a2029;--accent:#e0b040;--good:#7bd6a5;--goodbg:#16302a;--warn:#f0c36a;--warnbg:#352a14;
--c0:#6ea8ff;--c1:#f6a94a;--c2:#5cc98a;--c3:#ff7f9a;--c4:#b69cff;--c5:#58c7dd}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.55 system-ui,-apple-system,
"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:960px;margin:0 auto;padding:40px 20px 60px}
h1{font-size:30px;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em}
h2{font-size:20px;margin:0 0 10px}
h3{font-size:14px;margin:24px 0 8px;color:var(--soft);font-weight:600}
header{border-bottom:3px solid var(--accent);padding-bottom:18px;margin-bottom:22px}
.purpose{color:var(--soft);max-width:70ch;margin:0}
section,.facts,nav{background:var(--card);border:1px solid var(--line);border-radius:10px;
padding:20px 24px;margin:18px 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:6px 22px;margin:0}
dt{color:var(--soft)}dd{margin:0}
.chip{display:inline-block;border:1px solid var(--line);border-radius:99px;padding:1px 11px;
margin:0 5px 4px 0;font-size:13px}
.label{display:inline-block;border-radius:6px;padding:3px 10px;font-size:13px;font-weight:600}
.exact{background:var(--goodbg);color:var(--good)}.approximate{background:var(--warnbg);
color:var(--warn)}
.meta{color:var(--soft);font-size:13px;margin:8px 0 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th,td{padding:6px 10px;text-align:right;white-space:nowrap}
th{color:var(--soft);font-weight:600;border-bottom:2px solid var(--line);vertical-align:bottom}
td{border-bottom:1px solid var(--line)}tr:last-child td{border-bottom:0}
.t{text-align:left;white-space:normal}.hid{color:var(--warn);font-style:italic}
tbody tr:hover td{background:color-mix(in srgb,var(--accent) 7%,transparent)}
figure{margin:10px 0 4px}svg{width:100%;height:auto;display:block}
svg text{font:12px system-ui,sans-serif;fill:var(--soft)}svg .name{font-weight:600}
.grid{stroke:var(--line)}.axis{stroke:var(--soft)}.ideal{stroke:var(--soft);stroke-dasharray:5 5}
.line{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round}
.band{fill:currentColor;opacity:.13}.dot{fill:currentColor}
.whisker{stroke:var(--c0);stroke-width:2}.box{fill:var(--c0)}
.c0{color:var(--c0)}.c1{color:var(--c1)}.c2{color:var(--c2)}.c3{color:var(--c3)}
.c4{color:var(--c4)}.c5{color:var(--c5)}
figcaption{font-size:13px;color:var(--soft)}
.key{display:inline-block;width:18px;height:3px;background:currentColor;border-radius:2px;
margin:0 6px 4px 12px}
summary{cursor:pointer;color:var(--soft);font-size:14px;margin:14px 0 0}
.note{border-left:3px solid var(--accent);padding:4px 12px;margin:12px 0;color:var(--soft);
font-size:13.5px}
nav ol{margin:0;padding-left:20px;columns:2}a{color:var(--c0);text-decoration:none}
footer{color:var(--soft);font-size:12.5px;margin-top:26px}
@media print{:root{--page:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#ccc}
body{font-size:11pt}main{max-width:none;padding:0}section{break-inside:avoid-page;border:0;
padding:8px 0}nav{display:none}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
</style>)";

std::string Tag(const char* tag, const std::string& style, const std::string& inside) {
  return absl::StrCat("<", tag, style.empty() ? "" : absl::StrCat(" class=\"", style, "\""), ">",
                      inside, "</", tag, ">");
}

std::string Chips(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += Tag("span", "chip", EscapeXml(name));
  return out;
}

std::string TableHtml(const ResultTable& table, int minimum_cell) {
  const CellStyle style = {.minimum_cell = minimum_cell};
  std::string out = absl::StrCat(Tag("h3", "", EscapeXml(table.title)),
                                 "<div class=\"scroll\"><table><thead><tr>");
  for (const ResultColumn& column : table.columns) {
    out += Tag("th", column.kind == ColumnKind::kText ? "t" : "",
               EscapeXml(column.title.empty() ? column.name : column.title));
  }
  out += "</tr></thead><tbody>";
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    out += "<tr>";
    for (std::size_t c = 0; c < table.columns.size() && c < table.rows[r].size(); ++c) {
      const bool text = table.columns[c].kind == ColumnKind::kText;
      out += Tag("td",
                 IsHidden(table, r, c) ? "hid"
                 : text                ? "t"
                                       : "",
                 EscapeXml(CellText(table, r, c, style)));
    }
    out += "</tr>";
  }
  return out + "</tbody></table></div>";
}

std::string SectionHtml(const ReportSection& section, std::size_t number, int minimum_cell) {
  const Result& result = section.result;
  const bool exact = result.label.exactness == Exactness::kExact;
  std::string out = absl::StrCat(
      "<section id=\"a", number, "\">", Tag("h2", "", EscapeXml(section.title)),
      Tag("span", exact ? "label exact" : "label approximate", EscapeXml(LabelText(result.label))));
  absl::StrAppend(&out, "<p class=\"meta\">", EscapeXml(result.algorithm), " · ", result.rounds,
                  result.rounds == 1 ? " round" : " rounds");
  if (!section.sites.empty()) {
    absl::StrAppend(&out, " · ", section.sites.size(),
                    " sites: ", EscapeXml(absl::StrJoin(section.sites, ", ")));
  }
  out += "</p>";
  for (const std::string& note : result.notes) out += Tag("p", "note", EscapeXml(note));
  for (const ResultTable& table : result.tables) {
    if (IsDetail(result, table)) continue;
    out += TableHtml(table, minimum_cell);
    if (const auto forest = ForestSvg(table)) out += *forest;
  }
  for (const Curve& curve : result.curves) {
    absl::StrAppend(&out, Tag("h3", "", EscapeXml(curve.title)), CurveSvg(curve));
  }
  if (section.comparison.has_value()) out += TableHtml(*section.comparison, minimum_cell);
  if (!section.labels.empty()) out += TableHtml(LabelTable(section.labels), minimum_cell);
  for (const ResultTable& table : result.tables) {
    if (!IsDetail(result, table)) continue;
    const std::string name = table.title.empty() ? table.id : table.title;
    absl::StrAppend(
        &out, "<details>",
        Tag("summary", "", absl::StrCat(EscapeXml(name), ", ", table.rows.size(), " rows")),
        TableHtml(table, minimum_cell), "</details>");
  }
  return out + "</section>\n";
}

}  // namespace

std::string HtmlReport(const ReportHead& head, const std::vector<ReportSection>& sections) {
  std::string out = absl::StrCat(
      "<!doctype html>\n<html lang=\"en\"><head>", kHead, Tag("title", "", EscapeXml(head.title)),
      "</head><body><main>\n<header>", Tag("h1", "", EscapeXml(head.title)),
      Tag("p", "purpose", EscapeXml(head.purpose)), "</header>\n<div class=\"facts\"><dl>");
  for (const auto& [name, value] : head.facts) {
    absl::StrAppend(&out, Tag("dt", "", EscapeXml(name)), Tag("dd", "", EscapeXml(value)));
  }
  absl::StrAppend(&out, Tag("dt", "", "Sites"), Tag("dd", "", Chips(head.sites)),
                  Tag("dt", "", "Smallest cell shown"),
                  Tag("dd", "", absl::StrCat(head.minimum_cell, " persons")), "</dl></div>\n");
  if (sections.size() > 1) {
    out += "<nav><ol>";
    for (std::size_t i = 0; i < sections.size(); ++i) {
      absl::StrAppend(&out, "<li><a href=\"#a", i, "\">", EscapeXml(sections[i].title),
                      "</a></li>");
    }
    out += "</ol></nav>\n";
  }
  for (std::size_t i = 0; i < sections.size(); ++i) {
    out += SectionHtml(sections[i], i, head.minimum_cell);
  }
  return absl::StrCat(out, Tag("footer", "", EscapeXml(head.made_by)), "</main></body></html>\n");
}

}  // namespace essaim
