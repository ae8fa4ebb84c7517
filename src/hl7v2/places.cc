#include "hl7v2/places.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "omop/cdm.h"
#include "source/cdm_row.h"

namespace essaim::hl7v2 {
namespace {

constexpr std::int64_t kEhrEncounter = 32827;
constexpr std::size_t kVisitsAtOnce = 500;

}  // namespace

void Places::Arrive(std::int64_t visit, const std::string& time, const Place& place) {
  visits_[visit].steps.push_back({Step::kArrive, time, place});
}

void Places::Begin(std::int64_t visit, const std::string& time, const Place& place) {
  visits_[visit].steps.push_back({Step::kBegin, time, place});
}

void Places::CancelTransfer(std::int64_t visit, const std::string& time, const Place& back) {
  visits_[visit].steps.push_back({Step::kCancel, time, back});
}

std::int64_t Places::SiteOf(const Place& place) const {
  return ids_.IdOf("care_site", "hl7v2", absl::StrCat(place.facility, "|", place.ward));
}

void Places::Apply(const Step& step, std::int64_t visit, Stays& stays) const {
  const std::int64_t site = step.place.empty() ? 0 : SiteOf(step.place);
  if (step.what == Step::kCancel) {
    auto at = stays.find(step.time);
    if (at == stays.end() && !stays.empty() && stays.rbegin()->second.site != site)
      at = std::prev(stays.end());
    // Where the visit began is no transfer.
    if (at != stays.end() && at != stays.begin()) stays.erase(at);
    return;
  }
  if (step.what == Step::kBegin && !stays.empty() && stays.begin()->first <= step.time) return;
  Stay& stay = stays[step.time];
  if (stay.id == 0)
    stay.id =
        ids_.IdOf("visit_detail", absl::StrCat("visit/", visit), absl::StrCat("|", step.time));
  stay.site = site;
  stay.ward = step.place.ward;
  stay.facility = step.place.facility;
  stay.known = false;
}

absl::Status Places::WriteTo(CdmSink& sink) {
  for (auto at = visits_.begin(); at != visits_.end();) {
    std::vector<std::int64_t> some;
    for (auto i = at; i != visits_.end() && some.size() < kVisitsAtOnce; ++i)
      some.push_back(i->first);
    std::map<std::int64_t, Stays> had;
    std::map<std::int64_t, std::set<std::int64_t>> former;
    if (known_ != nullptr) {
      ESSAIM_ASSIGN_OR_RETURN(const std::vector<KnownPlace> places, known_->PlacesOf(some));
      for (const KnownPlace& place : places) {
        had[place.visit][place.start] = {
            .id = place.id, .site = place.site, .ward = place.ward, .facility = "", .known = true};
        former[place.visit].insert(place.id);
      }
    }
    for (const std::int64_t visit : some) {
      Stays& stays = had[visit];
      for (const Step& step : at->second.steps) Apply(step, visit, stays);
      if (at->second.told.person_id != 0)
        ESSAIM_RETURN_IF_ERROR(WriteVisit(visit, at->second.told, stays, former[visit], sink));
      ++at;
    }
  }
  visits_.clear();
  return absl::OkStatus();
}

// Each stay ends where the next begins; one that goes on in the same place is no other.
absl::Status Places::WriteVisit(std::int64_t visit, const Visit& told, const Stays& stays,
                                std::set<std::int64_t>& former, CdmSink& sink) {
  std::int64_t before = 0;
  for (auto at = stays.begin(); at != stays.end();) {
    const auto& [start, stay] = *at;
    while (++at != stays.end() && at->second.site == stay.site) {
    }
    ESSAIM_RETURN_IF_ERROR(WriteSite(stay, told, sink));
    const std::string& end = std::max(start, at == stays.end() ? told.end : at->first);
    CdmRow row("visit_detail");
    row.Set("visit_detail_id", stay.id);
    row.Set("person_id", told.person_id);
    row.Set("visit_detail_concept_id", told.concept_id);
    row.Set("visit_detail_start_date", std::string_view(start).substr(0, 10));
    row.Set("visit_detail_start_datetime", std::string_view(start));
    row.Set("visit_detail_end_date", std::string_view(end).substr(0, 10));
    row.Set("visit_detail_end_datetime", std::string_view(end));
    row.Set("visit_detail_type_concept_id", kEhrEncounter);
    row.Set("care_site_id", stay.site);
    row.SetCut("visit_detail_source_value", stay.ward);
    row.Set("visit_detail_source_concept_id", std::int64_t{0});
    row.Set("admitted_from_concept_id", std::int64_t{0});
    row.Set("discharged_to_concept_id", std::int64_t{0});
    row.SetUnlessZero("preceding_visit_detail_id", before);
    row.Set("visit_occurrence_id", visit);
    ESSAIM_RETURN_IF_ERROR(row.WriteTo(sink, {.file = told.file, .line = told.line}));
    former.erase(stay.id);
    before = stay.id;
  }
  for (const std::int64_t id : former)
    ESSAIM_RETURN_IF_ERROR(sink.Remove(*FindCdmTable("visit_detail"), id));
  return absl::OkStatus();
}

absl::Status Places::WriteSite(const Stay& stay, const Visit& told, CdmSink& sink) {
  if (stay.known || !sites_.insert(stay.site).second) return absl::OkStatus();
  CdmRow row("care_site");
  row.Set("care_site_id", stay.site);
  row.SetCut("care_site_name",
             stay.facility.empty() ? stay.ward : absl::StrCat(stay.ward, ", ", stay.facility));
  row.Set("place_of_service_concept_id", std::int64_t{0});
  row.SetCut("care_site_source_value", stay.ward);
  return row.WriteTo(sink, {.file = told.file, .line = told.line});
}

}  // namespace essaim::hl7v2
