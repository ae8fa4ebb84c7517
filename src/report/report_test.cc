#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/testing/status_matchers.h"
#include "report/axis.h"
#include "report/csv.h"
#include "report/html.h"
#include "report/json.h"
#include "report/svg.h"
#include "report/terminal.h"
#include "report/text_width.h"

namespace essaim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Made up: what is tested is how results look, not what they say.
Result Sample() {
  Result result;
  result.algorithm = "survival/cox";
  result.label = {Exactness::kExact, 1e-8, "R 4.2.2 coxph()"};
  result.rounds = 6;
  ResultTable table = {.id = "coefficients", .title = "Coefficients <b>"};
  table.columns = {{"term", "Term", ColumnKind::kText},
                   {"n", "Persons", ColumnKind::kCount},
                   {"hazard_ratio", "Hazard ratio", ColumnKind::kNumber, 1},
                   {"lower", "Lower", ColumnKind::kNumber},
                   {"upper", "Upper", ColumnKind::kNumber},
                   {"p", "p", ColumnKind::kPValue},
                   {"share", "Share", ColumnKind::kShare}};
  const std::int64_t many = 1234567, few = 3;
  table.rows = {{std::string("age, \"years\""), many, 1.0342, 1.012, 1.0569, 0.0021, 0.4213},
                {std::string("=cmd()"), few, 0.61, 0.35, 1.07, 1e-9, 0.01},
                {std::string("<script>alert(1)</script>"), Cell(), 2.5, 1.4, 4.4, 0.03, 1.0}};
  table.hidden = {{1, 1}, {1, 2}};
  table.rows[1][1] = Cell();
  table.rows[1][2] = Cell();
  result.tables = {table};
  Series a = {.name = "stage I", .x = {0, 10, 20, 30}, .y = {1, 0.9, 0.8, 0.7}};
  a.lower = {1, 0.85, 0.7, 0.55};
  a.upper = {1, 0.95, 0.9, 0.85};
  a.step = true;
  Series b = {.name = "stage II", .x = {0, 12, 24}, .y = {1, 0.7, 0.4}, .step = true};
  result.curves = {{"survival", "Survival", "Days", "Share alive", {a, b}}};
  result.notes = {"a note & more"};
  return result;
}

TEST(CellText, ReadsWell) {
  EXPECT_EQ(NumberText(0.42130), "0.4213");
  EXPECT_EQ(NumberText(1234.5678), "1234.6");
  EXPECT_EQ(NumberText(1e-9), "1e-09");
  EXPECT_EQ(NumberText(-0.0), "0");
  EXPECT_EQ(NumberText(12), "12");
  EXPECT_EQ(NumberText(100), "100");
  EXPECT_EQ(CountText(1234567), "1,234,567");
  EXPECT_EQ(CountText(-999), "-999");
  EXPECT_EQ(PValueText(0.00001), "< 0.0001");
  EXPECT_EQ(PValueText(0.0321), "0.032");
  const ResultTable table = Sample().tables[0];
  EXPECT_EQ(CellText(table, 1, 1, {.minimum_cell = 10}), "<10");
  EXPECT_EQ(CellText(table, 1, 2, {}), "hidden");
  EXPECT_EQ(CellText(table, 2, 1, {}), "");
  EXPECT_EQ(CellText(table, 0, 6, {}), "42.1 %");
}

