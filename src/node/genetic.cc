#include "node/genetic.h"

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/exit_codes.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "crypto/entropy.h"
#include "genomics/vcf_files.h"
#include "genomics/vcf_retry.h"
#include "node/category_keys.h"
#include "node/node_folder.h"
#include "source/sample_list.h"
#include "warehouse/cdm_load.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;
using Unsigned = unsigned long long;  // what printf knows

constexpr char kCategory[] = "genetic";
constexpr std::size_t kGenesShown = 20;

absl::StatusOr<std::unique_ptr<genomics::GeneticStore>> OpenStore(const NodeFolder& folder,
                                                                  Entropy& entropy, Log* log) {
  ESSAIM_ASSIGN_OR_RETURN(auto engine, OpenGeneticSql(folder, entropy, log));
  return genomics::GeneticStore::Open(std::move(engine));
}

absl::StatusOr<bool> HasTest(SqlEngine& cdm, std::int64_t procedure_occurrence_id) {
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows,
                          cdm.Query(absl::StrCat("SELECT COUNT(*) FROM procedure_occurrence WHERE "
                                                 "procedure_occurrence_id = ",
                                                 procedure_occurrence_id)));
  return std::get<std::int64_t>(rows.rows[0][0]) > 0;
}

absl::StatusOr<bool> CameAgain(SqlEngine& cdm, RejectedId row) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      cdm.Query(absl::StrCat("SELECT COUNT(*) FROM essaim_rejected WHERE number = ", row.load,
                             " AND row_number = ", row.row_number, " AND retried_by IS NOT NULL")));
  return std::get<std::int64_t>(rows.rows[0][0]) > 0;
}

absl::Status Clean(genomics::GeneticStore& store, SqlEngine& cdm) {
  return store
      .Clean({.procedure = [&](std::int64_t id) { return HasTest(cdm, id); },
              .retried = [&](RejectedId row) { return CameAgain(cdm, row); }})
      .status();
}

struct GeneticArguments {
  std::string dir, format = "table";
};

absl::Status Show(const GeneticArguments& args) {
  crypto::SystemEntropy entropy;
  StderrLog log(Severity::kWarning);
  ESSAIM_ASSIGN_OR_RETURN(const NodeFolder folder, OpenNodeFolder(args.dir));
  if (StateOf(folder, kCategory) == KeyState::kNone)
    return absl::NotFoundError(
        "there are no variants here; load some with: essaim node load --from vcf");
  ESSAIM_ASSIGN_OR_RETURN(const auto store, OpenStore(folder, entropy, &log));
  ESSAIM_ASSIGN_OR_RETURN(const auto cdm, OpenNodeSql(folder, entropy, &log));
  ESSAIM_RETURN_IF_ERROR(CreateCdm(*cdm));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<genomics::Sample> all, store->Samples());
  std::vector<genomics::Sample> samples;
  std::set<std::int64_t> tests;
  std::uint64_t n_variants = 0;
  for (const genomics::Sample& s : all) {
    ESSAIM_ASSIGN_OR_RETURN(const bool there, HasTest(*cdm, s.procedure_occurrence_id));
    if (!there) continue;
    samples.push_back(s);
    tests.insert(s.genomic_test_id);
    n_variants += s.n_variants;
  }
  ESSAIM_ASSIGN_OR_RETURN(const auto genes, store->Genes(samples, kGenesShown));
  if (args.format == "json") {
    Json json = {{"files", tests.size()},
                 {"samples", samples.size()},
                 {"variants", n_variants},
                 {"genes", Json::array()}};
    for (const auto& [gene, n] : genes) json["genes"].push_back({{"gene", gene}, {"variants", n}});
    std::printf("%s\n", json.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
    return absl::OkStatus();
  }
  std::printf("%zu files, %zu samples, %llu variants\n", tests.size(), samples.size(),
              static_cast<Unsigned>(n_variants));
  for (const auto& [gene, n] : genes)
    std::printf("%-20s %llu\n", gene.empty() ? "(no gene named)" : gene.c_str(),
                static_cast<Unsigned>(n));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<CdmSource>> OpenVcf(const SourceArguments& args,
                                                   const SourceTools& tools) {
  genomics::VcfOptions options{.ids = &tools.ids,
                               .has_person = PersonsOf(tools.reading),
                               .samples_path = args.samples,
                               .reference_path = args.reference,
                               .system = args.system,
                               .log = &tools.log};
  if (!tools.dry_run) {
    ESSAIM_ASSIGN_OR_RETURN(options.store, OpenStore(tools.folder, tools.entropy, &tools.log));
    ESSAIM_RETURN_IF_ERROR(Clean(*options.store, tools.reading));
  }
  return genomics::OpenVcfFiles(args.paths, options);
}

absl::StatusOr<std::unique_ptr<CdmSource>> OpenVcfRows(const GeneticSite& site,
                                                       const LoadEntry& load,
                                                       const std::vector<RejectedRow>& rows,
                                                       const std::string& reference) {
  ESSAIM_ASSIGN_OR_RETURN(std::shared_ptr<genomics::GeneticStore> store,
                          OpenStore(site.folder, site.entropy, &site.log));
  ESSAIM_RETURN_IF_ERROR(Clean(*store, site.reading));
  return genomics::OpenVcfRetry(std::move(store), load, rows, reference);
}

absl::Status FillVcfTexts(const GeneticSite& site, const std::vector<LoadEntry>& loads,
                          std::vector<RejectedRow>& rows) {
  if (StateOf(site.folder, kCategory) != KeyState::kThere) return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(const auto store, OpenStore(site.folder, site.entropy, &site.log));
  ESSAIM_RETURN_IF_ERROR(Clean(*store, site.reading));
  for (const LoadEntry& load : loads) {
    if (load.kind == "vcf") ESSAIM_RETURN_IF_ERROR(genomics::FillTexts(*store, load, rows));
  }
  return absl::OkStatus();
}

absl::Status CleanGenetic(const std::string& dir, SqlEngine& cdm) {
  std::error_code error;
  if (!std::filesystem::exists(dir + "/genetic.duckdb", error)) return absl::OkStatus();
  crypto::SystemEntropy entropy;
  StderrLog log(Severity::kWarning);
  ESSAIM_ASSIGN_OR_RETURN(const NodeFolder folder, OpenNodeFolder(dir));
  if (StateOf(folder, kCategory) != KeyState::kThere) return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(const auto store, OpenStore(folder, entropy, &log));
  return Clean(*store, cdm);
}

Command GeneticCommand(CLI::App& app) {
  auto args = std::make_shared<GeneticArguments>();
  CLI::App* genetic =
      app.add_subcommand("genetic", "How many variants of how many samples there are, by gene");
  AddDir(genetic, args->dir);
  AddFormat(genetic, args->format);
  return {genetic, [args] {
            const absl::Status shown = Show(*args);
            return shown.ok() ? static_cast<int>(kOk) : Fail("essaim-node", shown);
          }};
}

}  // namespace essaim::node
