#include "node/load_command.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/exit_codes.h"
#include "base/files.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "crypto/entropy.h"
#include "mapping/mapped_files.h"
#include "node/genetic.h"
#include "node/images_command.h"
#include "node/load_setup.h"
#include "node/node_folder.h"
#include "node/sources.h"
#include "node/sql_session.h"
#include "quality/load_record.h"
#include "warehouse/cdm_cell.h"
#include "warehouse/cdm_load.h"
#include "warehouse/omop_files.h"
#include "warehouse/vocabulary_load.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;
using Unsigned = unsigned long long;  // what printf knows

struct LoadArguments {
  std::string dir, dataset, schema, on_bad_row, format = "table", propose;
  SourceArguments source = {.from = "files"};
  bool dry_run = false, whole = false;
  Period period;
};

int Fail(const absl::Status& status) { return essaim::Fail("essaim-node", status); }

int LoadDataSet(const LoadArguments& args) {
  if (args.dataset.empty() || args.schema.empty()) {
    return Fail(absl::InvalidArgumentError(
        "--dataset NAME and --schema FILE are needed, or --from omop for tables of the CDM"));
  }
  const absl::StatusOr<NodeFolder> folder = OpenNodeFolder(args.dir);
  if (!folder.ok()) return Fail(folder.status());
  const absl::StatusOr<std::string> schema = ReadFile(args.schema);
  if (!schema.ok()) return Fail(schema.status());
  crypto::SystemEntropy entropy;
  StderrLog log(Severity::kWarning);
  const auto warehouse = OpenNodeWarehouse(*folder, entropy, &log);
  if (!warehouse.ok()) return Fail(warehouse.status());
  LoadRequest request{
      .dataset = args.dataset,
      .files = args.source.paths,
      .schema_yaml = *schema,
      .on_bad_row = args.on_bad_row == "quarantine" ? OnBadRow::kQuarantine : OnBadRow::kStop,
      .now_ms = SystemClock().NowMs(),
      .progress = nullptr};
  const auto report = (*warehouse)->Load(request);
  if (!report.ok()) return Fail(report.status());
  if (args.format == "json") {
    Json json = {{"dataset", report->dataset},
                 {"load_id", report->load_id},
                 {"rows_read", report->n_read},
                 {"rows_loaded", report->n_loaded},
                 {"rows_quarantined", report->n_quarantined}};
    std::printf("%s\n", json.dump(2).c_str());
    return 0;
  }
  std::printf("%s: %llu rows read, %llu loaded, %llu quarantined\n", report->dataset.c_str(),
              static_cast<unsigned long long>(report->n_read),
              static_cast<unsigned long long>(report->n_loaded),
              static_cast<unsigned long long>(report->n_quarantined));
  for (const BadRow& row : report->bad_rows)
    std::printf("  quarantined %s\n", row.ToString().c_str());
  if (!report->ignored_columns.empty()) {
    std::printf("  columns in the files but not in the schema: %zu, ignored\n",
                report->ignored_columns.size());
  }
  return 0;
}

// One line on a terminal, written over itself.
bool ShowLoad(const LoadProgress& p, std::int64_t started_ms) {
  if (isatty(STDERR_FILENO) == 0) return true;
  const double seconds =
      std::max(0.001, static_cast<double>(SystemClock().NowMs() - started_ms) / 1000);
  const bool last = p.bytes_done >= p.bytes_total;
  std::fprintf(stderr, "\r\033[K%llu rows, %.0f rows/s, %.0f %% of the files%s",
               static_cast<Unsigned>(p.rows), static_cast<double>(p.rows) / seconds,
               100 * static_cast<double>(p.bytes_done) /
                   static_cast<double>(std::max<std::uint64_t>(1, p.bytes_total)),
               last ? "\r\033[K" : "");
  return true;
}

Json JsonOf(const CdmLoadReport& report) {
  Json json = {{"number", report.number},   {"load_id", report.load_id}, {"known", report.known},
               {"notices", report.notices}, {"files", Json::array()},    {"tables", Json::array()},
               {"rejected", Json::array()}};
  for (const CdmFileReport& f : report.files) {
    json["files"].push_back(
        {{"file", f.path}, {"sha256", f.sha256}, {"read", f.n_read}, {"rejected", f.n_rejected}});
  }
  for (const CdmTableReport& t : report.tables) {
    json["tables"].push_back({{"table", t.table},
                              {"loaded", t.n_loaded},
                              {"replaced", t.n_replaced},
                              {"closed", t.n_closed},
                              {"rejected", t.n_rejected}});
  }
  for (const BadRow& row : report.bad_rows) json["rejected"].push_back(row.ToString());
  return json;
}

