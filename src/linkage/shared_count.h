// How many persons two sites have in common, exactly equal ones, and nothing else: no third party,
// no common secret, and neither learns who they are.
//
// Both blind their persons' keys (crypto/blinding.h); what both have blinded is equal where the
// keys were. The asking site's elements come back in another order, so that it counts and does not
// find (De Cristofaro, Gasti & Tsudik, "Fast and private computation of cardinality of set
// intersection and union", CANS 2012). For sites that keep to the protocol: one that puts chosen
// persons into its list learns how many of them are there.
//
// Messages: little-endian: Bytes(mark), Bytes(project), Bytes(site), then one list (the question)
// or two (the answer: the asker's, blinded again, and one's own): U32(n) and n elements of 32
// bytes, in the order of their bytes, which says nothing about the persons'.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/blinding.h"
#include "linkage/person_fields.h"

namespace essaim::linkage {

inline constexpr std::size_t kCountedMax = 5'000'000;  // persons of a site
inline constexpr std::size_t kCountBytesMax = 2 * kCountedMax * crypto::kElementBytes + 4096;

// The national identifier where there is one, else names, birth date and sex; empty: neither is
// known. Each once.
std::vector<std::string> CountedKeys(const std::vector<PersonFields>& people);

struct CountQuestion {
  std::string project, site;
  std::vector<std::string> elements;
};

struct CountAnswer {
  std::string project, site;            // of who answers
  std::vector<std::string> asked, own;  // the asker's elements blinded twice, one's own once
};

// kResourceExhausted: more than kCountedMax persons.
absl::StatusOr<std::string> AskCount(const std::string& project, const std::string& site,
                                     const std::vector<std::string>& keys,
                                     const crypto::BlindingKey& key);
absl::StatusOr<CountQuestion> ReadCountQuestion(std::string_view bytes);
absl::StatusOr<std::string> AnswerCount(const CountQuestion& question, const std::string& site,
                                        const std::vector<std::string>& keys,
                                        const crypto::BlindingKey& key);
absl::StatusOr<CountAnswer> ReadCountAnswer(std::string_view bytes);
// `key`: of the question.
absl::StatusOr<std::size_t> FinishCount(const CountAnswer& answer, const crypto::BlindingKey& key);

}  // namespace essaim::linkage
