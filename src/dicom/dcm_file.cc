#include "dicom/dcm_file.h"

#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcostrma.h>
#include <dcmtk/dcmdata/dcwcache.h>
#include <dcmtk/oflog/oflog.h>

#include <exception>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace essaim::dicom {
namespace {

using Take = std::function<absl::Status(std::string_view)>;

// What DCMTK writes to, without a file between.
class Consumer : public DcmConsumer {
 public:
  explicit Consumer(const Take& take) : take_(take) {}

  OFBool good() const override { return taken_.ok(); }

  OFCondition status() const override { return taken_.ok() ? EC_Normal : EC_InvalidStream; }

  OFBool isFlushed() const override { return OFTrue; }

  offile_off_t avail() const override { return taken_.ok() ? kAvailable : 0; }

  offile_off_t write(const void* bytes, offile_off_t n) override {
    if (taken_.ok()) taken_ = take_({static_cast<const char*>(bytes), static_cast<std::size_t>(n)});
    return taken_.ok() ? n : 0;
  }

  void flush() override {}

  const absl::Status& taken() const { return taken_; }

 private:
  static constexpr offile_off_t kAvailable = offile_off_t{1} << 30;

  const Take& take_;
  absl::Status taken_;
};

class Stream : public DcmOutputStream {
 public:
  explicit Stream(Consumer& consumer) : DcmOutputStream(&consumer) {}
};

absl::Status Unreadable(const OFCondition& condition) {
  return absl::InvalidArgumentError(absl::StrCat("cannot be read: ", condition.text()));
}

}  // namespace

absl::Status PrepareDcmtk() {
  static const bool loaded = [] {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    return dcmDataDict.isDictionaryLoaded() == OFTrue;
  }();
  return loaded
             ? absl::OkStatus()
             : absl::FailedPreconditionError(
                   "DCMTK's dictionary (dicom.dic) is not there: install Debian's libdcmtk17, or "
                   "name the file in DCMDICTPATH");
}

absl::StatusOr<DcmFile> ReadDcmFile(const std::string& path) {
  DcmFile file;
  ESSAIM_ASSIGN_OR_RETURN(const auto input, FileInput::Open(path));
  ESSAIM_ASSIGN_OR_RETURN(file.scan, ScanFile(*input));
  file.sha256_hex = input->Sha256Hex();
  ESSAIM_RETURN_IF_ERROR(input->status());
  file.bytes = input->bytes();
  try {
    file.content = std::make_unique<DcmFileFormat>();
    const OFCondition read = file.content->loadFile(OFFilename(path.c_str()), EXS_Unknown,
                                                    EGL_noChange, kBulkBytes, ERM_fileOnly);
    if (read.bad()) return Unreadable(read);
  } catch (const std::exception& error) {
    return absl::ResourceExhaustedError(absl::StrCat("cannot be read: ", error.what()));
  }
  return file;
}

absl::StatusOr<DcmFile> ReadDcmBytes(std::string_view bytes) {
  DcmFile file;
  MemoryInput input(bytes);
  ESSAIM_ASSIGN_OR_RETURN(file.scan, ScanFile(input));
  file.bytes = bytes.size();
  try {
    DcmInputBufferStream stream;
    stream.setBuffer(bytes.data(), static_cast<offile_off_t>(bytes.size()));
    stream.setEos();
    file.content = std::make_unique<DcmFileFormat>();
    file.content->setReadMode(ERM_fileOnly);
    file.content->transferInit();
    const OFCondition read = file.content->read(stream, EXS_Unknown, EGL_noChange, kBulkBytes);
    file.content->transferEnd();
    if (read.bad()) return Unreadable(read);
  } catch (const std::exception& error) {
    return absl::ResourceExhaustedError(absl::StrCat("cannot be read: ", error.what()));
  }
  return file;
}

absl::Status WriteDcm(DcmFileFormat& content, const Take& take) {
  Consumer consumer(take);
  try {
    E_TransferSyntax syntax = content.getDataset()->getOriginalXfer();
    if (syntax == EXS_Unknown) syntax = EXS_LittleEndianExplicit;  // it was never in a file
    Stream stream(consumer);
    DcmWriteCache cache;
    content.transferInit();
    const OFCondition written =
        content.write(stream, syntax, EET_ExplicitLength, &cache, EGL_withoutGL, EPD_withoutPadding,
                      0, 0, 0, EWM_createNewMeta);
    content.transferEnd();
    stream.flush();
    ESSAIM_RETURN_IF_ERROR(consumer.taken());
    if (written.bad()) return absl::InternalError(absl::StrCat("not written: ", written.text()));
  } catch (const std::exception& error) {
    return absl::ResourceExhaustedError(absl::StrCat("not written: ", error.what()));
  }
  return absl::OkStatus();
}

}  // namespace essaim::dicom
