// Queries over a small index: any text is answered or refused with a reason.
#include <stdlib.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "crypto/entropy.h"
#include "crypto/seeded_entropy.h"
#include "text/index_store.h"
#include "text/note_index.h"
#include "warehouse/cdm_load.h"
#include "warehouse/engines_testing.h"

namespace {

const essaim::text::IndexStore& Store() {
  static const auto* const kStore = [] {
    static essaim::crypto::SystemEntropy entropy;
    std::string folder = "/tmp/essaim-fuzz-XXXXXX";
    ESSAIM_CHECK(mkdtemp(folder.data()) != nullptr);
    static essaim::TestEngines engines;
    auto engine = engines.Make("duckdb", folder);
    ESSAIM_CHECK(engine.ok() && essaim::CreateCdm(**engine).ok());
    ESSAIM_CHECK((*engine)
                     ->Execute("INSERT INTO note (note_id, person_id, note_date, note_text, "
                               "essaim_load) VALUES (1, 1, DATE '2020-01-01', 'le chat dort', 1)")
                     .ok());
    const essaim::SecretBytes key = essaim::SecretBytes::CopyOf(std::string(32, 'k'));
    auto* store = new essaim::text::IndexStore(folder + "/index", key, entropy);
    const essaim::CellCipher cipher(key.Clone(), entropy);
    ESSAIM_CHECK(essaim::text::UpdateIndex(**engine, cipher, *store, nullptr).ok());
    return store;
  }();
  return *kStore;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto hits = essaim::text::SearchIndex(Store(), {.text = text});
  if (hits.ok()) {
    ESSAIM_CHECK(hits->hits.size() <= 1);
    (void)essaim::text::SnippetOf(text, essaim::text::Language::kFrench, hits->terms, "<", ">");
  } else {
    ESSAIM_CHECK(absl::IsInvalidArgument(hits.status()));
  }
  return 0;
}
