// What in a text tells who a person is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace essaim::text {

enum class Identifying : std::uint8_t {
  kName,          // of patients, their kin and carers
  kAddress,       // street, town
  kPostcode,      //
  kPhone,         // and fax
  kMail,          //
  kUrl,           //
  kNationalId,    // NIR, or a social security number of the United States
  kPatientId,     // IPP, record and stay numbers, licences, UUIDs
  kProfessional,  // RPPS, ADELI, FINESS, NPI
  kDate,          // a day or a month; a year alone stays
  kHospital,      //
  kAge,           // above 89
};

inline constexpr std::size_t kIdentifyingKinds = 12;

struct Span {
  std::size_t begin = 0, end = 0;  // in bytes
  Identifying kind = Identifying::kName;
};

// "NOM", "ADRESSE": what stands in brackets in the span's place.
std::string_view TagOf(Identifying kind);
std::optional<Identifying> KindOfTag(std::string_view tag);

// The French social security number: 13 characters (Corsica's departments with 2A and 2B) and a key
// of two digits that is 97 minus the number modulo 97.
// Source: Insee, "Numéro de sécurité sociale"; the letters count as 19 and 18.
bool NirKeyFits(std::string_view number13, std::string_view key2);
// 13 characters that can be one: sex, month, department.
bool NirPlausible(std::string_view number13);
// Luhn's check digit (ISO/IEC 7812-1, annex B) over all digits.
bool LuhnFits(std::string_view digits);

}  // namespace essaim::text
