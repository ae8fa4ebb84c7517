// Where a patient was during a visit, one row of visit_detail a stay in one place: by the
// admissions, changes of class, transfers (A02) and cancelled transfers (A12) of a load, and by
// what the warehouse has of the same visits. A place is a point of care and its facility (PV1-3.1,
// PV1-3.4), which is a care_site; beds and rooms are not told apart.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "hl7v2/known.h"
#include "source/id_maker.h"
#include "warehouse/cdm_source.h"

namespace essaim::hl7v2 {

struct Place {
  std::string ward, facility;

  bool empty() const { return ward.empty(); }
};

class Places {
 public:
  // What a message says of the visit as a whole; times as YYYY-MM-DD HH:MM:SS.
  struct Visit {
    std::int64_t person_id = 0, concept_id = 0;
    std::string end;
    std::string_view file;  // lives as long as this
    std::uint64_t line = 0;
  };

  // `known` may be null; both outlive this.
  Places(const IdMaker& ids, Known* known) : ids_(ids), known_(known) {}

  void Tell(std::int64_t visit, const Visit& told) { visits_[visit].told = told; }

  void Arrive(std::int64_t visit, const std::string& time, const Place& place);
  // Where the patient was before anything that is known.
  void Begin(std::int64_t visit, const std::string& time, const Place& place);
  // The transfer that happened then did not; of a time that fits none, the last, unless the patient
  // is back there already.
  void CancelTransfer(std::int64_t visit, const std::string& time, const Place& back);

  void Forget(std::int64_t visit) { visits_.erase(visit); }

  // Once, at the end of a load. The sink's errors.
  absl::Status WriteTo(CdmSink& sink);

 private:
  struct Step {
    enum { kArrive, kBegin, kCancel } what;

    std::string time;
    Place place;
  };

  struct Steps {
    Visit told;
    std::vector<Step> steps;
  };

  struct Stay {
    std::int64_t id = 0, site = 0;
    std::string ward, facility;
    bool known = false;  // from the warehouse, which has its care_site
  };

  using Stays = std::map<std::string, Stay>;  // by their begin

  std::int64_t SiteOf(const Place& place) const;
  void Apply(const Step& step, std::int64_t visit, Stays& stays) const;
  absl::Status WriteVisit(std::int64_t visit, const Visit& told, const Stays& stays,
                          std::set<std::int64_t>& former, CdmSink& sink);
  absl::Status WriteSite(const Stay& stay, const Visit& told, CdmSink& sink);

  const IdMaker& ids_;
  Known* known_;
  std::map<std::int64_t, Steps> visits_;
  std::set<std::int64_t> sites_;  // written
};

}  // namespace essaim::hl7v2
