#include "text/index_store.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "crypto/aead.h"
#include "crypto/hash.h"

namespace essaim::text {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{2000} << 20;
constexpr std::uint32_t kSegmentsMax = 10'000;
constexpr std::uint64_t kNotesMax = 100'000'000;
constexpr char kManifest[] = "essaim/notes-index/manifest";

std::string SegmentName(std::uint32_t number) {
  return absl::StrCat("essaim/notes-index/segment/", number);
}

}  // namespace

IndexStore::IndexStore(std::string folder, const SecretBytes& key, Entropy& entropy)
    : folder_(std::move(folder)),
      key_(crypto::Hkdf(key.span(), "", "essaim/notes-index", crypto::kAeadKeyBytes)),
      entropy_(entropy) {}

std::string IndexStore::PathOf(std::uint32_t number) const {
  return absl::StrFormat("%s/segment-%06d.sealed", folder_, number);
}

absl::StatusOr<IndexManifest> IndexStore::ReadManifest() const {
  IndexManifest manifest;
  const absl::StatusOr<std::string> sealed = ReadFile(folder_ + "/manifest.sealed", kFileBytesMax);
  if (absl::IsNotFound(sealed.status())) return manifest;
  ESSAIM_RETURN_IF_ERROR(sealed.status());
  ESSAIM_ASSIGN_OR_RETURN(const SecretBytes bytes, crypto::Open(key_, *sealed, kManifest));
  ByteReader reader(bytes.view());
  ESSAIM_ASSIGN_OR_RETURN(const std::uint32_t n_segments, reader.U32());
  if (n_segments > kSegmentsMax) return absl::DataLossError("the index has too many segments");
  for (std::uint32_t i = 0; i < n_segments; ++i) {
    ESSAIM_ASSIGN_OR_RETURN(const std::uint32_t number, reader.U32());
    manifest.segments.push_back(number);
  }
  ESSAIM_ASSIGN_OR_RETURN(manifest.n_dead, reader.U64());
  ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t n_notes, reader.U64());
  if (n_notes > kNotesMax) return absl::DataLossError("the index has too many notes");
  for (std::uint64_t i = 0; i < n_notes; ++i) {
    ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t id, reader.U64());
    ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t load, reader.U64());
    ESSAIM_ASSIGN_OR_RETURN(const std::uint32_t segment, reader.U32());
    manifest.notes[static_cast<std::int64_t>(id)] = {.load = static_cast<std::int64_t>(load),
                                                     .segment = segment};
  }
  ESSAIM_RETURN_IF_ERROR(reader.End());
  return manifest;
}

absl::Status IndexStore::WriteManifest(const IndexManifest& manifest) const {
  ByteWriter w;
  w.U32(static_cast<std::uint32_t>(manifest.segments.size()));
  for (const std::uint32_t number : manifest.segments) w.U32(number);
  w.U64(manifest.n_dead);
  w.U64(manifest.notes.size());
  for (const auto& [id, note] : manifest.notes) {
    w.U64(static_cast<std::uint64_t>(id));
    w.U64(static_cast<std::uint64_t>(note.load));
    w.U32(note.segment);
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::string sealed,
                          crypto::Seal(key_, w.bytes(), kManifest, entropy_));
  ESSAIM_RETURN_IF_ERROR(WriteFile(folder_ + "/manifest.sealed", sealed, 0600));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<std::string> paths, ListFolder(folder_));
  for (const std::string& path : paths) {
    const bool named = std::ranges::any_of(
        manifest.segments, [&](std::uint32_t number) { return PathOf(number) == path; });
    std::error_code error;  // what is left is no part of the index, and goes the next time
    if (absl::StrContains(path, "/segment-") && !named) std::filesystem::remove(path, error);
  }
  return absl::OkStatus();
}

absl::StatusOr<SecretBytes> IndexStore::ReadSegment(std::uint32_t number) const {
  ESSAIM_ASSIGN_OR_RETURN(const std::string sealed, ReadFile(PathOf(number), kFileBytesMax));
  return crypto::Open(key_, sealed, SegmentName(number));
}

absl::Status IndexStore::WriteSegment(std::uint32_t number, std::string_view bytes) const {
  std::error_code error;
  if (!std::filesystem::is_directory(folder_, error))
    ESSAIM_RETURN_IF_ERROR(MakePrivateFolder(folder_));
  ESSAIM_ASSIGN_OR_RETURN(const std::string sealed,
                          crypto::Seal(key_, bytes, SegmentName(number), entropy_));
  return WriteFile(PathOf(number), sealed, 0600);
}

}  // namespace essaim::text
