#include "warehouse/omop_files.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "warehouse/row_source.h"

namespace essaim {
namespace {

constexpr std::uint64_t kRowsPerProgress = 1 << 16;

// Fields of 5.3 that have another name in 5.4.
constexpr struct {
  std::string_view table, before, now;
} kRenamed[] = {
    {"visit_occurrence", "admitting_source_concept_id", "admitted_from_concept_id"},
    {"visit_occurrence", "admitting_source_value", "admitted_from_source_value"},
    {"visit_occurrence", "discharge_to_concept_id", "discharged_to_concept_id"},
    {"visit_occurrence", "discharge_to_source_value", "discharged_to_source_value"},
    {"visit_detail", "admitting_source_concept_id", "admitted_from_concept_id"},
    {"visit_detail", "admitting_source_value", "admitted_from_source_value"},
    {"visit_detail", "discharge_to_concept_id", "discharged_to_concept_id"},
    {"visit_detail", "discharge_to_source_value", "discharged_to_source_value"},
    {"visit_detail", "visit_detail_parent_id", "parent_visit_detail_id"},
};

struct Input {
  const CdmTable* table;
  std::string path;
};

// The files behind the paths, table by table, each table's in the order of their names.
absl::StatusOr<std::vector<Input>> InputsOf(const std::vector<std::string>& paths) {
  namespace fs = std::filesystem;
  std::vector<Input> inputs;
  for (const std::string& path : paths) {
    std::error_code error;
    std::vector<std::string> files = {path};
    const bool is_folder = fs::is_directory(path, error);
    if (is_folder) {
      ESSAIM_ASSIGN_OR_RETURN(files, ListFolder(path));
    } else if (!fs::exists(path, error)) {  // before its name is looked at
      return absl::NotFoundError(absl::StrCat(path, ": no such file or folder"));
    }
    for (const std::string& file : files) {
      const std::string stem = absl::AsciiStrToLower(fs::path(file).stem().string());
      const CdmTable* table = FindCdmTable(stem);
      if (table != nullptr) {
        inputs.push_back({table, file});
      } else if (!is_folder) {
        return absl::InvalidArgumentError(
            absl::StrCat(path, ": no table of the CDM 5.4 is called '", stem, "'"));
      }
    }
    if (is_folder && inputs.empty())
      return absl::NotFoundError(absl::StrCat(path, ": no file named after a table of the CDM"));
  }
  std::ranges::stable_sort(inputs, {}, [](const Input& i) { return i.table - CdmTables().data(); });
  return inputs;
}

class OmopFiles : public CdmSource {
 public:
  OmopFiles(std::vector<Input> inputs, std::uint64_t bytes_total, Log* log)
      : inputs_(std::move(inputs)), bytes_total_(bytes_total), log_(log) {}

  std::string_view kind() const override { return "omop"; }

  std::uint64_t bytes_total() const override { return bytes_total_; }

  // Keys that come twice are a fault of the data, which the quality report counts.
  SameKey same_key() const override { return SameKey::kAllStay; }

  absl::Status Read(CdmSink& sink) override {
    for (const Input& input : inputs_) ESSAIM_RETURN_IF_ERROR(ReadFile(input, sink));
    return absl::OkStatus();
  }

