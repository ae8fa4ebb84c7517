// One DICOM instance to rows; docs/dicom.md tells the rules.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "absl/status/statusor.h"
#include "dicom/description.h"
#include "dicom/dicom_files.h"
#include "dicom/series_features.h"
#include "source/cdm_row.h"

namespace essaim::dicom {

// What became of the instance's own file.
struct Pixels {
  std::string state;  // stored, held (may show who it is), none
  StoredImage image;  // of stored
};

class Mapper {
 public:
  Mapper(const DicomOptions& options, CdmSink& sink)
      : options_(options), sink_(sink), features_(*options.ids, *options.vocabulary) {}

  // The person's number, from PatientID and its issuer.
  std::int64_t PersonOf(const Description& d) const;
  // The same UIDs as in the de-identified file. kInvalidArgument never: what a row lacks was looked
  // at before (Missing). The engine's and the sink's errors.
  absl::Status Map(const Description& d, const std::string& transfer_syntax_uid,
                   const Pixels& pixels, std::string_view file);

  // After the last instance: the rows of what series have in common.
  absl::Status Finish() { return features_.Write(sink_); }

  // Studies that no visit covers, and those that several do.
  std::size_t n_studies_without_visit() const { return n_without_visit_; }

  std::size_t n_studies_of_several() const { return n_of_several_; }

  // Persons who are in no table yet for want of a date of birth.
  std::size_t n_persons_without_birth() const { return n_persons_without_birth_; }

 private:
  absl::Status Person(const Description& d, std::string_view file);
  absl::Status Study(const Description& d, std::string_view file);
  absl::Status FindVisit(const Description& d);
  absl::Status Device(const Description& d, std::string_view file);
  absl::Status Series(const Description& d, std::string_view file);
  absl::Status Instance(const Description& d, const std::string& transfer_syntax_uid,
                        const Pixels& pixels, std::string_view file);
  absl::StatusOr<std::int64_t> ConceptOf(std::string_view vocabulary, std::string_view code,
                                         std::string_view domain);
  absl::StatusOr<std::int64_t> SiteConcept(const Description& d);

  const DicomOptions& options_;
  CdmSink& sink_;
  SeriesFeatures features_;
  // Of the instance in hand.
  std::int64_t person_id_ = 0, procedure_id_ = 0, series_id_ = 0, visit_id_ = 0, site_ = 0;
  // Rows just written; bounded, and a row that is written again replaces itself.
  std::unordered_set<std::int64_t> persons_, studies_, devices_, series_;
  std::unordered_map<std::int64_t, std::int64_t> visits_;  // of studies just seen; 0: none
  std::size_t n_persons_without_birth_ = 0, n_without_visit_ = 0, n_of_several_ = 0;
};

// The attribute that the rows cannot do without and the file has not, with the reason; empty if all
// is there.
std::pair<std::string_view, std::string_view> Missing(const Description& d);

}  // namespace essaim::dicom
