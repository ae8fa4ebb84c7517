#include "listen/batch.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "hl7v2/known_rows.h"
#include "listen/spool_source.h"

namespace essaim::listen {

absl::StatusOr<CdmLoadReport> LoadSegment(std::uint64_t segment, const BatchTools& tools,
                                          Log& log) {
  ESSAIM_ASSIGN_OR_RETURN(const Spool::Contents contents, tools.spool.Read(segment));
  const bool damaged = contents.damaged_bytes > 0;
  if (damaged) {
    log.Error("a segment of the spool ends in bytes that are no message; they are kept beside",
              {{"segment", absl::StrCat(segment)},
               {"bytes", absl::StrCat(contents.damaged_bytes)},
               {"messages before them", absl::StrCat(contents.messages.size())}});
  }
  if (contents.messages.empty()) {
    ESSAIM_RETURN_IF_ERROR(tools.spool.Done(segment, damaged));
    return CdmLoadReport{.known = true};
  }
  std::unique_ptr<CdmSource> source = SourceOf(
      segment, contents,
      {.ids = &tools.ids,
       .vocabulary = &tools.vocabulary,
       .identities = &tools.identities,
       .known = std::make_shared<hl7v2::KnownRows>(tools.reading, tools.options.date_shift)});
  if (tools.notes != nullptr) source = FilterNotes(std::move(source), *tools.notes, tools.entropy);
  ESSAIM_ASSIGN_OR_RETURN(CdmLoadReport report, LoadCdm(tools.writing, *source, tools.options));
  // Also of a segment that is loaded already: it may have been stopped just here.
  ESSAIM_RETURN_IF_ERROR(tools.keep_identities(report));
  std::vector<MessageKey> keys;
  for (const std::string& text : contents.messages) {
    ESSAIM_ASSIGN_OR_RETURN(const hl7v2::Message message, hl7v2::ParseMessage(text));
    keys.push_back(tools.keys.Of(message, text));
  }
  ESSAIM_RETURN_IF_ERROR(tools.seen.Keep(report.load_id, keys));
  ESSAIM_RETURN_IF_ERROR(tools.spool.Done(segment, damaged));
  return report;
}

}  // namespace essaim::listen
