#include "ucum/ucum.h"

#include <cmath>

#include "base/testing/status_matchers.h"

namespace essaim::ucum {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;
using testing::StatusIs;

// `value` in `from`, in `to`; NaN where it cannot be.
double In(double value, const char* from, const char* to, std::optional<double> molar_mass = {}) {
  const auto source = ParseUnit(from), target = ParseUnit(to);
  if (!source.ok() || !target.ok()) return std::nan("");
  const auto c = Convert(*source, *target, molar_mass);
  return c.ok() ? value * c->factor + c->shift : std::nan("");
}

double InText(double value, const char* from, const char* to,
              std::optional<double> molar_mass = {}) {
  const auto target = ParseUnit(to);
  if (!target.ok()) return std::nan("");
  const auto c = ConvertText(from, *target, molar_mass);
  return c.ok() ? value * c->factor + c->shift : std::nan("");
}

#define EXPECT_CLOSE(value, expected) \
  EXPECT_NEAR(value, expected, 1e-12 * std::max(1.0, std::abs(expected)))

TEST(UcumTest, ConvertsWithinAKind) {
  EXPECT_CLOSE(In(1, "mg/dL", "g/L"), 0.01);
  EXPECT_CLOSE(In(1, "10*3/uL", "10*9/L"), 1.0);
  EXPECT_CLOSE(In(1, "[lb_av]", "kg"), 0.45359237);
  EXPECT_CLOSE(In(1, "[in_i]", "cm"), 2.54);
  EXPECT_CLOSE(In(1, "[ft_i]", "m"), 0.3048);
  EXPECT_CLOSE(In(1, "kPa", "mm[Hg]"), 1000 / 133.322);
  EXPECT_CLOSE(In(1, "kg/m2", "g/cm2"), 0.1);
  EXPECT_CLOSE(In(60, "mL/min/{1.73_m2}", "mL/s"), 1.0);
  EXPECT_CLOSE(In(1, "a", "d"), 365.25);
  EXPECT_CLOSE(In(1, "kat", "U"), 6e7);
  EXPECT_CLOSE(In(1, "m[iU]/mL", "[iU]/L"), 1.0);
  EXPECT_CLOSE(In(1, "[IU]", "[iU]"), 1.0);
  EXPECT_CLOSE(In(50, "%", "1"), 0.5);
  EXPECT_CLOSE(In(1, "/min", "Hz"), 1 / 60.0);
  EXPECT_CLOSE(In(1, "meq/L", "mmol/L"), 1.0);
  EXPECT_CLOSE(In(1, "J", "kg.m2.s-2"), 1.0);
  EXPECT_CLOSE(In(1, "N.m/(s.(m2))", "W/m2"), 1.0);
  EXPECT_CLOSE(In(1, "dag", "g"), 10.0);
  EXPECT_CLOSE(In(1, "Pa", "N/m2"), 1.0);  // pascal, not peta-years
  EXPECT_CLOSE(In(1, "cd", "cd"), 1.0);    // candela, not centi-days
}

TEST(UcumTest, TemperaturesHaveAZeroOfTheirOwn) {
  EXPECT_CLOSE(In(98.6, "[degF]", "Cel"), 37.0);
  EXPECT_CLOSE(In(37, "Cel", "[degF]"), 98.6);
  EXPECT_CLOSE(In(0, "Cel", "K"), 273.15);
  EXPECT_CLOSE(In(-40, "Cel", "[degF]"), -40.0);
  EXPECT_THAT(ParseUnit("Cel/s"), StatusIs(StatusCode::kUnimplemented, HasSubstr("'Cel/s'")));
  EXPECT_THAT(ParseUnit("Cel2").status(), StatusIs(StatusCode::kUnimplemented, HasSubstr("power")));
}

// Molar masses in g/mol: glucose 180.156, creatinine 113.12, cholesterol 386.65 (IUPAC's weights).
TEST(UcumTest, AMolarMassBridgesMassAndAmount) {
  EXPECT_NEAR(In(1, "mmol/L", "mg/dL", 180.156), 18.0156, 1e-9);
  EXPECT_NEAR(In(90, "mg/dL", "mmol/L", 180.156), 4.9957, 1e-4);
  EXPECT_NEAR(In(1, "mg/dL", "umol/L", 113.12), 88.40, 5e-3);
  EXPECT_NEAR(In(5.2, "mmol/L", "mg/dL", 386.65), 201.06, 5e-3);
  const auto mol = ParseUnit("mmol/L"), gram = ParseUnit("mg/dL"), metre = ParseUnit("m");
  EXPECT_THAT(Convert(*mol, *gram, std::nullopt),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("expected a molar mass")));
  EXPECT_THAT(Convert(*mol, *metre, 18.0),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("different kinds")));
}

TEST(UcumTest, ArbitraryUnitsAreTheirOwnKind) {
  EXPECT_TRUE(std::isnan(In(1, "[iU]/L", "[arb'U]/L")));
  EXPECT_TRUE(std::isnan(In(1, "[iU]/L", "/L")));
  EXPECT_CLOSE(In(1, "[CFU]/mL", "[CFU]/L"), 1000.0);
}

TEST(UcumTest, ReadsWhatLaboratoriesWrite) {
  EXPECT_CLOSE(InText(120, "mmHg", "mm[Hg]"), 120.0);
  EXPECT_CLOSE(InText(100, "µmol/L", "mmol/L"), 0.1);
  EXPECT_CLOSE(InText(7.5, "G/L", "10*9/L"), 7.5);
  EXPECT_CLOSE(InText(4.5, "T/L", "10*6/uL"), 4.5);
  EXPECT_CLOSE(InText(7.5, "x10^9/L", "10*9/L"), 7.5);
  EXPECT_CLOSE(InText(7.5, "10e3/uL", "10*9/L"), 7.5);
  EXPECT_CLOSE(InText(30, "UI/L", "[iU]/L"), 30.0);
  EXPECT_CLOSE(InText(37, "°C", "Cel"), 37.0);
  EXPECT_CLOSE(InText(5, "mcg/mL", "mg/L"), 5.0);
  EXPECT_CLOSE(InText(27, "kg/m²", "kg/m2"), 27.0);
  EXPECT_CLOSE(InText(70, "bpm", "/min"), 70.0);
  EXPECT_CLOSE(InText(1, "g/24h", "g/d"), 1.0);
  EXPECT_CLOSE(InText(1, "g/L", "mg/mL"), 1.0);  // grams, not giga
  EXPECT_TRUE(std::isnan(InText(1, "wibble", "kg")));
  EXPECT_TRUE(std::isnan(InText(1, "", "kg")));
}

TEST(UcumTest, RefusesWhatIsNoUnit) {
  for (const char* code : {"", "/", "mg/", "m0", "q", "mg dL", "(m", "m)", "{x", "0", "[in_i", "m-",
                           "kkg", "hmin", "1234567890"}) {
    EXPECT_THAT(ParseUnit(code), StatusIs(StatusCode::kInvalidArgument, HasSubstr(""))) << code;
  }
  EXPECT_THAT(ParseUnit("[pH]"), StatusIs(StatusCode::kUnimplemented, HasSubstr("curved")));
  EXPECT_FALSE(ParseUnit(std::string(kCodeBytesMax + 1, 'm')).ok());
  EXPECT_FALSE(ParseUnit(std::string(100, '(') + "m" + std::string(100, ')')).ok());
  EXPECT_FALSE(ParseUnit("Ym99.Ym99").ok());
}

}  // namespace
}  // namespace essaim::ucum
