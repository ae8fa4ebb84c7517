// The files between sites, and what the matcher makes of them.
#include "linkage/match_sites.h"

#include <map>

#include "base/testing/status_matchers.h"
#include "crypto/seeded_entropy.h"
#include "linkage/made_up_testing.h"

namespace essaim::linkage {
namespace {

using ::essaim::testing::HasCode;
using ::essaim::testing::StatusIs;
using ::testing::HasSubstr;

const std::string kNames = ESSAIM_SOURCE_DIR "/tests/data/linkage/names.csv";

EncodingFile FileOf(const std::string& site, const std::vector<MadeUpPerson>& people,
                    const char* secret = "the sites' own secret") {
  const Encoder encoder(SecretBytes::CopyOf(secret), "p");
  EncodingFile file{.project = "p", .site = site, .key_check = encoder.KeyCheck()};
  crypto::SeededEntropy entropy(SecretBytes::CopyOf(site), "tokens");
  for (const PersonFields& p : FieldsOf(people)) {
    std::string token(kTokenBytes, '\0');
    EXPECT_OK(entropy.Fill({reinterpret_cast<std::uint8_t*>(token.data()), token.size()}));
    file.tokens.push_back(token);
    file.persons.push_back(encoder.Encode(p));
  }
  return file;
}

class MatchSitesTest : public ::testing::Test {
 protected:
  crypto::SeededEntropy entropy_{SecretBytes::CopyOf("a seed"), "test"};
};

TEST_F(MatchSitesTest, EachSiteLearnsItsOwnAndOneSiteCountsFirst) {
  const auto lists = MakeUp(kNames, {.n = 800, .error_rate = 0.02, .seed = 9});
  ASSERT_OK(lists);
  const std::vector<EncodingFile> files = {FileOf("north", lists->a), FileOf("south", lists->b)};
  const auto report = MatchSites(files, entropy_);
  ASSERT_OK(report);
  ASSERT_EQ(report->links.size(), 2u);
  EXPECT_NEAR(static_cast<double>(report->n_shared), 240, 12);
  EXPECT_EQ(report->pairs[0].n_linked, report->n_shared);
  // The same ids on both sides; of each, one is first.
  std::map<std::string, int> firsts;
  std::size_t n_first_north = 0;
  for (const LinksFile& file : report->links) {
    EXPECT_EQ(file.links.size(), report->n_shared);
    for (const SharedRecord& link : file.links) {
      firsts[link.linkage_id] += link.first.empty() ? 1 : 0;
      if (file.site == "north" && link.first.empty()) ++n_first_north;
    }
  }
  EXPECT_EQ(firsts.size(), report->n_shared);
  for (const auto& [id, n] : firsts) EXPECT_EQ(n, 1);
  EXPECT_GT(n_first_north, report->n_shared / 3);  // by chance, not by name
  EXPECT_LT(n_first_north, 2 * report->n_shared / 3);
}

TEST_F(MatchSitesTest, ThreeSitesMakeOnePersonWithOneRecordEach) {
  const auto lists = MakeUp(kNames, {.n = 200, .shared = 1, .error_rate = 0, .seed = 4});
  ASSERT_OK(lists);
  const auto report =
      MatchSites({FileOf("a", lists->a), FileOf("b", lists->b), FileOf("c", lists->a)}, entropy_);
  ASSERT_OK(report);
  std::map<std::string, std::set<std::size_t>> orders;
  for (const LinksFile& file : report->links) {
    for (const SharedRecord& link : file.links) orders[link.linkage_id].insert(link.first.size());
  }
  EXPECT_GE(orders.size(), 190u);
  for (const auto& [id, order] : orders) EXPECT_EQ(order, (std::set<std::size_t>{0, 1, 2}));
}

TEST_F(MatchSitesTest, FilesThatDoNotBelongTogetherAreRefused) {
  const auto lists = MakeUp(kNames, {.n = 10});
  ASSERT_OK(lists);
  const EncodingFile a = FileOf("a", lists->a);
  EXPECT_THAT(MatchSites({a}, entropy_), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(MatchSites({a, a}, entropy_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("two files of the site a")));
  EXPECT_THAT(MatchSites({a, FileOf("b", lists->b, "another secret")}, entropy_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("the same secret")));
  EncodingFile other = FileOf("b", lists->b);
  other.project = "q";
  EXPECT_THAT(MatchSites({a, other}, entropy_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("two projects")));
}

TEST_F(MatchSitesTest, EncodingsComeBackAsTheyWere) {
  const auto lists = MakeUp(kNames, {.n = 20, .with_id = 0.5});
  ASSERT_OK(lists);
  const EncodingFile file = FileOf("a", lists->a);
  const std::string bytes = WriteEncodings(file);
  const auto read = ReadEncodings(bytes);
  ASSERT_OK(read);
  EXPECT_EQ(read->site, "a");
  ASSERT_EQ(read->persons.size(), 20u);
  std::map<std::string, EncodedPerson> by_token;
  for (std::size_t i = 0; i < 20; ++i) by_token[file.tokens[i]] = file.persons[i];
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(read->persons[i], by_token[read->tokens[i]]);
  EXPECT_EQ(WriteEncodings(*read), bytes);
  EXPECT_EQ(bytes.find("MARTIN"), std::string::npos);
}

TEST_F(MatchSitesTest, DamagedEncodingsAreRefused) {
  const auto lists = MakeUp(kNames, {.n = 3});
  ASSERT_OK(lists);
  const std::string bytes = WriteEncodings(FileOf("a", lists->a));
  for (std::size_t n = 0; n < bytes.size(); n += 7)
    EXPECT_THAT(ReadEncodings(bytes.substr(0, n)), HasCode(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadEncodings(bytes + "x"), HasCode(absl::StatusCode::kInvalidArgument));
  std::string many = bytes;  // a count of more records than there are bytes
  const std::size_t count = 4 + 18 + 4 + 1 + 4 + 1 + 4 + 8;
  many[count + 3] = '\x7F';
  EXPECT_THAT(ReadEncodings(many), HasCode(absl::StatusCode::kInvalidArgument));
}

TEST_F(MatchSitesTest, LinksComeBackAsTheyWereAndFaultsNameTheLine) {
  const LinksFile file{.project = "p",
                       .site = "b",
                       .sites = {"a", "b"},
                       .links = {{std::string(16, 'x'), std::string(16, 'y'), {"a"}},
                                 {std::string(16, 'z'), std::string(16, '1'), {}}}};
  const std::string text = WriteLinks(file);
  const auto read = ReadLinks(text);
  ASSERT_OK(read);
  EXPECT_EQ(WriteLinks(*read), text);
  EXPECT_EQ(read->links[0].first, std::vector<std::string>{"a"});
  const std::string token(32, '0');
  for (const auto& [bad, what] :
       {std::pair{std::string("x"), "line 1: not a file of links"},
        {text + token + " " + token + " c\n", "line 7: names a site"},
        {text + token + " " + token + " b\n", "line 7: names a site"},
        {text + token + "\n", "line 7: expected a token"},
        {text + text.substr(text.find("7878")), "line 7: a token twice"},
        {std::string("essaim links 1\nproject p\n"), "line 3: expected 'site ...'"}})
    EXPECT_THAT(ReadLinks(bad), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(what)));
}

TEST(EncodingFiles, KeepTheHashesOfARecordWithoutABirthDate) {
  const Encoder encoder(SecretBytes::CopyOf("the sites' own secret"), "p");
  EncodingFile file{.project = "p", .site = "north", .key_check = encoder.KeyCheck()};
  PersonFields p{
      .family = "MARTIN", .given = "CLAIRE", .birth = "19840512", .sex = "F", .postcode = "75011"};
  file.tokens = {std::string(kTokenBytes, 'a'), std::string(kTokenBytes, 'b')};
  file.persons.push_back(encoder.Encode(p));
  p.birth = "";
  file.persons.push_back(encoder.Encode(p));
  const auto again = ReadEncodings(WriteEncodings(file));
  ASSERT_OK(again);
  EXPECT_EQ(again->persons, file.persons);
  file.persons[1].undated.push_back(1);
  EXPECT_THAT(ReadEncodings(WriteEncodings(file)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("more years of birth")));
}

}  // namespace
}  // namespace essaim::linkage
