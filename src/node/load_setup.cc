#include "node/load_setup.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "node/category_keys.h"
#include "node/images_command.h"
#include "quality/load_record.h"
#include "source/note_filter.h"
#include "warehouse/load_manifest.h"
#include "warehouse/omop_files.h"
#include "warehouse/sql_values.h"

namespace essaim::node {
namespace {

// A source whose rows depend on the vocabulary too: after another release, the same files are
// another load.
class WithVocabulary : public WrappedSource {
 public:
  WithVocabulary(std::unique_ptr<CdmSource> source, std::string vocabulary)
      : WrappedSource(std::move(source)), vocabulary_(std::move(vocabulary)) {}

  std::string settings() const override {
    const std::string settings = WrappedSource::settings();
    return vocabulary_.empty() ? settings : absl::StrCat(settings, "|vocabulary ", vocabulary_);
  }

 private:
  std::string vocabulary_;
};

// The load that concepts came with last; empty if there is none.
absl::StatusOr<std::string> VocabularyLoad(SqlEngine& reading) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reading.Query("SELECT load_id FROM essaim_loads WHERE number = (SELECT MAX(number) FROM "
                    "essaim_load_tables WHERE n_loaded > 0 AND cdm_table IN ('concept', "
                    "'concept_relationship'))"));
  return rows.rows.empty() ? std::string() : essaim::TextOf(rows.rows[0][0]);
}

}  // namespace

