// One FHIR R4 resource to rows of the CDM.
//
// The rules are those of fhir2omop's mapping (HealthSamurai/fhir2omop, Apache-2.0); docs/fhir.md
// tells them and where Essaim differs. Row numbers come from the resources' ids, so a resource that
// comes again replaces itself and references need no look-up.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "fhir/fhir_files.h"
#include "fhir/fhir_time.h"
#include "fhir/json_node.h"
#include "source/cdm_row.h"
#include "warehouse/cdm_source.h"

namespace essaim::fhir {

class Mapper {
 public:
  Mapper(const FhirOptions& options, CdmSink& sink) : options_(options), sink_(sink) {}

  // The engine's and the sink's errors. A resource without what a row needs is rejected.
  absl::Status Map(Node resource, const RowOrigin& origin);
  // What a bundle calls a resource (Bundle.entry.fullUrl), where that is not its id.
  void SetName(std::string_view full_url, std::string_view id);

  void ClearNames() { names_.clear(); }

  // Resources of types that have no place in the CDM, counted.
  const std::map<std::string, std::uint64_t, std::less<>>& unmapped() const { return unmapped_; }

 private:
  struct Resolved {
    std::int64_t standard = 0, source = 0;
    std::string domain, code, display, vocabulary;
  };

  // people.cc
  absl::Status Patient(Node r);
  absl::Status PatientAddress(Node r, std::int64_t location_id);
  std::int64_t LocationIdOf(Node address) const;
  absl::Status TellIdentity(Node r, std::int64_t person_id);
  absl::Status Practitioner(Node r);
  absl::Status Organization(Node r);
  absl::Status Location(Node r);
  absl::Status Coverage(Node r);
  // clinical.cc
  absl::Status Encounter(Node r);
  absl::Status Condition(Node r);
  absl::Status Procedure(Node r);
  absl::Status Allergy(Node r);
  absl::Status Device(Node r);
  absl::Status Specimen(Node r);
  // observations.cc
  absl::Status Observation(Node r);
  absl::Status ObservationRow(Node r, Node part, const Resolved& code, std::string_view key,
                              bool is_component);
  absl::Status Report(Node r);
  absl::Status ReportNote(Node r);
  absl::Status Document(Node r);
  // drugs.cc
  absl::Status Drug(Node r, std::string_view type);

  // All codings that the vocabulary resolves, one a standard concept, in the order of preference;
  // where none does and unmapped codes are kept, the first with concept 0.
  absl::StatusOr<std::vector<Resolved>> Resolve(Node codeable,
                                                std::initializer_list<std::string_view> preferred);
  // The first coding of the vocabularies, in their order, that resolves into the domain (any if
  // empty).
  absl::StatusOr<Resolved> ResolveBest(Node codeable,
                                       std::initializer_list<std::string_view> vocabularies,
                                       std::string_view domain);
  absl::StatusOr<std::int64_t> StandardOf(std::string_view system, std::string_view code);

  std::string KeyOf(Node reference) const;
  std::int64_t IdOf(std::string_view kind, std::string_view key) const;
  // NULL if there is no reference, or one to another type than `types` (those of no type pass).
  void SetRef(CdmRow& row, std::string_view field, std::string_view kind, Node reference,
              std::string_view type = {}) const;
  bool SetPerson(CdmRow& row, Node reference) const;
  void SetMoment(CdmRow& row, std::string_view prefix, const Moment& moment) const;
  std::string Trace(std::string_view id) const;  // what a source value may show of an id

  absl::Status Write(const CdmRow& row) { return row.WriteTo(sink_, *origin_); }

  absl::Status Reject(std::string_view element, std::string_view reason);

  const FhirOptions& options_;
  CdmSink& sink_;
  const RowOrigin* origin_ = nullptr;
  std::string id_;  // of the resource in hand
  // References to a patient and a visit come again and again.
  mutable std::unordered_map<std::string, std::int64_t> known_ids_;
  std::map<std::string, std::string, std::less<>> names_;
  std::map<std::string, std::uint64_t, std::less<>> unmapped_;
};

}  // namespace essaim::fhir
