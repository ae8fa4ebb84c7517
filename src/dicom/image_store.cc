#include "dicom/image_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/bytes.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "warehouse/expression_sql.h"

namespace essaim::dicom {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesAQuery = 500;
constexpr char kIncoming[] = "/incoming", kRemoved[] = "/removed",
               kInstances[] = "essaim_image_instance";

// SERIES/NAME of our own making: digits, dots and lower-case hexadecimal.
bool IsImageName(std::string_view file) {
  const std::size_t slash = file.find('/');
  if (slash == std::string_view::npos || slash == 0 || file.front() == '.') return false;
  return file.substr(0, slash).find_first_not_of("0123456789.") == std::string_view::npos &&
         file.size() > slash + 1 &&
         file.substr(slash + 1).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

absl::Status Failed(std::string_view path, const std::error_code& error) {
  return absl::UnavailableError(absl::StrCat(std::string(path), ": ", error.message()));
}

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  return error ? Failed(path, error) : absl::OkStatus();
}

absl::StatusOr<bool> HasTable(SqlEngine& engine, const std::string& name) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine.Query(absl::StrCat(
          "SELECT COUNT(*) FROM information_schema.tables WHERE table_name = ", SqlText(name))));
  return std::get<std::int64_t>(rows.rows[0][0]) > 0;
}

// Those of the names that a row, or a row that an undo would bring back, still needs.
absl::StatusOr<std::set<std::string>> Needed(SqlEngine& engine,
                                             const std::vector<std::string>& files) {
  std::set<std::string> needed;
  for (const std::string table : {kInstances, "essaim_prior_essaim_image_instance"}) {
    ESSAIM_ASSIGN_OR_RETURN(const bool there, HasTable(engine, table));
    for (std::size_t at = 0; there && at < files.size(); at += kFilesAQuery) {
      std::vector<std::string> texts;
      for (std::size_t i = at; i < std::min(files.size(), at + kFilesAQuery); ++i)
        texts.push_back(SqlText(files[i]));
      ESSAIM_ASSIGN_OR_RETURN(
          const SqlRows rows,
          engine.Query(absl::StrCat("SELECT DISTINCT pixel_file FROM ", table,
                                    " WHERE pixel_file IN (", absl::StrJoin(texts, ", "), ")")));
      for (const auto& row : rows.rows) needed.insert(std::get<std::string>(row[0]));
    }
  }
  return needed;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ImagesOf(const std::string& root,
                                                  const std::string& series) {
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<std::string> paths,
                          ListFolder(absl::StrCat(root, "/", series)));
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    const std::string file = absl::StrCat(series, "/", fs::path(path).filename().string());
    if (IsImageName(file)) files.push_back(file);
  }
  return files;
}

absl::StatusOr<std::unique_ptr<ImageStore>> ImageStore::Open(const std::string& folder,
                                                             SecretBytes key, Entropy& entropy) {
  ESSAIM_RETURN_IF_ERROR(MakeFolder(folder));
  const std::string path = folder + "/lock";
  const int lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return absl::UnavailableError(absl::StrCat(path, ": ", std::strerror(errno)));
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    close(lock);
    return absl::UnavailableError(absl::StrCat(folder, ": another process uses the images"));
  }
  return std::unique_ptr<ImageStore>(new ImageStore(folder, std::move(key), entropy, lock));
}

ImageStore::~ImageStore() { close(lock_); }

absl::StatusOr<StoredImage> ImageStore::Put(
    const std::string& series, const std::function<absl::Status(SealedWriter&)>& write) {
  if (key_.empty()) return absl::FailedPreconditionError("the store of images has no key");
  const std::string folder = absl::StrCat(folder_, kIncoming, "/", series);
  ESSAIM_RETURN_IF_ERROR(MakeFolder(folder));
  const std::string begun = folder + "/begun";
  ESSAIM_ASSIGN_OR_RETURN(const auto writer, SealedWriter::Create(begun, key_, entropy_));
  absl::Status written = write(*writer);
  if (written.ok()) written = writer->Finish();
  if (!written.ok()) {
    unlink(begun.c_str());
    return written;
  }
  ESSAIM_ASSIGN_OR_RETURN(std::string name, NameOf(series, writer->sha256_hex()));
  StoredImage stored{
      .file = std::move(name), .bytes = writer->bytes(), .sha256_hex = writer->sha256_hex()};
  if (!IsImageName(stored.file)) return absl::InternalError("an image without a name");
  std::error_code error;
  fs::rename(begun, absl::StrCat(folder_, kIncoming, "/", stored.file), error);
  if (error) return Failed(begun, error);
  return stored;
}

