// What is compared of a person, in the one form that every comparison uses.
//
// Two sites that write the same person differently should agree after this step as often as can be:
// letters are folded to capitals of ASCII (accents and ligatures of Latin letters; other scripts
// stay as they are), everything between letters goes, dates and sexes have one spelling.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret_bytes.h"

namespace essaim::linkage {

// As an identity store has it; empty where it does not say.
struct RawPerson {
  std::string family_name, given_names, birth_date, sex, postcode;
  std::vector<std::pair<std::string, std::string>> identifiers;  // system, value
};

// Empty text: not known.
struct PersonFields {
  std::string family;  // letters alone: "LEGOFF" for "Le Goff"
  std::string given;   // the first given name: "JEANPIERRE" for "Jean-Pierre, Paul"
  // Words, sorted, one blank between; empty where there is but one, which stands above. "DURAND
  // MARTIN" for "Martin-Durand", "JEAN PIERRE" of the first given name, "JEAN PAUL PIERRE" of all.
  std::string family_parts, given_parts, given_all;
  std::string birth;        // YYYYMMDD, with zeros for a month or day that is not known
  std::string sex;          // "M" or "F"
  std::string postcode;     // capitals and digits
  std::string national_id;  // a NIR of 13 characters whose key was right, or a hashed one
};

PersonFields Normalise(const RawPerson& raw);

// Capitals of ASCII for Latin letters, one space between words, nothing else.
std::string FoldLetters(std::string_view utf8);

// The French NIR: 13 characters (2A and 2B for Corsica) out of 15 whose last two are their key, 97
// - n mod 97; empty otherwise. Spaces are ignored. Without a key it cannot be told from any number,
// unless the system's name says what it is.
std::string NirOf(std::string_view system, std::string_view value);

// A NIR that left its source hashed, as a claims extract has it: HMAC-SHA-256 under a secret that
// its makers keep, as 64 hexadecimal digits.
bool IsHashedId(std::string_view value);
std::string HashedId(const SecretBytes& secret, std::string_view nir);

// "R163" for Robert: the National Archives' Soundex (1930; NARA, General Information Leaflet 55).
// Empty if the text does not begin with a letter A-Z.
std::string Soundex(std::string_view folded);

}  // namespace essaim::linkage
