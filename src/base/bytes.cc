#include "base/bytes.h"

#include <bit>
#include <cstring>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace essaim {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the encoding is written for little-endian machines");

template <typename T>
void AppendRaw(std::string& out, T v) {
  char raw[sizeof v];
  std::memcpy(raw, &v, sizeof v);
  out.append(raw, sizeof v);
}

template <typename T>
T ReadRaw(std::string_view raw) {
  T v;
  std::memcpy(&v, raw.data(), sizeof v);
  return v;
}

}  // namespace

std::string ToHex(std::string_view bytes) { return absl::BytesToHexString(Av(bytes)); }

absl::StatusOr<std::string> FromHex(std::string_view hex) {
  if (hex.size() % 2 != 0) return absl::InvalidArgumentError("hexadecimal text of odd length");
  for (const char c : hex) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) {
      return absl::InvalidArgumentError("not a hexadecimal digit");
    }
  }
  return absl::HexStringToBytes(Av(hex));
}

void ByteWriter::U8(std::uint8_t v) { AppendRaw(bytes_, v); }

void ByteWriter::U32(std::uint32_t v) { AppendRaw(bytes_, v); }

void ByteWriter::U64(std::uint64_t v) { AppendRaw(bytes_, v); }

void ByteWriter::F64(double v) {
  AppendRaw(bytes_, v != v ? std::numeric_limits<double>::quiet_NaN() : v);
}

void ByteWriter::Bytes(std::string_view v) {
  U64(v.size());
  bytes_.append(v);
}

void ByteWriter::F64s(std::span<const double> v) {
  U64(v.size());
  bytes_.reserve(bytes_.size() + v.size() * sizeof(double));
  for (const double x : v) F64(x);
}

absl::StatusOr<std::string_view> ByteReader::Take(std::size_t n) {
  if (n > rest_.size()) {
    return absl::DataLossError(
        absl::StrFormat("truncated: %d bytes expected, %d left", n, rest_.size()));
  }
  const std::string_view taken = rest_.substr(0, n);
  rest_.remove_prefix(n);
  return taken;
}

absl::StatusOr<std::uint8_t> ByteReader::U8() {
  ESSAIM_ASSIGN_OR_RETURN(const std::string_view raw, Take(sizeof(std::uint8_t)));
  return ReadRaw<std::uint8_t>(raw);
}

absl::StatusOr<std::uint32_t> ByteReader::U32() {
  ESSAIM_ASSIGN_OR_RETURN(const std::string_view raw, Take(sizeof(std::uint32_t)));
  return ReadRaw<std::uint32_t>(raw);
}

absl::StatusOr<std::uint64_t> ByteReader::U64() {
  ESSAIM_ASSIGN_OR_RETURN(const std::string_view raw, Take(sizeof(std::uint64_t)));
  return ReadRaw<std::uint64_t>(raw);
}

absl::StatusOr<double> ByteReader::F64() {
  ESSAIM_ASSIGN_OR_RETURN(const std::string_view raw, Take(sizeof(double)));
  return ReadRaw<double>(raw);
}

absl::StatusOr<std::string> ByteReader::Bytes(std::size_t max) {
  ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t n, U64());
  if (n > max)
    return absl::InvalidArgumentError(absl::StrFormat("%d bytes, at most %d allowed", n, max));
  ESSAIM_ASSIGN_OR_RETURN(const std::string_view raw, Take(n));
  return std::string(raw);
}

absl::StatusOr<std::vector<double>> ByteReader::F64s(std::size_t max) {
  ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t n, U64());
  if (n > max)
    return absl::InvalidArgumentError(absl::StrFormat("%d numbers, at most %d allowed", n, max));
  ESSAIM_ASSIGN_OR_RETURN(const std::string_view raw, Take(n * sizeof(double)));
  std::vector<double> v(n);
  if (n > 0) std::memcpy(v.data(), raw.data(), raw.size());
  return v;
}

absl::Status ByteReader::End() const {
  if (rest_.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat("%d bytes left over", rest_.size()));
}

}  // namespace essaim
