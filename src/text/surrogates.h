// Invented names and moved dates in the place of those that a note had, the same for the same
// person.
//
// A name's words each become another name, drawn by HMAC-SHA-256 under a key of the site and
// project from the person's number and the word: in all notes of a person "Dupont" is one other
// name, in another person's another one, so that how common a name is cannot be counted. Dates move
// by the person's own days (warehouse/date_shift.h). What was put in is marked, "[NOM:Claire
// FABRE]", since a text without marks would look as if nothing had been taken out of it.
//
// Threads: const functions may run concurrently.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret_bytes.h"
#include "crypto/hash.h"
#include "text/identifying.h"
#include "warehouse/date_shift.h"

namespace essaim::text {

class Surrogates {
 public:
  // `master`: 32 bytes of the site; `project` and `site` part the keys. `shift`: what moves the
  // dates of the person's rows, outlives this; null: dates become tags.
  Surrogates(const SecretBytes& master, std::string_view project, std::string_view site,
             const DateShift* shift);

  // The text with its spans replaced; kinds without a surrogate, and dates that are not read,
  // become their tag.
  std::string Replace(std::string_view text, const std::vector<Span>& spans,
                      std::int64_t person_id) const;

  // "claire", "FABRE": a name in the place of each word, in its letters' case; particles stay.
  std::string NameFor(std::int64_t person_id, std::string_view name) const;

 private:
  std::uint64_t Draw(std::int64_t person_id, std::string_view folded) const;

  crypto::HmacSha256Key key_;
  const DateShift* shift_;
};

}  // namespace essaim::text
