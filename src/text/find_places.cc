// Addresses, postcodes, towns and hospitals.
#include <algorithm>
#include <string>

#include "text/finders.h"
#include "text/town_names.h"
#include "text/word_lists.h"

namespace essaim::text {
namespace {

bool IsFrenchStreet(std::string_view word) {
  return InList(
      word,
      "rue avenue av ave boulevard bd bld blvd place pl chemin che impasse imp allee allees "
      "all route rte quai cours square passage residence lotissement hameau lieudit "
      "faubourg fbg sentier villa cite esplanade promenade montee voie ruelle traverse "
      "clos domaine mail venelle");
}

// Street suffixes of the United States Postal Service's Publication 28, appendix C1, and British
// ones.
bool IsEnglishStreet(std::string_view word) {
  return InList(
      word,
      "alley ally annex anex arcade arc avenue ave av bay bayou beach bend bluff bottom boulevard "
      "blvd branch bridge brook burg bypass camp canyon cape causeway center centre circle cir "
      "cliff club common commons corner course court ct courts cove creek crescent cres crest "
      "crossing crossroad crossroads curve dale dam divide drive dr drives estate estates "
      "expressway extension ext fall falls ferry field fields flat flats ford forest forge fork "
      "forks fort freeway garden gardens gateway gate glen green grove harbor harbour haven "
      "heights "
      "highway hwy hill hills hollow inlet island isle junction key keys knoll knolls lake lakes "
      "land landing lane ln light loaf lock locks lodge loop mall manor meadow meadows mews mill "
      "mills mission mount mountain neck orchard oval overpass park parkway pkwy pass passage path "
      "pike pine pines place pl plain plains plaza point points port prairie radial ramp ranch "
      "rapid "
      "rapids rest ridge river road rd route row rue run shoal shore shores skyway spring springs "
      "spur "
      "square sq station stravenue stream street st str summit terrace ter throughway trace track "
      "trafficway trail tunnel turnpike underpass union valley via viaduct view village ville "
      "vista "
      "walk wall way well wells close");
}

bool IsConnector(std::string_view word) {
  return InList(word, "de du des d la le les l et en sur sous saint sainte st ste aux au a of the");
}

// After a street: ", Apt 38", "Unit 68", "bât. B", "3e étage".
std::size_t UnitEnd(const NoteText& note, std::size_t i) {
  std::size_t at = note[i].Is(",") ? i + 1 : i;
  while (InList(note[at].folded,
                "unit apt apartment suite ste floor bat batiment appt appartement escalier esc "
                "etage porte building bldg room lot residence")) {
    std::size_t next = at + 1;
    if (note[next].Is(".")) ++next;
    if (note[next].Is("#")) ++next;
    if (!note[next].is_number() && !(note[next].is_word() && note[next].capital)) break;
    i = next + 1;
    if (note.Touches(next) && note[i].is_word()) ++i;
    at = note[i].Is(",") ? i + 1 : i;
  }
  return i;
}

// Words of a place's name from i on: capitals, connectors between them, dashes.
std::size_t PlaceNameEnd(const NoteText& note, std::size_t i, std::size_t words_max) {
  std::size_t end = i, n_words = 0;
  for (std::size_t at = i; n_words < words_max; ++at) {
    const Token& token = note[at];
    if (token.is_word() && (token.capital || note.CapsLine(at))) {
      if (InList(token.folded, "tel telephone phone fax service hospitalise france ne nee")) break;
      end = at + 1;
      ++n_words;
    } else if (!(token.is_word() && IsConnector(token.folded)) && !token.Is("-") &&
               !token.Is("'") &&
               !(token.Is(".") && at > i && note[at - 1].end - note[at - 1].begin <= 3 &&
                 note[at + 1].capital)) {
      break;
    }
  }
  return end;
}

// "02720", "33000 BORDEAUX CEDEX 2", "MA 02720-1234", "SW1A 1AA" and the town around; the end.
std::size_t TownEnd(NoteText& note, std::size_t i) {
  std::size_t at =
      note[i].Is(",") || note[i].Is("-") || note[i].kind == Token::Kind::kBreak ? i + 1 : i;
  if (note[at].kind == Token::Kind::kBreak) return i;
  if (InList(note[at].folded, "in a at") && note[at + 1].capital) ++at;
  if (note.Digits(at) == 5) {
    note.Take(at, at + 1, Identifying::kPostcode);
    std::size_t end = PlaceNameEnd(note, at + 1, 6);
    if (end == at + 1 && note[end].is_word() && !IsCommonWord(note[end].folded)) ++end;
    if (note[end].Is("cedex")) ++end;
    if (note[end - 1].Is("cedex") && note.Digits(end) > 0) ++end;
    note.Take(at, end, Identifying::kAddress);
    return end;
  }
  std::size_t end = PlaceNameEnd(note, at, 4);
  if (end == at) {
    // In lower case: one or two words before a comma or the postcode.
    std::size_t words = at;
    while (note[words].is_word() && words < at + 3) ++words;
    if (words == at || (!note[words].Is(",") && note.Digits(words) != 5)) return i;
    end = words;
  }
  std::size_t code = note[end].Is(",") ? end + 1 : end;
  if (note[code].is_word() && note[code].end - note[code].begin == 2)
    ++code;
  else if (note[code].is_word() && note[code].capital && note.Digits(code + 1) == 5)
    ++code;
  if (note[code].Is(",")) ++code;
  if (note.Digits(code) == 5) {
    note.Take(code, note[code + 1].Is("-") && note.Digits(code + 2) == 4 ? code + 3 : code + 1,
              Identifying::kPostcode);
    end = code;
  }
  note.Take(at, end, Identifying::kAddress);
  return end;
}

// "12 bis rue des Lilas": a number, then a street's word, then its name.
std::size_t FrenchStreet(const NoteText& note, std::size_t i) {
  std::size_t at = i;
  if (note.Digits(i) > 0 && note.Digits(i) <= 4) {
    ++at;
    if (InList(note[at].folded, "bis ter quater") ||
        (note[at].is_word() && note[at].end - note[at].begin == 1))
      ++at;
    if (note[at].Is(",")) ++at;
  }
  const bool numbered = at > i;
  if (!note[at].is_word() || !IsFrenchStreet(note[at].folded)) return 0;
  std::size_t name = at + 1;
  if (note[name].Is(".")) ++name;
  if (!numbered) {
    // Without a number, only "rue Victor Hugo": a capital must follow, through connectors.
    std::size_t first = name;
    while (IsConnector(note[first].folded) || note[first].Is("'")) ++first;
    const bool sure = InList(note[at].folded, "rue avenue boulevard bd impasse allee chemin quai");
    if (!sure || !note[first].capital || note.CapsLine(at)) return 0;
    return PlaceNameEnd(note, name, 5);
  }
  std::size_t end = PlaceNameEnd(note, name, 6);
  if (end > name) return end;
  // In lower case: to the comma, the postcode or the line's end, of at most six words.
  end = name;
  for (std::size_t n = 0; n < 8; ++n, ++end) {
    const Token& token = note[end];
    if (!token.is_word() && !token.Is("'") && !token.Is("-")) break;
    if (InList(token.folded, "tel telephone a et chez qui est avec")) break;
  }
  return end > name ? end : 0;
}

// "586 Hilll Ranch Unit 68": a number, words in capitals, a suffix.
std::size_t EnglishStreet(const NoteText& note, std::size_t i) {
  if (note.Digits(i) == 0 || note.Digits(i) > 5 || !note[i + 1].is_word()) return 0;
  const bool lower = !note[i + 1].capital;
  for (std::size_t at = i + 1; at < i + 6; ++at) {
    const Token& token = note[at];
    if (token.Is(".") || token.Is("'")) continue;
    if (!token.is_word() || (!token.capital && !lower)) return 0;
    if (at > i + 1 && IsEnglishStreet(token.folded)) {
      if (lower &&
          !InList(token.folded, "street st road rd avenue ave lane drive boulevard blvd court"))
        continue;
      std::size_t end = at + 1;
      if (note[end].is_word() && note[end].capital && IsEnglishStreet(note[end].folded)) ++end;
      if (note[end].Is(".") && note[end].begin == note[end - 1].end &&
          note[end - 1].end - note[end - 1].begin <= 4)
        ++end;
      return end;
    }
  }
  return 0;
}

// "habite à Lyon", "lives in Fall River", "born in", "né à": the town.
void FindTownAfterWords(NoteText& note, std::size_t i) {
  if (!InList(
          note[i].folded,
          "habite habitant demeure demeurant domicilie domiciliee reside residant vit ne nee "
          "lives living live resides residing resident born domicile originaire adresse address "
          "ville city town commune lieu"))
    return;
  const bool label = InList(note[i].folded, "adresse address ville city town commune lieu");
  if (label && !note[i + 1].Is(":") && !InList(note[i + 1].folded, "de du")) return;
  std::size_t at = i + 1;
  while (at < i + 5 &&
         (InList(note[at].folded,
                 "a in at de du d dans of near pres au from alone seul seule is naissance") ||
          note[at].Is(":") || note[at].Is("'") || note[at].Is("(") || note[at].Is("e") ||
          note[at].Is(")")))
    ++at;
  if (at == i + 1 || !note[at].is_word() || !note[at].capital || note[at].Is("france")) return;
  // "né de Mme X": no town.
  if (InList(note[at].folded, "mme mr m dr monsieur madame the le la les hopital chu")) {
    if (!InList(note[at].folded, "le la les")) return;
  }
  // "Réside en Foyer", "born at Term": a word of everyday is a town only by the list.
  const TownName town = TownNameAt(note, at);
  if (IsCommonWord(note[at].folded) && town.end == 0) return;
  // "né à Die. Fumeur": the sentence's end and no abbreviation's.
  const bool ends = town.end > 0 && note[town.end].Is(".");
  const std::size_t end = ends ? town.end : PlaceNameEnd(note, at, 4);
  if (end > at) {
    note.Take(at, end, Identifying::kAddress);
    if (note[end].Is("(")) TownEnd(note, end + 1);
    if (note[end].Is(",") && (note[end + 1].capital || note[end + 1].is_number()))
      TownEnd(note, end);
  }
}

// What a hospital's name begins with in French; the number of tokens.
std::size_t HospitalHead(const NoteText& note, std::size_t i) {
  if (InList(note[i].folded, "chu chru chr ghu chi gh ghr ch hia ehpad ssr usld"))
    return note[i].all_caps || InList(note[i].folded, "chu chru ehpad") ? 1 : 0;
  if (note.Matches(i, {"centre", "hospitalier"})) {
    std::size_t n = 2;
    while (InList(note[i + n].folded,
                  "universitaire regional intercommunal specialise general et departemental"))
      ++n;
    return n;
  }
  if (note.Matches(i, {"hopital", "d", "'", "instruction", "des", "armees"})) return 6;
  // "Centre Léon Bérard": of two names, where the word alone may be any centre.
  if (note[i].Is("centre") && note[i].capital && IsGivenName(note[i + 1].folded) &&
      note[i + 1].capital && note[i + 2].is_word() && note[i + 2].capital)
    return 1;
  if (note.Matches(i, {"maison", "de", "retraite"}) || note.Matches(i, {"maison", "de", "sante"}) ||
      note.Matches(i, {"centre", "de", "sante"}))
    return 3;
  if (InList(note[i].folded, "hopital hopitaux clinique polyclinique institut hospices hospital")) {
    std::size_t n = 1;
    while (InList(
        note[i + n].folded,
        "universitaire regional prive privee mutualiste militaire civil civils local general"))
      ++n;
    return n;
  }
  return 0;
}

// "CHU de Bordeaux", "Hôpital Saint-Louis", "chu de nantes".
void FindFrenchHospital(NoteText& note, std::size_t i) {
  const std::size_t n = HospitalHead(note, i);
  if (n == 0) return;
  std::size_t at = i + n;
  if (note[at].Is("\"") || note[at].Is("\xC2\xAB")) ++at;
  const std::size_t name = at;
  while (IsConnector(note[at].folded) || note[at].Is("'") || note[at].Is("-")) ++at;
  if (!note[at].is_word()) return;
  static constexpr WordList kNotNames =
      "jour semaine nuit court long service service chirurgie medecine pediatrie psychiatrie "
      "geriatrie urgences consultation suite reference proximite";
  if (InList(note[at].folded, kNotNames)) return;
  if (note[at].capital) {
    const std::size_t end = PlaceNameEnd(note, name, 5);
    if (end > name) note.Take(i, end, Identifying::kHospital);
    return;
  }
  // In lower case only a town after the abbreviation: "au chu de nantes".
  const bool known = !IsCommonWord(note[at].folded) || IsFamilyName(note[at].folded);
  if (at > name && known && !LooksMedical(note[at].folded))
    note.Take(i, at + 1, Identifying::kHospital);
}

// "Fall River General Hospital", "St. Mary's Medical Center", "University Hospital of Wales".
void FindEnglishHospital(NoteText& note, std::size_t i) {
  std::size_t n = 0;
  if (InList(note[i].folded, "hospital hospitals clinic infirmary hospice healthcare")) n = 1;
  if (note.Matches(i, {"medical", "center"}) || note.Matches(i, {"medical", "centre"}) ||
      note.Matches(i, {"health", "center"}) || note.Matches(i, {"health", "centre"}) ||
      note.Matches(i, {"nursing", "home"}) || note.Matches(i, {"health", "system"}) ||
      note.Matches(i, {"cancer", "center"}) || note.Matches(i, {"cancer", "institute"}) ||
      note.Matches(i, {"surgery", "center"}) || note.Matches(i, {"urgent", "care"}) ||
      note.Matches(i, {"health", "services"}) || note.Matches(i, {"rehabilitation", "center"}) ||
      note.Matches(i, {"medical", "group"}))
    n = 2;
  if (n == 0 || !note[i].capital) return;
  std::size_t begin = i;
  while (begin > 0 && i - begin < 8) {
    const Token& token = note[begin - 1];
    const bool glue = token.Is("'") || token.Is(".") || token.Is("-") || token.Is("&");
    const bool word =
        token.is_word() && (token.capital || token.Is("s") || token.Is("of") || token.Is("and"));
    if (!glue && !word) break;
    if (token.Is(".") && begin > 1 && !InList(note[begin - 2].folded, "st mt")) break;
    if (InList(token.folded, "the at in to from hospital hospitals and dr mr mrs")) break;
    --begin;
  }
  while (begin < i && (!note[begin].is_word() || !note[begin].capital)) ++begin;
  std::size_t end = i + n;
  while (InList(note[end].folded, "center centre group inc corporation corp system hospital") &&
         note[end].capital)
    ++end;
  if (note[end].Is("of") && note[end + 1].capital)
    end = PlaceNameEnd(note, end + 1, 3);
  else if (note[end].Is("of") && note[end + 1].Is("the") && note[end + 2].capital)
    end = PlaceNameEnd(note, end + 2, 3);
  if (note[end].Is("-") &&
      (note.Digits(end + 1) > 0 || (note[end + 1].is_word() && note[end + 1].capital)))
    end = note.Digits(end + 1) > 0 ? end + 2 : PlaceNameEnd(note, end + 1, 3);
  // "Queen Elizabeth Hospital Birmingham": the town behind a hospital that has a name.
  if (begin < i && end == i + n && note[end].is_word() && note[end].capital &&
      !note.CapsLine(end) && !IsCommonWord(note[end].folded) && !LooksMedical(note[end].folded))
    ++end;
  // "Hospital course" at a line's beginning names none.
  if (begin < i || end > i + n) note.Take(begin, end, Identifying::kHospital);
}

void FindKnownHospital(NoteText& note, std::size_t i, const KnownNames& known) {
  for (const std::vector<std::string>& words : known.HospitalsFrom(note[i].folded)) {
    std::size_t at = i, n = 0;
    for (; n < words.size() && at < i + 3 * words.size(); ++at) {
      if (note[at].folded == words[n])
        ++n;
      else if (note[at].is_word() || note[at].is_number() || note[at].kind == Token::Kind::kBreak)
        break;
    }
    if (n == words.size()) note.Take(i, at, Identifying::kHospital);
  }
}

// "LS1 4AP", "SW1A 1AA": letters and a digit, then a digit and two letters (BS 7666). The end, or
// 0.
std::size_t BritishPostcodeEnd(const NoteText& note, std::size_t i) {
  if (!note[i].is_word() || !note[i].capital || note[i].folded.size() > 2 || !note.Touches(i) ||
      note.Digits(i + 1) == 0 || note.Digits(i + 1) > 2)
    return 0;
  std::size_t at = i + 2;
  if (note.Touches(i + 1) && note[at].is_word() && note[at].folded.size() == 1) ++at;
  const bool inward = note.Digits(at) == 1 && note.Touches(at) && note[at + 1].is_word() &&
                      note[at + 1].all_caps && note[at + 1].folded.size() == 2;
  return inward ? at + 2 : 0;
}

// The town before or after a British postcode: "Leeds, LS1 4AP", "LS1 4AP Leeds".
void FindBritishTown(NoteText& note, std::size_t i) {
  const std::size_t end = BritishPostcodeEnd(note, i);
  if (end == 0) return;
  note.Take(i, end, Identifying::kPostcode);
  const std::size_t comma = i > 0 && note[i - 1].Is(",") ? 1 : 0;
  std::size_t begin = i - comma;
  while (begin > 0 && i - begin < 4 && note[begin - 1].is_word() && note[begin - 1].capital)
    --begin;
  if (begin < i - comma) note.Take(begin, i - comma, Identifying::kAddress);
  const std::size_t town = PlaceNameEnd(note, end, 2);
  if (town > end && note[end].capital) note.Take(end, town, Identifying::kAddress);
}

// "BP 1234", "PO Box 1187", "lieu-dit Le Moulin", "Flat 3", the end or 0.
std::size_t BoxEnd(const NoteText& note, std::size_t i) {
  if (note.Matches(i, {"po", "box"}) && note.Digits(i + 2) > 0) return i + 3;
  if (note.Matches(i, {"p", ".", "o", ".", "box"}) && note.Digits(i + 5) > 0) return i + 6;
  if (note[i].Is("bp") && note[i].all_caps && note.Digits(i + 1) > 0 && !note[i + 2].Is("/"))
    return note.Digits(i + 1) >= 3 && i > 0 && note[i - 1].Is(",") ? i + 2 : 0;
  if (note[i].Is("flat") && note.Digits(i + 1) > 0) return i + 2;
  if (note.Matches(i, {"lieu", "-", "dit"})) {
    const std::size_t end = PlaceNameEnd(note, i + 3, 4);
    return end > i + 3 ? end : 0;
  }
  return 0;
}

// A postcode by itself: "CP 33000", "33000 Bordeaux", "MA 02720", "ZIP: 01002".
void FindPostcode(NoteText& note, std::size_t i) {
  if (note.Digits(i) != 5) return;
  std::size_t before = i > 0 ? i - 1 : i;
  if (before > 0 && (note[before].Is(":") || note[before].Is("="))) --before;
  const bool told =
      i > 0 && (InList(note[before].folded, "cp postal postale zip zipcode postcode code") ||
                IsState(note, i - 1) || note[i - 1].Is("massachusetts"));
  const Token& next = note[i + 1];
  const bool town = next.is_word() && next.capital && !note[i].folded.starts_with("00") &&
                    (i == 0 || !InList(note[i - 1].folded, "de a to vs"));
  if (!told && !town) return;
  note.Take(i, i + 1, Identifying::kPostcode);
  if (town) {
    const std::size_t end = PlaceNameEnd(note, i + 1, 5);
    note.Take(i + 1, note[end].Is("cedex") ? end + 1 : end, Identifying::kAddress);
  }
}

}  // namespace

bool IsState(const NoteText& note, std::size_t i) {
  return note[i].all_caps &&
         InList(
             note[i].folded,
             "al ak az ar ca co ct de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv "
             "nh nj nm ny nc nd oh ok or pa ri sc sd tn tx ut vt va wa wv wi wy dc");
}

void FindAddresses(NoteText& note) {
  for (std::size_t i = 0; i < note.size(); ++i) {
    if (note.Taken(i)) continue;
    FindBritishTown(note, i);
    if (const std::size_t box = BoxEnd(note, i); box > 0) {
      note.Take(i, box, Identifying::kAddress);
      if (note[box].Is(",") && note[box + 1].capital) i = std::max(i, TownEnd(note, box) - 1);
      continue;
    }
    std::size_t end = FrenchStreet(note, i);
    if (end == 0) end = EnglishStreet(note, i);
    if (end > 0) {
      end = UnitEnd(note, end);
      note.Take(i, end, Identifying::kAddress);
      i = std::max(i, TownEnd(note, end) - 1);
      continue;
    }
    FindPostcode(note, i);
    if (note[i].is_word()) FindTownAfterWords(note, i);
  }
}

void FindHospitals(NoteText& note, const KnownNames& known) {
  for (std::size_t i = 0; i < note.size(); ++i) {
    if (!note[i].is_word() || note.Taken(i)) continue;
    FindKnownHospital(note, i, known);
    FindFrenchHospital(note, i);
    FindEnglishHospital(note, i);
  }
}

}  // namespace essaim::text
