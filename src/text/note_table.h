// One index of notes, CSV or NDJSON, row by row as named columns.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace essaim::text {

enum class NoteColumn {
  kFile,
  kPerson,
  kText,
  kId,
  kDate,
  kTitle,
  kAuthor,
  kVisit,
  kType,
  kLanguage,
  kSystem
};

struct NoteRow {
  std::map<NoteColumn, std::string> cells;  // those that say something
  std::string fault;                        // why the row is none; then `cells` is empty
  std::string raw;
  std::uint64_t line = 0;

  std::string Get(NoteColumn column) const {
    const auto at = cells.find(column);
    return at == cells.end() ? "" : at->second;
  }
};

class NoteTable {
 public:
  virtual ~NoteTable() = default;
  // False at the end. An error names file and line where reading cannot go on.
  virtual absl::StatusOr<bool> Next(NoteRow& row) = 0;
  virtual std::uint64_t bytes_done() const = 0;
  virtual absl::StatusOr<std::string> Sha256() = 0;  // hexadecimal, at the end
  virtual bool was_latin1() const = 0;
  virtual std::string raw_header() const = 0;  // its line, as UTF-8; empty of NDJSON
};

// By the name's ending. kInvalidArgument: another ending, or a header without a column for the
// person, or without both a text and a file column. kNotFound.
absl::StatusOr<std::unique_ptr<NoteTable>> OpenNoteTable(const std::string& path);

}  // namespace essaim::text
