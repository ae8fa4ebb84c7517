// Notes from files to the warehouse, the index and NOTE_NLP, on every engine.
#include <filesystem>
#include <fstream>

#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "crypto/entropy.h"
#include "source/cdm_row.h"
#include "source/note_filter.h"
#include "text/annotate.h"
#include "text/note_deidentifier.h"
#include "text/note_files.h"
#include "text/note_index.h"
#include "warehouse/cdm_load.h"
#include "warehouse/duckdb_file.h"
#include "warehouse/engines_testing.h"
#include "warehouse/omop_files.h"

namespace essaim::text {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class NoCodes : public Vocabulary {
 public:
  absl::StatusOr<const MappedCode*> Map(std::string_view, std::string_view code) override {
    return code == "11506-3" ? &progress_ : &none_;
  }

  absl::StatusOr<Concept> Find(std::int64_t) override { return Concept(); }

 private:
  MappedCode none_, progress_{.source = {.concept_id = 3000735},
                              .targets = {{.concept_id = 3000735, .standard = true}}};
};

class Notes : public ::testing::TestWithParam<const char*> {
 protected:
  Notes() : folder_(testing::TempPath("notes_test", GetParam())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ + "/notes");
    auto engine = engines_.Make(GetParam(), folder_);
    EXPECT_OK(engine.status());
    engine_ = *std::move(engine);
    EXPECT_OK(CreateCdm(*engine_));
  }

  ~Notes() override {
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/notes/" + name, std::ios::binary) << text;
  }

  absl::StatusOr<CdmLoadReport> Load(const std::string& name, NoteFilter* filter = nullptr) {
    auto source = OpenNoteFiles({folder_ + "/notes" + name}, {.ids = &ids_, .vocabulary = &codes_});
    if (!source.ok()) return source.status();
    if (filter != nullptr) source = FilterNotes(*std::move(source), *filter, entropy_, 64);
    return LoadCdm(*engine_, **source, {});
  }

  std::int64_t Count(const std::string& from) {
    const auto rows = engine_->Query("SELECT COUNT(*) FROM " + from);
    EXPECT_OK(rows.status());
    return std::get<std::int64_t>(rows->rows[0][0]);
  }

  std::vector<std::int64_t> Find(NoteQuery query) {
    const auto hits = SearchIndex(store_, query);
    EXPECT_OK(hits.status());
    std::vector<std::int64_t> ids;
    for (const NoteHit& hit : hits->hits) ids.push_back(hit.note_id);
    std::ranges::sort(ids);
    return ids;
  }

  std::int64_t Id(const std::string& key) const { return ids_.IdOf("note", "", key); }

  std::string folder_;
  TestEngines engines_;
  std::unique_ptr<SqlEngine> engine_;
  crypto::SystemEntropy entropy_;
  NoCodes codes_;
  IdMaker ids_{SecretBytes::CopyOf(std::string(32, 'k')), "p", "s"};
  CellCipher cipher_{SecretBytes::CopyOf(std::string(32, 'c')), entropy_};
  IndexStore store_{folder_ + "/index", SecretBytes::CopyOf(std::string(32, 'i')), entropy_};
};

TEST_P(Notes, AFolderWithItsIndex) {
  Write("a.txt", "Le patient tousse.");
  Write("b.txt",
        "D\xE9"
        "c\xE8s");
  Write("empty.txt", " \n");
  Write("index.csv",
        "fichier;IPP;date;titre;auteur;sejour;type\na.txt;7;12/03/2020 08:30;Lettre;x;V1;11506-3\n"
        "b.txt;7;2020-03-13;;;;\nempty.txt;7;2020-03-13;;;;\nnone.txt;7;2020-03-13;;;;\n"
        "../a.txt;7;2020-03-13;;;;\na.txt;;2020-03-13;;;;\na.txt;7;2020-02-30;;;;\n");
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report, Load(""));
  std::vector<std::string> faults;
  for (const BadRow& row : report.bad_rows)
    faults.push_back(std::to_string(row.line) + " " + row.column + " " + row.reason);
  EXPECT_THAT(faults, ElementsAre("4 file no text", "5 file no such file",
                                  "6 file a file outside the index's folder", "7 person no person",
                                  HasSubstr("8 date no date: expected")));
  EXPECT_EQ(Count("note"), 2);
  EXPECT_EQ(Count("note WHERE note_text = 'Décès'"), 1);
  EXPECT_EQ(Count("note WHERE note_class_concept_id = 3000735 AND note_title = 'Lettre' AND "
                  "language_concept_id = 4180190 AND note_date = DATE '2020-03-12' AND "
                  "visit_occurrence_id IS NOT NULL AND provider_id IN (SELECT provider_id FROM "
                  "provider WHERE provider_name IS NULL)"),
            1);
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport again, Load(""));
  EXPECT_TRUE(again.known);
  Write("a.txt", "Le patient ne tousse plus.");
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport changed, Load(""));
  EXPECT_FALSE(changed.known);
  EXPECT_EQ(Count("note"), 2);
}

