// Gives DuckDB the project's ciphers and randomness, so that it can write encrypted files: the
// stock library only reads them.
#pragma once

#include <duckdb.hpp>

#include "base/entropy.h"

namespace essaim {

// Sets the database's encryption; before any encrypted file is attached. `entropy` outlives it.
void UseEncryption(duckdb::DuckDB& database, Entropy& entropy);

}  // namespace essaim
