#include "dicom/sealed_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "crypto/aead.h"

namespace essaim::dicom {
namespace {

constexpr std::string_view kMagic = "ESSIMG1\n";
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kSealBytesMax = 64;  // more than nonce and tag take

SecretBytes FileKey(const SecretBytes& key, std::string_view id) {
  return crypto::Hkdf(key.span(), id, "essaim/sealed-image", crypto::kAeadKeyBytes);
}

std::string PlaceOf(std::uint64_t piece, bool last) {
  ByteWriter w;
  w.U64(piece);
  w.U8(last ? 1 : 0);
  return w.Take();
}

absl::Status NotWhole(const std::string& path) {
  return absl::DataLossError(absl::StrCat(path, ": not a whole sealed file, or another key's"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SealedWriter>> SealedWriter::Create(const std::string& path,
                                                                   const SecretBytes& key,
                                                                   Entropy& entropy) {
  std::array<std::uint8_t, kIdBytes> id;
  ESSAIM_RETURN_IF_ERROR(entropy.Fill(id));
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  std::FILE* file = fd < 0 ? nullptr : fdopen(fd, "wb");
  if (file == nullptr) {
    if (fd >= 0) close(fd);
    return absl::UnavailableError(absl::StrCat(path, ": ", std::strerror(errno)));
  }
  const std::string_view id_text(reinterpret_cast<const char*>(id.data()), id.size());
  std::unique_ptr<SealedWriter> writer(new SealedWriter(file, FileKey(key, id_text), entropy));
  if (std::fwrite(kMagic.data(), 1, kMagic.size(), file) != kMagic.size() ||
      std::fwrite(id.data(), 1, id.size(), file) != id.size())
    return absl::UnavailableError(absl::StrCat(path, ": cannot be written"));
  return writer;
}

SealedWriter::~SealedWriter() {
  if (file_ != nullptr) std::fclose(file_);
}

absl::Status SealedWriter::Write(std::string_view bytes) {
  hasher_.Update(bytes);
  bytes_ += bytes.size();
  while (!bytes.empty()) {
    // A full piece waits until it is known not to be the last.
    if (waiting_.size() == kPieceBytes) {
      ESSAIM_RETURN_IF_ERROR(Piece(waiting_, false));
      waiting_.clear();
    }
    const std::size_t part = std::min(bytes.size(), kPieceBytes - waiting_.size());
    waiting_.append(bytes.substr(0, part));
    bytes.remove_prefix(part);
  }
  return absl::OkStatus();
}

absl::Status SealedWriter::Piece(std::string_view bytes, bool last) {
  ESSAIM_ASSIGN_OR_RETURN(const std::string sealed,
                          crypto::Seal(key_, bytes, PlaceOf(n_pieces_++, last), entropy_));
  ByteWriter w;
  w.U32(static_cast<std::uint32_t>(sealed.size()));
  if (std::fwrite(w.bytes().data(), 1, w.bytes().size(), file_) != w.bytes().size() ||
      std::fwrite(sealed.data(), 1, sealed.size(), file_) != sealed.size())
    return absl::UnavailableError(absl::StrCat("a sealed image: ", std::strerror(errno)));
  return absl::OkStatus();
}

absl::Status SealedWriter::Finish() {
  ESSAIM_RETURN_IF_ERROR(Piece(waiting_, true));
  sha256_hex_ = ToHex(hasher_.Finish());
  const int closed = std::fclose(file_);
  file_ = nullptr;
  return closed == 0
             ? absl::OkStatus()
             : absl::UnavailableError(absl::StrCat("a sealed image: ", std::strerror(errno)));
}

absl::Status ReadSealed(const std::string& path, const SecretBytes& key,
                        const std::function<absl::Status(std::string_view)>& take) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (file == nullptr) return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));
  std::string head(kMagic.size() + kIdBytes, '\0');
  if (std::fread(head.data(), 1, head.size(), file.get()) != head.size() ||
      !std::string_view(head).starts_with(kMagic))
    return NotWhole(path);
  const SecretBytes file_key = FileKey(key, std::string_view(head).substr(kMagic.size()));
  for (std::uint64_t piece = 0;; ++piece) {
    std::array<char, 4> length_bytes;
    if (std::fread(length_bytes.data(), 1, 4, file.get()) != 4) return NotWhole(path);
    ByteReader reader({length_bytes.data(), 4});
    ESSAIM_ASSIGN_OR_RETURN(const std::uint32_t length, reader.U32());
    if (length > kPieceBytes + kSealBytesMax) return NotWhole(path);
    std::string sealed(length, '\0');
    if (std::fread(sealed.data(), 1, length, file.get()) != length) return NotWhole(path);
    const int next = std::fgetc(file.get());
    if (next != EOF) std::ungetc(next, file.get());
    const auto opened = crypto::Open(file_key, sealed, PlaceOf(piece, next == EOF));
    if (!opened.ok()) return NotWhole(path);
    ESSAIM_RETURN_IF_ERROR(take(opened->view()));
    if (next == EOF) return absl::OkStatus();
  }
}

absl::StatusOr<bool> IsSealedUnder(const std::string& path, const SecretBytes& key) {
  bool opened = false;
  const absl::Status read = ReadSealed(path, key, [&](std::string_view) {
    opened = true;
    return absl::CancelledError("the first piece is enough");
  });
  if (absl::IsNotFound(read)) return read;
  return opened;
}

}  // namespace essaim::dicom