TEST(TableText, AlignsAndNeverPassesControlCharacters) {
  ResultTable table = Sample().tables[0];
  table.rows[0][0] = std::string("\x1b[31mred\xc2\x9b");
  const std::string text = TableText(table, {.unicode = true, .minimum_cell = 5});
  EXPECT_THAT(text, HasSubstr("1,234,567"));
  EXPECT_THAT(text, HasSubstr("<5"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\xc2\x9b")));
  EXPECT_THAT(TableText(table, {.unicode = false}), Not(HasSubstr("\xe2")));
}

TEST(CurveText, DrawsWithinItsFrame) {
  const Curve curve = Sample().curves[0];
  for (const bool unicode : {true, false}) {
    const std::string text = CurveText(curve, {.unicode = unicode, .columns = 60}, 10);
    EXPECT_THAT(text, HasSubstr("stage II"));
    std::size_t at = 0, lines = 0;
    while (at < text.size()) {
      const std::size_t end = text.find('\n', at);
      EXPECT_LE(TextWidth(std::string_view(text).substr(at, end - at)), 66u);
      at = end + 1;
      ++lines;
    }
    EXPECT_EQ(lines, 2u + 10 + 3 + 2);
  }
}

TEST(CurveText, SurvivesOddNumbers) {
  const double inf = std::numeric_limits<double>::infinity();
  const double nan = std::nan("");
  for (const std::vector<double>& values :
       {std::vector<double>{}, {nan, inf}, {1e308, -1e308}, {5, 5}, {0, 1e-310}}) {
    Curve curve = {"c", "t", "x", "y", {{.name = "s", .x = values, .y = values}}};
    EXPECT_FALSE(CurveText(curve, {}).empty());
    EXPECT_THAT(CurveSvg(curve), Not(HasSubstr("nan")));
  }
}

TEST(MakeAxis, HasRoundTicks) {
  EXPECT_THAT(MakeAxis(0, 1, 5).ticks,
              ElementsAre(0, ::testing::DoubleNear(0.2, 1e-12), ::testing::DoubleNear(0.4, 1e-12),
                          ::testing::DoubleNear(0.6, 1e-12), ::testing::DoubleNear(0.8, 1e-12), 1));
  EXPECT_THAT(MakeAxis(3, 3600, 4).ticks, ElementsAre(1000, 2000, 3000));
}

TEST(Csv, QuotesAndDisarmsFormulas) {
  const std::string csv = TableCsv(Sample().tables[0], 5);
  EXPECT_THAT(csv, HasSubstr("\"age, \"\"years\"\"\",1234567,1.0342,"));
  EXPECT_THAT(csv, HasSubstr("'=cmd(),<5,hidden,"));
  EXPECT_THAT(ResultCsv(Sample(), 5), HasSubstr("stage I,10,0.9,0.85,0.95,\r\n"));
}

TEST(Json, HoldsEverything) {
  const auto json = nlohmann::json::parse(ResultJson(Sample(), 7));
  EXPECT_EQ(json["algorithm"], "survival/cox");
  EXPECT_EQ(json["label"]["exactness"], "exact");
  EXPECT_EQ(json["tables"][0]["rows"][1][1]["hidden"], "<7");
  EXPECT_EQ(json["tables"][0]["rows"][0][1], 1234567);
  EXPECT_TRUE(json["tables"][0]["rows"][2][1].is_null());
  EXPECT_EQ(json["curves"][0]["series"][0]["lower"][3], 0.55);
  Result odd = Sample();
  odd.notes = {"\xff"};
  EXPECT_NO_THROW((void)ResultJson(odd, 5));
}

TEST(Html, IsSelfContainedAndEscaped) {
  const std::string html =
      HtmlReport({.title = "A & B", .facts = {{"Data set", "<heart>"}}, .sites = {"north"}},
                 {{.title = "Cox", .result = Sample(), .sites = {"north", "south"}}});
  EXPECT_THAT(html, HasSubstr("<title>A &amp; B</title>"));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<b>")));
  EXPECT_THAT(html, Not(HasSubstr("http:")));
  EXPECT_THAT(html, Not(HasSubstr("https:")));
  EXPECT_THAT(html, Not(HasSubstr("url(")));
  EXPECT_THAT(html, Not(HasSubstr("src=")));
  EXPECT_THAT(html, HasSubstr("&lt;5"));
  EXPECT_THAT(html, HasSubstr("class=\"whisker\""));  // the forest plot
  EXPECT_THAT(html, HasSubstr("class=\"band c0\""));
}

TEST(SiteLabels, StandBesideEveryFormOfAResult) {
  SiteQuality label{.levels = {}, .as_of = "2026-01-31", .since_last_load = true};
  label.levels[1] = SiteLevel::kFailed;
  label.levels[4] = SiteLevel::kToWatch;
  const SiteLabels labels = {{"<north>", label}};
  EXPECT_EQ(LabelsOfJson(LabelsJson(labels)), labels);
  for (const char* bad : {"[]", "{}", R"({"levels": {}})", R"({"levels": {"volume": "good"}})"})
    EXPECT_FALSE(LabelOfJson(nlohmann::json::parse(bad)).has_value());
  EXPECT_THAT(TableText(LabelTable(labels), {.columns = 200}), HasSubstr("to watch"));
  EXPECT_THAT(
      TableCsv(LabelTable(labels), 5),
      HasSubstr("<north>,passed,failed,passed,passed,to watch,passed,passed,2026-01-31,yes"));
  const ReportSection section{
      .title = "t", .result = Sample(), .sites = {}, .comparison = {}, .labels = labels};
  const std::string page = HtmlReport({.title = "t"}, {section});
  EXPECT_THAT(page, HasSubstr("&lt;north&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<north>")));
  EXPECT_THAT(page, HasSubstr("as the sites measured it"));
}

}  // namespace
}  // namespace essaim