TEST_P(Notes, TablesOfTextAndWhatIsNoIndex) {
  Write("n.ndjson",
        "{\"id\":1,\"patient\":\"p\",\"date\":\"2020-01-01\",\"text\":\"The cough is "
        "worse\",\"x\":{\"y\":null}}\n\n[1]\n{\"patient\":");
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report, Load("/n.ndjson"));
  ASSERT_EQ(report.bad_rows.size(), 2u);
  EXPECT_EQ(report.bad_rows[0].line, 3u);
  EXPECT_EQ(Count("note WHERE language_concept_id = 4180186"), 1);
  Write("long.ndjson",
        "\xEF\xBB\xBF{\"id\":2,\"patient\":\"p\",\"date\":\"2020-01-01\",\"text\":\"Toux\"}\n" +
            std::string(17 << 20, 'x') + "\n");
  EXPECT_EQ(Load("/long.ndjson").status().message(),
            folder_ + "/notes/long.ndjson: line 2: longer than 16 MiB");
  EXPECT_EQ(Count("note"), 1);
  Write("l.csv", "ipp,date,texte\n1,2020-01-01,Fi\xE8vre\n");
  ASSERT_OK(Load("/l.csv").status());
  EXPECT_EQ(Count("note WHERE note_text = 'Fièvre'"), 1);
  Write("lab.ndjson", "{\"id\":1,\"status\":\"final\"}\nname,born\n");
  EXPECT_THAT(Load("/lab.ndjson").status().message().data(),
              HasSubstr("lab.ndjson: expected notes: rows with a person and a text or a file"));
  EXPECT_EQ(Count("essaim_loads"), 2);
  Write("bad.csv", "a,b\n1,2\n");
  EXPECT_THAT(Load("/bad.csv").status().message().data(), HasSubstr("a column for the person"));
  EXPECT_EQ(Load("/none.csv").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Load("").status().message().data(), HasSubstr("two indexes"));
}

TEST_P(Notes, NotesWaitForTheirPersons) {
  // A source that tells of the note before it tells of its person.
  class Late : public CdmSource {
   public:
    explicit Late(IdentitySink& identities) : identities_(identities) {}

    std::string_view kind() const override { return "late"; }

    std::uint64_t bytes_total() const override { return 0; }

    absl::Status Read(CdmSink& sink) override {
      CdmRow note("note");
      for (int i = 1; i <= 3; ++i) {
        note.Set("note_id", std::int64_t{i});
        note.Set("person_id", std::int64_t{9});
        note.Set("note_date", std::string_view("2020-01-01"));
        note.Set("note_title", std::string_view("zorblax"));
        note.Set("note_text", std::string_view("zorblax tousse, qwertzy aussi"));
        EXPECT_OK(note.WriteTo(sink, {.file = "f", .line = 1}));
      }
      return identities_.Put({.person_id = 9, .family_name = "Zorblax"});
    }

   private:
    IdentitySink& identities_;
  };

  std::filesystem::create_directories(folder_ + "/identity");
  TestEngines engines;
  ASSERT_OK_AND_ASSIGN(const auto sql, engines.Make("duckdb", folder_ + "/identity"));
  ASSERT_OK_AND_ASSIGN(const auto store, IdentityStore::Open(*sql));
  ASSERT_OK(store->Put({.person_id = 9, .system = "s", .value = "v", .family_name = "Qwertzy"}));
  ASSERT_OK(store->Commit());
  ASSERT_OK_AND_ASSIGN(const auto deidentifier, NoteDeidentifier::Make(*store));
  // 64 bytes in memory: the rest waits sealed in a file.
  const auto source =
      FilterNotes(std::make_unique<Late>(*deidentifier), *deidentifier, entropy_, 64);
  ASSERT_OK(LoadCdm(*engine_, *source, {}).status());
  EXPECT_EQ(Count("note WHERE note_text = '[NOM] tousse, [NOM] aussi' AND note_title = '[NOM]'"),
            3);
}

