// Names by what stands around them: titles, fields, kin, signatures; by the lists; and once found,
// wherever else the note has them.
#include <algorithm>
#include <string>

#include "text/finders.h"
#include "text/name_reader.h"
#include "text/word_lists.h"

namespace essaim::text {
namespace {

class NameFinder {
 public:
  NameFinder(NoteText& note, const KnownNames& known) : note_(note), reader_(note, known) {}

  void Run() {
    for (std::size_t i = 0; i < note_.size(); ++i) {
      if (!note_[i].is_word()) continue;
      AfterTitle(i);
      AfterField(i);
      AfterKin(i);
      AfterVerb(i);
      Pair(i);
      Single(i);
      Subject(i);
    }
    FindNamesByRole(note_, reader_);
    BareLines();
    Again();
  }

 private:
  void AfterTitle(std::size_t i) {
    const Title title = TitleAt(note_, i);
    if (title == Title::kNone) return;
    std::size_t at = i + 1;
    if (note_[at].Is(".")) ++at;
    // "Mme le Dr X", "Monsieur le Professeur X": the second title has its turn.
    if (TitleAt(note_, at) != Title::kNone) return;
    const bool lower = title == Title::kSure || (!note_[i].capital && title == Title::kWord);
    const std::size_t end =
        reader_.NameEnd(at, title != Title::kLetter || note_[i + 1].Is("."), lower);
    if (end == at) return;
    reader_.Take(at, end);
    // "Drs Martin et Durand", "Dr Martin / Dr Durand"
    if (InList(note_[end].folded, "et and") || note_[end].Is("&") || note_[end].Is("/")) {
      const std::size_t next = reader_.NameEnd(end + 1, false, false);
      if (next > end + 1) reader_.Take(end + 1, next);
    }
  }

  // "Nom de naissance :", "Patient name:", "Rédigé par :". The end of the words, or 0; `sure`: what
  // follows is a name however it looks.
  std::size_t FieldEnd(std::size_t i, bool& sure) const {
    const std::string& w = note_[i].folded;
    std::size_t at = i + 1;
    sure = false;
    if (InList(w, "nom noms prenom prenoms surname firstname lastname forename forenames")) {
      while (InList(note_[at].folded,
                    "et and de d naissance usuel usage famille jeune fille marital "
                    "complet patient du prenom prenoms s epouse patronymique") ||
             note_[at].Is("/") || note_[at].Is("'") || note_[at].Is("(") || note_[at].Is(")") ||
             (note_[at].Is(",") && InList(note_[at + 1].folded, "prenom prenoms")))
        ++at;
      sure = true;
    } else if (w == "name" || w == "names") {
      const std::string& before = note_[i - 1].folded;
      sure = i == 0 || note_.BeginsLine(i) || !note_[i - 1].is_word() ||
             InList(before,
                    "patient last first full family given middle maiden s client resident "
                    "contact physician provider doctor");
      if (!sure) return 0;
      if (note_[at].Is("(")) return 0;
    } else if (
        InList(w,
               "patient patiente medecin chirurgien chirurgienne anesthesiste interne redacteur "
               "operateur prescripteur infirmiere infirmier ide correspondant destinataire "
               "contact attending physician provider surgeon pcp resident nurse author cc "
               "guarantor radiologue radiologist pathologist pathologiste kine "
               "signature signe senior clinician referent auteur cardiologue to from attn de a "
               "confiance prevenir kin consultant assistant aide traitant praticien "
               "responsable by par sage secretaire tuteur curateur guardian spouse")) {
      while (InList(note_[at].folded,
                    "traitant operatoire generaliste referent physician surgeon nurse "
                    "doctor senior responsable e femme le") ||
             note_[at].Is("(") || note_[at].Is(")"))
        ++at;
    } else {
      return 0;
    }
    return note_[at].Is(":") || (sure && note_[at].Is("=")) ? at + 1 : 0;
  }

