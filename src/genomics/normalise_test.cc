#include "genomics/normalise.h"

#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "base/testing/status_matchers.h"
#include "base/testing/temp_path.h"
#include "genomics/hgvs.h"
#include "genomics/reference_genome.h"

namespace essaim::genomics {
namespace {

namespace fs = std::filesystem;
using essaim::testing::StatusIs;
using ::testing::HasSubstr;

BaseAt Of(const std::string& sequence) {
  return [sequence](std::int64_t position) -> absl::StatusOr<char> {
    if (position < 1 || position > static_cast<std::int64_t>(sequence.size())) return '\0';
    return sequence[static_cast<std::size_t>(position) - 1];
  };
}

std::string Text(const absl::StatusOr<std::optional<Spelling>>& s) {
  EXPECT_OK(s.status());
  if (!s.ok() || !s->has_value()) return "none";
  return std::to_string((*s)->position) + " " + (*s)->reference + " " + (*s)->alternate;
}

std::string Hgvs(const std::string& sequence, const Spelling& spelling) {
  const auto right = RightShifted(spelling, Of(sequence));
  EXPECT_OK(right.status());
  if (!right.ok() || !right->has_value()) return "none";
  return NameOf({.chromosome = "1",
                 .position = (*right)->position,
                 .reference = (*right)->reference,
                 .alternate = (*right)->alternate},
                "")
      .hgvs;
}

TEST(Normalise, MovesAChangeToBothEndsOfItsRepeat) {
  // 1234567890123456
  const std::string s = "GGCACACACATTTTGC";
  for (const Spelling& same :
       {Spelling{7, "CAC", "C"}, Spelling{3, "CACA", "CA"}, Spelling{4, "ACA", "A"}}) {
    EXPECT_EQ(Text(LeftAligned(same, Of(s))), "2 GCA G");
    EXPECT_EQ(Hgvs(s, same), "1:g.9_10del");
  }
  EXPECT_EQ(Text(LeftAligned({9, "C", "CAC"}, Of(s))), "2 G GCA");
  EXPECT_EQ(Hgvs(s, {9, "C", "CAC"}), "1:g.9_10dup");
  EXPECT_EQ(Text(LeftAligned({13, "T", "TT"}, Of(s))), "10 A AT");
  EXPECT_EQ(Hgvs(s, {10, "A", "AT"}), "1:g.14dup");
  EXPECT_EQ(Hgvs(s, {10, "AT", "A"}), "1:g.14del");
  EXPECT_EQ(Hgvs(s, {11, "T", "TG"}), "1:g.11_12insG");
  // No insertion and no deletion: the bases that differ, and nothing moves.
  EXPECT_EQ(Text(LeftAligned({3, "CACA", "CAGA"}, Of(s))), "5 C G");
  EXPECT_EQ(Text(LeftAligned({5, "CAC", "GT"}, Of(s))), "5 CAC GT");
  EXPECT_EQ(Hgvs(s, {5, "CAC", "GT"}), "1:g.5_7delinsGT");
  // The ends of the sequence.
  EXPECT_EQ(Text(LeftAligned({2, "GC", "C"}, Of(s))), "1 GG G");
  EXPECT_EQ(Text(LeftAligned({1, "GGC", "C"}, Of(s))), "1 GGC C");
  EXPECT_EQ(Hgvs(s, {1, "GG", "G"}), "1:g.2del");
  EXPECT_EQ(Hgvs(s, {16, "C", "CC"}), "1:g.16dup");
  // Another sequence's base, and no change.
  EXPECT_EQ(Text(LeftAligned({3, "A", "G"}, Of(s))), "none");
  EXPECT_EQ(Text(LeftAligned({15, "GCC", "G"}, Of(s))), "none");
  EXPECT_EQ(Text(RightShifted({3, "C", "C"}, Of(s))), "none");
}

std::string Applied(const std::string& sequence, const Spelling& s) {
  std::string changed = sequence;
  return changed.replace(static_cast<std::size_t>(s.position) - 1, s.reference.size(), s.alternate);
}

// Whatever the spelling, the changed sequence is the same, and spellings of one insertion or
// deletion get one spelling; tried on all of them in short sequences of two letters.
TEST(Normalise, GivesAllSpellingsOfAnInsertionOrDeletionOne) {
  std::uint32_t state = 5;
  const auto random = [&] { return (state = state * 1664525 + 1013904223) >> 16; };
  for (int round = 0; round < 200; ++round) {
    std::string sequence;
    for (int i = 0; i < 12; ++i) sequence += random() % 3 == 0 ? 'C' : 'A';
    std::map<std::string, std::set<std::string>> left, right;
    for (std::size_t at = 0; at < sequence.size(); ++at) {
      for (std::size_t n = 1; n <= 4 && at + n <= sequence.size(); ++n) {
        const std::string from = sequence.substr(at, n);
        const auto take = [&](const std::string& to) {
          const Spelling s{static_cast<std::int64_t>(at) + 1, from, to};
          const std::string changed = Applied(sequence, s);
          if (changed.size() == sequence.size() || changed == sequence) return;
          const auto l = LeftAligned(s, Of(sequence)), r = RightShifted(s, Of(sequence));
          ASSERT_OK(l.status());
          ASSERT_OK(r.status());
          ASSERT_TRUE(l->has_value() && r->has_value());
          ASSERT_EQ(Applied(sequence, **l), changed);
          ASSERT_EQ(Applied(sequence, **r), changed);
          // Only of pure insertions and deletions: a longer change may be spelt in other ways.
          const bool pure = (*l)->reference.size() == 1 || (*l)->alternate.size() == 1;
          if (!pure || (*l)->reference[0] != (*l)->alternate[0]) return;
          left[changed].insert(Text(l));
          right[changed].insert(Hgvs(sequence, s));
        };
        take(from.substr(0, 1));
        take(from.substr(n - 1));
        for (const char* more : {"A", "C", "AC", "CA", "AA"}) {
          take(from + more);
          take(more + from);
        }
      }
    }
    for (const auto& [changed, spellings] : left)
      EXPECT_EQ(spellings.size(), 1u) << sequence << " " << changed << " " << *spellings.begin();
    for (const auto& [changed, names] : right)
      EXPECT_EQ(names.size(), 1u) << sequence << " " << changed << " " << *names.begin();
  }
}

class Fasta : public ::testing::Test {
 protected:
  Fasta() : folder_(testing::TempPath("fasta_test")) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }

