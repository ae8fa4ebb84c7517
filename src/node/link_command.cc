#include "node/link_command.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/exit_codes.h"
#include "base/files.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "cohort/count_once.h"
#include "crypto/entropy.h"
#include "linkage/match_sites.h"
#include "linkage/shared_count.h"
#include "node/link_count.h"
#include "node/link_people.h"
#include "node/link_sites.h"
#include "node/load_setup.h"
#include "node/node_folder.h"
#include "node/peers.h"
#include "source/identity_store.h"
#include "warehouse/cdm_load.h"

namespace essaim::node {
namespace {

using Unsigned = unsigned long long;  // what printf knows

struct LinkArguments {
  std::string dir, out, file, project, secret, offer;
  std::vector<std::string> files;
  bool show = false;
};

// The site's two stores.
struct LinkSession {
  crypto::SystemEntropy entropy;
  StderrLog log{Severity::kWarning};
  std::optional<NodeFolder> folder;
  std::unique_ptr<SqlEngine> cdm, identity_sql;
  std::unique_ptr<IdentityStore> identities;

  absl::Status Open(const std::string& dir) {
    ESSAIM_ASSIGN_OR_RETURN(folder, OpenNodeFolder(dir));
    ESSAIM_ASSIGN_OR_RETURN(cdm, OpenNodeSql(*folder, entropy, &log));
    ESSAIM_RETURN_IF_ERROR(CreateCdm(*cdm));
    ESSAIM_ASSIGN_OR_RETURN(identity_sql, OpenIdentitySql(*folder, entropy, &log));
    ESSAIM_ASSIGN_OR_RETURN(identities, IdentityStore::Open(*identity_sql));
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<LinkablePerson>> People(const SecretBytes* id_secret) {
    ESSAIM_ASSIGN_OR_RETURN(std::vector<LinkablePerson> people,
                            LinkablePersons(*cdm, *identities, id_secret));
    if (people.empty())
      return absl::FailedPreconditionError(
          "the identity store knows nobody who is in the warehouse: sources fhir, hl7v2 and csv "
          "fill it");
    return people;
  }
};

absl::Status Review(const LinkArguments& args) {
  LinkSession session;
  ESSAIM_RETURN_IF_ERROR(session.Open(args.dir));
  SecretBytes secret;
  if (!args.secret.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(secret, ReadLinkSecret(args.secret));
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<LinkablePerson> people,
                          session.People(secret.empty() ? nullptr : &secret));
  ESSAIM_ASSIGN_OR_RETURN(const DuplicateReport report, FindDuplicates(people));
  const auto n_merge = std::ranges::count_if(report.duplicates, &Duplicate::merge);
  // Names are for its owner's eyes.
  ESSAIM_RETURN_IF_ERROR(WriteFile(args.out, ReviewCsv(report, args.show), 0600));
  std::printf(
      "%zu persons, %llu of %llu pairs compared; about %.0f persons are there twice.\n"
      "%s: %zu pairs, %lld of them marked to be merged, the others are for a person to decide\n"
      "(write merge or apart into the first column).\n\nNext:\n  essaim node link accept %s %s\n",
      people.size(), static_cast<Unsigned>(report.n_compared), static_cast<Unsigned>(report.n_all),
      report.n_matches, args.out.c_str(), report.duplicates.size(), static_cast<long long>(n_merge),
      args.dir.c_str(), args.out.c_str());
  return absl::OkStatus();
}

absl::Status Accept(const LinkArguments& args) {
  StderrLog log(Severity::kWarning);
  // As any load: where dates are moved by person, those of a merged person move on.
  ESSAIM_ASSIGN_OR_RETURN(const std::unique_ptr<LoadSetup> setup,
                          LoadSetup::Open(args.dir, false, log));
  ESSAIM_ASSIGN_OR_RETURN(const std::unique_ptr<CdmSource> decisions,
                          OpenDecisions(*setup->sql.writing, args.file));
  CdmLoadOptions options{.now_ms = SystemClock().NowMs()};
  setup->Apply(options);
  ESSAIM_ASSIGN_OR_RETURN(CdmLoadReport report, LoadCdm(*setup->sql.writing, *decisions, options));
  if (!report.known) RecordForQuality(*setup->sql.writing, report);
  for (const std::string& notice : report.notices) std::printf("%s.\n", notice.c_str());
  for (const CdmTableReport& table : report.tables)
    std::printf("  %-22s %llu rows changed\n", table.table.c_str(),
                static_cast<Unsigned>(table.n_replaced));
  std::printf("Load %lld; essaim node undo %s takes it back.\n",
              static_cast<long long>(report.number), args.dir.c_str());
  return absl::OkStatus();
}

absl::StatusOr<SecretBytes> SecretOf(const LinkArguments& args, LinkSession& session) {
  if (args.secret.empty() == args.offer.empty())
    return absl::InvalidArgumentError(
        "the sites' common secret: give --secret FILE, or --with the other site's offer");
  if (!args.secret.empty()) return ReadLinkSecret(args.secret);
  ESSAIM_ASSIGN_OR_RETURN(const std::string text, ReadFile(args.offer, 4096));
  const absl::StatusOr<LinkOffer> read = ReadOffer(text);
  if (!read.ok())
    return absl::Status(read.status().code(),
                        absl::StrCat(args.offer, ": ", read.status().message()));
  const LinkOffer& offer = *read;
  ESSAIM_ASSIGN_OR_RETURN(const auto store, OpenNodeStore(*session.folder, session.entropy));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<RosterEntry> peers, TrustedPeers(*store));
  const auto peer = std::ranges::find(peers, offer.site, &RosterEntry::site);
  if (peer == peers.end())
    return absl::FailedPreconditionError(
        absl::StrCat("the site ", offer.site, " is not trusted here: essaim node peers trust ",
                     args.dir, " ", offer.site, " --fingerprint ..."));
  return AgreeOnSecret(session.folder->config.site, session.folder->signing_seed, offer,
                       peer->signing_key);
}

absl::Status Offer(const LinkArguments& args) {
  ESSAIM_ASSIGN_OR_RETURN(const NodeFolder folder, OpenNodeFolder(args.dir));
  ESSAIM_ASSIGN_OR_RETURN(const std::string offer,
                          WriteOffer(folder.config.site, folder.signing_seed));
  ESSAIM_RETURN_IF_ERROR(WriteFile(args.out, offer));
  std::printf("%s: not secret. Send it to the other site, which needs it for its export.\n",
              args.out.c_str());
  return absl::OkStatus();
}

absl::Status Export(const LinkArguments& args) {
  LinkSession session;
  ESSAIM_RETURN_IF_ERROR(session.Open(args.dir));
  ESSAIM_ASSIGN_OR_RETURN(const SecretBytes secret, SecretOf(args, session));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<LinkablePerson> people, session.People(nullptr));
  ESSAIM_ASSIGN_OR_RETURN(const linkage::EncodingFile file,
                          ExportEncodings(*session.identity_sql, people, args.project,
                                          session.folder->config.site, secret, session.entropy));
  ESSAIM_RETURN_IF_ERROR(WriteFile(args.out, linkage::WriteEncodings(file), 0600));
  std::printf(
      "%s: %zu persons, encoded. Give it to the matcher, who must not have the secret, and to "
      "nobody who has it.\n\nThe matcher's next:\n  essaim node link match %s OTHER --out FOLDER\n",
      args.out.c_str(), people.size(), args.out.c_str());
  if (people.size() > linkage::kAnyYearPersonsMax)
    std::printf(
        "\nA wrong year of birth will hide a person: of more than %zu the hashes against it would "
        "tell too much.\n",
        linkage::kAnyYearPersonsMax);
  if (people.size() > linkage::kUndatedPersonsMax)
    std::printf(
        "\nA missing birth date will hide a person: of more than %zu the hashes against it would "
        "tell too much.\n",
        linkage::kUndatedPersonsMax);
  return absl::OkStatus();
}

absl::Status Match(const LinkArguments& args) {
  std::vector<linkage::EncodingFile> files;
  for (const std::string& path : args.files) {
    ESSAIM_ASSIGN_OR_RETURN(const std::string bytes,
                            ReadFile(path, linkage::kEncodingFileBytesMax));
    absl::StatusOr<linkage::EncodingFile> file = linkage::ReadEncodings(bytes);
    if (!file.ok())
      return absl::Status(file.status().code(), absl::StrCat(path, ": ", file.status().message()));
    files.push_back(*std::move(file));
  }
  crypto::SystemEntropy entropy;
  ESSAIM_ASSIGN_OR_RETURN(const linkage::MatchReport report, linkage::MatchSites(files, entropy));
  ESSAIM_RETURN_IF_ERROR(MakePrivateFolder(args.out));
  for (const linkage::SitePairReport& pair : report.pairs)
    std::printf(
        "%s and %s: %zu persons in common (about %.0f by the model; %zu pairs too uncertain), %llu "
        "of %llu pairs compared\n",
        pair.a.c_str(), pair.b.c_str(), pair.n_linked, pair.n_matches, pair.n_uncertain,
        static_cast<Unsigned>(pair.n_compared), static_cast<Unsigned>(pair.n_all));
  std::printf("%zu persons are at more than one site.\n\nNext, each site with its own file:\n",
              report.n_shared);
  for (const linkage::LinksFile& links : report.links) {
    const std::string path = absl::StrCat(args.out, "/", links.site, ".links");
    ESSAIM_RETURN_IF_ERROR(WriteFile(path, linkage::WriteLinks(links), 0600));
    std::printf("  essaim node link import DIR %s\n", path.c_str());
  }
  return absl::OkStatus();
}

absl::Status Import(const LinkArguments& args) {
  LinkSession session;
  ESSAIM_RETURN_IF_ERROR(session.Open(args.dir));
  ESSAIM_ASSIGN_OR_RETURN(const std::string text,
                          ReadFile(args.file, linkage::kEncodingFileBytesMax));
  const absl::StatusOr<linkage::LinksFile> links = linkage::ReadLinks(text);
  if (!links.ok())
    return absl::Status(links.status().code(),
                        absl::StrCat(args.file, ": ", links.status().message()));
  ESSAIM_ASSIGN_OR_RETURN(const ImportReport report,
                          ImportLinks(*session.cdm, *session.identity_sql,
                                      session.folder->config.site, *links, SystemClock().NowMs()));
  std::printf(
      "%zu persons of this site are at another site too; this site counts %zu of them in studies "
      "that say\n  count_once: %s\n",
      report.n_shared, report.n_here, links->project.c_str());
  return absl::OkStatus();
}

absl::Status Ask(const LinkArguments& args) {
  LinkSession session;
  ESSAIM_RETURN_IF_ERROR(session.Open(args.dir));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<LinkablePerson> people, session.People(nullptr));
  ESSAIM_ASSIGN_OR_RETURN(const std::string question,
                          AskSharedCount(*session.identity_sql, people, args.project,
                                         session.folder->config.site, session.entropy));
  ESSAIM_RETURN_IF_ERROR(WriteFile(args.out, question, 0600));
  std::printf(
      "%s: a question to one other site, which answers it with\n  essaim node link answer "
      "DIR %s --out ANSWER\n",
      args.out.c_str(), args.out.c_str());
  return absl::OkStatus();
}

