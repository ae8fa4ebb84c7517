// Clinical notes in files as a source of NOTE: folders of .txt files with an index, and tables
// (CSV, TSV, NDJSON) that have the text in a column. docs/text.md tells the columns.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/id_maker.h"
#include "source/vocabulary.h"
#include "warehouse/cdm_source.h"

namespace essaim::text {

inline constexpr std::size_t kNoteBytesMax = std::size_t{4} << 20;  // one note's text

struct NoteOptions {
  const IdMaker* ids = nullptr;      // not owned
  Vocabulary* vocabulary = nullptr;  // not owned
  std::string system;                // the numbering of persons, where a site has several
  // Where the texts of an index lie, if not in its own folder: by the index's path.
  std::map<std::string, std::string> text_folders = {};
};

// Folders with one index file, or index files themselves. kNotFound; kInvalidArgument: not an
// index, with what it lacks. The options' objects outlive the source.
absl::StatusOr<std::unique_ptr<CdmSource>> OpenNoteFiles(const std::vector<std::string>& paths,
                                                         const NoteOptions& options);

// "2020-03-12", "2020-03-12T08:30[:00...]", "12/03/2020 [08:30]", "20200312" as "2020-03-12" and
// "2020-03-12 08:30:00"; both empty if the text is none.
struct NoteMoment {
  std::string date, time;
};

NoteMoment ReadNoteMoment(std::string_view text);

}  // namespace essaim::text
