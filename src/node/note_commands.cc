#include "node/note_commands.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/clock.h"
#include "base/exit_codes.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "crypto/entropy.h"
#include "node/category_keys.h"
#include "node/key_rotation.h"
#include "node/load_setup.h"
#include "node/node_folder.h"
#include "source/id_maker.h"
#include "text/note_files.h"
#include "text/note_index.h"
#include "warehouse/cdm_load.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;
using Unsigned = unsigned long long;

struct NoteArguments {
  std::string dir, from, until, author, language, system, format = "table";
  std::vector<std::string> words;
  std::int64_t person_id = 0;
  std::size_t limit = 10;
};

// What both commands open; the members after `entropy` use it.
struct NoteSession {
  crypto::SystemEntropy entropy;
  StderrLog log{Severity::kWarning};
  NodeFolder folder;
  std::unique_ptr<SqlEngine> engine;
  std::unique_ptr<CellCipher> cipher;
  std::unique_ptr<text::IndexStore> store;

  absl::Status Open(const std::string& dir) {
    ESSAIM_ASSIGN_OR_RETURN(folder, OpenNodeFolder(dir));
    ESSAIM_ASSIGN_OR_RETURN(engine, OpenNodeSql(folder, entropy, &log));
    ESSAIM_RETURN_IF_ERROR(CreateCdm(*engine));
    ESSAIM_ASSIGN_OR_RETURN(const SecretBytes key, FreeTextKey(folder, *engine, entropy));
    cipher = std::make_unique<CellCipher>(key.Clone(), entropy);
    store = std::make_unique<text::IndexStore>(folder.path + "/notes.index", key, entropy);
    return absl::OkStatus();
  }
};

absl::Status Index(const NoteArguments& args) {
  NoteSession session;
  ESSAIM_RETURN_IF_ERROR(session.Open(args.dir));
  const std::int64_t started_ms = SystemClock().NowMs();
  const auto show = [&](std::uint64_t done, std::uint64_t all) {
    if (isatty(STDERR_FILENO) != 0)
      std::fprintf(stderr, "\r\033[K%llu of %llu notes%s", static_cast<Unsigned>(done),
                   static_cast<Unsigned>(all), done >= all ? "\r\033[K" : "");
    return true;
  };
  ESSAIM_ASSIGN_OR_RETURN(
      const text::IndexReport report,
      text::UpdateIndex(*session.engine, *session.cipher, *session.store, show));
  const double seconds =
      std::max(0.001, static_cast<double>(SystemClock().NowMs() - started_ms) / 1000);
  if (args.format == "json") {
    std::printf("%s\n", Json({{"added", report.n_added},
                              {"removed", report.n_removed},
                              {"notes", report.n_total},
                              {"rebuilt", report.rebuilt},
                              {"seconds", seconds}})
                            .dump(2)
                            .c_str());
    return absl::OkStatus();
  }
  std::printf("%llu notes indexed, %llu taken out, %llu in all; %.1f s, %.0f notes/s%s\n",
              static_cast<Unsigned>(report.n_added), static_cast<Unsigned>(report.n_removed),
              static_cast<Unsigned>(report.n_total), seconds,
              static_cast<double>(report.n_added) / seconds,
              report.rebuilt ? " (the index was made anew)" : "");
  return absl::OkStatus();
}

// A provider_id, or the identifier that the source had.
absl::Status SetAuthor(NoteSession& session, const NoteArguments& args, text::NoteQuery& query) {
  if (args.author.empty()) return absl::OkStatus();
  ESSAIM_RETURN_IF_ERROR(CheckPseudonyms(session.folder, *session.engine));
  ESSAIM_ASSIGN_OR_RETURN(const SecretBytes key,
                          CategoryKey(session.folder, "pseudonyms", session.entropy));
  const IdMaker ids(key, "warehouse", session.folder.config.site);
  query.providers.push_back(ids.IdOf("provider", args.system, args.author));
  std::int64_t id = 0;
  if (absl::SimpleAtoi(args.author, &id)) query.providers.push_back(id);
  return absl::OkStatus();
}

absl::Status SetDay(const std::string& text, const char* option, std::string& day) {
  if (text.empty()) return absl::OkStatus();
  day = text::ReadNoteMoment(text).date;
  if (!day.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(option, ": expected a day as 2020-03-12"));
}