absl::Status Answer(const LinkArguments& args) {
  LinkSession session;
  ESSAIM_RETURN_IF_ERROR(session.Open(args.dir));
  ESSAIM_ASSIGN_OR_RETURN(const std::string question, ReadFile(args.file, linkage::kCountBytesMax));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<LinkablePerson> people, session.People(nullptr));
  const absl::StatusOr<std::string> answer =
      AnswerSharedCount(question, people, session.folder->config.site, session.entropy);
  if (!answer.ok())
    return absl::Status(answer.status().code(),
                        absl::StrCat(args.file, ": ", answer.status().message()));
  ESSAIM_RETURN_IF_ERROR(WriteFile(args.out, *answer, 0600));
  std::printf("%s: for the site that asked, which counts with\n  essaim node link count DIR %s\n",
              args.out.c_str(), args.out.c_str());
  return absl::OkStatus();
}

absl::Status CountShared(const LinkArguments& args) {
  LinkSession session;
  ESSAIM_RETURN_IF_ERROR(session.Open(args.dir));
  ESSAIM_ASSIGN_OR_RETURN(const Policy policy, ReadPolicy(args.dir + "/policy.json"));
  ESSAIM_ASSIGN_OR_RETURN(const std::string answer, ReadFile(args.file, linkage::kCountBytesMax));
  const absl::StatusOr<SharedCount> count = FinishSharedCount(*session.identity_sql, answer);
  if (!count.ok())
    return absl::Status(count.status().code(),
                        absl::StrCat(args.file, ": ", count.status().message()));
  const bool few = count->n > 0 && count->n < static_cast<std::size_t>(policy.minimum_cell);
  std::printf("%s%zu persons of this site are at %s too, equal in every letter.\n",
              few ? "Fewer than " : "",
              few ? static_cast<std::size_t>(policy.minimum_cell) : count->n, count->site.c_str());
  return absl::OkStatus();
}

