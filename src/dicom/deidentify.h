// Takes out of a DICOM dataset who it is about: the basic profile of PS3.15 (profile.h), applied to
// every item of every sequence.
//
// Beyond the table: private attributes, attributes that the dictionary does not know, attributes
// whose value representation is not the dictionary's kind, whole overlay and curve groups, and
// group lengths go. What stays says so of itself (PS3.3 C.12.1.1.9): PatientIdentityRemoved,
// DeidentificationMethod and its code sequence, LongitudinalTemporalInformationModified.
#pragma once

#include <dcmtk/dcmdata/dctk.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "dicom/profile.h"
#include "source/id_maker.h"

namespace essaim::dicom {

struct DeidentifyOptions {
  ProfileOptions profile;
  const IdMaker* ids = nullptr;  // not owned
  std::string patient_id;        // a pseudonym, in the place of PatientID
};

// The same UID always gives the same: 2.25 and a UUID (PS3.5 B.2) whose bits are an HMAC. UIDs that
// the standard itself gives out (1.2.840.10008) stay. Several, parted by a backslash, are replaced
// one by one.
std::string NewUid(const IdMaker& ids, std::string_view uid);

// kInternal: DCMTK refused a change; the dataset is then of no use.
absl::Status Deidentify(DcmDataset& dataset, const DeidentifyOptions& options);

// Why the pixels may show who the patient is, for people; empty if nothing says so. Read from the
// dataset as it came: BurnedInAnnotation, the kind of object, overlays within the pixels.
std::string BurnedInRisk(DcmDataset& dataset);

}  // namespace essaim::dicom
