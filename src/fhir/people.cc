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

constexpr std::string_view kNone = "0";
constexpr std::string_view kBirthSex =
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex";
constexpr std::string_view kBirthTime = "http://hl7.org/fhir/StructureDefinition/patient-birthTime";
constexpr std::string_view kGeolocation = "http://hl7.org/fhir/StructureDefinition/geolocation";

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
struct AncestryRule {
  std::string_view core, own;
  std::int64_t (*map)(std::string_view omb_code);
};

constexpr AncestryRule kRace = {"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
                                "https://fhir2omop.health-samurai.io/StructureDefinition/omop-race",
                                RaceConcept};
constexpr AncestryRule kEthnicity = {
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity",
    "https://fhir2omop.health-samurai.io/StructureDefinition/omop-ethnicity", EthnicityConcept};

struct Ancestry {
  std::int64_t concept_id = 0;
  std::string_view text, omb_code;
};

Ancestry AncestryOf(Node patient, const AncestryRule& rule) {
  const Node core = Extension(patient, rule.core), own = Extension(patient, rule.own);
  Ancestry a{.text = Extension(core, "text")["valueString"].Text(),
             .omb_code = Extension(core, "ombCategory")["valueCoding"]["code"].Text()};
  a.concept_id = rule.map(a.omb_code);
  if (!own) return a;
  if (!absl::SimpleAtoi(Av(own["valueCoding"]["code"].Text()), &a.concept_id)) return a;
  if (own["valueCoding"]["display"]) a.text = own["valueCoding"]["display"].Text();
  return a;
}

}  // namespace

