#include "listen/spool_source.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "hl7v2/mapper.h"

namespace essaim::listen {
namespace {

class SpoolSource : public CdmSource {
 public:
  SpoolSource(std::uint64_t segment, const Spool::Contents& contents,
              const hl7v2::Hl7Options& options)
      : name_(absl::StrCat("listen/", segment)), contents_(contents), options_(options) {}

  std::string_view kind() const override { return "hl7v2"; }

  std::uint64_t bytes_total() const override {
    std::uint64_t bytes = 0;
    for (const std::string& message : contents_.messages) bytes += message.size();
    return bytes;
  }

  SameKey same_key() const override { return SameKey::kLastStaysIfAny; }

  bool derives_observation_periods() const override { return true; }

  absl::Status Read(CdmSink& sink) override {
    hl7v2::Mapper mapper(options_, sink);
    std::uint64_t line = 1, done = 0;
    for (const std::string& text : contents_.messages) {
      // Parsed before it was kept.
      ESSAIM_ASSIGN_OR_RETURN(const hl7v2::Message message, hl7v2::ParseMessage(text));
      ESSAIM_RETURN_IF_ERROR(mapper.Map(message, name_, {.text = text, .line = line}));
      line += message.segments().back().line();
      done += text.size();
      ESSAIM_RETURN_IF_ERROR(sink.Progress(done));
    }
    ESSAIM_RETURN_IF_ERROR(mapper.Finish());
    sink.EndFile(name_, contents_.sha256_hex, contents_.messages.size());
    for (const auto& [what, n] : mapper.unmapped())
      sink.Notice(absl::StrCat("not in the CDM: ", n, " ", what));
    return absl::OkStatus();
  }

 private:
  std::string name_;
  const Spool::Contents& contents_;
  hl7v2::Hl7Options options_;
};

}  // namespace

std::unique_ptr<CdmSource> SourceOf(std::uint64_t segment, const Spool::Contents& contents,
                                    const hl7v2::Hl7Options& options) {
  return std::make_unique<SpoolSource>(segment, contents, options);
}

}  // namespace essaim::listen
