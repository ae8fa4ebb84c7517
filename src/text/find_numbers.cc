// Mail addresses, links, and numbers: of persons, telephones and professionals; ages above 89.
#include <algorithm>
#include <string>

#include "text/finders.h"

namespace essaim::text {
namespace {

constexpr std::size_t kPhoneTokensMax = 16;

// Digits and letters from token i on, over single marks of `between` and blanks; `end` is one past
// the last token that has some.
struct Run {
  std::string digits;
  std::size_t end = 0;
};

bool IsMark(const Token& token, std::string_view marks) {
  return token.kind == Token::Kind::kMark && token.folded.size() == 1 &&
         marks.find(token.folded[0]) != std::string_view::npos;
}

Run DigitsFrom(const NoteText& note, std::size_t i, std::string_view between, std::size_t most) {
  Run run;
  for (std::size_t n = 0; n < kPhoneTokensMax; ++n, ++i) {
    const Token& token = note[i];
    if (token.is_number()) {
      if (run.digits.size() + token.folded.size() > most) break;
      run.digits += token.folded;
      run.end = i + 1;
    } else if (!IsMark(token, between)) {
      break;
    }
  }
  return run;
}

// 01 23 45 67 89, +33 1 ..., 0033 ...; (555) 555-0199, +1 555 ...; + and 8 digits or more.
std::size_t PhoneEnd(const NoteText& note, std::size_t i) {
  const bool plus = note[i].Is("+");
  const bool bracket = note[i].Is("(") && note.Digits(i + 1) == 3;
  const std::size_t first = plus || bracket ? i + 1 : i;
  const std::size_t n = note.Digits(first);
  if (n == 0) return 0;
  const Run run = DigitsFrom(note, first, " .-()/", 15);
  const std::string& d = run.digits;
  if (plus) return d.size() >= 8 ? run.end : 0;
  if (d.size() == 10 && d[0] == '0' && d[1] != '0' && (n == 2 || n == 4 || n == 10)) return run.end;
  if (d.starts_with("0033") && d.size() >= 13) return run.end;
  // Great Britain: eleven digits, the area's three to five apart ("020 7946 0123", "07700 900123").
  const Run british = DigitsFrom(note, first, " -()", 11);
  if (british.digits.size() == 11 && british.digits[0] == '0' && british.digits[1] != '0' &&
      (n >= 3 && n <= 5))
    return british.end;
  // North America: groups of 3, 3 and 4, or one of ten digits in brackets' company.
  const Run american = DigitsFrom(note, first, " .-()", 11);
  const std::size_t lead = n == 1 && note[first].Is("1") ? 1 : 0;
  const std::size_t area = first + (lead == 1 ? 1 : 0);
  if (american.digits.size() != 10 + lead) return 0;
  std::size_t at = area;
  while (at < american.end && !note[at].is_number()) ++at;
  if (note.Digits(at) != 3) return 0;
  std::size_t exchange = at + 1;
  while (exchange < american.end && !note[exchange].is_number()) ++exchange;
  return note.Digits(exchange) == 3 ? american.end : 0;
}

// A number that a word announces: "IPP : 8003453", "MRN# A-12345", "n° dossier 12/345".
// `begin` is where the number itself begins; gives one past its end, 0 if there is none.
std::size_t NumberAfter(const NoteText& note, std::size_t i, std::size_t digits_min,
                        std::size_t& begin) {
  for (std::size_t n = 0; n < 6; ++n) {
    const Token& token = note[i];
    const bool filler =
        IsMark(token, ":#=.-(") || token.Is("\xC2\xB0") || token.Is("\xC2\xBA") ||
        InList(token.folded,
               "no n num numero number is est id patient nr dossier sejour admission record "
               "venue account chart hospitalisation identification de du d");
    if (!filler) break;
    ++i;
  }
  begin = i;
  std::size_t n_digits = 0, end = 0;
  while (i < begin + 12) {
    const Token& token = note[i];
    const bool part = token.is_number() || token.is_word();
    if (!part && !IsMark(token, "-/.")) break;
    // Parts of one number stand without blanks, or are all digits.
    if (i > begin && !note.Touches(i - 1) && !(token.is_number() && note[i - 1].is_number())) break;
    if (token.is_number()) {
      n_digits += token.folded.size();
      end = i + 1;
    } else if (token.is_word() && n_digits > 0) {
      end = i + 1;
    }
    ++i;
  }
  return n_digits >= digits_min ? end : 0;
}

bool IsPhoneWord(std::string_view word) {
  return InList(
      word,
      "tel telephone phone fax telecopie portable mobile cell gsm pager bip beeper "
      "telephonique joignable standard secretariat ligne ext poste callback line contacter "
      "joindre whatsapp switchboard extension");
}

// Words that say that a number is a person's, a document's or a professional's.
bool IsPatientNumberWord(const NoteText& note, std::size_t i) {
  if (InList(note[i].folded,
             "ipp nip iep nda mrn ssn nss ins acct csn epi matricule passeport passport permis "
             "uhid fin csn "
             "nhs"))
    return true;
  static constexpr WordList kSecond =
      "dossier sejour admission record patient passage venue license licence account chart "
      "hospitalisation encounter identifiant identification";
  const bool number = InList(note[i].folded, "numero num no n number id identifiant");
  const std::size_t next = note[i + 1].Is("\xC2\xB0") || note[i + 1].Is("\xC2\xBA") ? i + 2 : i + 1;
  if (number && (InList(note[next].folded, kSecond) ||
                 (InList(note[next].folded, "de du d") && InList(note[next + 1].folded, kSecond))))
    return true;
  return InList(note[i].folded, kSecond) &&
         (InList(note[i + 1].folded, "number no numero num n id") || note[i + 1].Is("#"));
}

void FindProfessional(NoteText& note, std::size_t i) {
  if (!InList(note[i].folded, "rpps adeli finess npi dea")) return;
  std::size_t begin = 0;
  const std::size_t end = NumberAfter(note, i + 1, 5, begin);
  if (end > 0) note.Take(begin, end, Identifying::kProfessional);
}

// 13 characters, with a key or without, grouped or not: the key decides where nothing announces it.
void FindNir(NoteText& note, std::size_t i, bool announced) {
  if (!note[i].is_number() || (i > 0 && note[i - 1].is_number() && note.Touches(i - 1))) return;
  std::string characters;
  std::size_t end = i, at13 = 0;
  for (std::size_t at = i; at < i + 20 && characters.size() < 15; ++at) {
    const Token& token = note[at];
    const bool corsica = characters.size() == 6 && (token.Is("a") || token.Is("b"));
    if (token.is_number() || corsica) {
      characters += corsica ? (token.Is("a") ? "A" : "B") : token.folded;
      end = at + 1;
      if (characters.size() == 13) at13 = end;
    } else if (!IsMark(token, " .-/")) {
      break;
    }
  }
  if (characters.size() == 15 && NirPlausible(characters.substr(0, 13)) &&
      (announced || NirKeyFits(characters.substr(0, 13), characters.substr(13))))
    return note.Take(i, end, Identifying::kNationalId);
  const bool grouped = note.Digits(i) == 1 && note.Digits(i + 1) == 2 && note.Digits(i + 2) == 2;
  if (at13 > 0 && NirPlausible(characters.substr(0, 13)) && (announced || grouped)) {
    note.Take(i, characters.size() == 15 ? end : at13, Identifying::kNationalId);
  } else if (characters.size() == 15 && grouped && NirPlausible(characters.substr(0, 13))) {
    note.Take(i, end, Identifying::kNationalId);
  }
}

// 999-88-8619
void FindSsn(NoteText& note, std::size_t i) {
  if (note.Digits(i) == 3 && note[i + 1].Is("-") && note.Digits(i + 2) == 2 &&
      note[i + 3].Is("-") && note.Digits(i + 4) == 4 && note.Touches(i) && note.Touches(i + 1) &&
      note.Touches(i + 2) && note.Touches(i + 3))
    note.Take(i, i + 5, Identifying::kNationalId);
}

// 8-4-4-4-12 hexadecimal digits (RFC 4122).
void FindUuid(NoteText& note, std::size_t i) {
  constexpr std::size_t kBytes = 36;
  const std::size_t begin = note[i].begin;
  if (begin + kBytes > note.text().size()) return;
  const std::string_view text = note.text().substr(begin, kBytes);
  for (std::size_t c = 0; c < kBytes; ++c) {
    const bool dash = c == 8 || c == 13 || c == 18 || c == 23;
    const bool hex = (text[c] >= '0' && text[c] <= '9') || (text[c] >= 'a' && text[c] <= 'f') ||
                     (text[c] >= 'A' && text[c] <= 'F');
    if (dash ? text[c] != '-' : !hex) return;
  }
  note.TakeBytes(begin, begin + kBytes, Identifying::kPatientId);
}

// 90 and more before "ans", "years", "-year-old", "y/o"; after "âgé de", "aged", "age:".
void FindAge(NoteText& note, std::size_t i) {
  const std::size_t n = note.Digits(i);
  const std::string& digits = note[i].folded;
  const bool old = (n == 2 && digits[0] == '9') || (n == 3 && digits[0] == '1' && digits[1] < '3');
  if (!old) return;
  const std::size_t next = note[i + 1].Is("-") ? i + 2 : i + 1;
  const bool after = InList(note[next].folded, "ans an annees yo yr yrs year years y yof yom") &&
                     !(note[next].Is("y") && !note[next + 1].Is("/") && !note[next + 1].Is("."));
  const std::string& before = note[i - 1].folded;
  const bool label = i > 1 &&
                     (before == ":" || before == "de" || before == "is" || before == "=") &&
                     InList(note[i - 2].folded, "age agee ages aged");
  if (after || label || (i > 0 && InList(before, "aged age agee")))
    note.Take(i, i + 1, Identifying::kAge);
}

// "quatre-vingt-douze ans", "ninety-two years"
void FindAgeInWords(NoteText& note, std::size_t i) {
  std::size_t end = i;
  if (note[i].Is("ninety") || note[i].Is("nonante")) {
    end = note[i + 1].Is("-") ? i + 3 : i + 1;
  } else if (note.Matches(i, {"quatre", "-", "vingt", "-"}) &&
             InList(note[i + 4].folded, "dix onze douze treize quatorze quinze seize")) {
    end = note[i + 5].Is("-") && note[i + 6].is_word() ? i + 7 : i + 5;
  } else if (note[i].Is("cent") && note[i + 1].Is("ans")) {
    end = i + 1;
  } else {
    return;
  }
  for (std::size_t at = end; at < end + 3; ++at) {
    if (InList(note[at].folded, "ans years year")) return note.Take(i, end, Identifying::kAge);
  }
}

// Numbers that a word before them announces.
void FindAnnounced(NoteText& note, std::size_t i) {
  const bool secu = InList(note[i].folded, "nir secu securite social sociale nss ss insee");
  if (secu) {
    for (std::size_t at = i + 1; at < i + 6; ++at) FindNir(note, at, true);
  }
  if (IsPatientNumberWord(note, i) || InList(note[i].folded, "nir")) {
    std::size_t begin = 0;
    const std::size_t end = NumberAfter(note, i + 1, 3, begin);
    const bool national = InList(note[i].folded, "nir ssn nss");
    if (end > 0)
      note.Take(begin, end, national ? Identifying::kNationalId : Identifying::kPatientId);
  }
  if (IsPhoneWord(note[i].folded)) {
    for (std::size_t at = i + 1; at < i + 6 && note[at].kind != Token::Kind::kBreak; ++at) {
      if (!note[at].is_number() && !note[at].Is("+") && !note[at].Is("(")) continue;
      const Run run = DigitsFrom(note, note[at].is_number() ? at : at + 1, " .-()/", 15);
      if (run.digits.size() >= 4) note.Take(at, run.end, Identifying::kPhone);
      break;
    }
  }
}

}  // namespace

void FindMailAndUrls(NoteText& note) {
  const std::string_view text = note.text();
  const auto is_part = [](char c) {
    return static_cast<unsigned char>(c) > ' ' &&
           std::string_view("<>()[]{}\",;|").find(c) == std::string_view::npos;
  };
  for (std::size_t i = 0; i < note.size(); ++i) {
    const Token& token = note[i];
    std::size_t begin = token.begin, end = token.end;
    Identifying kind = Identifying::kUrl;
    if (token.Is("@") && note.Touches(i) && i > 0 && note.Touches(i - 1)) {
      kind = Identifying::kMail;
    } else if (!((InList(token.folded, "http https ftp") && note[i + 1].Is(":") &&
                  note[i + 2].Is("/")) ||
                 (token.Is("www") && note[i + 1].Is(".")))) {
      continue;
    }
    while (kind == Identifying::kMail && begin > 0 && is_part(text[begin - 1]) &&
           text[begin - 1] != ':')
      --begin;
    while (end < text.size() && is_part(text[end])) ++end;
    while (end > begin && (text[end - 1] == '.' || text[end - 1] == '\'' || text[end - 1] == '?'))
      --end;
    note.TakeBytes(begin, end, kind);
  }
}

void FindNumbers(NoteText& note) {
  for (std::size_t i = 0; i < note.size(); ++i) FindUuid(note, i);
  for (std::size_t i = 0; i < note.size(); ++i) {
    if (note.Taken(i)) continue;
    FindProfessional(note, i);
    if (note[i].is_word()) FindAnnounced(note, i);
    FindSsn(note, i);
    FindNir(note, i, false);
    if (const std::size_t end = PhoneEnd(note, i); end > 0) note.Take(i, end, Identifying::kPhone);
    // An RPPS number without its name: eleven digits that begin with 10 and whose check digit fits.
    if (note.Digits(i) == 11 && note[i].folded.starts_with("10") && LuhnFits(note[i].folded))
      note.Take(i, i + 1, Identifying::kProfessional);
    FindAge(note, i);
    if (note[i].is_word()) FindAgeInWords(note, i);
  }
}

}  // namespace essaim::text
