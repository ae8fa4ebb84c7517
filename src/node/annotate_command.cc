#include "node/annotate_command.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/exit_codes.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "crypto/entropy.h"
#include "node/key_rotation.h"
#include "node/node_folder.h"
#include "text/annotate.h"
#include "warehouse/cdm_load.h"

namespace essaim::node {
namespace {

using Unsigned = unsigned long long;

struct AnnotateArguments {
  std::string dir, dictionary, format = "table";
};

absl::Status Annotate(const AnnotateArguments& args) {
  crypto::SystemEntropy entropy;
  StderrLog log(Severity::kWarning);
  ESSAIM_ASSIGN_OR_RETURN(text::TermDictionary dictionary,
                          text::TermDictionary::Load(args.dictionary));
  ESSAIM_ASSIGN_OR_RETURN(const NodeFolder folder, OpenNodeFolder(args.dir));
  ESSAIM_ASSIGN_OR_RETURN(const SqlPair sql, OpenNodeSqlPair(folder, entropy, &log));
  ESSAIM_RETURN_IF_ERROR(CreateCdm(*sql.writing));
  ESSAIM_ASSIGN_OR_RETURN(SecretBytes key, FreeTextKey(folder, *sql.writing, entropy));
  const std::unique_ptr<Vocabulary> vocabulary = OpenSqlVocabulary(*sql.reading);
  const CellCipher cipher(std::move(key), entropy);
  text::AnnotateReport report;
  ESSAIM_RETURN_IF_ERROR(text::ResolveConcepts(*vocabulary, dictionary, report));
  const std::int64_t started_ms = SystemClock().NowMs();
  const std::time_t now = started_ms / 1000;
  std::tm utc{};
  gmtime_r(&now, &utc);
  char day[32], moment[32];
  std::strftime(day, sizeof day, "%Y-%m-%d", &utc);
  std::strftime(moment, sizeof moment, "%Y-%m-%d %H:%M:%S", &utc);
  const auto show = [](std::uint64_t done, std::uint64_t all) {
    if (isatty(STDERR_FILENO) != 0)
      std::fprintf(stderr, "\r\033[K%llu of %llu notes%s", static_cast<Unsigned>(done),
                   static_cast<Unsigned>(all), done >= all ? "\r\033[K" : "");
    return true;
  };
  ESSAIM_RETURN_IF_ERROR(text::AnnotateNotes(*sql.writing, *sql.reading, *vocabulary, cipher,
                                             dictionary, day, moment, show, report));
  const double seconds =
      std::max(0.001, static_cast<double>(SystemClock().NowMs() - started_ms) / 1000);
  if (args.format == "json") {
    std::printf("%s\n", nlohmann::json({{"notes", report.n_notes},
                                        {"mentions", report.n_mentions},
                                        {"negated", report.n_negated},
                                        {"terms", dictionary.terms().size()},
                                        {"terms_without_concept", report.n_without_concept},
                                        {"seconds", seconds}})
                            .dump(2)
                            .c_str());
    return absl::OkStatus();
  }
  std::printf("%llu notes, %llu mentions (%llu negated) of %zu terms; %.1f s, %.0f notes/s\n",
              static_cast<Unsigned>(report.n_notes), static_cast<Unsigned>(report.n_mentions),
              static_cast<Unsigned>(report.n_negated), dictionary.terms().size(), seconds,
              static_cast<double>(report.n_notes) / seconds);
  if (report.n_without_concept > 0)
    std::printf("%llu terms have a code that the vocabulary does not: their rows have concept 0\n",
                static_cast<Unsigned>(report.n_without_concept));
  return absl::OkStatus();
}

}  // namespace

Command AnnotateCommand(CLI::App& app) {
  auto args = std::make_shared<AnnotateArguments>();
  CLI::App* command = app.add_subcommand(
      "annotate", "Find a dictionary's terms in notes, with negation and sections, into NOTE_NLP");
  AddDir(command, args->dir);
  command
      ->add_option("--dictionary", args->dictionary,
                   "CSV: term, concept_id or vocabulary and code, language (docs/text.md)")
      ->required();
  AddFormat(command, args->format);
  return {command, [args] {
            const absl::Status done = Annotate(*args);
            return done.ok() ? static_cast<int>(kOk) : Fail("essaim-node", done);
          }};
}

}  // namespace essaim::node