  void AfterField(std::size_t i) {
    bool sure = false;
    std::size_t at = FieldEnd(i, sure);
    if (at == 0) return;
    while (TitleAt(note_, at) != Title::kNone) at += note_[at + 1].Is(".") ? 2 : 1;
    std::size_t end = sure ? reader_.NameEnd(at, true, true) : reader_.WeakNameEnd(at);
    if (sure && end == at && note_[at].is_word() && !IsStopper(note_[at].folded)) end = at + 1;
    if (sure && end > at) {
      // "DUPONT, Jean" and "dupont jean": to the next field.
      for (std::size_t n = 0; n < 4; ++n) {
        const std::size_t next = note_[end].Is(",") || note_[end].Is("-") ? end + 1 : end;
        if (!note_[next].is_word() || IsStopper(note_[next].folded) || note_[next + 1].Is(":"))
          break;
        if (!note_[next].capital && note_[at].capital) break;
        if (IsCommonWord(note_[next].folded) && !reader_.IsName(note_[next].folded) &&
            !note_.CapsLine(next))
          break;
        end = next + 1;
      }
    }
    if (end > at) reader_.Take(at, end);
  }

  // "son épouse Marie", "the patient, John Smith", "née Durand", "Dear Jane", "bonjour Paul".
  void AfterKin(std::size_t i) {
    static constexpr WordList kKin =
        "epouse epoux mari femme fils fille frere soeur mere pere conjoint conjointe compagne "
        "compagnon oncle "
        "tante ami amie voisin voisine cousin cousine neveu niece wife husband son daughter "
        "brother "
        "sister mother father partner friend neighbor neighbour uncle aunt caregiver nephew "
        "grandson "
        "granddaughter grandfather grandmother mom dad spouse patient patiente pt nomme nommee "
        "prenomme "
        "prenommee appele appelee named called petit petite enfant bebe nee ne cher chere dear "
        "bonjour "
        "hello hi infirmiere infirmier nurse confrere consoeur interne externe resident surgeon "
        "cardiologist therapist psychologue kinesitherapeute assistante secretaire boy girl child "
        "dit "
        "dite alias aka veuve stagiaire colleague collegue gentleman lady";
    if (!InList(note_[i].folded, kKin)) return;
    std::size_t at = i + 1;
    while (note_[at].Is(",") || note_[at].Is("(") || note_[at].Is("\"") || note_[at].Is("e") ||
           note_[at].Is(")"))
      ++at;
    if (!note_[at].is_word() || TitleAt(note_, at) != Title::kNone) return;
    if (note_[at].capital && !note_.CapsLine(at)) {
      const std::size_t end = reader_.WeakNameEnd(at);
      if (end > at) reader_.Take(at, end);
    } else if (note_.CapsLine(at) || !note_[at].capital) {
      // In lower case: a given name of the list and no word of everyday, or two names together.
      const std::string& w = note_[at].folded;
      const bool both = reader_.IsGiven(w) && note_[at + 1].is_word() &&
                        reader_.IsLowerName(note_[at + 1].folded, 0) &&
                        !IsStopper(note_[at + 1].folded);
      const bool turned = note_[at + 1].is_word() && reader_.IsGiven(note_[at + 1].folded) &&
                          !IsCommonWord(note_[at + 1].folded) && reader_.IsLowerName(w, 0) &&
                          !IsStopper(w);
      if (both || turned)
        reader_.Take(at, at + 2);
      else if (reader_.IsGiven(w) && !IsCommonWord(w))
        reader_.Take(at, at + 1);
      else if (InList(note_[i].folded, "pt patient patiente") && w.size() >= 3 &&
               !IsCommonWord(w) && !LooksMedical(w) &&
               InList(note_[at + 1].folded, "seen vu vue is was reports denies says came presents"))
        reader_.Take(at, at + 1);
    }
  }