void Print(const CdmLoadReport& report, const LoadArguments& args, double seconds) {
  if (report.known) {
    std::printf("These files are loaded already; nothing is changed.\n");
    return;
  }
  std::uint64_t n_rows = 0, n_read = 0, n_rejected = 0, n_closed = 0;
  std::printf("%-22s %10s %10s %10s\n", "table", "loaded", "replaced", "rejected");
  for (const CdmTableReport& t : report.tables) {
    n_rows += t.n_loaded;
    n_closed += t.n_closed;
    std::printf("%-22s %10llu %10llu %10llu\n", t.table.c_str(), static_cast<Unsigned>(t.n_loaded),
                static_cast<Unsigned>(t.n_replaced), static_cast<Unsigned>(t.n_rejected));
  }
  for (const CdmFileReport& f : report.files) {
    n_read += f.n_read;
    n_rejected += f.n_rejected;
  }
  std::printf("%zu file%s, %llu read, %llu rejected\n", report.files.size(),
              report.files.size() == 1 ? "" : "s", static_cast<Unsigned>(n_read),
              static_cast<Unsigned>(n_rejected));
  if (n_closed > 0)
    std::printf("%llu rows are in the files no more: closed, and kept for an undo\n",
                static_cast<Unsigned>(n_closed));
  if (n_rejected > 0) {
    if (args.source.from == "dicom" || args.source.from == "wfdb") {
      std::printf("to mend them: the files themselves, and load them again\n");
    } else {
      std::printf("to mend them: essaim node rejected export %s FILE\n", args.dir.c_str());
    }
  }
  for (const std::string& notice : report.notices) std::printf("%s\n", notice.c_str());
  for (const BadRow& row : report.bad_rows) std::printf("rejected: %s\n", row.ToString().c_str());
  std::printf("\nLoad %lld: %llu rows in %.1f s, %.0f rows/s.\n\nNext:\n  essaim node quality %s\n",
              static_cast<long long>(report.number), static_cast<Unsigned>(n_rows), seconds,
              static_cast<double>(n_rows) / std::max(0.001, seconds), args.dir.c_str());
}

// A source of messages or resources: their identifiers become numbers under the site's key, and who
// is behind them goes to the identity store.
absl::StatusOr<CdmLoadReport> LoadResources(const LoadArguments& args, LoadSetup& setup, Log& log,
                                            const CdmLoadOptions& options) {
  ESSAIM_ASSIGN_OR_RETURN(const std::unique_ptr<CdmSource> source,
                          setup.OpenFor(args.source, options.dry_run, log));
  absl::StatusOr<CdmLoadReport> loaded = LoadCdm(*setup.sql.writing, *source, options);
  // The images of what was loaded to their place; those of a load that failed are removed.
  if (setup.images != nullptr) ESSAIM_RETURN_IF_ERROR(setup.images->Settle(*setup.sql.writing));
  ESSAIM_ASSIGN_OR_RETURN(CdmLoadReport report, std::move(loaded));
  if (!report.known && !options.dry_run) ESSAIM_RETURN_IF_ERROR(setup.CommitIdentities(report));
  if (args.source.from != "omop") ESSAIM_RETURN_IF_ERROR(setup.TellOfNoVocabulary(report));
  return report;
}

absl::StatusOr<CdmLoadReport> LoadRelease(const LoadArguments& args, LoadSetup& setup,
                                          std::int64_t started_ms) {
  if (args.source.paths.size() != 1 || args.dry_run || args.whole) {
    return absl::InvalidArgumentError(
        "--from vocabulary takes one folder, always whole, and has no dry run");
  }
  ESSAIM_ASSIGN_OR_RETURN(
      VocabularyReport report,
      LoadVocabulary(*setup.sql.writing, args.source.paths[0],
                     {.now_ms = started_ms,
                      .free_text = setup.free_text.rule,
                      .progress = [&](const LoadProgress& p) { return ShowLoad(p, started_ms); }}));
  if (report.n_resumed > 0)
    report.load.notices.push_back(absl::StrCat(
        "went on where a stopped load was: ", report.n_resumed, " rows were there already"));
  report.load.notices.push_back(absl::StrCat("the vocabularies' version: ",
                                             report.version.empty() ? "not told" : report.version));
  return std::move(report.load);
}

