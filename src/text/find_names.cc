// Names by what stands around them: titles, fields, kin, signatures; by the lists; and once found,
// wherever else the note has them.
#include <algorithm>
#include <string>
#include <unordered_set>

#include "text/finders.h"
#include "text/word_lists.h"

namespace essaim::text {
namespace {

constexpr std::size_t kNameWordsMax = 6;

bool IsParticle(std::string_view w) {
  return InList(w,
                "de du des d la le van von der den di da del della dos el al ben bin ould mac mc o "
                "saint st y");
}

// Words in capitals that end a name or never begin one.
bool IsStopper(std::string_view w) {
  return InList(
      w,
      "nom prenom prenoms ne nee date sexe age ipp nip nda iep ins tel telephone fax mail email "
      "adresse "
      "patient patiente medecin service unite pole hopital centre clinique chu ch chef interne "
      "externe "
      "infirmier infirmiere docteur professeur directeur directrice president presidente juge "
      "madame monsieur mademoiselle mme mlle mr mrs ms miss dr pr m dob mrn name sex gender phone "
      "address "
      "hospital department clinic admission discharge male female md do np rn pa phd dds jr sr "
      "the in on at and or for with from to is was has by a an he she they his her il elle on nous "
      "je vous "
      "et ou par pour avec dans sur au aux en est a ete sont se sa son ses leur qui que ce cette "
      "un une "
      "rpps adeli compte rendu lettre copie cc objet motif re date le les rdv cs tour "
      "lundi mardi mercredi jeudi vendredi samedi dimanche monday tuesday wednesday thursday "
      "friday "
      "saturday sunday janvier fevrier mars avril mai juin juillet aout septembre octobre novembre "
      "decembre january february march april may june july august september october november "
      "december");
}

enum class Title { kNone, kSure, kWord, kLetter };

// kSure: an abbreviation that a name nearly always follows. kWord: also used alone.
Title TitleAt(const NoteText& note, std::size_t i) {
  const Token& t = note[i];
  if (InList(t.folded, "dr drs mme mmes mlle mrs ms prof dre mgr")) return Title::kSure;
  if (t.Is("pr") && (!t.all_caps || note.CapsLine(i) || note[i + 1].capital || note[i + 1].Is(".")))
    return Title::kSure;
  if (t.Is("mr") && (!t.all_caps || note[i + 1].capital || note[i + 1].Is(".")))
    return Title::kSure;
  if (InList(t.folded,
             "docteur professeur monsieur madame mademoiselle doctor professor miss mister "
             "doctoresse messieurs mesdames maitre sister father"))
    return InList(t.folded, "sister father maitre") ? Title::kNone : Title::kWord;
  if (InList(t.folded, "m mm me") && note[i + 1].Is(".") && note[i].capital) return Title::kLetter;
  if (t.Is("m") && t.capital && note[i + 1].is_word() && note[i + 1].capital) return Title::kLetter;
  return Title::kNone;
}

bool IsInitial(const NoteText& note, std::size_t i) {
  return note[i].is_word() && note[i].capital && note[i].end - note[i].begin <= 2 &&
         note[i + 1].Is(".") && note.Touches(i);
}

class NameFinder {
 public:
  NameFinder(NoteText& note, const KnownNames& known) : note_(note), known_(known) {}

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
    BareLines();
    Again();
  }

 private:
  bool IsName(const std::string& w) const {
    return IsAnyName(w) || known_.HasGiven(w) || known_.HasFamily(w);
  }

  bool IsGiven(const std::string& w) const { return IsGivenName(w) || known_.HasGiven(w); }

  // A word that can be a name: in capitals, and none of the language's or of medicine's, unless the
  // lists have it as a name too.
  bool CanBeName(std::size_t i) const {
    const Token& t = note_[i];
    if (!t.is_word() || !t.capital || t.folded.size() < 2 || IsStopper(t.folded)) return false;
    if (IsName(t.folded)) return !note_.CapsLine(i) || !IsListedWord(t.folded);
    return !IsListedWord(t.folded) && !LooksMedical(t.folded) &&
           !(t.all_caps && t.folded.size() <= 4 && !note_.CapsLine(i));
  }