  // "vu avec Durand", "discussed with Smith", "signed by Ondricka".
  void AfterVerb(std::size_t i) {
    if (!InList(note_[i].folded, "avec with par by chez per")) return;
    // "Per Smith, RN": who says so.
    if (note_[i].Is("per") && (note_.BeginsLine(i) || note_[i - 1].Is(".")) &&
        note_[i + 1].capital && !reader_.IsEponym(i + 1)) {
      const std::size_t end = reader_.WeakNameEnd(i + 1);
      if (end > i + 1 && TitleAt(note_, i + 1) == Title::kNone) reader_.Take(i + 1, end);
      return;
    }
    static constexpr WordList kVerbs =
        "vu vue vus revu revue discute discutee spoke spoken discussed talked seen signed reviewed "
        "evaluated referred followed suivi suivie opere operee adresse adressee examine examinee "
        "accompagne accompagnee accompanied contact rdv rendez entretien appel consultation "
        "prescrit "
        "prescrite realise realisee redige valide dictated written transcribed performed read "
        "interpreted cared attended lives living vit habite married mariee marie appointment relu "
        "echange staff avis met meeting decision accord retire retiree retires fait faite pose "
        "posee refait "
        "refaite note "
        "constate constatee prevenu prevenue amene amenee conduit conduite recu recue confie "
        "confiee "
        "dicte dictee envoye envoyee appele rappele transmis signale signalee reported told asked "
        "brought escorted interviewed assisted cosigned documented noted changed removed placed";
    bool said = false;
    for (std::size_t back = 1; back <= 12 && back <= i && !note_[i - back].Is("."); ++back) {
      if (note_[i - back].kind == Token::Kind::kBreak) break;
      said = said || InList(note_[i - back].folded, kVerbs);
    }
    if (!said || note_.CapsLine(i + 1)) return;
    if (!note_[i + 1].capital && !IsParticle(note_[i + 1].folded)) return;
    const std::size_t end = reader_.WeakNameEnd(i + 1);
    if (end > i + 1) reader_.Take(i + 1, end);
  }

  // A given name beside a name, an initial before a name, capitals after a name ("Jean DUPONT").
  void Pair(std::size_t i) {
    if (note_.Taken(i) && note_.Taken(i + 1)) return;
    const Token& t = note_[i];
    const Token& next = note_[i + 1];
    if (note_.CapsLine(i) || (!t.capital && next.is_word())) {
      // No capitals to go by: both must be names, one of them nothing else.
      const bool both = next.is_word() && reader_.IsGiven(t.folded) && !IsStopper(next.folded) &&
                        !IsStopper(t.folded) && !t.Is("de") &&
                        ((reader_.IsName(next.folded) &&
                          (!IsCommonWord(t.folded) || !IsCommonWord(next.folded))) ||
                         (!IsCommonWord(t.folded) && !IsCommonWord(next.folded) &&
                          !LooksMedical(next.folded) && next.folded.size() >= 4));
      const bool turned =
          next.is_word() && reader_.IsGiven(next.folded) && !IsCommonWord(next.folded) &&
          !IsStopper(t.folded) &&
          (reader_.IsFamily(t.folded) ||
           (note_.CapsLine(i) && !IsCommonWord(t.folded) && !LooksMedical(t.folded)));
      if (both || turned) reader_.Take(i, i + 2);
      return;
    }
    if (reader_.IsEponym(i)) return;
    if (IsInitial(note_, i) && !IsStopper(t.folded)) {
      const std::size_t end = reader_.NameEnd(i, false, false);
      const bool name_last =
          end > i + 2 && note_[end - 1].folded.size() >= 3 && reader_.CanBeName(end - 1);
      if (name_last) reader_.Take(i, end);
      return;
    }
    if (!reader_.CanBeName(i)) return;
    const std::size_t end = reader_.NameEnd(i, false, false);
    std::size_t n_words = 0;
    bool given = false, caps = false, mixed = false;
    for (std::size_t at = i; at < end; ++at) {
      if (!note_[at].is_word() || IsParticle(note_[at].folded)) continue;
      ++n_words;
      given = given || (reader_.IsGiven(note_[at].folded) && note_[at].folded.size() >= 3);
      caps = caps || (note_[at].all_caps && note_[at].folded.size() >= 4);
      mixed = mixed || !note_[at].all_caps;
    }
    if (n_words >= 2 && (given || (caps && mixed))) reader_.Take(i, end);
  }

