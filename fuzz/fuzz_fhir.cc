// FHIR resources: whatever a line holds, rows come out or a rejection, and a row's cells are
// values.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/check.h"
#include "fhir/mapper.h"
#include "source/id_maker.h"
#include "source/vocabulary.h"
#include "warehouse/cdm_sinks.h"

namespace {

// Knows a few codes, so that every table is reached.
class FewCodes : public essaim::Vocabulary {
 public:
  absl::StatusOr<const essaim::MappedCode*> Map(std::string_view, std::string_view code) override {
    static const char* const kDomains[] = {"Condition",   "Observation", "Procedure",
                                           "Measurement", "Drug",        "Device"};
    mapped_ = {};
    const unsigned first = code.empty() ? 6 : static_cast<unsigned char>(code[0]);
    if (first % 7 == 6) return &mapped_;
    mapped_.source = {.concept_id = 1, .domain_id = kDomains[first % 6]};
    mapped_.targets = {mapped_.source};
    return &mapped_;
  }

  absl::StatusOr<essaim::Concept> Find(std::int64_t) override { return essaim::Concept(); }

 private:
  essaim::MappedCode mapped_;
};

class Sink : public essaim::NullSink {
 public:
  absl::Status Row(const essaim::CdmTable& table,
                   std::span<const std::optional<std::string_view>> cells,
                   const essaim::RowOrigin&) override {
    ESSAIM_CHECK(cells.size() == table.fields.size());
    return absl::OkStatus();
  }

  absl::Status Reject(const essaim::BadRow& fault, std::string_view) override {
    ESSAIM_CHECK(!fault.reason.empty());
    return absl::OkStatus();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const essaim::IdMaker ids(essaim::SecretBytes::CopyOf(std::string(32, 'k')), "p", "s");
  if (size < 1) return 0;
  static simdjson::dom::parser parser;
  simdjson::dom::element element;
  if (parser.parse(reinterpret_cast<const char*>(data) + 1, size - 1).get(element) !=
      simdjson::SUCCESS)
    return 0;
  FewCodes vocabulary;
  Sink sink;
  const essaim::fhir::FhirOptions options{.ids = &ids,
                                          .vocabulary = &vocabulary,
                                          .keep_identifying = (data[0] & 1) != 0,
                                          .drop_unmapped = (data[0] & 2) != 0};
  essaim::fhir::Mapper mapper(options, sink);
  ESSAIM_CHECK(mapper.Map(essaim::fhir::Node(element), {.file = "f", .line = 1}).ok());
  return 0;
}
