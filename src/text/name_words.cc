// The words around names: particles, titles, and what ends a name.
#include <string_view>

#include "text/finders.h"
#include "text/name_reader.h"

namespace essaim::text {

bool IsParticle(std::string_view w) {
  return InList(w,
                "de du des d la le van von der den di da del della dos el al ben bin ould mac mc o "
                "saint st y");
}

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

}  // namespace essaim::text