  ~Fasta() override { fs::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << bytes;
    return folder_ + "/" + name;
  }

  std::string folder_;
};

TEST_F(Fasta, GivesBasesWithAnIndexAndWithout) {
  std::string big;
  for (int i = 0; i < 200'000; ++i) big += "ACGT"[(i * 7 + i / 13) % 4];
  std::string text = ">chr1 the first\nacgt\nACG\n>2\r\nNNAC\r\nGT\r\n>empty\n>big\n";
  for (std::size_t at = 0; at < big.size(); at += 61) text += big.substr(at, 61) + "\n";
  const std::string path = Write("a.fa", text);
  const std::string fai =
      "chr1\t7\t16\t4\t5\n2\t6\t29\t4\t6\nempty\t0\t46\t1\t2\nbig\t200000\t51\t61\t62\n";
  for (const bool indexed : {false, true}) {
    if (indexed) Write("a.fa.fai", fai);
    ASSERT_OK_AND_ASSIGN(const auto genome, ReferenceGenome::Open(path));
    for (const char* name : {"chr1", "1"}) {
      std::string all;
      for (int i = 0; i <= 8; ++i) {
        const char c = *genome->At(name, i);
        if (c != '\0') all += c;
      }
      EXPECT_EQ(all, "ACGTACG");
    }
    EXPECT_EQ(*genome->At("2", 6), 'T');
    EXPECT_EQ(*genome->At("chr2", 3), 'A');
    EXPECT_EQ(*genome->At("empty", 1), '\0');
    EXPECT_EQ(*genome->At("3", 1), '\0');
    EXPECT_FALSE(genome->Has("3"));
    for (const std::int64_t at : {1, 61, 62, 65'536, 65'537, 131'073, 200'000, 3})
      EXPECT_EQ(*genome->At("big", at), big[static_cast<std::size_t>(at) - 1]) << at;
    EXPECT_EQ(*genome->At("big", 200'001), '\0');
  }
}

// One block as bgzip writes it; the last of a file is empty.
std::string BgzfBlock(std::string text) {
  std::string data(text.size() + 1'000, '\0');
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
  z.next_in = reinterpret_cast<Bytef*>(text.data());
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(data.data());
  z.avail_out = static_cast<uInt>(data.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  data.resize(data.size() - z.avail_out);
  deflateEnd(&z);
  std::string out("\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0", 16);
  const auto little = [&out](std::uint64_t value, int n) {
    for (; n > 0; --n, value >>= 8) out += static_cast<char>(value & 0xff);
  };
  little(18 + data.size() + 8 - 1, 2);
  out += data;
  little(crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())), 4);
  little(text.size(), 4);
  return out;
}

std::string Bgzipped(const std::string& text, std::size_t block) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += block) out += BgzfBlock(text.substr(at, block));
  return out + BgzfBlock("");
}

TEST_F(Fasta, BgzippedIsTheSameAsPlain) {
  std::string big, text = ">chr1 the first\nacgt\nACG\n>big\n";
  for (int i = 0; i < 200'000; ++i) big += "ACGT"[(i * 7 + i / 13) % 4];
  for (std::size_t at = 0; at < big.size(); at += 60) text += big.substr(at, 60) + "\n";
  ASSERT_OK_AND_ASSIGN(const auto plain, ReferenceGenome::Open(Write("a.fa", text)));
  for (const bool indexed : {false, true}) {
    const std::string path = Write("a.fa.gz", Bgzipped(text, indexed ? 65'280 : 4'001));
    if (indexed) Write("a.fa.gz.fai", "chr1\t7\t16\t4\t5\nbig\t200000\t30\t60\t61\n");
    ASSERT_OK_AND_ASSIGN(const auto genome, ReferenceGenome::Open(path));
    EXPECT_EQ(genome->fingerprint(), plain->fingerprint());
    for (std::int64_t at = 1; at <= 200'001; at += at % 7 + 1)
      ASSERT_EQ(*genome->At("big", at), *plain->At("big", at)) << at;
    EXPECT_EQ(*genome->At("1", 7), 'G');
  }
}

TEST_F(Fasta, RefusesWhatIsCompressedOtherwiseOrBroken) {
  const auto opened = [&](const std::string& bytes) {
    return ReferenceGenome::Open(Write("b.fa.gz", bytes)).status();
  };
  const auto is = [](const char* text) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(text));
  };
  std::string bytes = Bgzipped(">1\nACGT\n>2\nACGTACGTACGTACGT\n", 8);
  EXPECT_OK(opened(bytes));
  EXPECT_THAT(opened(std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10)), is("gunzip -k"));
  EXPECT_THAT(opened(bytes.substr(0, 60)), is("block 2: the compressed data are broken or cut"));
  EXPECT_THAT(opened(bytes.substr(0, bytes.size() - 28)), is("cut: the empty block"));
  EXPECT_THAT(opened(bytes + "x"), is("broken or cut"));
  for (const std::size_t at : {10UL, 12UL, 16UL, 18UL, 22UL, 30UL}) {
    std::string other = bytes;
    other[at] = static_cast<char>(other[at] ^ 0x15);
    EXPECT_FALSE(opened(other).ok()) << at;
  }
}

TEST_F(Fasta, RefusesWhatIsNoneWithTheLine) {
  const auto opened = [&](const std::string& bytes, const std::string& fai = "") {
    const std::string path = Write("b.fa", bytes);
    fs::remove(path + ".fai");
    if (!fai.empty()) Write("b.fa.fai", fai);
    return ReferenceGenome::Open(path).status();
  };
  const auto is = [](const char* text) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(text));
  };
  EXPECT_THAT(ReferenceGenome::Open(folder_ + "/none").status(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no such file")));
  EXPECT_THAT(opened(""), is("line 1: no sequence"));
  EXPECT_THAT(opened("ACGT\n"), is("line 1: '>' and a name"));
  EXPECT_THAT(opened(">\nACGT\n"), is("line 1: a sequence without a name"));
  EXPECT_THAT(opened(">1\nAC\n>1\nAC\n"), is("two sequences of one name"));
  EXPECT_THAT(opened(">1\nACGT\nAC\nACGT\n"), is("line 4: lines of one sequence"));
  EXPECT_THAT(opened(">1\nAC\nACGT\n"), is("line 3: lines of one sequence"));
  EXPECT_THAT(opened(">1\nAC1\n"), is("line 2: no base"));
  EXPECT_THAT(opened(">1\nACGT\n", "1\t4\t3\t4\n"), is("b.fa.fai: line 1: name, length"));
  EXPECT_THAT(opened(">1\nACGT\n", "1\t400\t3\t4\t5\n"), is("line 1: it is not the index"));
  EXPECT_THAT(opened(">1\nACGT\n", "1\t4\t3\t0\t1\n"), is("line 1: it is not the index"));
  EXPECT_OK(opened(">1\nACGT\n", "1\t4\t3\t4\t5\n"));
  // An index of another file of the same size is found out where it is read.
  const std::string path = Write("c.fa", ">1\nAC\n>2\nAC\n");
  Write("c.fa.fai", "1\t7\t3\t10\t11\n");
  ASSERT_OK_AND_ASSIGN(const auto genome, ReferenceGenome::Open(path));
  EXPECT_THAT(genome->At("1", 1).status(), is("c.fa.fai: it is not the index of this file"));
}

}  // namespace
}  // namespace essaim::genomics
