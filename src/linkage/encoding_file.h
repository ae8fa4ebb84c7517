// The two files of a linkage between sites: a site's encodings for whoever matches, and what the
// matcher tells each site.
//
// Encodings: little-endian, as base/bytes.h writes: Bytes("essaim encodings 3"), Bytes(project),
// Bytes(site), Bytes(key check), U32(n), then n records of a token (16 random bytes, which say
// nothing outside this file), U64(group), Bytes(hash of the national identifier, or nothing), 3
// U64 of hashes without a year, U32(n) and n U64 (EncodedPerson::undated), and 5 x 4 words
// of filters. Records are in the order of their
// tokens, which is random.
//
// Links: text, a line each: "essaim links 1", "project P", "site S", "sites A,B", then of each
// record of this site that another site has too "TOKEN LINKAGE-ID FIRST": both as 32 hexadecimal
// digits, and the sites that count the person before this one does, or "-".
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "linkage/encoding.h"

namespace essaim::linkage {

inline constexpr std::size_t kTokenBytes = 16;
inline constexpr std::size_t kRecordsMax = 20'000'000;  // of one file
inline constexpr std::size_t kEncodedBytesMin =
    kTokenBytes + 8 + 4 + 8 * 3 + 4 + 8 * kFields * kFilterWords;
inline constexpr std::size_t kEncodingFileBytesMax = kRecordsMax * (kEncodedBytesMin + 32) + 4096;
inline constexpr std::size_t kLinkSitesMax = 200;

struct EncodingFile {
  std::string project, site, key_check;
  std::vector<std::string> tokens;  // 16 bytes each; one a person, in the persons' order
  std::vector<EncodedPerson> persons;
};

std::string WriteEncodings(const EncodingFile& file);
// kInvalidArgument: no such file, damaged, or above a limit; the message says where.
absl::StatusOr<EncodingFile> ReadEncodings(std::string_view bytes);

struct SharedRecord {
  std::string token, linkage_id;   // 16 bytes each
  std::vector<std::string> first;  // sites that count the person before this one
};

struct LinksFile {
  std::string project, site;
  std::vector<std::string> sites;  // all that were matched, this one too
  std::vector<SharedRecord> links;
};

std::string WriteLinks(const LinksFile& file);
absl::StatusOr<LinksFile> ReadLinks(std::string_view text);

// A project or a site: 1 to 64 of a-z, 0-9 and '-'.
bool IsLinkName(std::string_view name);

}  // namespace essaim::linkage
