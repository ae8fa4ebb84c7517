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
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "fhir/event_fields.h"
#include "fhir/fhir_files.h"
#include "fhir/fhir_time.h"
#include "fhir/json_node.h"
#include "fhir/known_codes.h"
#include "fhir/known_ids.h"
#include "source/cdm_row.h"
#include "warehouse/cdm_source.h"

namespace essaim::fhir {

class Mapper {
 public:
  Mapper(const FhirOptions& options, CdmSink& sink);

  // The engine's and the sink's errors. A resource without what a row needs is rejected. In a
  // bundle that is to be created (POST) it has no id yet: there its entry's `full_url` is what
  // others call it.
  absl::Status Map(Node resource, const RowOrigin& origin, std::string_view full_url = "");
  // What a bundle calls a resource (Bundle.entry.fullUrl), where that is not its id.
  void SetName(std::string_view full_url, std::string_view id);

  void ClearNames() { names_.clear(); }

  // Resources of types that have no place in the CDM, counted.
  const std::map<std::string, std::uint64_t, std::less<>>& unmapped() const { return unmapped_; }

 private:
  // Texts are those of the resource and of the vocabulary's answer.
  struct Resolved {
    std::int64_t standard = 0, source = 0;
    std::string_view domain, code, vocabulary;
    Node coding;
  };

  using AllResolved = absl::InlinedVector<Resolved, 2>;

  // people.cc
  absl::Status Patient(Node r);
  absl::Status PatientAddress(Node address, std::int64_t location_id);
  std::int64_t LocationIdOf(Node address) const;
  absl::Status TellIdentity(Node r, std::int64_t person_id);
  absl::Status Practitioner(Node r);
  absl::Status Organization(Node r);
  absl::Status Location(Node r);
  absl::Status Coverage(Node r);
  // clinical.cc
  absl::Status Encounter(Node r);
  absl::Status Condition(Node r);
  absl::Status ConditionRow(Node r, const Resolved& code, const Moment& start);
  absl::Status Procedure(Node r);
  absl::Status Allergy(Node r);
  absl::Status Device(Node r);
  absl::Status Specimen(Node r);
  // observations.cc
  absl::Status Observation(Node r);
  absl::Status ObservationRow(Node r, Node part, const Resolved& code, std::string_view key,
                              bool is_component);
  // documents.cc
  absl::Status Report(Node r);
  absl::Status ReportNote(Node r);
  absl::Status Document(Node r);

  // What the notes of reports and of documents differ in.
  struct NoteParts {
    Node subject, encounter, authors;
    const Moment& at;
    const Resolved& kind;
    std::string_view title, text, language, source_value;
  };

  absl::Status WriteNote(const NoteParts& note);
  // drugs.cc
  absl::Status Drug(Node r, std::string_view type);
  absl::Status Dosage(Node r, std::string_view type, CdmRow& row);

  // All codings that the vocabulary resolves, one a standard concept, in the order of preference;
  // where none does and unmapped codes are kept, the first with concept 0.
  absl::Status Resolve(Node codeable, std::initializer_list<std::string_view> preferred,
                       AllResolved& all);
  // The first coding of the vocabularies, in their order, that resolves into the domain (any if
  // empty).
  absl::StatusOr<Resolved> ResolveBest(Node codeable,
                                       std::initializer_list<std::string_view> vocabularies,
                                       std::string_view domain);
  absl::StatusOr<std::int64_t> StandardOf(std::string_view vocabulary, std::string_view code);

  static void KeepPreferred(std::initializer_list<std::string_view> preferred, AllResolved& all);

  std::string_view KeyOf(std::string_view reference) const;
  std::string_view KeyOf(Node reference, std::string_view type) const;
  std::int64_t IdOf(std::string_view kind, std::string_view key) const;
  // A number in digits, good until the next call for these ids; empty if there is no reference, or
  // one to another type than `type`, as "Patient/" (those of no type pass; empty: any).
  std::string_view Referred(KnownIds& ids, Node reference, std::string_view type) const;
  bool IsPractitioner(Node reference) const;
  bool SetPerson(CdmRow& row, Node reference);  // false if there is none
  void SetVisit(CdmRow& row, Node reference);
  void SetProvider(CdmRow& row, Node reference);
  void SetCareSite(CdmRow& row, Node reference);
  // Of the row of one code of the resource, or of one of its parts, numbered from 1; good until the
  // next call.
  std::string_view RowKey(const Resolved& code, int part = 0);
  std::string Trace(std::string_view id) const;  // what a source value may show of an id

  // The first that is one, on the wall clock.
  static Moment FirstDay(std::initializer_list<Node> nodes);
  static void SetNumber(CdmRow& row, const FieldName& field, Node number);
  static CdmRow& Anew(CdmRow& row);
  CdmRow& Anew(const EventFields& fields);
  static void SetEvent(CdmRow& row, const EventFields& fields, const Resolved& code,
                       const Moment& at);

  absl::Status Write(const CdmRow& row) { return row.WriteTo(sink_, *origin_); }

  absl::Status Reject(std::string_view element, std::string_view reason);

  const FhirOptions& options_;
  CdmSink& sink_;
  const RowOrigin* origin_ = nullptr;
  std::string_view id_;  // of the resource in hand
  KnownCodes codes_;
  KnownIds persons_, visits_, providers_, care_sites_;
  // Filled anew for each row.
  CdmRow care_site_{"care_site"}, condition_{kConditionFields.table}, death_{"death"},
      device_{"device_exposure"}, drug_{"drug_exposure"}, location_{"location"},
      measurement_{kMeasurementFields.table}, note_{"note"}, observation_{kObservationFields.table},
      payer_{"payer_plan_period"}, person_{"person"}, procedure_{kProcedureFields.table},
      provider_{"provider"}, specimen_{"specimen"}, visit_{"visit_occurrence"};
  std::string key_;  // of a row of a resource that gives several
  std::map<std::string, std::string, std::less<>> names_;
  std::map<std::string, std::uint64_t, std::less<>> unmapped_;
};

}  // namespace essaim::fhir
