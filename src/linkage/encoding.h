// Persons as Bloom filters under a secret: two sites' encodings can be compared by somebody who
// cannot read them.
//
// Schnell, Bachteler & Reiher, "Privacy-preserving record linkage using Bloom filters" (BMC Med
// Inform Decis Mak 9:41, 2009), hardened by what was found since: the positions of a bigram are
// drawn from HMAC-SHA-256 of it and not by double hashing, and all is salted by the year of birth,
// so that the commonest name is another filter in every year (Niedermeyer, Steinmetzer, Kroll &
// Schnell, "Cryptanalysis of basic Bloom filters used for privacy preserving record linkage" 2014);
// a filter is folded by exclusive or of its halves (Schnell & Borgs, "XOR-folding for Bloom
// filter-based encryptions for privacy-preserving record linkage", 2016). One filter a field,
// because the Fellegi-Sunter model compares fields.
//
// Filters of two years say nothing about each other. Lest a wrong year of birth hide a person, a
// record also has three hashes of the day and month of birth, the sex and both names together:
// equal where all of that is. A record without any birth date has hashes of both names, the sex,
// the postcode and a year, for each year that it may be of; every other has the one of its own
// year. So nobody's hashes join years but those of a record without a date. docs/linkage.md says
// what they tell the matcher, and what all this does not withstand.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret_bytes.h"
#include "crypto/hash.h"
#include "linkage/comparison.h"
#include "linkage/filter_overlap.h"
#include "linkage/person_fields.h"

namespace essaim::linkage {

inline constexpr std::size_t kIdHashBytes = 16;

// The years of birth that a record without a date may be of.
inline constexpr int kBirthYearFirst = 1900, kBirthYears = 150;

struct EncodedPerson {
  std::array<Filter, kFields> filters{};  // no bit set: the field is missing
  // Hashes of both names, sex, day and month of birth: names as they are; by their Soundex, in
  // either order; by their Soundex with the postcode. 0: a part is missing. Without the salt: none.
  std::array<std::uint64_t, 3> any_year{};
  // Hashes of both names as they are, sex, postcode and the year of birth; without a birth date,
  // one of each of kBirthYears. Empty: a part is missing.
  std::vector<std::uint64_t> undated;
  std::string id_hash;      // of the national identifier: 16 bytes, or empty
  std::uint64_t group = 0;  // of the salt: only records of one group are compared

  friend bool operator==(const EncodedPerson&, const EncodedPerson&) = default;
};

// What each hardening costs is measured by bench/linkage_bench.cc; files are always hardened.
struct Hardening {
  bool salt = true;
  bool fold = true;
  bool any_year = true;  // EncodedPerson::any_year is filled; with the salt alone
  bool undated = true;   // EncodedPerson::undated is filled; with the salt alone
};

// Of sites that are larger, so many persons have their names, sex and day in common with another
// that the hashes would join a common name's filters of all years, and undo the salt: 50,000 at
// each of two sites join 7 of 90 years of the commonest name, 100,000 join 67.
inline constexpr std::size_t kAnyYearPersonsMax = 50'000;

// A record without a date joins the years of those who share names, sex and postcode: with one
// date in ten missing, 30,000 at each of two sites join 4 of 90 years of the commonest name.
inline constexpr std::size_t kUndatedPersonsMax = 30'000;

inline Hardening HardeningFor(std::size_t n_persons) {
  return {.any_year = n_persons <= kAnyYearPersonsMax, .undated = n_persons <= kUndatedPersonsMax};
}

class Encoder {
 public:
  // `secret`: at least 16 bytes of which nothing can be guessed, shared by the sites of `project`.
  Encoder(const SecretBytes& secret, std::string_view project, Hardening hardening = {});

  EncodedPerson Encode(const PersonFields& person) const;
  // The same for equal secrets and projects: 8 bytes that tell files of different secrets apart.
  std::string KeyCheck() const;

 private:
  Filter Fill(std::string_view domain, std::string_view salt, const std::vector<std::string>& grams,
              std::size_t n_hashes) const;
  std::uint64_t Hash(std::string_view domain, const std::vector<std::string>& parts) const;
  void AddHashes(const PersonFields& person, EncodedPerson& encoded) const;
  void AddUndated(const PersonFields& person, EncodedPerson& encoded) const;

  crypto::HmacSha256Key key_;
  Hardening hardening_;
};

// Levels of DiceOverChance; a fold's loss is undone by the square root.
//
// Equal; at least 0.55 (a letter, a digit, one part of a date off); at least 0.38. Records of two
// groups: nothing but the sex can be compared, unless their hashes by Soundex are equal. Then the
// names are equal or much alike, the birth much (day and month), the postcode equal or not. Where
// one has no birth date: names and postcode equal, the birth missing.
Comparison CompareEncoded(const EncodedPerson& a, const EncodedPerson& b, bool folded = true);

// Keys of a pass (blocking.h) out of the filters: equal filters of the date, and for names samples
// of 10 bits, 24 times, that two alike filters have in common (locality-sensitive hashing by
// Hamming distance: Indyk & Motwani 1998; Karapiperis & Verykios 2015 for Bloom filters). They need
// no secret. The last two passes have hashes.
std::vector<std::uint64_t> EncodedBlockKeys(const EncodedPerson& person, std::size_t pass);

// Equal for equal filters of a group; 0 for a missing one.
std::uint64_t FilterKey(const EncodedPerson& person, Field field);

}  // namespace essaim::linkage
