// PID, IN1.
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "hl7v2/mapper.h"
#include "source/demographics.h"

namespace essaim::hl7v2 {
namespace {

std::string_view GenderCode(std::string_view sex) {  // table 0001
  if (sex == "M" || sex == "F") return sex;
  if (sex == "O" || sex == "A") return "OTH";
  return sex.empty() ? sex : "UNK";
}

std::int64_t EthnicityOf(std::string_view code) {  // table 0189, or the OMB's codes
  if (code == "H") return 38003563;
  if (code == "N" || code == "NH") return 38003564;
  return EthnicityConcept(code);
}

}  // namespace

absl::Status Mapper::Patient(const Segment& pid) {
  CdmRow row("person");
  row.Set("person_id", person_id_);
  const std::string born = pid.Text(7), sex = pid.Text(8);
  const Moment birth = MomentOf(born);
  if (birth.date.empty()) {
    // Without a year of birth there is no person in OMOP; what is said of them waits with them.
    return Reject(pid, "PID-7", born.empty() ? "no date of birth" : "no date");
  }
  row.Set("year_of_birth", std::string_view(birth.date).substr(0, 4));
  std::int64_t number = 0;
  if (born.size() >= 6 && absl::SimpleAtoi(birth.date.substr(5, 2), &number))
    row.Set("month_of_birth", number);
  if (born.size() >= 8 && absl::SimpleAtoi(birth.date.substr(8, 2), &number))
    row.Set("day_of_birth", number);
  if (born.size() >= 8) row.Set("birth_datetime", std::string_view(birth.time));
  row.Set("gender_concept_id", GenderConcept(GenderCode(sex)));
  row.SetCut("gender_source_value", sex);
  row.Set("gender_source_concept_id", GenderSourceConcept(GenderCode(sex)));
  row.Set("race_concept_id", RaceConcept(pid.Text(10)));
  row.SetCut("race_source_value", pid.Text(10, 2));
  row.Set("race_source_concept_id", std::int64_t{0});
  row.Set("ethnicity_concept_id", EthnicityOf(pid.Text(22)));
  row.SetCut("ethnicity_source_value", pid.Text(22, 2));
  row.Set("ethnicity_source_concept_id", std::int64_t{0});
  const std::string pseudonym = options_.ids->PseudonymOf("person", std::to_string(person_id_));
  row.Set("person_source_value", std::string_view(pseudonym));
  const std::string zip = pid.Text(11, 5), state = pid.Text(11, 4), country = pid.Text(11, 6);
  if (!zip.empty() || !state.empty()) {
    const std::string region = absl::StrCat(state, "|", zip.substr(0, 2), "|", country);
    CdmRow place("location");
    place.Set("location_id", options_.ids->IdOf("location", "", region));
    place.SetCut("state", state);
    place.SetCut("zip", zip.substr(0, 2));
    place.SetCut("country_source_value", country);
    ESSAIM_RETURN_IF_ERROR(Write(place, pid));
    row.Set("location_id", options_.ids->IdOf("location", "", region));
  }
  ESSAIM_RETURN_IF_ERROR(Write(row, pid));
  const Moment died = MomentOf(pid.Text(29));
  if (!died.date.empty() && pid.Text(30) != "N") {
    CdmRow death("death");
    death.Set("person_id", person_id_);
    death.Set("death_date", std::string_view(died.date));
    death.Set("death_datetime", std::string_view(died.time));
    death.Set("death_type_concept_id", std::int64_t{32817});
    ESSAIM_RETURN_IF_ERROR(Write(death, pid));
  }
  if (options_.identities == nullptr) return absl::OkStatus();
  for (std::size_t r = 0; r < pid.Repetitions(3); ++r) {
    if (pid.Text(3, 1, r).empty()) continue;
    ESSAIM_RETURN_IF_ERROR(options_.identities->Put({.person_id = person_id_,
                                                     .system = pid.Text(3, 4, r),
                                                     .value = pid.Text(3, 1, r),
                                                     .family_name = pid.Text(5, 1),
                                                     .given_names = pid.Text(5, 2),
                                                     .birth_date = birth.date,
                                                     .sex = sex,
                                                     .address = pid.Text(11, 1),
                                                     .postcode = zip,
                                                     .phone = pid.Text(13, 1)}));
  }
  return absl::OkStatus();
}

absl::Status Mapper::Insurance(const Segment& in1) {
  const Moment from = FirstOf({in1.Text(12), in1.Text(13)}), to = FirstOf({in1.Text(13)});
  if (from.date.empty()) return absl::OkStatus();
  CdmRow row("payer_plan_period");
  row.Set("payer_plan_period_id",
          options_.ids->IdOf("payer_plan_period", std::to_string(person_id_),
                             absl::StrCat(in1.Text(3), "|", in1.Text(2), "|", from.date)));
  row.Set("person_id", person_id_);
  row.Set("payer_plan_period_start_date", std::string_view(from.date));
  row.Set("payer_plan_period_end_date", std::string_view(to.date.empty() ? from.date : to.date));
  for (const char* field :
       {"payer_concept_id", "plan_concept_id", "sponsor_concept_id", "stop_reason_concept_id"})
    row.Set(field, std::int64_t{0});
  row.SetCut("payer_source_value", in1.Text(4));
  row.SetCut("plan_source_value", in1.Text(2, 2));
  return Write(row, in1);
}

}  // namespace essaim::hl7v2
