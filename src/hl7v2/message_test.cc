#include "hl7v2/message.h"

#include <filesystem>

#include "base/files.h"
#include "base/testing/status_matchers.h"
#include "hl7v2/mapper.h"
#include "hl7v2/mllp.h"

namespace essaim::hl7v2 {
namespace {

using ::essaim::testing::HasCode;
using ::essaim::testing::StatusIs;
using ::testing::HasSubstr;

TEST(Hl7Message, ReadsFieldsComponentsRepetitionsAndEscapes) {
  ASSERT_OK_AND_ASSIGN(
      const Message m,
      ParseMessage("\x0bMSH|^~\\&|A|B|||20200101||ADT^A01|7|P|2.5\r\nPID|1||12^^^H&1.2&ISO^MR~34^^^"
                   "^SS||D\xe9s\\T\\Co^Anne||\"\"\nZXY|own\\X41\\\\.br\\x\r\x1c"));
  EXPECT_EQ(m.type(), "ADT");
  EXPECT_EQ(m.event(), "A01");
  const Segment& pid = *m.Find("PID");
  EXPECT_EQ(pid.line(), 2u);
  EXPECT_EQ(pid.Repetitions(3), 2u);
  EXPECT_EQ(pid.Text(3, 1, 1), "34");
  EXPECT_EQ(pid.Text(3, 4, 0, 2), "1.2");
  EXPECT_EQ(pid.Text(5), "Dés&Co");
  EXPECT_EQ(pid.Text(7), "");
  EXPECT_EQ(pid.Text(99, 9, 9, 9), "");
  EXPECT_EQ(m.Find("ZXY")->Text(1), "ownA\nx");
  EXPECT_EQ(m.Find("PV1"), nullptr);
}

TEST(Hl7Message, SaysWhereItIsWrong) {
  const auto is = [](const char* text) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(text));
  };
  EXPECT_THAT(ParseMessage("").status(), is("line 1"));
  EXPECT_THAT(ParseMessage("PID|1").status(), is("line 1: expected MSH"));
  EXPECT_THAT(ParseMessage("MSH|||||x").status(), is("delimiters"));
  EXPECT_THAT(ParseMessage("MSH|^~\\&|A\rpid|1").status(), is("line 2: expected a segment"));
  EXPECT_THAT(ParseMessage("MSH|^~\\&|A\rPID1|1").status(), is("line 2"));
  EXPECT_THAT(ParseMessage("MSH|^~\\&|" + std::string(kMessageBytesMax, 'x')).status(),
              HasCode(absl::StatusCode::kResourceExhausted));
}

TEST(Hl7Message, EverySampleIsRead) {
  int n = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(ESSAIM_SOURCE_DIR) +
                                                               "/tests/data/hl7v2/messages")) {
    ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(entry.path().string()));
    for (const MessageText& part : SplitMessages(text)) {
      ASSERT_OK_AND_ASSIGN(const Message m, ParseMessage(part.text));
      EXPECT_EQ(m.type().size(), 3u) << entry.path();
      ++n;
    }
  }
  EXPECT_EQ(n, 139);
}

TEST(Hl7Message, ABatchHasSeveral) {
  const std::string text = "FHS|^~\\&\rBHS|^~\\&\rMSH|^~\\&|1\rPID|1\rMSH|^~\\&|2\rBTS|2\rFTS|1\r";
  const auto parts = SplitMessages(text);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].line, 3u);
  ASSERT_OK_AND_ASSIGN(const Message second, ParseMessage(parts[1].text));
  EXPECT_EQ(second.segments().size(), 1u);
  EXPECT_EQ(SplitMessages("nothing of the kind").size(), 1u);
}

TEST(Hl7Time, IsTheWallClock) {
  EXPECT_EQ(MomentOf("198908181126+0215").time, "1989-08-18 11:26:00");
  EXPECT_EQ(MomentOf("20200229103059.123").time, "2020-02-29 10:30:59");
  EXPECT_EQ(MomentOf("1950").date, "1950-01-01");
  EXPECT_EQ(MomentOf("195003").date, "1950-03-01");
  for (const char* bad : {"", "2020-01-01", "20210229", "19", "2020010199", "abcd"})
    EXPECT_EQ(MomentOf(bad).date, "") << bad;
}

TEST(Mllp, TakesFramesApartHoweverTheyCome) {
  const std::string bytes = Frame("MSH|1") + Frame("MSH|2");
  MllpDecoder decoder;
  std::vector<std::string> got;
  for (const char c : bytes) {
    ASSERT_OK(decoder.Put({&c, 1}));
    while (auto message = decoder.Next()) got.push_back(*message);
  }
  EXPECT_EQ(got, (std::vector<std::string>{"MSH|1", "MSH|2"}));
  EXPECT_THAT(decoder.Put("garbage"), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(decoder.Put(Frame("MSH|3")), HasCode(absl::StatusCode::kFailedPrecondition));
  MllpDecoder endless;
  EXPECT_THAT(endless.Put("\x0b" + std::string(kMessageBytesMax + 1, 'x')),
              HasCode(absl::StatusCode::kResourceExhausted));
  // An end's first byte alone ends nothing, and takes nobody past the limit.
  MllpDecoder half(8);
  EXPECT_THAT(half.Put("\x0b\x1cxxxxxxxxxx"), HasCode(absl::StatusCode::kResourceExhausted));
}

TEST(Mllp, LineEndsBetweenFramesAreNothing) {
  MllpDecoder decoder(8);
  ASSERT_OK(decoder.Put("\r\n" + Frame("MSH|1") + "\r\n" + Frame("MSH|2") + Frame("MSH|34567")));
  EXPECT_EQ(decoder.Next(), "MSH|1");
  EXPECT_EQ(decoder.Next(), "MSH|2");
  EXPECT_EQ(decoder.Next(), std::nullopt);
  EXPECT_THAT(decoder.status(), HasCode(absl::StatusCode::kResourceExhausted));
}

TEST(Ack, AnswersTheSender) {
  ASSERT_OK_AND_ASSIGN(const Message asked,
                       ParseMessage("MSH|^~\\&|LAB|HA|EHR|HB|2020||ORU^R01|42|T|2.4\rPID|1"));
  const auto ack = [&](const Message* to, const Ack& what, AckKind kind = AckKind::kApplication) {
    return BuildAck(to, what, kind, "9", "20200102");
  };
  EXPECT_EQ(ack(&asked, {}), "MSH|^~\\&|EHR|HB|LAB|HA|20200102||ACK^R01|9|T|2.4\rMSA|AA|42\r");
  const Ack wrong{.code = AckCode::kError, .error = 101, .location = "PID^1^3", .text = "a|b\rMSH"};
  ASSERT_OK_AND_ASSIGN(const Message error, ParseMessage(ack(&asked, wrong)));
  EXPECT_EQ(error.Find("MSA")->Text(1), "AE");
  EXPECT_EQ(error.Find("MSA")->Text(3), "a|b MSH");
  EXPECT_EQ(error.Find("ERR")->Text(2, 3), "3");
  EXPECT_EQ(error.Find("ERR")->Text(3, 1), "101");
  EXPECT_EQ(error.Find("ERR")->Text(8), "a|b MSH");
  ASSERT_OK_AND_ASSIGN(const Message commit, ParseMessage(ack(&asked, wrong, AckKind::kCommit)));
  EXPECT_EQ(commit.Find("MSA")->Text(1), "CE");
  EXPECT_OK(ParseMessage(ack(nullptr, {.code = AckCode::kReject, .text = "no message"})).status());
}

}  // namespace
}  // namespace essaim::hl7v2