// Named by its content: the same image is one file, and another image never takes its place.
absl::StatusOr<std::string> ImageStore::NameOf(const std::string& series,
                                               const std::string& sha256_hex) {
  std::error_code error;
  // Of a series that is not here nothing is in the warehouse.
  if (names_of_ != nullptr && series != series_) {
    names_.clear();
    series_ = series;
    if (fs::exists(absl::StrCat(folder_, "/", series), error)) {
      ESSAIM_ASSIGN_OR_RETURN(
          const SqlRows rows,
          names_of_->Query(absl::StrCat("SELECT pixel_sha256, pixel_file FROM ", kInstances,
                                        " WHERE image_series_uid = ", SqlText(series),
                                        " AND pixel_file IS NOT NULL")));
      for (const auto& row : rows.rows)
        names_.emplace(std::get<std::string>(row[0]), std::get<std::string>(row[1]));
    }
  }
  const auto known = names_.find(sha256_hex);
  if (known != names_.end() && known->second.starts_with(series + "/")) return known->second;
  return absl::StrCat(
      series, "/",
      ToHex(crypto::HmacSha256(key_.span(), "essaim/image/" + sha256_hex)).substr(0, 32));
}

absl::Status ImageStore::Sync() const {
  // One call for all files of the load, in the place of one a file.
  return syncfs(lock_) == 0 ? absl::OkStatus()
                            : absl::UnavailableError(absl::StrCat(folder_, ": cannot be synced"));
}

absl::Status ImageStore::Settle(SqlEngine& engine) {
  ESSAIM_RETURN_IF_ERROR(SettleIncoming(engine));
  return SettleRemoved(engine);
}

absl::Status ImageStore::SettleIncoming(SqlEngine& engine) const {
  std::error_code error;
  const std::string incoming = folder_ + kIncoming;
  if (!fs::exists(incoming, error)) return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<std::string> all_series, ListFolder(incoming));
  for (const std::string& series : all_series) {
    const std::string name = fs::path(series).filename().string();
    ESSAIM_ASSIGN_OR_RETURN(const std::vector<std::string> files,
                            ImagesOf(folder_ + kIncoming, name));
    ESSAIM_ASSIGN_OR_RETURN(const std::set<std::string> needed, Needed(engine, files));
    if (!needed.empty()) ESSAIM_RETURN_IF_ERROR(MakeFolder(absl::StrCat(folder_, "/", name)));
    for (const std::string& file : needed) {
      const std::string to = absl::StrCat(folder_, "/", file);
      fs::rename(absl::StrCat(incoming, "/", file), to, error);
      if (error) return Failed(to, error);
    }
  }
  fs::remove_all(incoming, error);
  return error ? Failed(incoming, error) : absl::OkStatus();
}

absl::Status ImageStore::PlanRemoval(const std::vector<std::string>& files) const {
  return WriteFile(folder_ + kRemoved, absl::StrJoin(files, "\n"), 0600);
}

absl::Status ImageStore::SettleRemoved(SqlEngine& engine) const {
  constexpr std::size_t kListBytesMax = std::size_t{1} << 30;
  const std::string list = folder_ + kRemoved;
  const absl::StatusOr<std::string> text = ReadFile(list, kListBytesMax);
  if (absl::IsNotFound(text.status())) return absl::OkStatus();
  ESSAIM_RETURN_IF_ERROR(text.status());
  std::vector<std::string> files = absl::StrSplit(*text, '\n', absl::SkipEmpty());
  std::erase_if(files, [](const std::string& f) { return !IsImageName(f); });
  ESSAIM_ASSIGN_OR_RETURN(const std::set<std::string> needed, Needed(engine, files));
  std::error_code error;
  for (const std::string& file : files) {
    if (needed.contains(file)) continue;
    const fs::path path = absl::StrCat(folder_, "/", file);
    fs::remove(path, error);
    if (error) return Failed(path.string(), error);
    rmdir(path.parent_path().c_str());  // stays if others are in it
  }
  fs::remove(list, error);
  return error ? Failed(list, error) : absl::OkStatus();
}

absl::Status ImageStore::Read(const std::string& file,
                              const std::function<absl::Status(std::string_view)>& take) const {
  if (!IsImageName(file)) return absl::InvalidArgumentError("no name of an image");
  if (key_.empty()) return absl::FailedPreconditionError("the store of images has no key");
  const std::string path = absl::StrCat(folder_, "/", file);
  ESSAIM_ASSIGN_OR_RETURN(const SecretBytes* key, KeyOf(path));
  return ReadSealed(path, *key, take);
}

absl::StatusOr<std::vector<std::string>> FilesOfLastLoad(SqlEngine& engine) {
  std::vector<std::string> files;
  ESSAIM_ASSIGN_OR_RETURN(const bool there, HasTable(engine, kInstances));
  if (!there) return files;
  // A page at a time: a query's result is bounded.
  for (std::string after;;) {
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        engine.Query(absl::StrCat(
            "SELECT DISTINCT pixel_file FROM ", kInstances,
            " WHERE essaim_load = (SELECT MAX(number) FROM essaim_loads) AND pixel_file > ",
            SqlText(after), " ORDER BY pixel_file LIMIT 100000")));
    if (rows.rows.empty()) return files;
    for (const auto& row : rows.rows) files.push_back(std::get<std::string>(row[0]));
    after = files.back();
  }
}

}  // namespace essaim::dicom