absl::Status Forget(const LinkArguments& args) {
  LinkSession session;
  ESSAIM_RETURN_IF_ERROR(session.Open(args.dir));
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t n_sites,
                          cohort::RemoveLinkage(*session.cdm, args.project));
  if (n_sites == 0)
    return absl::NotFoundError(absl::StrCat("no linkage of the project ", args.project));
  std::printf("The linkage of %s is forgotten.\n", args.project.c_str());
  return absl::OkStatus();
}

struct Action {
  CLI::App* app;
  absl::Status (*run)(const LinkArguments&);
};

CLI::App* AddOnSite(CLI::App* link, LinkArguments& args, const char* name, const char* what) {
  CLI::App* app = link->add_subcommand(name, what);
  AddDir(app, args.dir);
  return app;
}

void AddOut(CLI::App* app, LinkArguments& args, const char* what) {
  app->add_option("--out", args.out, what)->required();
}

CLI::App* AddExport(CLI::App* link, LinkArguments& args) {
  CLI::App* app = AddOnSite(link, args, "export",
                            "Encode the site's persons so that they can be compared unread");
  app->add_option("--project", args.project, "the linkage's name, which studies use")->required();
  app->add_option("--secret", args.secret, "a file with the secret that the sites share");
  app->add_option("--with", args.offer, "the other site's offer, in the place of a secret");
  AddOut(app, args, "the file of encodings");
  return app;
}

}  // namespace