 private:
  // Where each field of the table stands in the file, -1 if it does not.
  static absl::StatusOr<std::vector<int>> Positions(const Input& input,
                                                    const std::vector<std::string>& header,
                                                    CdmSink& sink) {
    const CdmTable& table = *input.table;
    std::vector<int> positions(table.fields.size(), -1);
    for (std::size_t c = 0; c < header.size(); ++c) {
      std::string name = absl::AsciiStrToLower(header[c]);
      for (const auto& [in, before, now] : kRenamed) {
        if (in != table.name || before != name) continue;
        sink.Notice(absl::StrCat("from 5.3: ", Av(in), ".", name, " -> ", Av(now)));
        name = std::string(now);
      }
      const CdmField* field = table.Field(name);
      if (field == nullptr) {
        sink.Notice(absl::StrCat("not in the CDM: ", input.path, ": column '", name, "'"));
        continue;
      }
      int& position = positions[static_cast<std::size_t>(field - table.fields.data())];
      if (position >= 0)
        return absl::InvalidArgumentError(absl::StrCat(input.path, ": column '", name, "' twice"));
      position = static_cast<int>(c);
    }
    const CdmField* key = table.PrimaryKey();
    if (key != nullptr && positions[static_cast<std::size_t>(key - table.fields.data())] < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(input.path, ": line 1: no column '", Av(key->name), "'"));
    }
    return positions;
  }

  absl::Status ReadFile(const Input& input, CdmSink& sink) {
    ESSAIM_ASSIGN_OR_RETURN(
        const std::unique_ptr<RowSource> source,
        OpenRowSource(input.path, log_,
                      input.table->group == CdmGroup::kVocabulary ? CsvQuotes::kTextIfTabs
                                                                  : CsvQuotes::kRfc4180));
    ESSAIM_ASSIGN_OR_RETURN(const std::vector<int> positions,
                            Positions(input, source->header(), sink));
    sink.Header(input.path, source->raw_header());
    const std::function<std::string()> raw = [&] { return source->raw(); };
    std::vector<std::optional<std::string_view>> cells(positions.size());
    std::uint64_t n_read = 0;
    while (true) {
      const absl::StatusOr<CsvScanner::Event> event = source->Next();
      if (!event.ok()) {
        return absl::Status(event.status().code(),
                            absl::StrCat(input.path, ": ", event.status().message()));
      }
      if (*event == CsvScanner::Event::kEnd) break;
      ++n_read;
      if (*event == CsvScanner::Event::kBad) {
        ESSAIM_RETURN_IF_ERROR(sink.Reject(
            {.file = input.path, .line = source->line(), .reason = std::string(source->reason())},
            source->raw()));
      } else {
        const std::span<const std::string_view> row = source->cells();
        for (std::size_t f = 0; f < cells.size(); ++f) {
          cells[f] = std::nullopt;
          if (positions[f] >= 0) cells[f] = row[static_cast<std::size_t>(positions[f])];
        }
        ESSAIM_RETURN_IF_ERROR(sink.Row(*input.table, cells,
                                        {.file = input.path, .line = source->line(), .raw = &raw}));
      }
      if (n_read % kRowsPerProgress == 0)
        ESSAIM_RETURN_IF_ERROR(sink.Progress(bytes_before_ + source->bytes_done()));
    }
    bytes_before_ += source->bytes_total();
    sink.EndFile(input.path, source->Sha256Hex(), n_read);
    return sink.Progress(bytes_before_);
  }

  std::vector<Input> inputs_;
  std::uint64_t bytes_total_, bytes_before_ = 0;
  Log* log_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<CdmSource>> OpenOmopFiles(const std::vector<std::string>& paths,
                                                         Log* log) {
  ESSAIM_ASSIGN_OR_RETURN(std::vector<Input> inputs, InputsOf(paths));
  if (inputs.empty()) return absl::InvalidArgumentError("no file to load");
  std::uint64_t bytes = 0;
  for (const Input& input : inputs) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(input.path, error);
    if (error) return absl::NotFoundError(absl::StrCat(input.path, ": no such file"));
    bytes += size;
  }
  return std::make_unique<OmopFiles>(std::move(inputs), bytes, log);
}

absl::StatusOr<CdmLoadReport> LoadOmop(SqlEngine& engine, const std::vector<std::string>& paths,
                                       const CdmLoadOptions& options, Log* log) {
  ESSAIM_ASSIGN_OR_RETURN(const std::unique_ptr<CdmSource> source, OpenOmopFiles(paths, log));
  return LoadCdm(engine, *source, options);
}

}  // namespace essaim
