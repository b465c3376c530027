#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

struct sqlite3;

namespace koppla::db {

/// What SQLite answered, as an error for a person. `code` is an extended result code; `attempted` says what
/// was done ("writing to the store"); the file is named, bound values never.
Error sqlite_error(int code, std::string_view attempted, const std::string& path, sqlite3* connection);

}  // namespace koppla::db