absl::Status Search(const NoteArguments& args) {
  NoteSession session;
  ESSAIM_RETURN_IF_ERROR(session.Open(args.dir));
  text::NoteQuery query{.text = absl::StrJoin(args.words, " "), .limit = args.limit};
  ESSAIM_RETURN_IF_ERROR(SetDay(args.from, "--from", query.from));
  ESSAIM_RETURN_IF_ERROR(SetDay(args.until, "--until", query.until));
  ESSAIM_RETURN_IF_ERROR(SetAuthor(session, args, query));
  if (args.person_id != 0) query.person_id = args.person_id;
  if (!args.language.empty())
    query.language = args.language == "fr" ? text::Language::kFrench : text::Language::kEnglish;
  ESSAIM_ASSIGN_OR_RETURN(const text::NoteHits hits, text::SearchIndex(*session.store, query));
  const bool json = args.format == "json", colours = !json && isatty(STDOUT_FILENO) != 0;
  Json out = {{"matching", hits.n_matching}, {"hits", Json::array()}};
  if (!json) std::printf("%llu notes match\n", static_cast<Unsigned>(hits.n_matching));
  for (const text::NoteHit& hit : hits.hits) {
    ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows,
                            session.engine->Query(absl::StrCat(
                                "SELECT person_id, note_date, note_title, "
                                "language_concept_id, note_text FROM note WHERE note_id = ",
                                hit.note_id)));
    if (rows.rows.empty()) continue;  // taken out since; the next `index` forgets it
    const auto& row = rows.rows[0];
    const auto text_of = [&](std::size_t c) {
      const auto* text = std::get_if<std::string>(&row[c]);
      return text == nullptr ? std::string() : *text;
    };
    ESSAIM_ASSIGN_OR_RETURN(const std::string note, session.cipher->Open(text_of(4)));
    ESSAIM_ASSIGN_OR_RETURN(const std::string title, session.cipher->Open(text_of(2)));
    const auto* said = std::get_if<std::int64_t>(&row[3]);
    const text::Language language = said != nullptr && *said == text::kEnglishConcept
                                        ? text::Language::kEnglish
                                        : text::Language::kFrench;
    const auto person = static_cast<long long>(std::get<std::int64_t>(row[0]));
    const std::string snippet = text::SnippetOf(
        note, language, hits.terms, colours ? "\033[1m" : "**", colours ? "\033[0m" : "**");
    out["hits"].push_back({{"note_id", hit.note_id},
                           {"person_id", person},
                           {"date", text_of(1).substr(0, 10)},
                           {"title", title},
                           {"weight", hit.weight},
                           {"snippet", snippet}});
    if (!json)
      std::printf("\n%s  note %lld  person %lld  %s\n  %s\n", text_of(1).substr(0, 10).c_str(),
                  static_cast<long long>(hit.note_id), person, title.c_str(), snippet.c_str());
  }
  if (json) std::printf("%s\n", out.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
  return absl::OkStatus();
}

int ExitCode(const absl::Status& done) {
  return done.ok() ? static_cast<int>(kOk) : Fail("essaim-node", done);
}

}  // namespace

Command IndexCommand(CLI::App& app) {
  auto args = std::make_shared<NoteArguments>();
  CLI::App* command =
      app.add_subcommand("index", "Bring the full-text index to the notes that are there now");
  AddDir(command, args->dir);
  AddFormat(command, args->format);
  return {command, [args] { return ExitCode(Index(*args)); }};
}

Command SearchCommand(CLI::App& app) {
  auto args = std::make_shared<NoteArguments>();
  CLI::App* command = app.add_subcommand("search", "Search notes, for the site's own staff");
  AddDir(command, args->dir);
  command
      ->add_option("QUERY", args->words,
                   "words, \"phrases\", AND OR NOT NEAR (ET OU SAUF), brackets, -word, word*")
      ->required();
  command->add_option("--from", args->from, "the first day, 2020-03-12");
  command->add_option("--until", args->until, "the last day");
  command->add_option("--author", args->author, "a provider_id, or the source's own identifier");
  command->add_option("--system", args->system, "of --author: as it was loaded with");
  command->add_option("--person", args->person_id, "a person_id");
  command->add_option("--language", args->language, "fr or en")->check(CLI::IsMember({"fr", "en"}));
  command->add_option("--limit", args->limit, "notes to show")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  AddFormat(command, args->format);
  return {command, [args] { return ExitCode(Search(*args)); }};
}

}  // namespace essaim::node
