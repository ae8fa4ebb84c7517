#include "node/cdm_commands.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/exit_codes.h"
#include "base/files.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/entropy.h"
#include "fhir/fhir_files.h"
#include "hl7v2/hl7_files.h"
#include "mapping/mapped_files.h"
#include "mapping/mapping.h"
#include "node/category_keys.h"
#include "node/node_folder.h"
#include "quality/characteristics.h"
#include "quality/dqd_json.h"
#include "quality/label.h"
#include "quality/report_html.h"
#include "quality/run_checks.h"
#include "source/identity_store.h"
#include "source/vocabulary.h"
#include "warehouse/cdm_load.h"
#include "warehouse/omop_files.h"
#include "warehouse/row_source.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;
using Unsigned = unsigned long long;  // what printf knows

constexpr std::size_t kFailedShown = 20;

int Fail(const absl::Status& status) { return essaim::Fail("essaim-node", status); }

// What a command on the tables needs; `entropy` and `log` outlive the engine.
struct Session {
  crypto::SystemEntropy entropy;
  StderrLog log{Severity::kWarning};
  std::unique_ptr<SqlEngine> engine;

  absl::Status Open(const std::string& dir) {
    ESSAIM_ASSIGN_OR_RETURN(const NodeFolder folder, OpenNodeFolder(dir));
    ESSAIM_ASSIGN_OR_RETURN(engine, OpenNodeSql(folder, entropy, &log));
    return absl::OkStatus();
  }
};

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
                              {"rejected", t.n_rejected}});
  }
  for (const BadRow& row : report.bad_rows) json["rejected"].push_back(row.ToString());
  return json;
}

void Print(const CdmLoadReport& report, const std::string& dir, double seconds) {
  if (report.known) {
    std::printf("These files are loaded already; nothing is changed.\n");
    return;
  }
  std::uint64_t n_rows = 0, n_read = 0, n_rejected = 0;
  std::printf("%-22s %10s %10s %10s\n", "table", "loaded", "replaced", "rejected");
  for (const CdmTableReport& t : report.tables) {
    n_rows += t.n_loaded;
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
  for (const std::string& notice : report.notices) std::printf("%s\n", notice.c_str());
  for (const BadRow& row : report.bad_rows) std::printf("rejected: %s\n", row.ToString().c_str());
  std::printf("\nLoad %lld: %llu rows in %.1f s, %.0f rows/s.\n\nNext:\n  essaim node quality %s\n",
              static_cast<long long>(report.number), static_cast<Unsigned>(n_rows), seconds,
              static_cast<double>(n_rows) / std::max(0.001, seconds), dir.c_str());
}

std::string Today() { return DayOf(SystemClock().NowMs()); }

// What stands beside a failed check: "person.gender_concept_id = 8507".
std::string SubjectOf(const Check& check) {
  std::string text(check.table);
  if (!check.field.empty()) absl::StrAppend(&text, ".", Av(check.field));
  if (!check.concept_ids.empty()) absl::StrAppend(&text, " = ", Av(check.concept_ids));
  return text;
}

void Print(const CheckRun& run) {
  std::printf("Data quality as of %s: %zu checks of the OHDSI Data Quality Dashboard 2.8.4\n\n",
              run.as_of.c_str(), run.results.size());
  std::printf("%-14s %8s %8s %15s %8s\n", "", "passed", "failed", "not applicable", "errors");
  for (const char* category : {"Conformance", "Completeness", "Plausibility", ""}) {
    const CheckTotals t = TotalsOf(run, category);
    std::printf("%-14s %8zu %8zu %15zu %8zu\n", *category == '\0' ? "all" : category, t.passed,
                t.failed, t.not_applicable, t.errors);
  }
  std::vector<const CheckResult*> failed;
  for (const CheckResult& r : run.results) {
    if (r.failed || r.error) failed.push_back(&r);
  }
  std::ranges::stable_sort(failed, std::greater<>(), &CheckResult::share);
  if (!failed.empty()) std::printf("\n%-34s %-48s %s\n", "failed", "", "violating rows");
  for (std::size_t i = 0; i < std::min(failed.size(), kFailedShown); ++i) {
    const CheckResult& r = *failed[i];
    std::printf("%-34s %-48s %lld of %lld (%.1f %%)\n",
                std::string(InfoOf(r.check->kind).name).c_str(), SubjectOf(*r.check).c_str(),
                static_cast<long long>(r.violated), static_cast<long long>(r.denominator),
                100 * r.share());
  }
  if (failed.size() > kFailedShown)
    std::printf("... and %zu more; --format json or --out FILE has them all\n",
                failed.size() - kFailedShown);
}

// "stratum,share" lines: the population that the site should stand for.
absl::StatusOr<std::map<std::string, double>> ReadReference(const std::string& path) {
  std::map<std::string, double> reference;
  if (path.empty()) return reference;
  ESSAIM_ASSIGN_OR_RETURN(const auto rows, OpenRowSource(path, nullptr));
  if (rows->header() != std::vector<std::string>{"stratum", "share"}) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": line 1: the columns stratum,share were expected"));
  }
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(const CsvScanner::Event event, rows->Next());
    if (event == CsvScanner::Event::kEnd) return reference;
    double share = 0;
    if (event == CsvScanner::Event::kBad || !absl::SimpleAtod(Av(rows->cells()[1]), &share) ||
        !(share >= 0 && share <= 1)) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": line ", rows->line(),
                       ": a stratum as 'F 40-59' and a share of 0 to 1 were expected"));
    }
    reference[std::string(rows->cells()[0])] = share;
  }
}

