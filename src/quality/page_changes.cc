#include "quality/page_changes.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/clock.h"

namespace essaim {
namespace {

constexpr std::size_t kListedMax = 200;  // of each kind

// A list that opens: nothing if it is empty.
std::string Opening(std::string_view title, std::size_t n, const std::string& head,
                    const std::string& rows, const Words& w) {
  if (n == 0) return "";
  return absl::StrCat("<details><summary>", w.Say(title), " <b class=\"v1\">",
                      w.Count(static_cast<std::int64_t>(n)), "</b></summary><table><tr>", head,
                      "</tr>", rows, "</table></details>");
}

std::string RowsHtml(const LoadComparison& c, const Words& w) {
  std::string out =
      absl::StrCat("<table><tr><th>", w.Say("table"), "<th class=\"n\">", w.Say("records before"),
                   "<th class=\"n\">", w.Say("now"), "<th class=\"n\">", w.Say("persons before"),
                   "<th class=\"n\">", w.Say("now"), "</tr>");
  for (const TableChange& t : c.tables) {
    const auto persons = [&](const std::optional<std::int64_t>& n) {
      return n.has_value() ? w.Persons(*n) : std::string();
    };
    // Where persons are few, their records would tell how many.
    const auto rows = [&](std::int64_t n, const std::optional<std::int64_t>& of) {
      return of.has_value() && *of > 0 && *of < 5 ? w.Persons(*of) : w.Count(n);
    };
    const bool lost = t.rows_now < t.rows_before;
    absl::StrAppend(&out, "<tr><td>", EscapeHtml(t.table), "<td class=\"n\">",
                    rows(t.rows_before, t.persons_before), "<td class=\"n", lost ? " v1\">" : "\">",
                    rows(t.rows_now, t.persons_now), "<td class=\"n\">", persons(t.persons_before),
                    "<td class=\"n\">", persons(t.persons_now), "</tr>");
  }
  return out + "</table>";
}

std::string ListsHtml(const LoadComparison& c, const Words& w) {
  std::string checks, domains, mixes, nulls;
  std::size_t n_nulls = 0;
  for (std::size_t i = 0; i < std::min(c.newly_failed.size(), kListedMax); ++i)
    absl::StrAppend(&checks, "<tr><td><code>", EscapeHtml(c.newly_failed[i]), "</code></tr>");
  for (std::size_t i = 0; i < std::min(c.domains.size(), kListedMax); ++i) {
    absl::StrAppend(&domains, "<tr><td>", EscapeHtml(c.domains[i].concept_id), "<td>",
                    EscapeHtml(c.domains[i].before), "<td>", EscapeHtml(c.domains[i].now), "</tr>");
  }
  for (const MixChange& m : c.mixes) {
    absl::StrAppend(&mixes, "<tr><td>", EscapeHtml(m.table), "<td class=\"n\">",
                    w.Number(m.stability_index), "<td class=\"n\">", w.Number(m.distance), "</tr>");
  }
  for (const NullChange& n : c.nulls) {
    if (n.now - n.before <= kNullRise || n_nulls == kListedMax) break;
    ++n_nulls;
    absl::StrAppend(&nulls, "<tr><td><code>", EscapeHtml(n.table), ".", EscapeHtml(n.field),
                    "</code><td class=\"n\">", w.Percent(n.before), "<td class=\"n\">",
                    w.Percent(n.now), "</tr>");
  }
  const std::string before_now =
      absl::StrCat("<th class=\"n\">", w.Say("before"), "<th class=\"n\">", w.Say("now"));
  return absl::StrCat(
      Opening("checks that passed and fail now", c.newly_failed.size(), "<th>", checks, w),
      Opening("concepts whose domain changed", c.domains.size(),
              absl::StrCat("<th>", w.Say("concept"), "<th>", w.Say("before"), "<th>", w.Say("now")),
              domains, w),
      Opening("fields with more NULL", n_nulls, absl::StrCat("<th>", before_now), nulls, w),
      Opening("concept mix of the tables", c.mixes.size(),
              absl::StrCat("<th>", w.Say("table"), "<th class=\"n\">", w.Say("stability index"),
                           "<th class=\"n\">", w.Say("Jensen-Shannon distance")),
              mixes, w));
}

}  // namespace

std::string ChangesHtml(const std::optional<LoadComparison>& comparison, const Words& w) {
  if (!comparison.has_value() || comparison->tables.empty()) return "";
  const LoadComparison& c = *comparison;
  std::string out = absl::StrCat("<section><h2>", w.Say("Since the load before"),
                                 "</h2><p class=\"s\">", w.Say("load"), " ", w.Count(c.load_now),
                                 " · ", w.Say("before"), " ", w.Count(c.load_before), " (",
                                 w.Say("kept on"), " ", DayOf(c.made_before_ms), ")");
  if (c.vocabulary_before != c.vocabulary_now) {
    absl::StrAppend(&out, " · ", w.Say("vocabulary"), " ", EscapeHtml(c.vocabulary_before), " → ",
                    EscapeHtml(c.vocabulary_now));
  }
  return absl::StrCat(out, "</p>", RowsHtml(c, w), ListsHtml(c, w), "</section>");
}

}  // namespace essaim