  // From token i the words of a name; `first_any`: the first word may be any in capitals. `lower`:
  // words in lower case count too, if no word of everyday. The end, or i.
  std::size_t NameEnd(std::size_t i, bool first_any, bool lower) const {
    std::size_t end = i, n_words = 0;
    for (std::size_t at = i; n_words < kNameWordsMax && at < i + 3 * kNameWordsMax;) {
      const Token& t = note_[at];
      if (IsInitial(note_, at) && !(n_words > 0 && IsStopper(t.folded) && t.folded.size() > 1)) {
        at += 2;
        end = at;
        ++n_words;
        continue;
      }
      if (t.Is("-") || t.Is("'")) {
        if (at == i || !note_[at + 1].is_word() || note_[at].begin != note_[at - 1].end) break;
        ++at;
        continue;
      }
      if (t.Is(",") && n_words == 1 && note_[at + 1].is_word() && IsGiven(note_[at + 1].folded) &&
          note_[at + 1].capital) {
        ++at;
        continue;
      }
      if (!t.is_word()) break;
      const bool joined = at > i && (note_[at - 1].Is("-") || note_[at - 1].Is("'"));
      const bool initial_alone =
          t.capital && t.end - t.begin == 1 && n_words > 0 && !note_.CapsLine(at);
      const bool after_given = n_words > 0 && IsAfterGiven(at);
      const bool particle = IsParticle(t.folded) && ParticleLeads(at, lower);
      bool good =
          CanBeName(at) || particle || (joined && t.capital) || initial_alone || after_given;
      if (!good && n_words == 0 && first_any)
        good = t.capital && !IsStopper(t.folded) && !note_.CapsLine(at);
      if (!good && lower && !t.capital && !IsStopper(t.folded) && t.folded.size() >= 3)
        good = joined || IsLowerName(t.folded, n_words);
      if (!good) break;
      ++at;
      if (!particle) {
        end = at;
        ++n_words;
      }
    }
    return end;
  }

  // "Georgann BEER", "Michael Orn": behind a given name a word in capitals is a name.
  bool IsAfterGiven(std::size_t i) const {
    const Token& t = note_[i];
    return t.capital && note_[i - 1].is_word() && CanBeName(i - 1) && t.folded.size() >= 2 &&
           !note_.CapsLine(i) && !LooksMedical(t.folded) && !IsStopper(t.folded) &&
           (IsGiven(note_[i - 1].folded) || !IsListedWord(t.folded));
  }

  bool IsLowerName(const std::string& w, std::size_t n_before) const {
    if (LooksMedical(w)) return false;
    if (!IsCommonWord(w)) return true;
    return n_before == 0 ? IsName(w) : IsFamilyName(w) && IsGivenName(w);
  }

  // "de La Tour", "van den Berg": a name follows the particles.
  bool ParticleLeads(std::size_t i, bool lower) const {
    for (std::size_t at = i + 1; at < i + 5; ++at) {
      if (note_[at].Is("'") || note_[at].Is("-") || IsParticle(note_[at].folded)) continue;
      return note_[at].is_word() && !IsStopper(note_[at].folded) &&
             (note_[at].capital || (lower && !IsCommonWord(note_[at].folded)));
    }
    return false;
  }

  // Where only the place says that a name stands: a first word of everyday needs a second one that
  // is none ("Buster Hoeger").
  std::size_t WeakNameEnd(std::size_t i) const {
    const std::size_t end = NameEnd(i, false, false);
    const Token& t = note_[i];
    if (end > i || !t.is_word() || !t.capital || IsStopper(t.folded) || LooksMedical(t.folded) ||
        note_.CapsLine(i) || !CanBeName(i + 1) || IsListedWord(note_[i + 1].folded))
      return end;
    return NameEnd(i, true, false);
  }

  void TakeName(std::size_t i, std::size_t end) {
    note_.Take(i, end, Identifying::kName);
    for (std::size_t at = i; at < end; ++at) {
      const Token& t = note_[at];
      if (t.is_word() && t.folded.size() >= 3 && !IsParticle(t.folded)) found_.insert(t.folded);
    }
  }

