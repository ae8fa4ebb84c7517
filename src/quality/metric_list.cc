#include <limits>

#include "quality/characteristics.h"

namespace essaim {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

using enum Characteristic;

constexpr Threshold AtMost(double watch, double fail, std::string_view source) {
  return {.at_least = false, .watch = watch, .fail = fail, .source = source};
}

constexpr Threshold AtLeast(double watch, double fail, std::string_view source) {
  return {.at_least = true, .watch = watch, .fail = fail, .source = source};
}

constexpr auto no = std::nullopt;

constexpr MetricInfo kList[] = {
    {"V1", kVolume, "persons", false, "complete, patients", "completeness", no},
    {"V2", kVolume, "person-years observed", false, "complete, time", "completeness", no},
    {"V3", kVolume, "records per person-year", false, "complete, time", "completeness", no},
    {"V4", kVolume, "persons without a record, in the emptiest core table", true,
     "complete, patients", "completeness", AtMost(kNone, 0.95, "DQD measurePersonCompleteness")},
    {"V5", kVolume, "persons with visit, condition, drug, measurement and procedure", true,
     "complete, variables", "completeness", no},
    {"V6", kVolume, "conditions per visit", false, "complete, variables", "completeness",
     AtLeast(1.0, kNone, "PCORnet 3.01")},
    {"V7", kVolume, "persons observed for a year or more", true, "complete, time", "completeness",
     no},
    {"C1", kConsistency, "key and foreign-key checks that fail", true, "correct, variables",
     "conformance", AtMost(0, kNone, "DQD")},
    {"C2", kConsistency, "conditions recorded twice on a day", true, "correct, variables",
     "plausibility", AtMost(0.01, kNone, "convention")},
    {"C3", kConsistency, "conditions outside the observation periods", true, "correct, variables",
     "conformance", AtMost(0, kNone, "Achilles Heel")},
    {"C4", kConsistency, "persons with conditions and no condition era", true, "correct, variables",
     "completeness", AtMost(kNone, 0, "DQD")},
    {"C5", kConsistency, "largest change of visits from month to month", false, "correct, time",
     "plausibility", AtMost(1.0, kNone, "Achilles Heel")},
    {"C6", kConsistency, "drift of the condition mix in the last year (stability index)", false,
     "correct, time", "plausibility", AtMost(0.1, 0.25, "convention")},
    {"C7", kConsistency, "records lost since the load before, in the table that lost most", true,
     "complete, variables", "completeness", AtMost(0.05, kNone, "PCORnet 4.01")},
    {"C8", kConsistency, "persons lost since the load before, in the table that lost most", true,
     "complete, patients", "completeness", AtMost(0.05, kNone, "PCORnet 4.01")},
    {"C9", kConsistency, "checks that passed at the load before and fail now", true,
     "correct, variables", "conformance", AtMost(0, kNone, "convention")},
    {"C10", kConsistency, "concepts whose domain changed since the load before", true,
     "correct, variables", "conformance", AtMost(0, kNone, "convention")},
    {"C11", kConsistency, "drift of a table's concepts since the load before (stability index)",
     false, "correct, time", "plausibility", AtMost(0.1, 0.25, "convention")},
    {"C12", kConsistency, "distance of a table's concepts to the load before (Jensen-Shannon)",
     false, "correct, time", "plausibility", no},
    {"C13", kConsistency, "largest rise of a field's share of NULL since the load before", false,
     "complete, variables", "completeness", AtMost(0.05, kNone, "convention")},
    {"T1", kTemporality, "records in the future", true, "current, time", "plausibility",
     AtMost(0, 0.05, "PCORnet 2.01")},
    {"T2", kTemporality, "records before birth", true, "correct, time", "plausibility",
     AtMost(0, 0.01, "DQD plausibleAfterBirth")},
    {"T3", kTemporality, "records more than 60 days after death", true, "correct, time",
     "plausibility", AtMost(0, 0.01, "DQD plausibleBeforeDeath")},
    {"T4", kTemporality, "records more than 7 days outside their visit", true, "correct, time",
     "plausibility", AtMost(0.01, 0.05, "DQD withinVisitDates")},
    {"T5", kTemporality, "months without a visit, of the months observed", true, "current, time",
     "completeness", no},
    {"T6", kTemporality, "days since the last visit", false, "current, patients", "", no},
    {"T7", kTemporality, "median days between a person's visits", false, "current, time", "", no},
    {"T8", kTemporality, "conditions on 1 January", true, "correct, time", "plausibility",
     AtMost(0.02, kNone, "convention")},
    {"H1", kHeterogeneity, "diversity of condition concepts (normalised entropy)", false,
     "complete, variables", "", no},
    {"H2", kHeterogeneity, "kinds of source (type concepts)", false, "", "", no},
    {"H3", kHeterogeneity, "measurements with several units", true, "correct, variables",
     "conformance", no},
    {"H4", kHeterogeneity, "implausible units, of the checks that apply", true,
     "correct, variables", "plausibility", AtMost(0, 0.05, "DQD plausibleUnitConceptIds")},
    {"R1", kRepresentativeness, "largest standardised difference of a stratum's share", false,
     "correct, patients", "validation", AtMost(0.1, kNone, "Austin 2009")},
    {"R2", kRepresentativeness, "distance to the reference (stability index)", false,
     "correct, patients", "validation", AtMost(0.1, 0.25, "convention")},
    {"R3", kRepresentativeness, "least covered stratum, share over reference", false,
     "correct, patients", "validation", AtLeast(0.5, kNone, "convention")},
    {"R4", kRepresentativeness, "persons without a mapped race or ethnicity", true,
     "complete, patients", "completeness", no},
    {"R5", kRepresentativeness, "distance to the reference (Cramér's V)", false,
     "correct, patients", "validation", no},
    {"R6", kRepresentativeness, "largest log-disparity of a stratum", false, "correct, patients",
     "validation", no},
    {"S1", kConfidentiality, "smallest class by birth year and sex", false, "", "",
     AtLeast(11, kNone, "EMA 0070")},
    {"S2", kConfidentiality, "persons alone in their class", true, "", "",
     AtMost(0, 0.2, "El Emam 2010")},
    {"S3", kConfidentiality, "average risk of re-identification", false, "", "", no},
    {"S4", kConfidentiality, "largest risk of re-identification", false, "", "",
     AtMost(0.09, kNone, "EMA 0070")},
    {"S5", kConfidentiality, "persons with a full date of birth", true, "", "", no},
    {"S6", kConfidentiality, "persons whose source value looks like an identifier", true, "", "",
     AtMost(0, kNone, "convention")},
    {"B1", kBias, "conditions per person, the lowest group over the highest", false, "", "",
     AtLeast(0.8, kNone, "four-fifths rule")},
    {"B2", kBias, "persons without a condition, gap between the groups", false, "", "",
     AtMost(0.1, kNone, "convention")},
    {"B3", kBias, "conditions per person-year, the lowest group over the highest", false, "", "",
     AtLeast(0.8, kNone, "four-fifths rule")},
    {"B4", kBias, "deaths, gap between the groups", false, "", "", no},
    {"B5", kBias, "persons with complete records, the lowest group's share over the highest's",
     false, "", "", AtLeast(0.8, kNone, "four-fifths rule")},
    {"B6", kBias, "measurements without a value, gap between the groups", false, "", "",
     AtMost(0.1, kNone, "convention")},
    {"B7", kBias, "how much of the group one condition tells (uncertainty coefficient)", false, "",
     "", no},
};

}  // namespace

std::span<const MetricInfo> MetricList() { return kList; }

}  // namespace essaim
