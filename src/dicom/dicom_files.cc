#include "dicom/dicom_files.h"

#include <cstring>
#include <exception>
#include <filesystem>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/hash.h"
#include "dicom/dcm_file.h"
#include "dicom/deidentify.h"
#include "dicom/description.h"
#include "dicom/file_list.h"
#include "dicom/mapper.h"
#include "source/recognised.h"

namespace essaim::dicom {
namespace {

constexpr std::size_t kInstancesMax = 20'000'000;  // of one load: what is remembered of each
constexpr std::string_view kMediaDirectory = UID_MediaStorageDirectoryStorage;

class DicomFiles : public CdmSource {
 public:
  DicomFiles(std::vector<std::string> paths, std::uint64_t bytes, DicomOptions options)
      : paths_(std::move(paths)), bytes_(bytes), options_(std::move(options)) {}

  std::string_view kind() const override { return "dicom"; }

  std::uint64_t bytes_total() const override { return bytes_; }

  // Of persons whose visits came before them.
  bool derives_observation_periods() const override { return true; }

  // Also how many studies found no visit: once visits are there, the same files are another load.
  std::string settings() const override {
    return absl::StrCat(Av(kProfileEdition), "|", options_.system, "|", options_.accept_burned_in,
                        "|", options_.retain_patient_characteristics, "|",
                        options_.images != nullptr, of_no_visit_);
  }

  absl::Status Read(CdmSink& sink) override {
    Mapper mapper(options_, sink);
    ESSAIM_RETURN_IF_ERROR(ListFiles(
        paths_, [&](const ListedFile& file) -> absl::Status { return File(file, mapper, sink); }));
    ESSAIM_RETURN_IF_ERROR(recognised_.Check());
    ESSAIM_RETURN_IF_ERROR(mapper.Finish());
    if (options_.images != nullptr) ESSAIM_RETURN_IF_ERROR(options_.images->Sync());
    const std::size_t none = mapper.n_studies_without_visit(),
                      several = mapper.n_studies_of_several();
    if (none + several > 0) of_no_visit_ = absl::StrCat("|", none, " ", several);
    Notices(mapper, sink);
    return absl::OkStatus();
  }

 private:
  absl::Status File(const ListedFile& listed, Mapper& mapper, CdmSink& sink) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(listed.path, error);
    if (error) return Reject(listed, "", "named by the DICOMDIR, and not there", sink);
    if (size == 0) {
      recognised_.File(listed.path, false);
      ESSAIM_RETURN_IF_ERROR(Reject(listed, "", "an empty file", sink));
      sink.EndFile(listed.path, ToHex(crypto::Sha256("")), 1);
      return absl::OkStatus();
    }
    absl::StatusOr<DcmFile> file = ReadDcmFile(listed.path);
    done_ += size;
    recognised_.File(listed.path, !absl::IsNotFound(file.status()));
    if (absl::IsNotFound(file.status()) && !listed.named) {
      if (others_.size() < kOthersNamed) others_.push_back(listed.path);
      ++n_others_;
    } else if (!file.ok()) {
      ESSAIM_RETURN_IF_ERROR(Reject(listed, "", std::string(file.status().message()), sink));
      const auto input = FileInput::Open(listed.path);
      if (input.ok()) sink.EndFile(listed.path, (*input)->Sha256Hex(), 1);
    } else if (file->scan.media_storage_sop_class_uid == kMediaDirectory) {
      if (listed.named) {
        ESSAIM_RETURN_IF_ERROR(Reject(
            listed, "", "a medium's directory, which is read under the name DICOMDIR", sink));
        sink.EndFile(listed.path, file->sha256_hex, 1);
      }
    } else {
      ESSAIM_RETURN_IF_ERROR(Instance(listed, *file, mapper, sink));
      sink.EndFile(listed.path, file->sha256_hex, 1);
    }
    return sink.Progress(done_);
  }

  absl::Status Reject(const ListedFile& listed, std::string_view field, std::string_view reason,
                      CdmSink& sink) {
    return sink.Reject({.file = listed.path,
                        .line = 0,
                        .column = std::string(field),
                        .reason = std::string(reason)},
                       "");
  }

  absl::Status Instance(const ListedFile& listed, DcmFile& file, Mapper& mapper, CdmSink& sink) {
    DcmDataset& dataset = *file.content->getDataset();
    Description description;
    std::string risk;
    try {
      description = Describe(dataset);
      risk = BurnedInRisk(dataset);
    } catch (const std::exception& failed) {
      return Reject(listed, "", absl::StrCat("cannot be read: ", failed.what()), sink);
    }
    const auto [field, reason] = Missing(description);
    if (!field.empty()) return Reject(listed, field, reason, sink);
    ESSAIM_ASSIGN_OR_RETURN(const bool repeated, Repeated(listed, description, file, sink));
    if (repeated) return absl::OkStatus();
    Pixels pixels{.state = description.has_pixels ? "stored" : "none"};
    if (!risk.empty() && !options_.accept_burned_in) {
      pixels.state = "held";
      ++held_[risk];
    } else if (options_.images == nullptr) {
      pixels.state = "none";
    } else {
      const absl::Status stored = Store(description, file, mapper, pixels);
      if (absl::IsInternal(stored)) return Reject(listed, "", std::string(stored.message()), sink);
      ESSAIM_RETURN_IF_ERROR(stored);
    }
    return mapper.Map(description, file.scan.transfer_syntax_uid, pixels, listed.path);
  }