Command LinkCommand(CLI::App& app) {
  auto args = std::make_shared<LinkArguments>();
  CLI::App* link = app.add_subcommand(
      "link", "Records of one person: duplicates here, and persons who are at several sites");
  link->require_subcommand(1);
  std::vector<Action> actions;
  CLI::App* review = AddOnSite(link, *args, "review", "List persons who are likely to be one");
  AddOut(review, *args, "the list, CSV");
  review->add_flag("--show", args->show, "with names, birth dates and identifiers");
  review->add_option("--id-secret", args->secret,
                     "hash national identifiers under this file's secret, to meet hashed ones");
  actions.push_back({review, Review});
  CLI::App* accept = AddOnSite(link, *args, "accept", "Merge what a list says");
  accept->add_option("FILE", args->file, "the list, decided")->required();
  actions.push_back({accept, Accept});
  CLI::App* offer = AddOnSite(link, *args, "offer", "Offer another site to agree on a secret");
  AddOut(offer, *args, "the offer");
  actions.push_back({offer, Offer});
  actions.push_back({AddExport(link, *args), Export});
  CLI::App* match = link->add_subcommand("match", "Find the persons whom encodings have in common");
  match->add_option("FILES", args->files, "encodings of two or more sites")->required();
  AddOut(match, *args, "a new folder, for one file of links a site");
  actions.push_back({match, Match});
  CLI::App* import = AddOnSite(link, *args, "import", "Take what the matcher found of this site");
  import->add_option("FILE", args->file, "this site's links")->required();
  actions.push_back({import, Import});
  CLI::App* ask = AddOnSite(link, *args, "ask", "Ask another site how many persons both have");
  ask->add_option("--project", args->project, "the question's name")->required();
  AddOut(ask, *args, "the question");
  actions.push_back({ask, Ask});
  CLI::App* answer = AddOnSite(link, *args, "answer", "Answer such a question");
  answer->add_option("FILE", args->file, "the question")->required();
  AddOut(answer, *args, "the answer");
  actions.push_back({answer, Answer});
  CLI::App* count = AddOnSite(link, *args, "count", "Count by the answer; once a question");
  count->add_option("FILE", args->file, "the answer")->required();
  actions.push_back({count, CountShared});
  CLI::App* forget = AddOnSite(link, *args, "forget", "Forget a linkage");
  forget->add_option("--project", args->project, "its name")->required();
  actions.push_back({forget, Forget});
  return {link, [args, actions] {
            const auto asked =
                std::ranges::find_if(actions, [](const Action& a) { return a.app->parsed(); });
            const absl::Status done = asked->run(*args);
            return done.ok() ? kOk : essaim::Fail("essaim-node", done);
          }};
}

}  // namespace essaim::node