// Tables of the CDM with short texts: what the identity store knows of the person, and rules.
TEST_P(Notes, ShortTextsOfOtherTablesIfTheyAreToo) {
  std::filesystem::create_directories(folder_ + "/identity");
  TestEngines engines;
  ASSERT_OK_AND_ASSIGN(const auto sql, engines.Make("duckdb", folder_ + "/identity"));
  ASSERT_OK_AND_ASSIGN(const auto store, IdentityStore::Open(*sql));
  ASSERT_OK(store->Put({.person_id = 7, .system = "s", .value = "v", .family_name = "Qwertz"}));
  ASSERT_OK(store->Commit());
  std::filesystem::create_directories(folder_ + "/cdm");
  std::ofstream(folder_ + "/cdm/observation.csv")
      << "observation_id,person_id,observation_concept_id,observation_date,"
         "observation_type_concept_id,value_as_string,value_source_value\n"
         "1,7,0,2020-03-12,0,\"vit avec Mme Qwertz, tel 06 12 34 56 78\",ancien fumeur\n"
         "2,8,0,2020-03-12,0,Never smoker,\n3,8,0,2020-03-12,0,,Dr Durand\n";
  const auto load = [&](bool values) {
    const auto deidentifier = NoteDeidentifier::Make(*store, {.values = values});
    auto tables = OpenOmopFiles({folder_ + "/cdm"}, nullptr);
    EXPECT_OK(tables.status());
    const auto source = FilterNotes(*std::move(tables), **deidentifier, entropy_, 64);
    EXPECT_OK(LoadCdm(*engine_, *source, {}).status());
  };
  load(false);
  EXPECT_EQ(Count("observation WHERE value_as_string LIKE '%Qwertz%'"), 1);
  load(true);  // other settings: another load
  EXPECT_EQ(Count("observation WHERE value_as_string = 'vit avec Mme [NOM], tel [TELEPHONE]' AND "
                  "value_source_value = 'ancien fumeur'"),
            1);
  EXPECT_EQ(Count("observation WHERE value_as_string = 'Never smoker'"), 1);
  EXPECT_EQ(Count("observation WHERE value_source_value = 'Dr [NOM]'"), 1);
}

