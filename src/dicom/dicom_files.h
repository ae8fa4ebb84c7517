// DICOM files as a source: folders of any depth, single files, DICOMDIR.
//
// Of each instance the rows procedure_occurrence (its study), device_exposure (what it was made
// with), image_occurrence (its series) with what its headers measured, and essaim_image_instance;
// of a patient nobody knew yet, person. The instance itself, de-identified
// (deidentify.h), goes sealed into the store of images. docs/dicom.md tells the rules.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dicom/image_store.h"
#include "dicom/study_visits.h"
#include "source/id_maker.h"
#include "source/identity.h"
#include "source/vocabulary.h"
#include "warehouse/cdm_source.h"

namespace essaim::dicom {

struct DicomOptions {
  const IdMaker* ids = nullptr;        // not owned
  Vocabulary* vocabulary = nullptr;    // not owned
  IdentitySink* identities = nullptr;  // not owned; may be null
  ImageStore* images = nullptr;        // not owned; null: rows alone, no image is kept
  // Whether the warehouse has a person of that number.
  std::function<absl::StatusOr<bool>(std::int64_t)> person_known;
  // The visit of a study (study_visits.h); null: none is looked for.
  std::function<absl::StatusOr<VisitOnDay>(std::int64_t, const std::string&)> visit_on = nullptr;
  std::string system;  // of PatientIDs without IssuerOfPatientID
  bool accept_burned_in = false;
  bool retain_patient_characteristics = false;
};

// kNotFound. kFailedPrecondition: DCMTK's dictionary is not installed. The options' objects outlive
// the source. Memory: about 100 bytes an instance of the load, 400 a series, and the names of one
// folder.
absl::StatusOr<std::unique_ptr<CdmSource>> OpenDicomFiles(const std::vector<std::string>& paths,
                                                          const DicomOptions& options);

}  // namespace essaim::dicom