  void AfterTitle(std::size_t i) {
    const Title title = TitleAt(note_, i);
    if (title == Title::kNone) return;
    std::size_t at = i + 1;
    if (note_[at].Is(".")) ++at;
    // "Mme le Dr X", "Monsieur le Professeur X": the second title has its turn.
    if (TitleAt(note_, at) != Title::kNone) return;
    const bool lower = title == Title::kSure || (!note_[i].capital && title == Title::kWord);
    const std::size_t end = NameEnd(at, title != Title::kLetter || note_[i + 1].Is("."), lower);
    if (end == at) return;
    TakeName(at, end);
    // "Drs Martin et Durand", "Dr Martin / Dr Durand"
    if (InList(note_[end].folded, "et and") || note_[end].Is("&") || note_[end].Is("/")) {
      const std::size_t next = NameEnd(end + 1, false, false);
      if (next > end + 1) TakeName(end + 1, next);
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
    std::size_t end = sure ? NameEnd(at, true, true) : WeakNameEnd(at);
    if (sure && end == at && note_[at].is_word() && !IsStopper(note_[at].folded)) end = at + 1;
    if (sure && end > at) {
      // "DUPONT, Jean" and "dupont jean": to the next field.
      for (std::size_t n = 0; n < 4; ++n) {
        const std::size_t next = note_[end].Is(",") || note_[end].Is("-") ? end + 1 : end;
        if (!note_[next].is_word() || IsStopper(note_[next].folded) || note_[next + 1].Is(":"))
          break;
        if (!note_[next].capital && note_[at].capital) break;
        if (IsCommonWord(note_[next].folded) && !IsName(note_[next].folded) &&
            !note_.CapsLine(next))
          break;
        end = next + 1;
      }
    }
    if (end > at) TakeName(at, end);
  }

  // "son épouse Marie", "the patient, John Smith", "née Durand", "Dear Jane", "bonjour Paul".
  void AfterKin(std::size_t i) {
    static constexpr std::string_view kKin =
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
      const std::size_t end = WeakNameEnd(at);
      if (end > at) TakeName(at, end);
    } else if (note_.CapsLine(at) || !note_[at].capital) {
      // In lower case: a given name of the list and no word of everyday, or two names together.
      const std::string& w = note_[at].folded;
      const bool both = IsGiven(w) && note_[at + 1].is_word() &&
                        IsLowerName(note_[at + 1].folded, 0) && !IsStopper(note_[at + 1].folded);
      if (both)
        TakeName(at, at + 2);
      else if (IsGiven(w) && !IsCommonWord(w))
        TakeName(at, at + 1);
      else if (InList(note_[i].folded, "pt patient patiente") && w.size() >= 3 &&
               !IsCommonWord(w) && !LooksMedical(w) &&
               InList(note_[at + 1].folded, "seen vu vue is was reports denies says came presents"))
        TakeName(at, at + 1);
    }
  }

  // "vu avec Durand", "discussed with Smith", "signed by Ondricka".
  void AfterVerb(std::size_t i) {
    if (!InList(note_[i].folded, "avec with par by chez per")) return;
    static constexpr std::string_view kVerbs =
        "vu vue vus revu revue discute discutee spoke spoken discussed talked seen signed reviewed "
        "evaluated referred followed suivi suivie opere operee adresse adressee examine examinee "
        "accompagne accompagnee accompanied contact rdv rendez entretien appel consultation "
        "prescrit "
        "prescrite realise realisee redige valide dictated written transcribed performed read "
        "interpreted cared attended lives living vit habite married mariee marie appointment relu "
        "echange staff avis met meeting";
    bool said = false;
    for (std::size_t back = 1; back <= 12 && back <= i && !note_[i - back].Is("."); ++back) {
      if (note_[i - back].kind == Token::Kind::kBreak) break;
      said = said || InList(note_[i - back].folded, kVerbs);
    }
    if (!said || !note_[i + 1].capital || note_.CapsLine(i + 1)) return;
    const std::size_t end = WeakNameEnd(i + 1);
    if (end > i + 1) TakeName(i + 1, end);
  }

  // "maladie de Crohn", "Murphy's sign", "score de Glasgow": no person.
  bool IsEponym(std::size_t i) const {
    static constexpr std::string_view kThings =
        "maladie syndrome signe score test classification critere criteres sonde drain manoeuvre "
        "fracture "
        "echelle index indice operation intervention technique stade loi corps cellule cellules "
        "tumeur "
        "virus canal ligament tendon reflexe disease sign criteria scale catheter stage palsy "
        "syndromes "
        "maneuver procedure tumor esophagus ulcer phenomenon formula reaction stain coloration "
        "lymphoma "
        "lymphome thyroiditis thyroidite chorea choree nodule contracture equation position "
        "protocol "
        "protocole solution ringer";
    const std::size_t after = note_[i + 1].Is("'") ? i + 3 : note_[i + 1].Is("-") ? i + 3 : i + 1;
    if (InList(note_[after].folded, kThings) || InList(note_[i + 1].folded, kThings)) return true;
    for (std::size_t back = 1; back <= 4 && back <= i; ++back) {
      const Token& t = note_[i - back];
      if (InList(t.folded, kThings)) return back > 1 || t.is_word();
      if (!InList(t.folded, "de d la du ' le -") && !t.capital) return false;
    }
    return false;
  }