  // One word that is a name and nothing else, in capitals.
  void Single(std::size_t i) {
    const Token& t = note_[i];
    if (note_.Taken(i) || !t.capital || t.folded.size() < 3 || IsStopper(t.folded)) return;
    if (!reader_.IsName(t.folded) || IsCommonWord(t.folded) || LooksMedical(t.folded) ||
        reader_.IsEponym(i))
      return;
    if (t.all_caps && t.folded.size() <= 3) return;
    reader_.Take(i, i + 1);
  }

  // "Ondricka reports pain", "Leffler a été vue": an unknown word that does what persons do.
  void Subject(std::size_t i) {
    if (note_.Taken(i) || !reader_.CanBeName(i) || note_.CapsLine(i) || note_[i].folded.size() < 3)
      return;
    static constexpr WordList kDoes =
        "reports denies states complains lives works says refuses agrees wants feels smokes drinks "
        "rapporte signale decrit dit refuse vit habite travaille consulte vient souhaite accepte "
        "fume";
    const std::size_t v = reader_.NameEnd(i, false, false);  // of the verb
    const std::string& next = note_[v].folded;
    const bool passive =
        (InList(next, "was has is") &&
         InList(note_[v + 1].folded,
                "seen admitted discharged referred evaluated examined born "
                "accompanied married brought transferred")) ||
        (note_.Matches(v, {"a", "ete"}) &&
         InList(note_[v + 2].folded,
                "vu vue admis admise hospitalise hospitalisee examine examinee adresse "
                "adressee opere operee transfere transferee")) ||
        (next == "est" &&
         InList(note_[v + 1].folded, "venu venue ne nee suivi suivie age agee sorti sortie")) ||
        note_.Matches(v, {"se", "plaint"}) || (next == "is" && note_[v + 2].is_number());
    if (InList(next, kDoes) || passive) reader_.Take(i, v);
  }

  // A line of two to four words that can only be a name, near the beginning or the end.
  void BareLines() {
    constexpr std::size_t kLines = 8;
    std::vector<std::pair<std::size_t, std::size_t>> lines;
    for (std::size_t begin = 0; begin < note_.size();) {
      std::size_t end = begin;
      while (end < note_.size() && note_[end].kind != Token::Kind::kBreak) ++end;
      if (end > begin) lines.emplace_back(begin, end);
      begin = end + 1;
    }
    for (std::size_t n = 0; n < lines.size(); ++n) {
      if (n >= kLines && n + kLines < lines.size()) continue;
      const auto [begin, end] = lines[n];
      std::size_t n_words = 0;
      bool good = lines.size() > 1;
      for (std::size_t i = begin; i < end && good; ++i) {
        const Token& t = note_[i];
        if (t.Is("-") || t.Is(",") || t.Is(".") || t.Is("'")) continue;
        const bool initial = t.is_word() && t.capital && t.folded.size() == 1;
        good = initial || (reader_.CanBeName(i) && !note_.Taken(i));
        n_words += good && !initial ? 1 : 0;
      }
      if (good && n_words >= 2 && n_words <= 4) reader_.Take(begin, end);
    }
  }

  // What was found once, in capitals anywhere; in lower case if it is nothing else.
  void Again() {
    for (std::size_t i = 0; i < note_.size(); ++i) {
      const Token& t = note_[i];
      if (!t.is_word() || note_.Taken(i) || !reader_.found().contains(t.folded) ||
          IsStopper(t.folded))
        continue;
      const bool sure = !IsCommonWord(t.folded) && t.folded.size() >= 4;
      const bool capital = t.capital && !note_.CapsLine(i) && (sure || !note_.BeginsLine(i)) &&
                           (sure || (i > 0 && !note_[i - 1].Is(".")));
      if ((capital || sure) && !reader_.IsEponym(i)) note_.Take(i, i + 1, Identifying::kName);
    }
  }

  NoteText& note_;
  NameReader reader_;
};

}  // namespace

void FindNames(NoteText& note, const KnownNames& known) { NameFinder(note, known).Run(); }

}  // namespace essaim::text
