// Patient, Practitioner, Organization, Location, Coverage.
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "fhir/code_maps.h"
#include "fhir/mapper.h"
#include "source/demographics.h"

namespace essaim::fhir {
namespace {

constexpr std::string_view kUsCore = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-";

Node Extension(Node of, std::string_view url) {
  for (const Node extension : of["extension"].Items()) {
    if (extension["url"].Text() == url) return extension;
  }
  return {};
}

std::string LinesOf(Node address) {
  std::vector<std::string> lines;
  for (const Node line : address["line"].Items()) lines.emplace_back(line.Text());
  return absl::StrJoin(lines, " ");
}

// Absent parts are left out.
std::string Joined(std::initializer_list<std::string_view> parts, const char* between) {
  std::string out;
  for (const std::string_view part : parts) {
    if (!part.empty()) absl::StrAppend(&out, out.empty() ? "" : between, Av(part));
  }
  return out;
}

Node AddressOf(Node patient) {
  for (const Node address : patient["address"].Items()) {
    if (address["use"].Text() == "official") return address;
  }
  return patient["address"].First();
}

// A US Core extension of race or ethnicity, or fhir2omop's own, which names the concept.
struct Ancestry {
  std::int64_t concept_id = 0;
  std::string_view text, omb_code;
};

Ancestry AncestryOf(Node patient, std::string_view name, std::int64_t (*map)(std::string_view)) {
  const Node core = Extension(patient, absl::StrCat(Av(kUsCore), Av(name)));
  const Node own = Extension(
      patient,
      absl::StrCat("https://fhir2omop.health-samurai.io/StructureDefinition/omop-", Av(name)));
  Ancestry a{.text = Extension(core, "text")["valueString"].Text(),
             .omb_code = Extension(core, "ombCategory")["valueCoding"]["code"].Text()};
  a.concept_id = map(a.omb_code);
  if (!own) return a;
  if (!absl::SimpleAtoi(Av(own["valueCoding"]["code"].Text()), &a.concept_id)) return a;
  if (own["valueCoding"]["display"]) a.text = own["valueCoding"]["display"].Text();
  return a;
}

}  // namespace

absl::Status Mapper::Patient(Node r) {
  CdmRow row("person");
  const std::int64_t person_id = IdOf("person", id_);
  row.Set("person_id", person_id);
  const std::string_view birth_sex =
      Extension(r, absl::StrCat(Av(kUsCore), "birthsex"))["valueCode"].Text();
  const std::string_view sex = birth_sex.empty() ? r["gender"].Text() : birth_sex;
  row.Set("gender_concept_id", GenderConcept(sex));
  row.Set("gender_source_value", sex);
  row.Set("gender_source_concept_id", GenderSourceConcept(sex));
  const std::string_view born = r["birthDate"].Text();
  const Moment birth = WallClock(born);
  if (birth.date.empty()) return Reject("birthDate", born.empty() ? "missing" : "no date");
  row.Set("year_of_birth", std::string_view(birth.date).substr(0, 4));
  std::int64_t number = 0;
  if (born.size() >= 7 && absl::SimpleAtoi(birth.date.substr(5, 2), &number))
    row.Set("month_of_birth", number);
  if (born.size() >= 10 && absl::SimpleAtoi(birth.date.substr(8, 2), &number))
    row.Set("day_of_birth", number);
  const Moment clock = WallClock(
      Extension(r["_birthDate"],
                "http://hl7.org/fhir/StructureDefinition/patient-birthTime")["valueDateTime"]
          .Text());
  if (born.size() >= 10)
    row.Set("birth_datetime", std::string_view(clock.time.empty() ? birth.time : clock.time));
  Ancestry race = AncestryOf(r, "race", RaceConcept);
  if (race.omb_code == "UNK" && race.text == "Other") race.concept_id = 8522;
  row.Set("race_concept_id", race.concept_id);
  row.SetCut("race_source_value", race.text);
  row.Set("race_source_concept_id", std::int64_t{0});
  const Ancestry ethnicity = AncestryOf(r, "ethnicity", EthnicityConcept);
  row.Set("ethnicity_concept_id", ethnicity.concept_id);
  row.SetCut("ethnicity_source_value", ethnicity.text);
  row.Set("ethnicity_source_concept_id", std::int64_t{0});
  const std::string trace = Trace(id_);
  row.SetCut("person_source_value", trace);
  SetRef(row, "provider_id", "provider", r["generalPractitioner"].First(), "Practitioner");
  SetRef(row, "care_site_id", "care_site", r["managingOrganization"]);
  const std::int64_t location_id = LocationIdOf(AddressOf(r));
  if (location_id != 0) row.Set("location_id", location_id);
  ESSAIM_RETURN_IF_ERROR(Write(row));
  if (location_id != 0) ESSAIM_RETURN_IF_ERROR(PatientAddress(r, location_id));
  ESSAIM_RETURN_IF_ERROR(TellIdentity(r, person_id));
  const Moment died = WallClock(r["deceasedDateTime"].Text());
  if (died.date.empty()) return absl::OkStatus();
  CdmRow death("death");
  death.Set("person_id", person_id);
  SetMoment(death, "death", died);
  death.Set("death_type_concept_id", std::int64_t{32817});
  return Write(death);
}

// 0 if the address says nothing. Two persons of one address share it.
std::int64_t Mapper::LocationIdOf(Node address) const {
  const std::string lines = LinesOf(address);
  const std::string_view zip = address["postalCode"].Text();
  const std::string key =
      options_.keep_identifying
          ? Joined({lines, address["city"].Text(), address["state"].Text(), zip}, "|")
          : Joined({address["state"].Text(), zip.substr(0, 2), address["country"].Text()}, "|");
  return key.empty() ? 0 : IdOf("location", key);
}

absl::Status Mapper::PatientAddress(Node r, std::int64_t location_id) {
  const Node address = AddressOf(r);
  const std::string lines = LinesOf(address);
  const std::string_view city = address["city"].Text(), state = address["state"].Text(),
                         zip = address["postalCode"].Text();
  CdmRow row("location");
  row.Set("location_id", location_id);
  row.SetCut("state", state);
  row.Set("country_concept_id", CountryConcept(address["country"].Text()));
  row.SetCut("country_source_value", address["country"].Text());
  if (!options_.keep_identifying) {
    row.SetCut("zip", zip.substr(0, 2));
    return Write(row);
  }
  row.SetCut("address_1", lines);
  row.SetCut("city", city);
  row.SetCut("zip", zip);
  row.SetCut("county", address["district"].Text());
  row.SetCut("location_source_value", Joined({lines, city, state, zip}, ", "));
  const Node place = Extension(address, "http://hl7.org/fhir/StructureDefinition/geolocation");
  row.Set("latitude", Extension(place, "latitude")["valueDecimal"].Number());
  row.Set("longitude", Extension(place, "longitude")["valueDecimal"].Number());
  return Write(row);
}

absl::Status Mapper::TellIdentity(Node r, std::int64_t person_id) {
  if (options_.identities == nullptr) return absl::OkStatus();
  const Node name = r["name"].First(), address = AddressOf(r);
  std::vector<std::string> given;
  for (const Node part : name["given"].Items()) given.emplace_back(part.Text());
  Identity identity{.person_id = person_id,
                    .system = options_.system,
                    .value = id_,
                    .family_name = std::string(name["family"].Text()),
                    .given_names = absl::StrJoin(given, " "),
                    .birth_date = std::string(r["birthDate"].Text()),
                    .sex = std::string(r["gender"].Text()),
                    .address = Joined({LinesOf(address), address["city"].Text()}, ", "),
                    .postcode = std::string(address["postalCode"].Text())};
  for (const Node telecom : r["telecom"].Items()) {
    std::string& field = telecom["system"].Text() == "email" ? identity.email : identity.phone;
    if (field.empty()) field = std::string(telecom["value"].Text());
  }
  ESSAIM_RETURN_IF_ERROR(options_.identities->Put(identity));
  for (const Node identifier : r["identifier"].Items()) {
    identity.system = std::string(identifier["system"].Text());
    identity.value = std::string(identifier["value"].Text());
    if (!identity.value.empty()) ESSAIM_RETURN_IF_ERROR(options_.identities->Put(identity));
  }
  return absl::OkStatus();
}

absl::Status Mapper::Practitioner(Node r) {
  constexpr std::int64_t kGeneralPractice = 38004446;  // the mapping's own default
  CdmRow row("provider");
  row.Set("provider_id", IdOf("provider", id_));
  if (options_.keep_identifying) {
    const Node name = r["name"].First();
    const std::string_view family = name["family"].Text(), given = name["given"].First().Text();
    if (!family.empty() || !given.empty())
      row.SetCut("provider_name", absl::StrCat(Av(family), ", ", Av(given)));
    for (const Node identifier : r["identifier"].Items()) {
      if (identifier["system"].Text() == "http://hl7.org/fhir/sid/us-npi")
        row.SetCut("npi", identifier["value"].Text());
    }
  }
  row.Set("specialty_concept_id", kGeneralPractice);
  row.Set("specialty_source_concept_id", kGeneralPractice);
  const std::string_view gender = r["gender"].Text();
  row.Set("gender_concept_id", GenderConcept(gender));
  row.SetCut("gender_source_value", gender);
  row.Set("gender_source_concept_id", std::int64_t{gender == "male"     ? 8507
                                                   : gender == "female" ? 8532
                                                                        : 0});
  const std::string trace = Trace(id_);
  row.SetCut("provider_source_value", trace);
  return Write(row);
}

absl::Status Mapper::Organization(Node r) {
  CdmRow row("care_site");
  row.Set("care_site_id", IdOf("care_site", id_));
  row.SetCut("care_site_name", r["name"].Text());
  const std::string_view type = r["type"].First()["coding"].First()["code"].Text();
  row.Set("place_of_service_concept_id", PlaceOfServiceConcept(type));
  row.SetCut("place_of_service_source_value", type);
  row.SetCut("care_site_source_value", id_);
  return Write(row);
}

// A place is a care site and its location; a place is no patient, so its address may stay.
absl::Status Mapper::Location(Node r) {
  CdmRow site("care_site"), place("location");
  site.Set("care_site_id", IdOf("care_site", id_));
  site.SetCut("care_site_name", r["name"].Text());
  site.Set("place_of_service_concept_id", std::int64_t{0});
  site.Set("location_id", IdOf("location", id_));
  site.SetCut("care_site_source_value", id_);
  for (const Node coding : r["type"].First()["coding"].Items()) {
    if (VocabularyOf(coding["system"].Text()) != "SNOMED") continue;
    site.SetCut("place_of_service_source_value", coding["code"].Text());
    break;
  }
  ESSAIM_RETURN_IF_ERROR(Write(site));
  const Node address = r["address"];
  place.Set("location_id", IdOf("location", id_));
  const std::string lines = LinesOf(address);
  place.SetCut("address_1", lines);
  place.SetCut("city", address["city"].Text());
  place.SetCut("zip", address["postalCode"].Text());
  place.SetCut("location_source_value", address["state"].Text());
  place.Set("country_concept_id", CountryConcept(address["country"].Text()));
  place.SetCut("country_source_value", address["country"].Text());
  place.Set("latitude", r["position"]["latitude"].Number());
  place.Set("longitude", r["position"]["longitude"].Number());
  return Write(place);
}

absl::Status Mapper::Coverage(Node r) {
  const Moment from = WallClock(r["period"]["start"].Text()),
               to = WallClock(r["period"]["end"].Text());
  if (from.date.empty() && to.date.empty()) return absl::OkStatus();
  CdmRow row("payer_plan_period");
  row.Set("payer_plan_period_id", IdOf("payer_plan_period", id_));
  if (!SetPerson(row, r["beneficiary"])) return Reject("beneficiary", "no patient");
  row.Set("payer_plan_period_start_date",
          std::string_view(from.date.empty() ? to.date : from.date));
  row.Set("payer_plan_period_end_date", std::string_view(to.date.empty() ? from.date : to.date));
  row.SetCut("payer_source_value", r["payor"].First()["display"].Text());
  row.SetCut("plan_source_value", r["type"]["text"].Text());
  for (const char* field :
       {"payer_concept_id", "plan_concept_id", "sponsor_concept_id", "stop_reason_concept_id"})
    row.Set(field, std::int64_t{0});
  return Write(row);
}

}  // namespace essaim::fhir