void Print(const QualityReport& report) {
  std::printf("\nThe seven characteristics\n\n");
  for (int c = 0; c < kCharacteristics; ++c) {
    const auto characteristic = static_cast<Characteristic>(c);
    std::printf("%-30s %s\n", std::string(NameOf(characteristic)).c_str(),
                std::string(NameOf(report.labels[c])).c_str());
    for (const Metric& m : report.metrics) {
      if (m.info->characteristic != characteristic) continue;
      const std::string value = !m.value.has_value()    ? "-"
                                : m.info->is_proportion ? absl::StrFormat("%.1f %%", 100 * *m.value)
                                                        : absl::StrFormat("%.4g", *m.value);
      const std::string beside = m.interval.has_value()
                                     ? absl::StrFormat("%.1f to %.1f of %d", 100 * m.interval->low,
                                                       100 * m.interval->high, m.n)
                                     : m.missing;
      std::printf("  %-3s %-62s %9s  %-22s %s\n", std::string(m.info->id).c_str(),
                  std::string(m.info->title).c_str(), value.c_str(), beside.c_str(),
                  m.label == QualityLevel::kPassed ? "" : std::string(NameOf(m.label)).c_str());
    }
  }
}

absl::StatusOr<std::unique_ptr<CdmSource>> OpenSource(const CdmArguments& args, const IdMaker& ids,
                                                      Vocabulary& vocabulary,
                                                      IdentitySink& identities, Log& log) {
  if (args.from == "fhir")
    return fhir::OpenFhirFiles(
        args.paths,
        {.ids = &ids, .vocabulary = &vocabulary, .identities = &identities, .system = args.system});
  if (args.from == "hl7v2")
    return hl7v2::OpenHl7Files(args.paths,
                               {.ids = &ids, .vocabulary = &vocabulary, .identities = &identities});
  if (args.mapping.empty())
    return absl::InvalidArgumentError(
        "--from csv needs --mapping FILE; --propose FILE writes one to begin with");
  ESSAIM_ASSIGN_OR_RETURN(const std::string text, ReadFile(args.mapping));
  absl::StatusOr<mapping::Mapping> mapping = mapping::ParseMapping(text);
  if (!mapping.ok())
    return absl::Status(mapping.status().code(),
                        absl::StrCat(args.mapping, ":\n", mapping.status().message()));
  return mapping::OpenMappedFiles(
      args.paths, *std::move(mapping),
      {.ids = &ids, .vocabulary = &vocabulary, .identities = &identities, .log = &log});
}

