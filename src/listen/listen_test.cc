#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "crypto/entropy.h"
#include "listen/batch.h"
#include "listen/connection.h"
#include "listen/receiver.h"
#include "listen/server.h"
#include "source/identity_store.h"
#include "warehouse/engines_testing.h"

namespace essaim::listen {
namespace {

namespace fs = std::filesystem;
using essaim::testing::HasCode;
using hl7v2::Frame;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class QuietLog : public Log {
 public:
  void Write(Severity, std::string_view event, std::initializer_list<Field>) override {
    events.emplace_back(event);
  }

  std::vector<std::string> events;
};

class NoCodes : public Vocabulary {
 public:
  absl::StatusOr<const MappedCode*> Map(std::string_view, std::string_view) override {
    return &none_;
  }

  absl::StatusOr<Concept> Find(std::int64_t) override { return Concept(); }

 private:
  MappedCode none_;
};

std::string Adt(const std::string& control_id, const std::string& rest,
                const std::string& more = "") {
  return absl::StrCat("MSH|^~\\&|LAB|HA|E|HB|20200105120000||ADT^A28|", control_id, "|P|2.5", more,
                      "\r", rest, "\r");
}

const std::string kPerson = "PID|1||1^^^H^MR||Moreau^Anne||19500302|F";

class Listen : public ::testing::Test {
 protected:
  Listen()
      : folder_(testing::TempPath(
            "listen_test", ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    Start();
  }

  ~Listen() override { fs::remove_all(folder_); }

  void Start(std::uint64_t bytes_max = std::uint64_t{1} << 30) {
    receiver_.reset();
    spool_.reset();
    auto spool = Spool::Open({.folder = folder_ + "/spool",
                              .key = SecretBytes::CopyOf(std::string(32, 's')),
                              .bytes_max = bytes_max,
                              .entropy = &entropy_});
    ASSERT_OK(spool.status());
    spool_ = *std::move(spool);
    receiver_.emplace(judge_, keys_, seen_, *spool_, clock_, log_);
  }

  // MSA-1 of each answer.
  std::vector<std::string> Codes(const std::vector<std::string>& messages) {
    std::vector<std::string> codes;
    for (const std::string& answer : receiver_->Receive(messages)) {
      hl7v2::MllpDecoder decoder;
      EXPECT_OK(decoder.Put(answer));
      std::string all;
      while (const auto text = decoder.Next()) {
        const auto message = hl7v2::ParseMessage(*text);
        EXPECT_OK(message.status());
        all += message->Find("MSA")->Text(1);
        if (const auto* err = message->Find("ERR")) {
          if (!err->Text(2).empty()) absl::StrAppend(&all, " ", err->Text(2), "-", err->Text(2, 3));
        }
      }
      codes.push_back(all);
    }
    return codes;
  }

  std::string folder_;
  crypto::SystemEntropy entropy_;
  SystemClock clock_;
  QuietLog log_;
  IdMaker ids_{SecretBytes::CopyOf(std::string(32, 'k')), "p", "s"};
  hl7v2::JudgeOptions judge_{.ids = &ids_, .processing_ids = "PT"};
  KeyMaker keys_{SecretBytes::CopyOf(std::string(32, 'q'))};
  SeenSet seen_;
  std::unique_ptr<Spool> spool_;
  std::optional<Receiver> receiver_;
};

TEST_F(Listen, AnswersSayWhatIsMadeOfAMessage) {
  EXPECT_THAT(Codes({Adt("1", kPerson), "no message", Adt("2", "PID|1||2^^^H^MR"),
                     Adt("3", "PID|1"), "MSH|^~\\&|A||||2020||ADT^A01|1|D|2.5\r" + kPerson,
                     "MSH|^~\\&|A||||2020||ADT^A01|1|P|3.0\r" + kPerson,
                     "MSH|^~\\&|A||||2020||ADT^A01||P|2.5\r" + kPerson,
                     "MSH|^~\\&|A||||2020||SIU^S12|4|P|2.5", "MSH|^~\\&|A||||2020||ACK|5|P|2.5"}),
              ElementsAre("AA", "AR", "AE PID-7", "AE PID-3", "AR MSH-11", "AR MSH-12", "AR MSH-10",
                          "AA", ""));
  EXPECT_EQ(spool_->waiting(), 2u);
  EXPECT_EQ(receiver_->counts().n_taken, 2u);
  EXPECT_EQ(receiver_->counts().n_error, 2u);
  EXPECT_EQ(receiver_->counts().n_rejected, 4u);
}

TEST_F(Listen, TheEnhancedModeAsksForItsAnswers) {
  EXPECT_THAT(Codes({Adt("1", kPerson, "|||AL|NE"), Adt("2", kPerson, "|||NE|AL"),
                     Adt("3", kPerson, "|||AL|AL"), Adt("4", kPerson, "|||NE|NE"),
                     Adt("5", kPerson, "|||ER|SU"), Adt("6", "PID|1", "|||ER|SU")}),
              ElementsAre("CA", "AA", "CAAA", "", "AA", "CE PID-3"));
}

TEST_F(Listen, AMessageThatComesAgainIsAnsweredAndNotTakenTwice) {
  EXPECT_THAT(Codes({Adt("1", kPerson), Adt("1", kPerson)}), ElementsAre("AA", "AA"));
  EXPECT_EQ(spool_->waiting(), 1u);
  // The control id again, for another message: nothing is lost.
  EXPECT_THAT(Codes({Adt("1", kPerson + "\rDG1|1||I10^^I10|||F")}), ElementsAre("AA"));
  EXPECT_EQ(spool_->waiting(), 2u);
  EXPECT_EQ(receiver_->counts().n_again, 1u);
}

TEST_F(Listen, AFullSpoolRefusesAndForgetsNothing) {
  Start(300);
  EXPECT_THAT(Codes({Adt("1", kPerson), Adt("2", kPerson + std::string(300, 'x'))}),
              ElementsAre("AA", "AE"));
  EXPECT_THAT(log_.events, ElementsAre("a message is not kept", "a message is refused"));
  Start();
  EXPECT_THAT(Codes({Adt("2", kPerson + std::string(300, 'x'))}), ElementsAre("AA"));
  EXPECT_EQ(spool_->waiting(), 1u);  // not taken for one that was kept
}

TEST_F(Listen, TheSpoolKeepsWhatWasSyncedAndNamesWhatIsDamaged) {
  ASSERT_OK(spool_->Append("one"));
  ASSERT_OK(spool_->Append("two"));
  ASSERT_OK(spool_->Sync());
  EXPECT_THAT(Spool::Open({.folder = folder_ + "/spool",
                           .key = SecretBytes::CopyOf(std::string(32, 's')),
                           .entropy = &entropy_})
                  .status(),
              HasCode(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(IsListening(folder_ + "/spool"));
  Start();  // as after a crash: nothing was cut
  EXPECT_THAT(spool_->Ready(), ElementsAre(1u));
  ASSERT_OK_AND_ASSIGN(Spool::Contents contents, spool_->Read(1));
  EXPECT_THAT(contents.messages, ElementsAre("one", "two"));
  const std::string path = folder_ + "/spool/0000000000000001.spool";
  const auto size = fs::file_size(path);
  {  // a third record, half written
    std::ofstream file(path, std::ios::app | std::ios::binary);
    file << std::string("\x30\0\0\0half", 8);
  }
  ASSERT_OK_AND_ASSIGN(contents, spool_->Read(1));
  EXPECT_THAT(contents.messages, ElementsAre("one", "two"));
  EXPECT_EQ(contents.damaged_bytes, 8u);
  fs::resize_file(path, size - 1);
  ASSERT_OK_AND_ASSIGN(contents, spool_->Read(1));
  EXPECT_THAT(contents.messages, ElementsAre("one"));
  ASSERT_OK(spool_->Done(1, true));
  EXPECT_TRUE(fs::exists(path + ".damaged"));
  ASSERT_OK(spool_->Append("three"));
  ASSERT_OK(spool_->Sync());
  spool_->Cut();
  EXPECT_THAT(spool_->Ready(), ElementsAre(2u));  // a number is never used twice
  // A file under another's number opens no record.
  fs::rename(folder_ + "/spool/0000000000000002.spool", folder_ + "/spool/0000000000000007.spool");
  ASSERT_OK_AND_ASSIGN(contents, spool_->Read(7));
  EXPECT_TRUE(contents.messages.empty());
}

TEST_F(Listen, WhatWasUndoneIsTakenAgain) {
  SeenSet first;
  const std::string path = folder_ + "/seen";
  const auto all = [](const std::string&) { return true; };
  ASSERT_OK_AND_ASSIGN(SeenFile file, SeenFile::Open(path, first, all));
  const MessageKey a{1}, b{2};
  ASSERT_OK(file.Keep(std::string(64, 'a'), {a}));
  ASSERT_OK(file.Keep(std::string(64, 'b'), {b}));
  std::ofstream(path, std::ios::app | std::ios::binary) << "half";
  SeenSet second;
  ASSERT_OK(
      SeenFile::Open(path, second, [](const std::string& id) { return id[0] == 'b'; }).status());
  EXPECT_FALSE(second.Has(a));
  EXPECT_TRUE(second.Has(b));
  SeenSet third;
  ASSERT_OK(SeenFile::Open(path, third, all).status());
  EXPECT_FALSE(third.Has(a));
  EXPECT_TRUE(third.Has(b));
}

TEST_F(Listen, AConnectionThatTakesTooLongIsOverdue) {
  const ConnectionLimits limits{.message_bytes_max = 100,
                                .message_ms_max = 1'000,
                                .idle_ms_max = 5'000,
                                .unread_ms_max = 2'000,
                                .unread_bytes_max = 10};
  Connection slow(nullptr, limits, 0);
  const std::string frame = Frame("MSH|x");
  for (std::size_t i = 0; i + 1 < frame.size(); ++i) {  // a byte every 200 ms
    ASSERT_OK(slow.Take(frame.substr(i, 1), static_cast<std::int64_t>(200 * i)));
    EXPECT_EQ(slow.Next(), std::nullopt);
  }
  EXPECT_EQ(slow.Overdue(900), "");
  EXPECT_THAT(std::string(slow.Overdue(1'200)), HasSubstr("a message took too long"));
  Connection idle(nullptr, limits, 0);
  ASSERT_OK(idle.Take(frame, 100));
  EXPECT_EQ(idle.Next(), "MSH|x");
  EXPECT_EQ(idle.Overdue(5'000), "");
  EXPECT_THAT(std::string(idle.Overdue(5'200)), HasSubstr("nothing came"));
  Connection deaf(nullptr, limits, 0);
  ASSERT_OK(deaf.Answer("more than ten bytes", 100));
  EXPECT_FALSE(deaf.wants_more());
  deaf.Sent(2, 1'000);
  EXPECT_EQ(deaf.Overdue(2'900), "");
  EXPECT_THAT(std::string(deaf.Overdue(3'100)), HasSubstr("not read"));
  deaf.Sent(deaf.unsent().size(), 3'100);
  EXPECT_TRUE(deaf.wants_more());
  Connection large(nullptr, limits, 0);
  EXPECT_THAT(large.Take("\x0b" + std::string(101, 'x'), 0),
              HasCode(absl::StatusCode::kResourceExhausted));
}

TEST(ListenAddress, IsOfThisMachineOrNot) {
  for (const char* own : {"127.0.0.1", "127.0.0.9", "::1"}) {
    ASSERT_OK_AND_ASSIGN(const bool loopback, IsLoopback(own));
    EXPECT_TRUE(loopback) << own;
  }
  for (const char* open : {"0.0.0.0", "::", "10.0.0.1"}) {
    ASSERT_OK_AND_ASSIGN(const bool loopback, IsLoopback(open));
    EXPECT_FALSE(loopback) << open;
  }
  EXPECT_THAT(IsLoopback("localhost").status(), HasCode(absl::StatusCode::kInvalidArgument));
}

// A sender on a real socket.
class Client {
 public:
  explicit Client(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{.tv_sec = 30, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }

  ~Client() { close(fd_); }

  bool Send(std::string_view bytes) {
    return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }

  // The next message; empty if the connection ended.
  std::string Receive() {
    while (true) {
      if (auto message = decoder_.Next()) return *message;
      char buffer[4096];
      const ssize_t n = recv(fd_, buffer, sizeof buffer, 0);
      if (n <= 0) return "";
      EXPECT_OK(decoder_.Put({buffer, static_cast<std::size_t>(n)}));
    }
  }

 private:
  int fd_;
  hl7v2::MllpDecoder decoder_;
};

class ListenServer : public Listen {
 protected:
  void Serve(ServerOptions options) {
    auto server = Server::Listen(
        options, [this](const auto& messages) { return receiver_->Receive(messages); }, log_);
    ASSERT_OK(server.status());
    server_ = *std::move(server);
    thread_ = std::thread([this] { EXPECT_OK(server_->Serve(stop_)); });
  }

  ~ListenServer() override {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

  std::atomic<bool> stop_{false};
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

TEST_F(ListenServer, TakesFragmentsBundlesAndSeveralSenders) {
  Serve({});
  Client one(server_->port()), two(server_->port());
  const std::string frame = Frame(Adt("1", kPerson));
  for (const char c : frame) ASSERT_TRUE(one.Send({&c, 1}));
  ASSERT_TRUE(two.Send(Frame(Adt("2", kPerson)) + Frame(Adt("3", kPerson)) + Frame("nonsense") +
                       frame.substr(0, 10)));
  EXPECT_THAT(one.Receive(), HasSubstr("MSA|AA|1\r"));
  EXPECT_THAT(two.Receive(), HasSubstr("MSA|AA|2\r"));
  EXPECT_THAT(two.Receive(), HasSubstr("MSA|AA|3\r"));
  EXPECT_THAT(two.Receive(), HasSubstr("MSA|AR||"));
  ASSERT_TRUE(two.Send(frame.substr(10)));
  EXPECT_THAT(two.Receive(), HasSubstr("MSA|AA|1\r"));
  EXPECT_EQ(receiver_->counts().n_again, 1u);
}

TEST_F(ListenServer, DropsWhoSendsNoFramesAndWhoComesInExcess) {
  Serve({.connections_max = 1, .limits = {.message_ms_max = 300}});
  {
    Client web(server_->port());
    ASSERT_TRUE(web.Send("GET / HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(web.Receive(), "");
  }
  while (server_->counts().n_now != 0) std::this_thread::yield();
  Client first(server_->port());
  ASSERT_TRUE(first.Send("\x0bMSH|slow"));
  while (server_->counts().n_now != 1) std::this_thread::yield();
  Client second(server_->port());
  EXPECT_EQ(second.Receive(), "");  // too many
  EXPECT_EQ(first.Receive(), "");   // too slow
  EXPECT_EQ(server_->counts().n_dropped, 3u);
}

TEST_F(ListenServer, WhoNeverReadsStopsOnlyItself) {
  Serve({.limits = {.unread_ms_max = 500}});
  Client deaf(server_->port());
  const std::string bundle = [] {
    std::string frames;
    for (int i = 0; i < 200; ++i) frames += Frame("nonsense that is answered at length");
    return frames;
  }();
  std::thread talking([&] {
    while (deaf.Send(bundle)) {
    }
  });
  Client other(server_->port());
  ASSERT_TRUE(other.Send(Frame(Adt("1", kPerson))));
  EXPECT_THAT(other.Receive(), HasSubstr("MSA|AA|1\r"));
  talking.join();  // it was dropped
  EXPECT_GE(server_->counts().n_dropped, 1u);
}

// The same on every engine.
class ListenBatch : public Listen, public ::testing::WithParamInterface<const char*> {
 protected:
  static std::vector<SqlRows> EveryTable(SqlEngine& engine) {
    std::vector<SqlRows> all;
    for (const CdmTable& table : CdmTables()) {
      std::string columns;
      for (const CdmField& field : table.fields)
        absl::StrAppend(&columns, columns.empty() ? "" : ", ", SqlName(field));
      auto rows = engine.Query(absl::StrCat("SELECT ", columns, " FROM ", std::string(table.name),
                                            " ORDER BY ", columns));
      EXPECT_OK(rows.status());
      all.push_back(*std::move(rows));
    }
    return all;
  }
};

TEST_P(ListenBatch, TheSamplesLandAsFromFiles) {
  const std::string messages = std::string(ESSAIM_SOURCE_DIR) + "/tests/data/hl7v2/messages";
  TestEngines engines;
  NoCodes codes;
  fs::create_directories(folder_ + "/files");
  fs::create_directories(folder_ + "/listened");
  ASSERT_OK_AND_ASSIGN(const auto by_file, engines.Make(GetParam(), folder_ + "/files"));
  ASSERT_OK_AND_ASSIGN(const auto source,
                       hl7v2::OpenHl7Files({messages}, {.ids = &ids_, .vocabulary = &codes}));
  ASSERT_OK(LoadCdm(*by_file, *source, {}).status());

  std::vector<std::string> paths;
  for (const auto& entry : fs::directory_iterator(messages)) paths.push_back(entry.path().string());
  std::ranges::sort(paths);
  std::vector<std::string> texts;
  for (const std::string& path : paths) {
    ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(path));
    for (const auto& part : hl7v2::SplitMessages(text)) texts.emplace_back(part.text);
  }
  ASSERT_EQ(texts.size(), 139u);
  for (const std::string& text : texts) receiver_->Receive({text});
  EXPECT_EQ(receiver_->counts().n_rejected, 0u);
  spool_->Cut();

  ASSERT_OK_AND_ASSIGN(const auto listened, engines.Make(GetParam(), folder_ + "/listened"));
  TestEngines identity_engines;
  ASSERT_OK_AND_ASSIGN(const auto identity_sql, identity_engines.Make("duckdb", folder_));
  ASSERT_OK_AND_ASSIGN(const auto identities, IdentityStore::Open(*identity_sql));
  ASSERT_OK_AND_ASSIGN(SeenFile seen,
                       SeenFile::Open(folder_ + "/seen", seen_, [](const auto&) { return true; }));
  const CdmLoadOptions options;
  const BatchTools tools{.spool = *spool_,
                         .keys = keys_,
                         .seen = seen,
                         .writing = *listened,
                         .reading = *listened,
                         .ids = ids_,
                         .vocabulary = codes,
                         .identities = *identities,
                         .notes = nullptr,
                         .entropy = entropy_,
                         .keep_identities = [&](CdmLoadReport&) { return identities->Commit(); },
                         .options = options};
  const std::string path = folder_ + "/spool/0000000000000001.spool";
  fs::copy_file(path, folder_ + "/kept");
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport report, LoadSegment(1, tools, log_));
  EXPECT_FALSE(report.known);
  EXPECT_FALSE(fs::exists(path));
  const std::vector<SqlRows> expected = EveryTable(*by_file), got = EveryTable(*listened);
  std::size_t n_rows = 0;
  for (std::size_t t = 0; t < got.size(); ++t) {
    EXPECT_EQ(got[t].rows, expected[t].rows) << std::string(CdmTables()[t].name);
    n_rows += got[t].rows.size();
  }
  EXPECT_GT(n_rows, 150u);
  // Stopped after the rows and before the segment was removed: nothing comes twice.
  fs::copy_file(folder_ + "/kept", path);
  ASSERT_OK_AND_ASSIGN(const CdmLoadReport again, LoadSegment(1, tools, log_));
  EXPECT_TRUE(again.known);
  EXPECT_FALSE(fs::exists(path));
}

TEST_P(ListenBatch, AResultFindsTheOrderOfAnEarlierBatch) {
  TestEngines engines, identity_engines;
  NoCodes codes;
  fs::create_directories(folder_ + "/identity");
  ASSERT_OK_AND_ASSIGN(const auto engine, engines.Make(GetParam(), folder_));
  ASSERT_OK_AND_ASSIGN(const auto identity_sql,
                       identity_engines.Make("duckdb", folder_ + "/identity"));
  ASSERT_OK_AND_ASSIGN(const auto identities, IdentityStore::Open(*identity_sql));
  ASSERT_OK_AND_ASSIGN(SeenFile seen,
                       SeenFile::Open(folder_ + "/seen", seen_, [](const auto&) { return true; }));
  const CdmLoadOptions options;
  const BatchTools tools{.spool = *spool_,
                         .keys = keys_,
                         .seen = seen,
                         .writing = *engine,
                         .reading = *engine,
                         .ids = ids_,
                         .vocabulary = codes,
                         .identities = *identities,
                         .notes = nullptr,
                         .entropy = entropy_,
                         .keep_identities = [&](CdmLoadReport&) { return identities->Commit(); },
                         .options = options};
  const std::string request = "\rOBR|1|P1^EHR|F1^LAB|GLU^Glucose^L";
  const std::string order =
      "MSH|^~\\&|EHR|H|LAB|H|20200105||OML^O21|1|P|2.5\r" + kPerson + "\rORC|NW|P1^EHR" + request;
  const std::string result = "MSH|^~\\&|LAB|H|EHR|H|20200106||ORU^R01|2|P|2.5\r" + kPerson +
                             request + "\rOBX|1|NM|GLU^Glucose^L||5";
  std::uint64_t segment = 0;
  for (const std::string& message : {order, result}) {
    EXPECT_THAT(Codes({message}), ElementsAre("AA"));
    spool_->Cut();
    ASSERT_OK(LoadSegment(++segment, tools, log_).status());
  }
  ASSERT_OK_AND_ASSIGN(
      const SqlRows rows,
      engine->Query("SELECT COUNT(*) FROM measurement m JOIN procedure_occurrence p ON "
                    "p.procedure_occurrence_id = m.measurement_event_id"));
  EXPECT_EQ(std::get<std::int64_t>(rows.rows[0][0]), 1);
}

INSTANTIATE_TEST_SUITE_P(Engines, ListenBatch, ::testing::ValuesIn(TestEngines::kNames),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace essaim::listen