absl::Status Mapper::Patient(Node r) {
  CdmRow& row = Anew(person_);
  const std::int64_t person_id = IdOf("person", id_);
  row.Set("person_id", person_id);
  const std::string_view birth_sex = Extension(r, kBirthSex)["valueCode"].Text();
  const std::string_view sex = birth_sex.empty() ? r["gender"].Text() : birth_sex;
  row.Set("gender_concept_id", GenderConcept(sex));
  row.SetView("gender_source_value", sex);
  row.Set("gender_source_concept_id", GenderSourceConcept(sex));
  const std::string_view born = r["birthDate"].Text();
  const Moment birth = WallClock(born);
  if (!birth) return Reject("birthDate", born.empty() ? "missing" : "no date");
  row.SetView("year_of_birth", birth.date().substr(0, 4));
  std::int64_t number = 0;
  if (born.size() >= 7 && absl::SimpleAtoi(Av(birth.date().substr(5, 2)), &number))
    row.Set("month_of_birth", number);
  if (born.size() >= 10 && absl::SimpleAtoi(Av(birth.date().substr(8, 2)), &number))
    row.Set("day_of_birth", number);
  const Moment clock = WallClock(Extension(r["_birthDate"], kBirthTime)["valueDateTime"].Text());
  if (born.size() >= 10) row.SetView("birth_datetime", clock ? clock.time() : birth.time());
  Ancestry race = AncestryOf(r, kRace);
  if (race.omb_code == "UNK" && race.text == "Other") race.concept_id = 8522;
  row.Set("race_concept_id", race.concept_id);
  row.SetCutView("race_source_value", race.text);
  row.SetView("race_source_concept_id", kNone);
  const Ancestry ethnicity = AncestryOf(r, kEthnicity);
  row.Set("ethnicity_concept_id", ethnicity.concept_id);
  row.SetCutView("ethnicity_source_value", ethnicity.text);
  row.SetView("ethnicity_source_concept_id", kNone);
  const std::string trace = Trace(id_);
  row.SetCutView("person_source_value", trace);
  SetProvider(row, r["generalPractitioner"].First());
  SetCareSite(row, r["managingOrganization"]);
  const Node address = AddressOf(r);
  const std::int64_t location_id = LocationIdOf(address);
  if (location_id != 0) row.Set("location_id", location_id);
  ESSAIM_RETURN_IF_ERROR(Write(row));
  if (location_id != 0) ESSAIM_RETURN_IF_ERROR(PatientAddress(address, location_id));
  ESSAIM_RETURN_IF_ERROR(TellIdentity(r, person_id));
  const Moment died = WallClock(r["deceasedDateTime"].Text());
  if (!died) return absl::OkStatus();
  CdmRow& death = Anew(death_);
  death.Set("person_id", person_id);
  death.SetView("death_date", died.date());
  death.SetView("death_datetime", died.time());
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

absl::Status Mapper::PatientAddress(Node address, std::int64_t location_id) {
  const std::string lines = LinesOf(address);
  const std::string_view city = address["city"].Text(), state = address["state"].Text(),
                         zip = address["postalCode"].Text();
  CdmRow& row = Anew(location_);
  row.Set("location_id", location_id);
  row.SetCutView("state", state);
  row.Set("country_concept_id", CountryConcept(address["country"].Text()));
  row.SetCutView("country_source_value", address["country"].Text());
  if (!options_.keep_identifying) {
    row.SetCutView("zip", zip.substr(0, 2));
    return Write(row);
  }
  row.SetCutView("address_1", lines);
  row.SetCutView("city", city);
  row.SetCutView("zip", zip);
  row.SetCutView("county", address["district"].Text());
  row.SetCut("location_source_value", Joined({lines, city, state, zip}, ", "));
  const Node place = Extension(address, kGeolocation);
  SetNumber(row, "latitude", Extension(place, "latitude")["valueDecimal"]);
  SetNumber(row, "longitude", Extension(place, "longitude")["valueDecimal"]);
  return Write(row);
}

absl::Status Mapper::TellIdentity(Node r, std::int64_t person_id) {
  if (options_.identities == nullptr) return absl::OkStatus();
  const Node name = r["name"].First(), address = AddressOf(r);
  std::vector<std::string> given;
  for (const Node part : name["given"].Items()) given.emplace_back(part.Text());
  Identity identity{.person_id = person_id,
                    .system = options_.system,
                    .value = std::string(id_),
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
  CdmRow& row = Anew(provider_);
  row.Set("provider_id", providers_.Of(id_));
  if (options_.keep_identifying) {
    const Node name = r["name"].First();
    const std::string_view family = name["family"].Text(), given = name["given"].First().Text();
    if (!family.empty() || !given.empty())
      row.SetCut("provider_name", absl::StrCat(Av(family), ", ", Av(given)));
    for (const Node identifier : r["identifier"].Items()) {
      if (identifier["system"].Text() == "http://hl7.org/fhir/sid/us-npi")
        row.SetCutView("npi", identifier["value"].Text());
    }
  }
  row.Set("specialty_concept_id", kGeneralPractice);
  row.Set("specialty_source_concept_id", kGeneralPractice);
  const std::string_view gender = r["gender"].Text();
  row.Set("gender_concept_id", GenderConcept(gender));
  row.SetCutView("gender_source_value", gender);
  row.Set("gender_source_concept_id", std::int64_t{gender == "male"     ? 8507
                                                   : gender == "female" ? 8532
                                                                        : 0});
  const std::string trace = Trace(id_);
  row.SetCutView("provider_source_value", trace);
  return Write(row);
}

absl::Status Mapper::Organization(Node r) {
  CdmRow& row = Anew(care_site_);
  row.Set("care_site_id", care_sites_.Of(id_));
  row.SetCutView("care_site_name", r["name"].Text());
  const std::string_view type = r["type"].First()["coding"].First()["code"].Text();
  row.Set("place_of_service_concept_id", PlaceOfServiceConcept(type));
  row.SetCutView("place_of_service_source_value", type);
  row.SetCutView("care_site_source_value", id_);
  return Write(row);
}

// A place is a care site and its location; a place is no patient, so its address may stay.
absl::Status Mapper::Location(Node r) {
  CdmRow &site = Anew(care_site_), &place = Anew(location_);
  site.Set("care_site_id", care_sites_.Of(id_));
  site.SetCutView("care_site_name", r["name"].Text());
  site.SetView("place_of_service_concept_id", kNone);
  site.Set("location_id", IdOf("location", id_));
  site.SetCutView("care_site_source_value", id_);
  for (const Node coding : r["type"].First()["coding"].Items()) {
    if (VocabularyOf(coding["system"].Text()) != "SNOMED") continue;
    site.SetCutView("place_of_service_source_value", coding["code"].Text());
    break;
  }
  ESSAIM_RETURN_IF_ERROR(Write(site));
  const Node address = r["address"];
  place.Set("location_id", IdOf("location", id_));
  const std::string lines = LinesOf(address);
  place.SetCutView("address_1", lines);
  place.SetCutView("city", address["city"].Text());
  place.SetCutView("zip", address["postalCode"].Text());
  place.SetCutView("location_source_value", address["state"].Text());
  place.Set("country_concept_id", CountryConcept(address["country"].Text()));
  place.SetCutView("country_source_value", address["country"].Text());
  SetNumber(place, "latitude", r["position"]["latitude"]);
  SetNumber(place, "longitude", r["position"]["longitude"]);
  return Write(place);
}

absl::Status Mapper::Coverage(Node r) {
  const Moment from = WallClock(r["period"]["start"].Text()),
               to = WallClock(r["period"]["end"].Text());
  if (!from && !to) return absl::OkStatus();
  CdmRow& row = Anew(payer_);
  row.Set("payer_plan_period_id", IdOf("payer_plan_period", id_));
  if (!SetPerson(row, r["beneficiary"])) return Reject("beneficiary", "no patient");
  row.SetView("payer_plan_period_start_date", (from ? from : to).date());
  row.SetView("payer_plan_period_end_date", (to ? to : from).date());
  row.SetCutView("payer_source_value", r["payor"].First()["display"].Text());
  row.SetCutView("plan_source_value", r["type"]["text"].Text());
  constexpr FieldName kUnknown[] = {"payer_concept_id", "plan_concept_id", "sponsor_concept_id",
                                    "stop_reason_concept_id"};
  for (const FieldName& field : kUnknown) row.SetView(field, kNone);
  return Write(row);
}

}  // namespace essaim::fhir
