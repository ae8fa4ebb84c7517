// The relations that the checks' aggregates are asked over. Every expression names the table t.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "quality/check_cells.h"
#include "warehouse/sql_dialect.h"

namespace essaim {

std::string NameInT(std::string_view field);          // t.field
std::string Day(std::string_view expression);         // as a date
std::string When(std::string_view condition);         // an aggregate: the rows where it holds
std::string WhenOfGroup(std::string_view condition);  // the same over rows h that stand for h.n
std::string DateOf(std::string_view day);             // YYYY-MM-DD as a date

// h: a value of the field a row, as k, in n rows. With the concept's row beside it as r; with r.k,
// the key of another table. A key that is there twice gives two rows.
Rows ByValue(std::string_view table, std::string_view field);
Rows ByConcept(std::string_view table, std::string_view field);
Rows ByKey(std::string_view table, std::string_view field, std::string_view other,
           std::string_view key);

// The same rows, of a field that has one value in all n rows, without a look at the table.
Rows OfOneValue(Rows rows, std::string_view table, std::string_view field, std::int64_t value,
                std::int64_t n);

// h: a person a row, as k, with n rows. Joined to it at most one row each: the person as w (in n
// rows), the latest of the births that are given as p, the death as d.
Rows ByPerson(std::string_view table);
std::string WithPersons();
std::string WithBirth();
std::string WithDeath();

// t beside its person p with both readings of an incomplete birth; t beside its death d.
Rows RowsWithBirth(std::string_view table);
Rows RowsWithDeath(std::string_view table);

// h: a part a row: how many of its rows k, d meet a visit (n), and at how many of these the day is
// more than a week outside. A part is a column of its own.
Rows AtVisits(const SqlDialect& dialect);
std::string PartOfVisits(std::size_t part, std::string_view table, std::string_view day_field);

// h: a value of the field and the sex of the row's person, as k and g, in n rows, or more where the
// person is there twice.
Rows BySex(std::string_view table, std::string_view field);

// h: a value of the field and a unit, as k and u, in n rows that have a number and a unit's name.
Rows ByUnit(std::string_view table, std::string_view field);

// Persons' periods that overlap or touch: a person a row, touching 0 or 1.
Rows TouchingPeriods(const SqlDialect& dialect);

// Statements that give 0 only if the field's values in the table are all different, and only if
// each is a key of the other table.
std::string DoubtOfRepeated(const SqlDialect& dialect, std::string_view table,
                            std::string_view field);
std::string DoubtOfOrphans(const SqlDialect& dialect, std::string_view table,
                           std::string_view field, std::string_view other, std::string_view key);

}  // namespace essaim