// The days as the warehouse writes them.
absl::StatusOr<Period> PeriodOf(const LoadArguments& args) {
  Period period;
  for (const auto& [option, text, day] :
       {std::tuple("--period-from", &args.period.from, &period.from),
        std::tuple("--period-to", &args.period.to, &period.to)}) {
    if (text->empty()) continue;
    std::string buffer;
    std::optional<std::string_view> cell;
    if (text->size() > 10 ||
        ReadCdmCell({.name = option, .type = CdmType::kDate}, *text, buffer, cell) != nullptr ||
        !cell.has_value())
      return absl::InvalidArgumentError(absl::StrCat(option, ": a day as 2026-01-31 was expected"));
    *day = std::string(*cell);
  }
  if (!period.empty() && !args.whole)
    return absl::InvalidArgumentError(
        "--period-from and --period-to go with --full: the files are the whole of that period");
  if (!period.to.empty() && period.to < period.from)
    return absl::InvalidArgumentError("--period-to is before --period-from");
  return period;
}

absl::StatusOr<CdmLoadReport> LoadOf(const LoadArguments& args, const Period& period,
                                     LoadSetup& setup, Log& log, std::int64_t started_ms) {
  if (args.source.from == "vocabulary") return LoadRelease(args, setup, started_ms);
  CdmLoadOptions options{
      .on_bad_row = args.on_bad_row == "stop" ? OnBadRow::kStop : OnBadRow::kQuarantine,
      .now_ms = started_ms,
      .dry_run = args.dry_run,
      .whole = args.whole,
      .period = period};
  options.progress = [&](const LoadProgress& p) { return ShowLoad(p, started_ms); };
  ESSAIM_ASSIGN_OR_RETURN(options.arguments, TextOf(args.source));
  setup.Apply(options);
  if (args.source.from != "omop" || args.source.changes_texts())
    return LoadResources(args, setup, log, options);
  return LoadOmop(*setup.sql.writing, args.source.paths, options, &log);
}

absl::StatusOr<CdmLoadReport> LoadTables(const LoadArguments& args, std::int64_t started_ms) {
  if (args.whole && args.source.from == "hl7v2")
    return absl::InvalidArgumentError(
        "--full does not go with messages: each says what changed, none is the whole");
  ESSAIM_ASSIGN_OR_RETURN(const Period period, PeriodOf(args));
  StderrLog log(Severity::kWarning);
  const bool is_release = args.source.from == "vocabulary",
             is_omop = args.source.from == "omop" || is_release;
  if (args.source.changes_texts() && (args.source.keep_text || is_release))
    return absl::InvalidArgumentError(
        "--surrogates and --deidentify-values take names out of notes: neither goes with "
        "--keep-text, nor with a vocabulary");
  ESSAIM_ASSIGN_OR_RETURN(const std::unique_ptr<LoadSetup> setup,
                          LoadSetup::Open(args.dir, !is_omop || args.source.changes_texts(), log));
  ESSAIM_ASSIGN_OR_RETURN(CdmLoadReport report, LoadOf(args, period, *setup, log, started_ms));
  if (!report.known && !args.dry_run) RecordForQuality(*setup->sql.writing, report);
  return report;
}

absl::Status Propose(const LoadArguments& args) {
  if (args.source.from != "csv")
    return absl::InvalidArgumentError("--propose goes with --from csv");
  ESSAIM_ASSIGN_OR_RETURN(const std::string text, mapping::ProposeMapping(args.source.paths));
  ESSAIM_RETURN_IF_ERROR(WriteFile(args.propose, text));
  if (args.format == "json") {
    std::printf("%s\n", Json{{"mapping", args.propose}}.dump(2).c_str());
    return absl::OkStatus();
  }
  std::printf(
      "%s\n\nNext: read it, mend it, then\n  essaim node load %s --from csv --mapping %s "
      "--dry-run FILES...\n",
      args.propose.c_str(), args.dir.c_str(), args.propose.c_str());
  return absl::OkStatus();
}

int LoadOmopTables(const LoadArguments& args) {
  if (!args.propose.empty()) {
    const absl::Status proposed = Propose(args);
    return proposed.ok() ? kOk : Fail(proposed);
  }
  const std::int64_t started_ms = SystemClock().NowMs();
  const auto report = LoadTables(args, started_ms);
  if (!report.ok()) return Fail(report.status());
  if (args.format == "json") {
    std::printf("%s\n", JsonOf(*report).dump(2).c_str());
  } else {
    Print(*report, args, static_cast<double>(SystemClock().NowMs() - started_ms) / 1000);
    if (args.dry_run) std::printf("\nA dry run: nothing of it is kept.\n");
  }
  return kOk;
}

