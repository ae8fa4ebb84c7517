#include "cohort/cdm_testing.h"

#include <unistd.h>

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "warehouse/row_source.h"

namespace essaim::cohort {
namespace {

std::string CreateTable(const SqlDialect& dialect, const CdmTable& table) {
  std::vector<std::string> columns;
  for (const CdmField& field : table.fields) {
    columns.push_back(absl::StrCat(SqlName(field), " ", dialect.Type(field.type, field.length)));
  }
  return absl::StrCat("CREATE TABLE ", Av(table.name), " (", absl::StrJoin(columns, ", "), ")");
}

}  // namespace

absl::StatusOr<std::unique_ptr<TestCdm>> TestCdm::Make(const std::string& engine) {
  static int n_made = 0;
  std::unique_ptr<TestCdm> cdm(new TestCdm);
  cdm->folder_ = std::filesystem::temp_directory_path() /
                 absl::StrCat("essaim-cohort-", getpid(), "-", ++n_made);
  std::filesystem::create_directories(cdm->folder_);
  ESSAIM_ASSIGN_OR_RETURN(cdm->engine_, cdm->engines_.Make(engine, cdm->folder_.string()));
  for (const CdmTable& table : CdmTables()) {
    ESSAIM_RETURN_IF_ERROR(cdm->engine_->Execute(CreateTable(cdm->engine_->dialect(), table)));
  }
  return cdm;
}

TestCdm::~TestCdm() {
  engine_.reset();
  std::error_code ignored;  // a folder left in /tmp fails no test
  std::filesystem::remove_all(folder_, ignored);
}

absl::Status TestCdm::LoadTable(const std::string& path, const CdmTable& table) {
  ESSAIM_ASSIGN_OR_RETURN(std::unique_ptr<RowSource> source, OpenRowSource(path, nullptr));
  std::vector<std::string> columns;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < source->header().size(); ++i) {
    const std::string name = absl::AsciiStrToLower(source->header()[i]);
    if (table.Field(name) == nullptr) continue;
    columns.push_back(name);
    places.push_back(i);
  }
  ESSAIM_ASSIGN_OR_RETURN(std::unique_ptr<SqlAppender> appender,
                          engine_->Append(std::string(table.name), columns));
  std::vector<std::optional<std::string_view>> cells(places.size());
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(const CsvScanner::Event event, source->Next());
    if (event == CsvScanner::Event::kEnd) break;
    if (event == CsvScanner::Event::kBad) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", source->line(), ": ", Av(source->reason())));
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
      const std::string_view cell = source->cells()[places[i]];
      cells[i] = cell.empty() ? std::nullopt : std::optional(cell);
    }
    ESSAIM_RETURN_IF_ERROR(appender->Row(cells));
  }
  return appender->Close();
}

absl::Status TestCdm::Load(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".csv") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    const CdmTable* table = FindCdmTable(absl::AsciiStrToLower(path.stem().string()));
    if (table == nullptr || std::filesystem::file_size(path) == 0) continue;
    ESSAIM_RETURN_IF_ERROR(LoadTable(path.string(), *table));
  }
  return engine_->Execute("ANALYZE");
}

std::vector<std::string> Lines(const SqlRows& rows) {
  std::vector<std::string> lines;
  for (const auto& row : rows.rows) {
    std::vector<std::string> cells;
    for (const SqlValue& value : row) {
      if (const auto* whole = std::get_if<std::int64_t>(&value)) {
        cells.push_back(absl::StrCat(*whole));
      } else if (const auto* real = std::get_if<double>(&value)) {
        cells.push_back(absl::StrCat(*real));
      } else if (const auto* text = std::get_if<std::string>(&value)) {
        cells.push_back(*text);
      } else {
        cells.push_back("NULL");
      }
    }
    lines.push_back(absl::StrJoin(cells, ","));
  }
  return lines;
}

}  // namespace essaim::cohort
