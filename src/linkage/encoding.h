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
// because the Fellegi-Sunter model compares fields. Records of different years are not compared.
// docs/linkage.md says what this does not withstand.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret_bytes.h"
#include "crypto/hash.h"
#include "linkage/comparison.h"
#include "linkage/person_fields.h"

namespace essaim::linkage {

// After folding. Names share the first hashing, so that a name in the other's place is seen.
inline constexpr std::size_t kFilterWords = 4;  // 256 bits
using Filter = std::array<std::uint64_t, kFilterWords>;

inline constexpr std::size_t kIdHashBytes = 16;

struct EncodedPerson {
  std::array<Filter, kFields> filters{};  // no bit set: the field is missing
  std::string id_hash;                    // of the national identifier: 16 bytes, or empty
  std::uint64_t group = 0;                // of the salt: only records of one group are compared

  friend bool operator==(const EncodedPerson&, const EncodedPerson&) = default;
};

// What each hardening costs is measured by bench/linkage_bench.cc; files are always hardened.
struct Hardening {
  bool salt = true;
  bool fold = true;
};

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

  crypto::HmacSha256Key key_;
  Hardening hardening_;
};

// Levels of DiceOverChance; a fold's loss is undone by the square root.
//
// Equal; at least 0.55 (a letter, a digit, one part of a date off); at least 0.38. Records of two
// groups: nothing but the sex can be compared.
Comparison CompareEncoded(const EncodedPerson& a, const EncodedPerson& b, bool folded = true);

// Keys of a pass (blocking.h) out of the filters: equal filters of the date, and for names samples
// of 10 bits, 24 times, that two alike filters have in common (locality-sensitive hashing by
// Hamming distance: Indyk & Motwani 1998; Karapiperis & Verykios 2015 for Bloom filters). They need
// no secret.
std::vector<std::uint64_t> EncodedBlockKeys(const EncodedPerson& person, std::size_t pass);

}  // namespace essaim::linkage
