#include "linkage/encoding_file.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace essaim::linkage {
namespace {

constexpr std::string_view kEncodingsMark = "essaim encodings 3", kOldMark = "essaim encodings ",
                           kLinksMark = "essaim links 1";

absl::Status Damaged(std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("not a file of encodings: ", Av(what)));
}

absl::StatusOr<EncodedPerson> ReadPerson(ByteReader& reader) {
  EncodedPerson person;
  ESSAIM_ASSIGN_OR_RETURN(person.group, reader.U64());
  ESSAIM_ASSIGN_OR_RETURN(person.id_hash, reader.Bytes(kIdHashBytes));
  if (!person.id_hash.empty() && person.id_hash.size() != kIdHashBytes)
    return Damaged("a hash of a wrong length");
  for (std::uint64_t& hash : person.any_year) {
    ESSAIM_ASSIGN_OR_RETURN(hash, reader.U64());
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::uint32_t n_undated, reader.U32());
  if (n_undated > kBirthYears) return Damaged("more years of birth than there are");
  person.undated.resize(n_undated);
  for (std::uint64_t& hash : person.undated) {
    ESSAIM_ASSIGN_OR_RETURN(hash, reader.U64());
  }
  for (Filter& filter : person.filters) {
    for (std::uint64_t& word : filter) {
      ESSAIM_ASSIGN_OR_RETURN(word, reader.U64());
    }
  }
  return person;
}

absl::StatusOr<EncodingFile> ReadAll(ByteReader& reader, std::size_t n_bytes) {
  EncodingFile file;
  const absl::StatusOr<std::string> mark = reader.Bytes(kEncodingsMark.size());
  if (!mark.ok()) return Damaged("it does not begin as one");
  if (*mark != kEncodingsMark && mark->starts_with(kOldMark))
    return Damaged(
        "it is of an earlier version of Essaim: export it again (essaim node link export)");
  if (*mark != kEncodingsMark) return Damaged("it does not begin as one");
  ESSAIM_ASSIGN_OR_RETURN(file.project, reader.Bytes(64));
  ESSAIM_ASSIGN_OR_RETURN(file.site, reader.Bytes(64));
  ESSAIM_ASSIGN_OR_RETURN(file.key_check, reader.Bytes(8));
  if (!IsLinkName(file.project) || !IsLinkName(file.site) || file.key_check.size() != 8)
    return Damaged("its project, its site or its key check");
  ESSAIM_ASSIGN_OR_RETURN(const std::uint32_t n, reader.U32());
  if (n > kRecordsMax || n > n_bytes / kEncodedBytesMin) return Damaged("more records than bytes");
  file.tokens.reserve(n);
  file.persons.reserve(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    std::string token;
    for (int half = 0; half < 2; ++half) {
      ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t word, reader.U64());
      for (int byte = 0; byte < 8; ++byte) token += static_cast<char>(word >> (8 * byte) & 0xFF);
    }
    if (!file.tokens.empty() && token <= file.tokens.back())
      return Damaged(absl::StrCat("record ", i + 1, ": out of the order of tokens"));
    file.tokens.push_back(std::move(token));
    ESSAIM_ASSIGN_OR_RETURN(file.persons.emplace_back(), ReadPerson(reader));
  }
  ESSAIM_RETURN_IF_ERROR(reader.End());
  return file;
}

absl::StatusOr<std::string> Hex16(std::string_view text) {
  if (text.size() != 2 * kTokenBytes) return absl::InvalidArgumentError("expected 32 digits");
  return FromHex(text);
}

absl::Status ReadLine(std::string_view line, LinksFile& file) {
  const std::vector<std::string> parts = absl::StrSplit(Av(line), ' ');
  if (parts.size() != 3) return absl::InvalidArgumentError("expected a token, an id and sites");
  SharedRecord link;
  ESSAIM_ASSIGN_OR_RETURN(link.token, Hex16(parts[0]));
  ESSAIM_ASSIGN_OR_RETURN(link.linkage_id, Hex16(parts[1]));
  if (parts[2] != "-") link.first = absl::StrSplit(parts[2], ',');
  for (const std::string& site : link.first) {
    if (site == file.site || std::ranges::find(file.sites, site) == file.sites.end())
      return absl::InvalidArgumentError("names a site that is not among the others");
  }
  file.links.push_back(std::move(link));
  return absl::OkStatus();
}

