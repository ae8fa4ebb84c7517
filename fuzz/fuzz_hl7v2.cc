// HL7 v2 files: whatever they hold, rows come out or rejections with a reason.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "hl7v2/acceptance.h"
#include "hl7v2/mapper.h"
#include "hl7v2/mllp.h"
#include "source/id_maker.h"
#include "source/vocabulary.h"
#include "warehouse/cdm_sinks.h"

namespace {

class FewCodes : public essaim::Vocabulary {
 public:
  absl::StatusOr<const essaim::MappedCode*> Map(std::string_view, std::string_view code) override {
    static const char* const kDomains[] = {"Condition", "Observation", "Procedure", "Measurement",
                                           "Drug"};
    mapped_ = {};
    if (code.empty() || code[0] % 6 == 5) return &mapped_;
    mapped_.source = {.concept_id = 1, .domain_id = kDomains[(code[0] & 0x7f) % 5]};
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
                   const essaim::RowOrigin& origin) override {
    ESSAIM_CHECK(cells.size() == table.fields.size() && origin.line > 0);
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
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  FewCodes vocabulary;
  Sink sink;
  const essaim::hl7v2::Hl7Options options{.ids = &ids, .vocabulary = &vocabulary};
  essaim::hl7v2::Mapper mapper(options, sink);
  for (const essaim::hl7v2::MessageText& part : essaim::hl7v2::SplitMessages(text)) {
    const auto message = essaim::hl7v2::ParseMessage(part.text);
    if (!message.ok()) continue;
    ESSAIM_CHECK(mapper.Map(*message, "f", part).ok());
    // An answer to anything is a message that can be read.
    const essaim::hl7v2::Ack ack = essaim::hl7v2::Judge(*message, {.ids = &ids});
    ESSAIM_CHECK(essaim::hl7v2::ParseMessage(
                     BuildAck(&*message, ack, essaim::hl7v2::AckKind::kApplication, "1", "2020"))
                     .ok());
  }
  return 0;
}