// A source of messages or resources: their identifiers become numbers under the site's key, and who
// is behind them goes to the identity store.
absl::StatusOr<CdmLoadReport> LoadResources(const CdmArguments& args, const NodeFolder& folder,
                                            Entropy& entropy, Log& log,
                                            const CdmLoadOptions& options) {
  ESSAIM_ASSIGN_OR_RETURN(const SqlPair sql, OpenNodeSqlPair(folder, entropy, &log));
  ESSAIM_RETURN_IF_ERROR(CreateCdm(*sql.writing));
  ESSAIM_ASSIGN_OR_RETURN(const SecretBytes key, CategoryKey(folder, "pseudonyms", entropy));
  const IdMaker ids(key, "warehouse", folder.config.site);
  const std::unique_ptr<Vocabulary> vocabulary = OpenSqlVocabulary(*sql.reading);
  ESSAIM_ASSIGN_OR_RETURN(const auto identity_sql, OpenIdentitySql(folder, entropy, &log));
  ESSAIM_ASSIGN_OR_RETURN(const auto identities, IdentityStore::Open(*identity_sql));
  absl::StatusOr<std::unique_ptr<CdmSource>> source =
      OpenSource(args, ids, *vocabulary, *identities, log);
  ESSAIM_RETURN_IF_ERROR(source.status());
  ESSAIM_ASSIGN_OR_RETURN(CdmLoadReport report, LoadCdm(*sql.writing, **source, options));
  if (!report.known && !options.dry_run) ESSAIM_RETURN_IF_ERROR(identities->Commit());
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows concepts,
                          sql.reading->Query("SELECT COUNT(*) FROM concept"));
  if (std::get<std::int64_t>(concepts.rows[0][0]) == 0) {
    report.notices.push_back(
        "the table concept is empty: every code became concept 0 and is in its source value. Load "
        "the vocabulary (--from omop) and then these files again");
  }
  return report;
}

absl::StatusOr<CdmLoadReport> Load(const CdmArguments& args, std::int64_t started_ms) {
  crypto::SystemEntropy entropy;
  StderrLog log(Severity::kWarning);
  ESSAIM_ASSIGN_OR_RETURN(const NodeFolder folder, OpenNodeFolder(args.dir));
  const CdmLoadOptions options{
      .on_bad_row = args.on_bad_row == "stop" ? OnBadRow::kStop : OnBadRow::kQuarantine,
      .now_ms = started_ms,
      .dry_run = args.dry_run,
      .progress = [&](const LoadProgress& p) { return ShowLoad(p, started_ms); }};
  if (args.from != "omop") return LoadResources(args, folder, entropy, log, options);
  ESSAIM_ASSIGN_OR_RETURN(const auto engine, OpenNodeSql(folder, entropy, &log));
  return LoadOmop(*engine, args.paths, options, &log);
}

absl::Status Propose(const CdmArguments& args) {
  if (args.from != "csv") return absl::InvalidArgumentError("--propose goes with --from csv");
  ESSAIM_ASSIGN_OR_RETURN(const std::string text, mapping::ProposeMapping(args.paths));
  ESSAIM_RETURN_IF_ERROR(WriteFile(args.propose, text));
  std::printf(
      "%s\n\nNext: read it, mend it, then\n  essaim node load %s --from csv --mapping %s "
      "--dry-run FILES...\n",
      args.propose.c_str(), args.dir.c_str(), args.propose.c_str());
  return absl::OkStatus();
}

// The labels of every report so far, beside the load that they were made after.
absl::Status ShowHistory(SqlEngine& engine, const std::string& format) {
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<QualityLabel> labels, Labels(engine));
  Json json = Json::array();
  if (format != "json") {
    std::printf("%-11s %6s", "made on", "load");
    for (int c = 0; c < kCharacteristics; ++c)
      std::printf("  %-18s", std::string(KeyOf(static_cast<Characteristic>(c))).c_str());
    std::printf("\n");
  }
  for (const QualityLabel& label : labels) {
    Json row = {
        {"made_on", DayOf(label.made_at_ms)}, {"as_of", label.as_of}, {"load", label.load_number}};
    if (format != "json")
      std::printf("%-11s %6lld", DayOf(label.made_at_ms).c_str(),
                  static_cast<long long>(label.load_number));
    for (int c = 0; c < kCharacteristics; ++c) {
      const std::string level(NameOf(label.levels[c]));
      row["labels"][std::string(KeyOf(static_cast<Characteristic>(c)))] = level;
      if (format != "json") std::printf("  %-18s", level.c_str());
    }
    if (format != "json") std::printf("\n");
    json.push_back(std::move(row));
  }
  if (format == "json") std::printf("%s\n", json.dump(2).c_str());
  return absl::OkStatus();
}

}  // namespace

