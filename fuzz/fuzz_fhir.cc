// FHIR resources: whatever a line holds, rows come out or a rejection, and a row's cells are
// values.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>

#include "base/check.h"
#include "fhir/json_document.h"
#include "fhir/mapper.h"
#include "source/id_maker.h"
#include "source/vocabulary.h"
#include "warehouse/cdm_sinks.h"

namespace {

using essaim::fhir::JsonDocument;

// Knows a few codes, so that every table is reached.
class FewCodes : public essaim::Vocabulary {
 public:
  FewCodes() {
    constexpr const char* kDomains[] = {"Condition",   "Observation", "Procedure",
                                        "Measurement", "Drug",        "Device"};
    for (std::size_t i = 0; i + 1 < std::size(codes_); ++i) {
      codes_[i].source = {.concept_id = 1, .domain_id = kDomains[i]};
      codes_[i].targets = {codes_[i].source};
    }
  }

  absl::StatusOr<const essaim::MappedCode*> Map(std::string_view, std::string_view code) override {
    const unsigned first = code.empty() ? 6 : static_cast<unsigned char>(code[0]);
    return &codes_[first % std::size(codes_)];
  }

  absl::StatusOr<essaim::Concept> Find(std::int64_t) override { return essaim::Concept(); }

 private:
  essaim::MappedCode codes_[7];
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
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  static JsonDocument document(std::size_t{1} << 24);
  const std::string padded = text + std::string(JsonDocument::kPadding, '\0');
  const bool good = document.Parse(std::string_view(padded).substr(0, text.size()));
  // What simdjson makes a tree of is JSON; it makes none of whole numbers beyond 64 bits, which
  // are.
  static simdjson::dom::parser parser;
  simdjson::dom::element tree;
  const auto error = parser.parse(text).get(tree);
  if (error == simdjson::SUCCESS) {
    ESSAIM_CHECK(good == (tree.is_object() || tree.is_array()));
  } else {
    ESSAIM_CHECK(!good || error == simdjson::NUMBER_ERROR || error == simdjson::DEPTH_ERROR);
  }
  if (!good) {
    ESSAIM_CHECK(!document.fault().empty());
    return 0;
  }
  FewCodes vocabulary;
  Sink sink;
  const essaim::fhir::FhirOptions options{.ids = &ids,
                                          .vocabulary = &vocabulary,
                                          .keep_identifying = (data[0] & 1) != 0,
                                          .drop_unmapped = (data[0] & 2) != 0};
  essaim::fhir::Mapper mapper(options, sink);
  ESSAIM_CHECK(mapper.Map(document.root(), {.file = "f", .line = 1}).ok());
  return 0;
}
