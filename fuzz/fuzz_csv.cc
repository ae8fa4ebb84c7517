// CsvScanner and RowReader on any bytes, handed over in pieces of any size.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "study/schema_file.h"
#include "warehouse/csv_scanner.h"
#include "warehouse/row_reader.h"

namespace {

const essaim::SchemaFile& Schema() {
  static const essaim::SchemaFile* const kSchema = [] {
    auto file = essaim::ParseSchemaFile(
        "variables:\n"
        "  - {name: a, type: number, range: [0, 9]}\n"
        "  - {name: b, type: date, range: [2000-01-01, 2020-01-01]}\n"
        "  - {name: c, type: category, levels: [x, y]}\n");
    return new essaim::SchemaFile(*std::move(file));
  }();
  return *kSchema;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0];
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto lines = static_cast<std::uint64_t>(std::count(rest.begin(), rest.end(), '\n')) + 1;
  essaim::CsvScanner scanner([&](std::span<char> buffer) -> absl::StatusOr<std::size_t> {
    const std::size_t n = std::min({piece, rest.size(), buffer.size()});
    std::memcpy(buffer.data(), rest.data(), n);
    rest.remove_prefix(n);
    return n;
  });
  if (!scanner.ReadHeader().ok()) return 0;
  auto reader = essaim::RowReader::Make(Schema(), scanner.header());
  std::vector<double> values(Schema().schema.size());
  std::uint64_t line = 1;
  while (true) {
    const auto event = scanner.Next();
    if (!event.ok() || *event == essaim::CsvScanner::Event::kEnd) return 0;
    ESSAIM_CHECK(scanner.line() > line && scanner.line() <= lines);
    line = scanner.line();
    if (*event == essaim::CsvScanner::Event::kBad) continue;
    ESSAIM_CHECK(scanner.cells().size() == scanner.header().size());
    if (reader.ok()) (void)reader->Read(scanner.cells(), values);
  }
}