int LoadCdm(const CdmArguments& args) {
  if (!args.propose.empty()) {
    const absl::Status proposed = Propose(args);
    return proposed.ok() ? kOk : Fail(proposed);
  }
  const std::int64_t started_ms = SystemClock().NowMs();
  const auto report = Load(args, started_ms);
  if (!report.ok()) return Fail(report.status());
  if (args.format == "json") {
    std::printf("%s\n", JsonOf(*report).dump(2).c_str());
  } else {
    Print(*report, args.dir, static_cast<double>(SystemClock().NowMs() - started_ms) / 1000);
    if (args.dry_run) std::printf("\nA dry run: nothing of it is kept.\n");
  }
  return kOk;
}

int UndoCdm(const CdmArguments& args) {
  Session session;
  const absl::Status opened = session.Open(args.dir);
  if (!opened.ok()) return Fail(opened);
  const absl::Status undone = UndoLastLoad(*session.engine);
  if (!undone.ok()) return Fail(undone);
  std::printf("The last load of OMOP tables is taken back.\n");
  return kOk;
}

namespace {

absl::Status WritePage(SqlEngine& engine, const CdmArguments& args, const CheckRun& run,
                       const QualityReport& report) {
  ESSAIM_ASSIGN_OR_RETURN(const Language language, ParseLanguage(args.language));
  ESSAIM_ASSIGN_OR_RETURN(const NodeFolder folder, OpenNodeFolder(args.dir));
  ESSAIM_ASSIGN_OR_RETURN(const SiteProfile profile, ProfileOf(engine, run.as_of));
  return WriteFile(
      args.html,
      QualityPage({.site = folder.config.site, .report = report, .checks = run, .profile = profile},
                  Words(language)));
}

}  // namespace

int Quality(const CdmArguments& args) {
  Session session;
  const absl::Status opened = session.Open(args.dir);
  if (!opened.ok()) return Fail(opened);
  const absl::Status made = CreateCdm(*session.engine);
  if (!made.ok()) return Fail(made);
  if (args.history) {
    const absl::Status shown = ShowHistory(*session.engine, args.format);
    return shown.ok() ? kOk : Fail(shown);
  }
  const bool terminal = isatty(STDERR_FILENO) == 1;
  const auto run =
      RunChecks(*session.engine, {.as_of = args.as_of.empty() ? Today() : args.as_of,
                                  .progress = [&](std::size_t done, std::size_t all) {
                                    if (terminal)
                                      std::fprintf(stderr, "\r\033[K%zu of %zu passes", done, all);
                                    return true;
                                  }});
  if (terminal) std::fprintf(stderr, "\r\033[K");
  if (!run.ok()) return Fail(run.status());
  const auto reference = ReadReference(args.reference);
  if (!reference.ok()) return Fail(reference.status());
  const auto report = Characteristics(
      *session.engine, *run, {.as_of = run->as_of, .reference = *reference, .thresholds = {}});
  if (!report.ok()) return Fail(report.status());
  const absl::Status kept = StoreLabel(*session.engine, *report, SystemClock().NowMs());
  if (!kept.ok()) return Fail(kept);
  if (!args.html.empty()) {
    const absl::Status written = WritePage(*session.engine, args, *run, *report);
    if (!written.ok()) return Fail(written);
  }
  auto json = DqdJson(*session.engine, *run);
  if (!json.ok()) return Fail(json.status());
  Json both = Json::parse(*json);
  both["Characteristics"] = Json::parse(ReportJson(*report));
  *json = both.dump(1);
  if (!args.out.empty()) {
    const absl::Status written = WriteFile(args.out, *json);
    if (!written.ok()) return Fail(written);
  }
  if (args.format == "json") {
    std::printf("%s\n", json->c_str());
  } else {
    Print(*run);
    Print(*report);
    if (!args.out.empty()) std::printf("\n%s\n", args.out.c_str());
  }
  return kOk;
}

}  // namespace essaim::node
