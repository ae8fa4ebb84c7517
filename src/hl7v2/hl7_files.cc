#include "hl7v2/hl7_files.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "hl7v2/mapper.h"

namespace essaim::hl7v2 {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 30;

class Hl7Files : public CdmSource {
 public:
  Hl7Files(std::vector<std::string> paths, std::uint64_t bytes, const Hl7Options& options)
      : paths_(std::move(paths)), bytes_(bytes), options_(options) {}

  std::string_view kind() const override { return "hl7v2"; }

  std::uint64_t bytes_total() const override { return bytes_; }

  bool derives_observation_periods() const override { return true; }

  absl::Status Read(CdmSink& sink) override {
    Mapper mapper(options_, sink);
    std::uint64_t done = 0;
    for (const std::string& path : paths_) {
      ESSAIM_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kFileBytesMax));
      const std::vector<MessageText> messages = SplitMessages(text);
      for (const MessageText& part : messages) {
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
      done += text.size();
      sink.EndFile(path, ToHex(crypto::Sha256(text)), messages.size());
      ESSAIM_RETURN_IF_ERROR(sink.Progress(done));
    }
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
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(path, error)) {
      const std::string ending = entry.path().extension().string();
      if (ending == ".hl7" || ending == ".txt") found.push_back(entry.path().string());
    }
    if (error) return absl::UnavailableError(absl::StrCat(path, ": cannot be listed"));
    if (found.empty()) return absl::NotFoundError(absl::StrCat(path, ": no .hl7 or .txt file"));
    std::ranges::sort(found);
    files.insert(files.end(), found.begin(), found.end());
  }
  if (files.empty()) return absl::InvalidArgumentError("no file to load");
  std::uint64_t bytes = 0;
  for (const std::string& file : files) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(file, error);
    if (error) return absl::NotFoundError(absl::StrCat(file, ": no such file"));
    bytes += size;
  }
  return std::make_unique<Hl7Files>(std::move(files), bytes, options);
}

}  // namespace essaim::hl7v2