  // A SOPInstanceUID is one instance. The same file again is no news; another file of that UID is a
  // fault of whoever made it.
  absl::StatusOr<bool> Repeated(const ListedFile& listed, const Description& description,
                                const DcmFile& file, CdmSink& sink) {
    if (instances_.size() >= kInstancesMax)
      return absl::ResourceExhaustedError(
          absl::StrCat("more than ", kInstancesMax, " instances: load them in parts"));
    std::uint64_t content = 0;
    ESSAIM_ASSIGN_OR_RETURN(const std::string hash, FromHex(file.sha256_hex));
    std::memcpy(&content, hash.data(), sizeof content);
    const std::int64_t id = options_.ids->IdOf("dicom/file", "", description.instance_uid);
    const auto [at, is_new] = instances_.emplace(id, content);
    if (is_new) return false;
    if (at->second == content) {
      ++n_copies_;
    } else {
      ESSAIM_RETURN_IF_ERROR(
          Reject(listed, "SOPInstanceUID", "another file of this load has the same", sink));
    }
    return true;
  }

  absl::Status Store(const Description& description, DcmFile& file, const Mapper& mapper,
                     Pixels& pixels) {
    const DeidentifyOptions how{
        .profile = {.retain_patient_characteristics = options_.retain_patient_characteristics},
        .ids = options_.ids,
        .patient_id =
            options_.ids->PseudonymOf("person", std::to_string(mapper.PersonOf(description)))};
    try {
      ESSAIM_RETURN_IF_ERROR(Deidentify(*file.content->getDataset(), how));
    } catch (const std::exception& failed) {
      return absl::InternalError(absl::StrCat("cannot be de-identified: ", failed.what()));
    }
    ESSAIM_ASSIGN_OR_RETURN(
        pixels.image, options_.images->Put(
                          NewUid(*options_.ids, description.series_uid), [&](SealedWriter& writer) {
                            return WriteDcm(*file.content, [&](std::string_view bytes) {
                              return writer.Write(bytes);
                            });
                          }));
    return absl::OkStatus();
  }

  void Notices(const Mapper& mapper, CdmSink& sink) const {
    for (const auto& [risk, n] : held_) {
      sink.Notice(absl::StrCat("pixels not kept, because they may show who it is: ", n, " of ",
                               risk, " (--accept-burned-in keeps them)"));
    }
    if (n_others_ > 0) {
      sink.Notice(absl::StrCat("no DICOM, passed over: ", n_others_, " files, as ",
                               absl::StrJoin(others_, ", ")));
    }
    if (n_copies_ > 0)
      sink.Notice(absl::StrCat("copies of files of this load, passed over: ", n_copies_));
    if (mapper.n_persons_without_birth() > 0) {
      sink.Notice(absl::StrCat(
          "patients without date of birth or age, who are in no other source "
          "yet: ",
          mapper.n_persons_without_birth(), "; their images wait for a row of person"));
    }
    if (mapper.n_studies_without_visit() > 0) {
      sink.Notice(absl::StrCat("studies of no visit, because none of the person's covers the day: ",
                               mapper.n_studies_without_visit()));
    }
    if (mapper.n_studies_of_several() > 0) {
      sink.Notice(
          absl::StrCat("studies of no visit, because several of the person's cover the "
                       "day: ",
                       mapper.n_studies_of_several()));
    }
  }

  static constexpr std::size_t kOthersNamed = 3;

  std::vector<std::string> paths_;
  std::uint64_t bytes_;
  DicomOptions options_;
  std::uint64_t done_ = 0, n_others_ = 0, n_copies_ = 0;
  std::vector<std::string> others_;
  std::string of_no_visit_;
  Recognised recognised_{"DICOM files, with 'DICM' at byte 128"};
  std::map<std::string, std::uint64_t> held_;
  std::unordered_map<std::int64_t, std::uint64_t> instances_;  // by UID: the file's hash
};

}  // namespace

absl::StatusOr<std::unique_ptr<CdmSource>> OpenDicomFiles(const std::vector<std::string>& paths,
                                                          const DicomOptions& options) {
  ESSAIM_RETURN_IF_ERROR(PrepareDcmtk());
  std::uint64_t bytes = 0, n_files = 0;
  ESSAIM_RETURN_IF_ERROR(ListFiles(paths, [&](const ListedFile& file) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(file.path, error);
    if (!error) bytes += size;
    ++n_files;
    return absl::OkStatus();
  }));
  if (n_files == 0) return absl::NotFoundError("no file to load");
  return std::make_unique<DicomFiles>(paths, bytes, options);
}

}  // namespace essaim::dicom
