// The parts of FindIdentifying, in the order in which they look.
#pragma once

#include <span>
#include <string_view>

#include "source/identity.h"
#include "text/deidentify.h"
#include "text/note_text.h"

namespace essaim::text {

void FindMailAndUrls(NoteText& note);
void FindNumbers(NoteText& note);  // NIR, phones, patients' and professionals' numbers, ages
void FindDates(NoteText& note);
void FindAddresses(NoteText& note);
void FindHospitals(NoteText& note, const KnownNames& known);
void FindOwn(NoteText& note, std::span<const Identity> persons);  // what is known of the person
void FindNames(NoteText& note, const KnownNames& known);

// True of a word of the list, which is sorted: "a b c" is split at blanks.
bool InList(std::string_view word, std::string_view list);

}  // namespace essaim::text
