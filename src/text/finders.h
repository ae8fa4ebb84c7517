// The parts of FindIdentifying, in the order in which they look.
#pragma once

#include <span>
#include <string_view>

#include "source/identity.h"
#include "text/deidentify.h"
#include "text/in_list.h"
#include "text/note_text.h"

namespace essaim::text {

void FindMailAndUrls(NoteText& note);
void FindNumbers(NoteText& note);  // NIR, phones, patients' and professionals' numbers, ages
void FindDates(NoteText& note);
void FindAddresses(NoteText& note);
void FindHospitals(NoteText& note, const KnownNames& known);
void FindOwn(NoteText& note, std::span<const Identity> persons);  // what is known of the person
void FindNames(NoteText& note, const KnownNames& known);
void FindTowns(NoteText& note);  // by the list of towns

bool IsState(const NoteText& note, std::size_t i);  // "MA", one of the United States

}  // namespace essaim::text
