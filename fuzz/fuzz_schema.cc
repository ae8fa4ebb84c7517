// ParseSchemaFile: whatever is accepted has public YAML that is accepted and gives the same schema.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "study/schema_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto file = essaim::ParseSchemaFile(text);
  if (!file.ok()) return 0;
  ESSAIM_CHECK(file->sources.size() == file->schema.size());
  const auto again = essaim::ParseSchemaFile("variables:\n" + essaim::SchemaYaml(file->schema, 2));
  ESSAIM_CHECK(again.ok());
  ESSAIM_CHECK(again->schema == file->schema);
  return 0;
}
