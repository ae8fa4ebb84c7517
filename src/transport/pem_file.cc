#include "transport/pem_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace essaim::transport {

PemFile::PemFile(std::string_view pem) : fd_(memfd_create("pem", MFD_CLOEXEC)) {
  if (fd_ < 0 || write(fd_, pem.data(), pem.size()) != static_cast<ssize_t>(pem.size())) return;
  path_ = absl::StrCat("/proc/self/fd/", fd_);
}

PemFile::~PemFile() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace essaim::transport
