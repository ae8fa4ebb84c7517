#include "hl7v2/hl7_files.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "hl7v2/mapper.h"
#include "source/input_files.h"
#include "source/recognised.h"

namespace essaim::hl7v2 {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 30;

// Whether a part begins as a message does, framed or not, be the rest wrong.
bool BeginsMessage(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \x0b\x1c\xEF\xBB\xBF"), text.size()));
  return text.starts_with("MSH") &&
         (text.size() == 3 || absl::ascii_ispunct(static_cast<unsigned char>(text[3]))) &&
         text.substr(3, 1) != "_";
}

class Hl7Files : public CdmSource {
 public:
  Hl7Files(std::vector<std::string> paths, std::uint64_t bytes, const Hl7Options& options)
      : paths_(std::move(paths)), bytes_(bytes), options_(options) {}

  std::string_view kind() const override { return "hl7v2"; }

  std::uint64_t bytes_total() const override { return bytes_; }

  SameKey same_key() const override { return SameKey::kLastStaysIfAny; }

  bool derives_observation_periods() const override { return true; }

  absl::Status Read(CdmSink& sink) override {
    Mapper mapper(options_, sink);
    Recognised recognised("HL7 v2 messages, which begin with MSH|");
    std::uint64_t done = 0;
    for (const std::string& path : paths_) {
      ESSAIM_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kFileBytesMax));
      const std::vector<MessageText> messages = SplitMessages(text);
      bool found = false;
      for (const MessageText& part : messages) {
        found = found || BeginsMessage(part.text);
        const absl::StatusOr<Message> message = ParseMessage(part.text);
        if (message.ok()) {
          ESSAIM_RETURN_IF_ERROR(mapper.Map(*message, path, part));
        } else {
          ESSAIM_RETURN_IF_ERROR(sink.Reject({.file = path,
                                              .line = part.line,
                                              .column = "",
                                              .reason = std::string(message.status().message())},
                                             part.text));
        }
      }
      if (!messages.empty()) recognised.File(path, found);
      done += text.size();
      sink.EndFile(path, ToHex(crypto::Sha256(text)), messages.size());
      ESSAIM_RETURN_IF_ERROR(sink.Progress(done));
    }
    ESSAIM_RETURN_IF_ERROR(recognised.Check());
    ESSAIM_RETURN_IF_ERROR(mapper.Finish());
    for (const auto& [what, n] : mapper.unmapped())
      sink.Notice(absl::StrCat("not in the CDM: ", n, " ", what));
    return absl::OkStatus();
  }

 private:
  std::vector<std::string> paths_;
  std::uint64_t bytes_;
  Hl7Options options_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<CdmSource>> OpenHl7Files(const std::vector<std::string>& paths,
                                                        const Hl7Options& options) {
  const auto wanted = [](const std::string& name) {
    const std::string ending = std::filesystem::path(name).extension().string();
    return ending == ".hl7" || ending == ".txt";
  };
  ESSAIM_ASSIGN_OR_RETURN(std::vector<std::string> files,
                          InputFiles(paths, wanted, ".hl7 or .txt file"));
  ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t bytes, BytesOf(files));
  return std::make_unique<Hl7Files>(std::move(files), bytes, options);
}

}  // namespace essaim::hl7v2
