#include "warehouse/file_table.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "warehouse/byte_file.h"
#include "warehouse/csv_scanner.h"
#include "warehouse/row_reader.h"
#include "warehouse/warehouse.h"

namespace essaim {
namespace {

absl::Status In(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

}  // namespace

absl::StatusOr<PersonTable> ReadCsvTable(const std::string& path, const SchemaFile& schema,
                                         std::size_t site) {
  ESSAIM_ASSIGN_OR_RETURN(const std::unique_ptr<ByteFile> file, ByteFile::Open(path));
  CsvScanner scanner([&file](std::span<char> buffer) { return file->Read(buffer); });
  if (const absl::Status status = scanner.ReadHeader(); !status.ok()) return In(path, status);
  auto reader = RowReader::Make(schema, scanner.header());
  if (!reader.ok()) return In(path, reader.status());
  std::vector<std::vector<double>> columns(schema.schema.size());
  std::vector<double> values(columns.size());
  while (true) {
    const auto event = scanner.Next();
    if (!event.ok()) return In(path, event.status());
    if (*event == CsvScanner::Event::kEnd) break;
    if (*event == CsvScanner::Event::kBad) {
      return absl::InvalidArgumentError(
          BadRow{path, scanner.line(), "", std::string(scanner.reason())}.ToString());
    }
    if (!reader->Read(scanner.cells(), values)) {
      return absl::InvalidArgumentError(
          BadRow{path, scanner.line(), reader->bad_column(), reader->bad_reason()}.ToString());
    }
    for (std::size_t v = 0; v < columns.size(); ++v) columns[v].push_back(values[v]);
  }
  return PersonTable::Make(schema.schema, std::move(columns), site);
}

}  // namespace essaim