absl::Status CheckPseudonyms(const NodeFolder& folder, SqlEngine& engine) {
  if (StateOf(folder, "pseudonyms") != KeyState::kNone) return absl::OkStatus();
  const std::vector<std::string> numbering = SourceKinds();
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<LoadEntry> loads, ReadLoads(engine));
  for (const LoadEntry& load : loads) {
    if (std::ranges::find(numbering, load.kind) == numbering.end()) continue;
    return absl::DataLossError(absl::StrCat(
        folder.path, "/pseudonyms.key: is not there, and load ", load.number, " (", load.kind,
        ") has numbered persons with it; restore it from the backup: under another key everybody "
        "would be a new person"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<LoadSetup>> LoadSetup::Open(const std::string& dir, bool needs_tools,
                                                           Log& log) {
  auto setup = std::make_unique<LoadSetup>();
  ESSAIM_ASSIGN_OR_RETURN(setup->folder, OpenNodeFolder(dir));
  const NodeFolder& folder = setup->folder;
  ESSAIM_ASSIGN_OR_RETURN(setup->sql, OpenNodeSqlPair(folder, setup->entropy, &log));
  ESSAIM_RETURN_IF_ERROR(CreateCdm(*setup->sql.writing));
  ESSAIM_ASSIGN_OR_RETURN(setup->free_text,
                          OpenFreeText(folder, *setup->sql.writing, setup->entropy));
  const NodeConfig& config = folder.config;
  if (config.shift_dates_days > 0 || needs_tools) {
    ESSAIM_RETURN_IF_ERROR(CheckPseudonyms(folder, *setup->sql.writing));
    ESSAIM_ASSIGN_OR_RETURN(const SecretBytes key,
                            CategoryKey(folder, "pseudonyms", setup->entropy));
    if (needs_tools) setup->ids.emplace(key, "warehouse", config.site);
    if (config.shift_dates_days > 0)
      setup->date_shift.emplace(key, "warehouse",
                                DateShiftOptions{.days_max = config.shift_dates_days,
                                                 .keep_weekdays = config.shift_keeps_weekdays});
    if (needs_tools)
      setup->surrogates.emplace(key, "warehouse", config.site,
                                setup->date_shift.has_value() ? &*setup->date_shift : nullptr);
  }
  if (!needs_tools) return setup;
  setup->vocabulary = OpenSqlVocabulary(*setup->sql.reading);
  ESSAIM_RETURN_IF_ERROR(setup->OpenIdentities(log));
  return setup;
}

LoadSetup::~LoadSetup() {
  if (keeps_identities) return;
  identity_sql.reset();
  std::error_code error;
  std::filesystem::remove(ScratchPath(), error);
}

absl::Status LoadSetup::OpenIdentities(Log& log) {
  keeps_identities = StateOf(folder, "identity") != KeyState::kDestroyed;
  if (keeps_identities) {
    ESSAIM_ASSIGN_OR_RETURN(identity_sql, OpenIdentitySql(folder, entropy, &log));
  } else {
    // Names of this load are needed to take them out of its notes: a file under a key that nobody
    // keeps, and that goes with the load.
    std::error_code error;
    std::filesystem::remove(ScratchPath(), error);
    SecretBytes key(32);
    ESSAIM_RETURN_IF_ERROR(entropy.Fill({key.data(), key.size()}));
    ESSAIM_ASSIGN_OR_RETURN(
        identity_sql,
        OpenDuckDbEngine(DuckDbOptions{
            .path = ScratchPath(), .key = std::move(key), .entropy = &entropy, .log = &log}));
  }
  ESSAIM_ASSIGN_OR_RETURN(identities, IdentityStore::Open(*identity_sql));
  return absl::OkStatus();
}

text::NoteDeidentifierOptions LoadSetup::DeidentifierOptions(const SourceArguments& args) const {
  return {.surrogates = args.surrogates ? &*surrogates : nullptr, .values = args.deidentify_values};
}

absl::StatusOr<std::unique_ptr<CdmSource>> LoadSetup::OpenFor(const SourceArguments& args,
                                                              bool dry_run, Log& log) {
  // Tables of the CDM are nobody's messages: they bring no identities, and need none of the tools.
  if (args.from == "omop" && !args.changes_texts()) return OpenOmopFiles(args.paths, &log);
  ESSAIM_ASSIGN_OR_RETURN(deidentifier_,
                          text::NoteDeidentifier::Make(*identities, DeidentifierOptions(args)));
  if (args.from == "omop") {
    ESSAIM_ASSIGN_OR_RETURN(std::unique_ptr<CdmSource> tables, OpenOmopFiles(args.paths, &log));
    return FilterNotes(std::move(tables), *deidentifier_, entropy);
  }
  if (args.from == "dicom") {
    ESSAIM_ASSIGN_OR_RETURN(images, OpenImages(folder, entropy));
    ESSAIM_RETURN_IF_ERROR(images->Settle(*sql.writing));
    images->ReadNamesFrom(*sql.reading);
  }
  ESSAIM_ASSIGN_OR_RETURN(
      std::unique_ptr<CdmSource> source,
      OpenSource(args, {.ids = *ids,
                        .vocabulary = *vocabulary,
                        .identities = args.keep_text ? static_cast<IdentitySink&>(*identities)
                                                     : static_cast<IdentitySink&>(*deidentifier_),
                        .log = log,
                        .folder = folder,
                        .entropy = entropy,
                        .reading = *sql.reading,
                        .date_shift = date_shift.has_value() ? &*date_shift : nullptr,
                        .dry_run = dry_run,
                        .images = images.get()}));
  ESSAIM_ASSIGN_OR_RETURN(std::string vocabulary_load, VocabularyLoad(*sql.reading));
  source = std::make_unique<WithVocabulary>(std::move(source), std::move(vocabulary_load));
  if (args.keep_text) return source;
  return FilterNotes(std::move(source), *deidentifier_, entropy);
}

void LoadSetup::Apply(CdmLoadOptions& options) const {
  options.free_text = free_text.rule;
  options.date_shift = date_shift.has_value() ? &*date_shift : nullptr;
}

absl::Status LoadSetup::CommitIdentities(CdmLoadReport& report) {
  if (keeps_identities) return identities->Commit();
  report.notices.push_back(
      "who persons are is not kept, because the key of 'identity' was destroyed");
  return absl::OkStatus();
}

absl::Status LoadSetup::TellOfNoVocabulary(CdmLoadReport& report) {
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows concepts,
                          sql.reading->Query("SELECT COUNT(*) FROM concept"));
  if (std::get<std::int64_t>(concepts.rows[0][0]) == 0) {
    report.notices.push_back(
        "the table concept is empty: every code became concept 0 and is in its source value. Load "
        "the vocabulary (--from vocabulary) and then these files again");
  }
  return absl::OkStatus();
}

void RecordForQuality(SqlEngine& engine, CdmLoadReport& report) {
  const auto lines = RecordLoad(engine, SystemClock().NowMs());
  if (!lines.ok()) {
    report.notices.push_back(absl::StrCat(
        "the load is kept, but not what the next one is compared with (essaim node quality will "
        "keep it): ",
        lines.status().message()));
    return;
  }
  report.notices.insert(report.notices.end(), lines->begin(), lines->end());
}

}  // namespace essaim::node