int Undo(const std::string& dir) {
  SqlSession session;
  const absl::Status opened = session.Open(dir);
  if (!opened.ok()) return Fail(opened);
  absl::Status undone = UndoWithImages(dir, *session.engine);
  if (undone.ok()) undone = CleanGenetic(dir, *session.engine);
  if (undone.ok()) undone = ForgetUndoneLoads(*session.engine);
  if (!undone.ok()) return Fail(undone);
  std::printf("The last load of OMOP tables is taken back.\n");
  return kOk;
}

}  // namespace

Command LoadCommand(CLI::App& app) {
  auto args = std::make_shared<LoadArguments>();
  CLI::App* load = app.add_subcommand(
      "load", "Load files into the encrypted warehouse: a data set, or OMOP tables");
  std::vector<std::string> kinds = SourceKinds();
  kinds.insert(kinds.begin(), {"files", "omop", "vocabulary"});
  load->add_option(
          "--from", args->source.from,
          "files: a data set with its schema file; omop: tables of the CDM 5.3 or 5.4; vocabulary: "
          "the folder of Athena's download; fhir: R4 resources, bundles or bulk data; hl7v2: "
          "messages; csv: any tables, with a mapping; text: notes; vcf: variants; "
          "wfdb: headers of signals; "
          "dicom: images, in files, folders or by their DICOMDIR")
      ->check(CLI::IsMember(kinds))
      ->capture_default_str();
  load->add_option("--dataset", args->dataset, "of files: the name that studies use");
  load->add_option("--schema", args->schema, "of files: schema file (docs/data.md)");
  load->add_option("--mapping", args->source.mapping, "of csv: the mapping file (docs/mapping.md)");
  load->add_option("--propose", args->propose,
                   "of csv: write a mapping to begin with there, and load nothing");
  load->add_option("--samples", args->source.samples,
                   "of vcf, wfdb: CSV with the columns sample, person and perhaps system and date");
  load->add_option("--reference", args->source.reference,
                   "of vcf: a FASTA file, with its .fai or without, by which variants get the one "
                   "spelling that VCF and the one that HGVS want");
  load->add_flag("--dry-run", args->dry_run, "do everything, say what comes of it, keep nothing");
  load->add_flag("--full", args->whole,
                 "the files are the whole of their tables: rows of the same kind of source that "
                 "they no longer have are closed");
  load->add_option("--period-from", args->period.from,
                   "with --full: the files are the whole from this day on; rows before it stay");
  load->add_option("--period-to", args->period.to,
                   "with --full: the files are the whole to this day; rows after it stay");
  load->add_option(
      "--system", args->source.system,
      "of fhir: the server's name, where there are several; of text, vcf and wfdb: the "
      "system of the persons' identifiers; of dicom: of PatientIDs that name no issuer");
  load->add_flag("--keep-text,!--deidentify", args->source.keep_text,
                 "notes as they are; not given: names, dates and the like are taken out of them "
                 "(docs/text.md)");
  load->add_flag("--surrogates", args->source.surrogates,
                 "invented names and moved dates, marked, in the place of tags (docs/text.md)");
  load->add_flag("--deidentify-values", args->source.deidentify_values,
                 "short texts too (value_as_string, sig ...); of omop, its notes as well");
  load->add_flag("--accept-burned-in", args->source.accept_burned_in,
                 "of dicom: keep also pixels that may show a name (docs/dicom.md)");
  load->add_flag("--retain-patient-characteristics", args->source.retain_patient_characteristics,
                 "of dicom: keep age, sex, size and weight in the headers");
  load->add_option("--on-bad-row", args->on_bad_row,
                   "stop (of files, if not given), or keep bad rows apart (quarantine)")
      ->check(CLI::IsMember({"stop", "quarantine"}));
  AddFormat(load, args->format);
  AddDir(load, args->dir);
  load->add_option("FILES", args->source.paths, "the files, for omop, hl7v2 and dicom also folders")
      ->required();
  return {load, [args] {
            return args->source.from == "files" ? LoadDataSet(*args) : LoadOmopTables(*args);
          }};
}

Command UndoCommand(CLI::App& app) {
  auto dir = std::make_shared<std::string>();
  CLI::App* undo = app.add_subcommand("undo", "Take back the last load of OMOP tables");
  AddDir(undo, *dir);
  return {undo, [dir] { return Undo(*dir); }};
}

}  // namespace essaim::node
