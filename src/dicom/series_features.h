// Measured values of series: rows of measurement, with image_feature as what ties them to images.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "dicom/measures.h"
#include "source/id_maker.h"
#include "source/vocabulary.h"
#include "warehouse/cdm_source.h"

namespace essaim::dicom {

// A series as its rows need it.
struct SeriesContext {
  std::int64_t series = 0, person = 0, procedure = 0, visit = 0, anatomic_site = 0;
  std::string date, file;
};

// A value that all instances of a series have in common is the series'; one that differs from
// instance to instance, as the exposure of a CT's slices, is nobody's. Memory: about 400 bytes a
// series of the load.
class SeriesFeatures {
 public:
  SeriesFeatures(const IdMaker& ids, Vocabulary& vocabulary) : ids_(ids), vocabulary_(vocabulary) {}

  // An instance of the series.
  void Add(const SeriesContext& context, const Measured& measured);
  // The rows of all series, and notices of what has none.
  absl::Status Write(CdmSink& sink);

 private:
  struct Series {
    SeriesContext context;
    Measured common;
    std::array<bool, kMeasures.size()> differs{};
  };

  absl::StatusOr<std::int64_t> ConceptOf(const Measure& measure);
  absl::Status WriteOne(const Series& series, std::size_t measure, CdmSink& sink);

  const IdMaker& ids_;
  Vocabulary& vocabulary_;
  std::unordered_map<std::int64_t, Series> series_;
  std::uint64_t n_without_concept_ = 0;
};

}  // namespace essaim::dicom
