// PEM text as a file for as long as a library needs one: in memory, private, gone with the object.
#pragma once

#include <string>
#include <string_view>

namespace essaim::transport {

class PemFile {
 public:
  explicit PemFile(std::string_view pem);
  ~PemFile();
  PemFile(const PemFile&) = delete;
  PemFile& operator=(const PemFile&) = delete;

  const std::string& path() const { return path_; }  // empty if it could not be made

 private:
  int fd_ = -1;
  std::string path_;
};

}  // namespace essaim::transport