absl::Status ReadHead(std::string_view key, std::string_view line, std::string& value) {
  const std::string begin = absl::StrCat(Av(key), " ");
  if (line.substr(0, begin.size()) != begin)
    return absl::InvalidArgumentError(absl::StrCat("expected '", Av(key), " ...'"));
  value = std::string(line.substr(begin.size()));
  return absl::OkStatus();
}

}  // namespace

bool IsLinkName(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::string WriteEncodings(const EncodingFile& file) {
  std::vector<std::pair<std::string_view, const EncodedPerson*>> order;
  for (std::size_t i = 0; i < file.persons.size(); ++i)
    order.emplace_back(file.tokens[i], &file.persons[i]);
  std::ranges::sort(order);
  ByteWriter w;
  w.Bytes(kEncodingsMark);
  w.Bytes(file.project);
  w.Bytes(file.site);
  w.Bytes(file.key_check);
  w.U32(static_cast<std::uint32_t>(order.size()));
  for (const auto& [token, person] : order) {
    for (const char byte : token) w.U8(static_cast<std::uint8_t>(byte));
    w.U64(person->group);
    w.Bytes(person->id_hash);
    for (const std::uint64_t hash : person->any_year) w.U64(hash);
    w.U32(static_cast<std::uint32_t>(person->undated.size()));
    for (const std::uint64_t hash : person->undated) w.U64(hash);
    for (const Filter& filter : person->filters) {
      for (const std::uint64_t word : filter) w.U64(word);
    }
  }
  return w.Take();
}

absl::StatusOr<EncodingFile> ReadEncodings(std::string_view bytes) {
  ByteReader reader(bytes);
  absl::StatusOr<EncodingFile> file = ReadAll(reader, bytes.size());
  // Whatever went wrong, the file is what is wrong.
  if (!file.ok() && !absl::IsInvalidArgument(file.status()))
    return Damaged(std::string(file.status().message()));
  return file;
}

std::string WriteLinks(const LinksFile& file) {
  std::string text = absl::StrCat(Av(kLinksMark), "\nproject ", file.project, "\nsite ", file.site,
                                  "\nsites ", absl::StrJoin(file.sites, ","), "\n");
  for (const SharedRecord& link : file.links) {
    absl::StrAppend(&text, ToHex(link.token), " ", ToHex(link.linkage_id), " ",
                    link.first.empty() ? "-" : absl::StrJoin(link.first, ","), "\n");
  }
  return text;
}

absl::StatusOr<LinksFile> ReadLinks(std::string_view text) {
  LinksFile file;
  std::set<std::string> seen;
  std::size_t line_number = 0;
  std::string sites;
  for (const auto piece : absl::StrSplit(Av(text), '\n')) {
    const std::string_view line(piece.data(), piece.size());
    absl::Status read;
    if (++line_number == 1) {
      if (line != kLinksMark) read = absl::InvalidArgumentError("not a file of links");
    } else if (line_number == 2) {
      read = ReadHead("project", line, file.project);
    } else if (line_number == 3) {
      read = ReadHead("site", line, file.site);
    } else if (line_number == 4) {
      read = ReadHead("sites", line, sites);
      file.sites = absl::StrSplit(sites, ',');
      if (!IsLinkName(file.project) || !IsLinkName(file.site) ||
          file.sites.size() > kLinkSitesMax || !std::ranges::all_of(file.sites, IsLinkName) ||
          std::ranges::find(file.sites, file.site) == file.sites.end())
        read = absl::InvalidArgumentError("its project, its site or its sites");
    } else if (!line.empty()) {
      read = ReadLine(line, file);
      if (read.ok() && !seen.insert(file.links.back().token).second)
        read = absl::InvalidArgumentError("a token twice");
      if (file.links.size() > kRecordsMax) read = absl::InvalidArgumentError("too many links");
    }
    if (!read.ok())
      return absl::InvalidArgumentError(absl::StrCat("line ", line_number, ": ", read.message()));
  }
  if (line_number < 4) return absl::InvalidArgumentError("a file of links ends too early");
  return file;
}

}  // namespace essaim::linkage