TEST_P(Notes, AreIndexedSearchedAndForgotten) {
  Write("n.csv",
        "id,patient,date,auteur,text\n"
        "1,p,2020-01-01,x,\"Le patient a une sclérodermie. Douleurs thoraciques.\"\n"
        "2,p,2021-01-01,y,\"The patient has chest pains and a cough.\"\n"
        "3,q,2022-01-01,x,\"Douleur du genou. La hanche est libre.\"\n");
  ASSERT_OK(Load("/n.csv").status());
  ASSERT_OK(engine_->Execute("UPDATE note SET note_text = '" +
                             *cipher_.Seal("Douleur du genou. La hanche est libre.") +
                             "' WHERE note_id = " + std::to_string(Id("3"))));
  EXPECT_EQ(SearchIndex(store_, {.text = "x"}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  ASSERT_OK_AND_ASSIGN(const IndexReport first, UpdateIndex(*engine_, cipher_, store_, nullptr));
  EXPECT_EQ(first.n_added, 3u);
  EXPECT_THAT(Find({.text = "SCLERODERMIE"}), ElementsAre(Id("1")));
  EXPECT_THAT(Find({.text = "douleurs"}).size(), 2u);
  EXPECT_THAT(Find({.text = "douleur", .from = "2021-06-01"}), ElementsAre(Id("3")));
  EXPECT_THAT(Find({.text = "douleur", .until = "2020-01-01"}), ElementsAre(Id("1")));
  EXPECT_THAT(Find({.text = "\"chest pain\" OR genou"}), ElementsAre(Id("3")));
  EXPECT_THAT(Find({.text = "\"chest pains\""}), ElementsAre(Id("2")));
  EXPECT_THAT(Find({.text = "douleur SAUF genou"}), ElementsAre(Id("1")));
  EXPECT_THAT(Find({.text = "scler*"}), ElementsAre(Id("1")));
  EXPECT_THAT(Find({.text = "patient", .language = Language::kEnglish}), ElementsAre(Id("2")));
  EXPECT_THAT(Find({.text = "douleur", .providers = {ids_.IdOf("provider", "", "x")}}).size(), 2u);
  EXPECT_THAT(Find({.text = "douleur", .person_id = ids_.IdOf("person", "", "q")}),
              ElementsAre(Id("3")));
  EXPECT_EQ(SearchIndex(store_, {.text = "(((("}).status().code(), absl::StatusCode::kOk);
  // Nothing of the notes' words lies readable in the folder.
  for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/index")) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    EXPECT_EQ(bytes.find("sclerodermie"), std::string::npos);
  }
  const IndexStore other(folder_ + "/index", SecretBytes::CopyOf(std::string(32, 'o')), entropy_);
  EXPECT_EQ(SearchIndex(other, {.text = "x"}).status().code(), absl::StatusCode::kDataLoss);
  // An increment, a changed note, and a load that is taken back.
  Write("m.csv",
        "id,patient,date,text\n3,q,2022-01-01,Le coude est libre.\n4,q,2022-01-01,Un rhume.\n");
  ASSERT_OK(Load("/m.csv").status());
  ASSERT_OK_AND_ASSIGN(const IndexReport second, UpdateIndex(*engine_, cipher_, store_, nullptr));
  EXPECT_EQ(second.n_total, 4u);
  EXPECT_TRUE(Find({.text = "genou"}).empty());
  EXPECT_THAT(Find({.text = "libre coude"}), ElementsAre(Id("3")));
  ASSERT_OK(UndoLastLoad(*engine_));
  ASSERT_OK(UpdateIndex(*engine_, cipher_, store_, nullptr).status());
  EXPECT_TRUE(Find({.text = "rhume"}).empty());
  EXPECT_THAT(Find({.text = "genou"}), ElementsAre(Id("3")));
  ASSERT_OK_AND_ASSIGN(const IndexReport none, UpdateIndex(*engine_, cipher_, store_, nullptr));
  EXPECT_EQ(none.n_added + none.n_removed, 0u);
  // Under another key it is made anew, from the notes.
  ASSERT_OK_AND_ASSIGN(const IndexReport anew, UpdateIndex(*engine_, cipher_, other, nullptr));
  EXPECT_TRUE(anew.rebuilt && anew.n_added == 3);
  ASSERT_OK(UpdateIndex(*engine_, cipher_, store_, nullptr).status());
  EXPECT_EQ(
      UpdateIndex(*engine_, cipher_, store_, [](auto, auto) { return false; }).status().code(),
      absl::StatusCode::kOk);  // nothing to do, nothing to cancel
}

TEST_P(Notes, MentionsReplaceThoseOfAnEarlierRun) {
  Write("n.csv", "id,patient,date,text\n1,p,2020-01-01,\"Pas de fièvre. Dyspnée d'effort.\"\n");
  ASSERT_OK(Load("/n.csv").status());
  ASSERT_OK(engine_->Execute(
      "INSERT INTO note_nlp (note_nlp_id, note_id, nlp_system) VALUES (5, 1, 'another')"));
  std::unique_ptr<SqlEngine> reading;
  if (std::string_view(GetParam()) == "duckdb") {
    // One process opens the file once; two connections share it, as in the node.
    engine_.reset();
    ASSERT_OK_AND_ASSIGN(const auto file,
                         DuckDbFile::Open({.path = folder_ + "/warehouse.duckdb",
                                           .key = SecretBytes::CopyOf(std::string(32, 'k')),
                                           .entropy = &entropy_}));
    ASSERT_OK_AND_ASSIGN(engine_, OpenDuckDbEngine(file));
    ASSERT_OK_AND_ASSIGN(reading, OpenDuckDbEngine(file));
  } else {
    ASSERT_OK_AND_ASSIGN(reading, engines_.Again());
  }
  const auto annotate = [&](const std::vector<std::string>& terms, bool go_on = true) {
    TermDictionary dictionary;
    for (const std::string& term : terms)
      EXPECT_OK(dictionary.Add({.text = term, .concept_id = 437663}));
    dictionary.Build();
    AnnotateReport report;
    return AnnotateNotes(
        *engine_, *reading, codes_, cipher_, dictionary, "2024-01-01", "2024-01-01 10:00:00",
        [&](auto, auto) { return go_on; }, report);
  };
  ASSERT_OK(annotate({"fièvre", "dyspnée"}));
  EXPECT_EQ(Count("note_nlp"), 3);
  EXPECT_EQ(
      Count("note_nlp WHERE note_nlp_concept_id = 437663 AND term_exists = 'N' AND \"offset\" = "
            "'7' AND lexical_variant = 'fièvre' AND term_modifiers LIKE 'negated=true%'"),
      1);
  ASSERT_OK(annotate({"dyspnée"}));
  EXPECT_EQ(Count("note_nlp"), 2);
  EXPECT_EQ(annotate({"fièvre"}, false).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(Count("note_nlp WHERE term_exists = 'Y'"), 1);
}

TEST(Snippet, IsAroundTheWordsFound) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "mot ";
  text += "une Sclérodermie\nsystémique évolue";
  const std::string snippet =
      SnippetOf(text, Language::kFrench, {"sclerodermie", "Zsystem"}, "<", ">", 10);
  EXPECT_THAT(snippet, HasSubstr("une <Sclérodermie> "));
  EXPECT_LT(snippet.size(), 100u);
  EXPECT_EQ(SnippetOf("", Language::kFrench, {"x"}, "<", ">"), "");
}

INSTANTIATE_TEST_SUITE_P(Engines, Notes, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace essaim::text
