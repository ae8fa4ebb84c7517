#include "node/deidentify_command.h"

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/exit_codes.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "text/deidentify.h"
#include "text/fold.h"
#include "text/measure.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;

struct DeidentifyArguments {
  std::string file, format = "table";
  bool measure = false, without_identities = false, examples = false;
};

double Share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 1.0 : static_cast<double>(part) / static_cast<double>(whole);
}

Json JsonOf(const text::Measure& m) {
  Json json = {{"texts", m.n_texts},
               {"words_outside", m.n_words},
               {"words_lost", m.n_words_lost},
               {"classes", Json::array()}};
  for (std::size_t k = 0; k < text::kIdentifyingKinds; ++k) {
    const text::ClassMeasure& c = m.classes[k];
    json["classes"].push_back(
        {{"class", std::string(text::TagOf(static_cast<text::Identifying>(k)))},
         {"labelled", c.n_labelled},
         {"recall", Share(c.n_hidden, c.n_labelled)},
         {"same_tag", Share(c.n_same, c.n_labelled)},
         {"found", c.n_found},
         {"precision", Share(c.n_right, c.n_found)}});
  }
  return json;
}

void Print(const text::Measure& m, bool examples) {
  std::printf("%-12s %9s %9s %9s %9s %9s\n", "class", "labelled", "recall", "same tag", "found",
              "precision");
  text::ClassMeasure all;
  const auto line = [](const char* name, const text::ClassMeasure& c) {
    std::printf("%-12s %9zu %8.1f%% %8.1f%% %9zu %8.1f%%\n", name, c.n_labelled,
                100 * Share(c.n_hidden, c.n_labelled), 100 * Share(c.n_same, c.n_labelled),
                c.n_found, 100 * Share(c.n_right, c.n_found));
  };
  for (std::size_t k = 0; k < text::kIdentifyingKinds; ++k) {
    const text::ClassMeasure& c = m.classes[k];
    line(std::string(text::TagOf(static_cast<text::Identifying>(k))).c_str(), c);
    all.n_labelled += c.n_labelled;
    all.n_hidden += c.n_hidden;
    all.n_same += c.n_same;
    all.n_found += c.n_found;
    all.n_right += c.n_right;
  }
  line("all", all);
  std::printf("%zu texts; of %zu words that identify nobody, %zu were replaced (%.2f %%)\n",
              m.n_texts, m.n_words, m.n_words_lost, 100 * Share(m.n_words_lost, m.n_words));
  if (!examples) return;
  for (const std::string& text : m.missed) std::printf("missed %s\n", text.c_str());
  for (const std::string& text : m.wrong) std::printf("wrong %s\n", text.c_str());
}

absl::Status Run(const DeidentifyArguments& args) {
  if (args.measure) {
    ESSAIM_ASSIGN_OR_RETURN(const auto texts, text::ReadLabelledFile(args.file));
    const text::Measure m = text::MeasureDeidentification(texts, !args.without_identities);
    if (args.format == "json") {
      std::printf("%s\n", JsonOf(m).dump(2).c_str());
    } else {
      Print(m, args.examples);
    }
    return absl::OkStatus();
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(args.file));
  bool was_latin1 = false;
  const std::string note = text::ToUtf8(bytes, was_latin1);
  const std::string left = text::Deidentify(note, {}, text::KnownNames());
  std::fputs(args.format == "json" ? (Json{{"text", left}}.dump(2) + "\n").c_str() : left.c_str(),
             stdout);
  return absl::OkStatus();
}

}  // namespace

Command DeidentifyCommand(CLI::App& app) {
  auto args = std::make_shared<DeidentifyArguments>();
  CLI::App* command = app.add_subcommand(
      "deidentify", "Show a text as de-identification by rules and lists leaves it");
  command->add_option("FILE", args->file, "a text, or with --measure a labelled set")->required();
  command->add_flag("--measure", args->measure, "recall and precision on a labelled set (NDJSON)");
  command->add_flag("--without-identities", args->without_identities,
                    "measure rules and lists alone, as if the site knew nobody");
  command->add_flag("--examples", args->examples, "also print what was missed and what was wrong");
  AddFormat(command, args->format);
  return {command, [args] {
            const absl::Status done = Run(*args);
            return done.ok() ? static_cast<int>(kOk) : Fail("essaim-node", done);
          }};
}

}  // namespace essaim::node