  // A given name beside a name, an initial before a name, capitals after a name ("Jean DUPONT").
  void Pair(std::size_t i) {
    if (note_.Taken(i) && note_.Taken(i + 1)) return;
    const Token& t = note_[i];
    const Token& next = note_[i + 1];
    if (note_.CapsLine(i) || (!t.capital && next.is_word())) {
      // No capitals to go by: both must be names, one of them nothing else.
      const bool both =
          next.is_word() && IsGiven(t.folded) && !IsStopper(next.folded) && !IsStopper(t.folded) &&
          !t.Is("de") &&
          ((IsName(next.folded) && (!IsCommonWord(t.folded) || !IsCommonWord(next.folded))) ||
           (!IsCommonWord(t.folded) && !IsCommonWord(next.folded) && !LooksMedical(next.folded) &&
            next.folded.size() >= 4));
      const bool turned =
          next.is_word() && IsGiven(next.folded) && !IsCommonWord(next.folded) &&
          !IsStopper(t.folded) &&
          (IsFamilyName(t.folded) || known_.HasFamily(t.folded) ||
           (note_.CapsLine(i) && !IsCommonWord(t.folded) && !LooksMedical(t.folded)));
      if (both || turned) TakeName(i, i + 2);
      return;
    }
    if (IsEponym(i)) return;
    if (IsInitial(note_, i) && !IsStopper(t.folded)) {
      const std::size_t end = NameEnd(i, false, false);
      const bool name_last = end > i + 2 && note_[end - 1].folded.size() >= 3 && CanBeName(end - 1);
      if (name_last) TakeName(i, end);
      return;
    }
    if (!CanBeName(i)) return;
    const std::size_t end = NameEnd(i, false, false);
    std::size_t n_words = 0;
    bool given = false, caps = false, mixed = false;
    for (std::size_t at = i; at < end; ++at) {
      if (!note_[at].is_word() || IsParticle(note_[at].folded)) continue;
      ++n_words;
      given = given || (IsGiven(note_[at].folded) && note_[at].folded.size() >= 3);
      caps = caps || (note_[at].all_caps && note_[at].folded.size() >= 4);
      mixed = mixed || !note_[at].all_caps;
    }
    if (n_words >= 2 && (given || (caps && mixed))) TakeName(i, end);
  }

  // One word that is a name and nothing else, in capitals.
  void Single(std::size_t i) {
    const Token& t = note_[i];
    if (note_.Taken(i) || !t.capital || t.folded.size() < 3 || IsStopper(t.folded)) return;
    if (!IsName(t.folded) || IsCommonWord(t.folded) || LooksMedical(t.folded) || IsEponym(i))
      return;
    if (t.all_caps && t.folded.size() <= 3) return;
    TakeName(i, i + 1);
  }

  // "Ondricka reports pain", "Leffler a été vue": an unknown word that does what persons do.
  void Subject(std::size_t i) {
    if (note_.Taken(i) || !CanBeName(i) || note_.CapsLine(i) || note_[i].folded.size() < 3) return;
    static constexpr std::string_view kDoes =
        "reports denies states complains lives works says refuses agrees wants feels smokes drinks "
        "rapporte signale decrit dit refuse vit habite travaille consulte vient souhaite accepte "
        "fume";
    const std::size_t v = NameEnd(i, false, false);  // of the verb
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
    if (InList(next, kDoes) || passive) TakeName(i, v);
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
        good = initial || (CanBeName(i) && !note_.Taken(i));
        n_words += good && !initial ? 1 : 0;
      }
      if (good && n_words >= 2 && n_words <= 4) TakeName(begin, end);
    }
  }

  // What was found once, in capitals anywhere; in lower case if it is nothing else.
  void Again() {
    for (std::size_t i = 0; i < note_.size(); ++i) {
      const Token& t = note_[i];
      if (!t.is_word() || note_.Taken(i) || !found_.contains(t.folded) || IsStopper(t.folded))
        continue;
      const bool sure = !IsCommonWord(t.folded) && t.folded.size() >= 4;
      const bool capital = t.capital && !note_.CapsLine(i) && (sure || !note_.BeginsLine(i)) &&
                           (sure || (i > 0 && !note_[i - 1].Is(".")));
      if ((capital || sure) && !IsEponym(i)) note_.Take(i, i + 1, Identifying::kName);
    }
  }

  NoteText& note_;
  const KnownNames& known_;
  std::unordered_set<std::string> found_;
};

}  // namespace

void FindNames(NoteText& note, const KnownNames& known) { NameFinder(note, known).Run(); }

}  // namespace essaim::text
