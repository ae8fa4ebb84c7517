#include "dicom/export.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "dicom/dcm_file.h"
#include "dicom/frames.h"

namespace essaim::dicom {
namespace {

constexpr std::size_t kDecodedFileBytesMax = std::size_t{1} << 32;

// A new file, mode 0600, that is removed again unless it was written whole.
class NewFile {
 public:
  static absl::StatusOr<std::unique_ptr<NewFile>> Make(const std::string& path) {
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) return std::unique_ptr<NewFile>(new NewFile(path, fd));
    if (errno == EEXIST) return absl::AlreadyExistsError(absl::StrCat(path, ": it is there"));
    return absl::UnavailableError(absl::StrCat(path, ": ", std::strerror(errno)));
  }

  ~NewFile() {
    if (fd_ < 0) return;
    close(fd_);
    unlink(path_.c_str());
  }

  absl::Status Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = write(fd_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return Failed();
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return absl::OkStatus();
  }

  absl::Status Keep() {
    const bool closed = close(fd_) == 0;
    fd_ = -1;
    return closed ? absl::OkStatus() : Failed();
  }

 private:
  NewFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  absl::Status Failed() const {
    return absl::UnavailableError(absl::StrCat(path_, ": ", std::strerror(errno)));
  }

  std::string path_;
  int fd_;
};

}  // namespace

absl::Status ExportDicom(const ImageStore& store, const std::string& file,
                         const std::string& sha256_hex, const std::string& path) {
  ESSAIM_ASSIGN_OR_RETURN(const auto out, NewFile::Make(path));
  crypto::Sha256Hasher hasher;
  ESSAIM_RETURN_IF_ERROR(store.Read(file, [&](std::string_view bytes) {
    hasher.Update(bytes);
    return out->Write(bytes);
  }));
  if (ToHex(hasher.Finish()) != sha256_hex)
    return absl::DataLossError("the stored image is not the one that its row tells of");
  return out->Keep();
}

absl::Status ExportFrame(const ImageStore& store, const std::string& file, std::uint32_t frame,
                         const std::string& path) {
  ESSAIM_RETURN_IF_ERROR(PrepareDcmtk());
  std::string bytes;
  ESSAIM_RETURN_IF_ERROR(store.Read(file, [&](std::string_view piece) {
    if (bytes.size() + piece.size() > kDecodedFileBytesMax)
      return absl::ResourceExhaustedError("too large to decode: export it as DICOM");
    bytes.append(piece);
    return absl::OkStatus();
  }));
  ESSAIM_ASSIGN_OR_RETURN(const DcmFile image, ReadDcmBytes(bytes));
  if (frame == 0) return absl::InvalidArgumentError("frames are counted from 1");
  ESSAIM_ASSIGN_OR_RETURN(const Frame decoded,
                          DecodeFrame(*image.content->getDataset(), frame - 1));
  ESSAIM_ASSIGN_OR_RETURN(const auto out, NewFile::Make(path));
  ESSAIM_RETURN_IF_ERROR(out->Write(NetpbmOf(decoded)));
  return out->Keep();
}

}  // namespace essaim::dicom
