#include "db/sqlite/errors.h"

#include "base/result.h"

#include <cstring>

#include <fmt/format.h>
#include <sqlite3.h>

namespace koppla::db {

namespace {

std::string_view constraint_name(int code) {
    switch (code) {
        case SQLITE_CONSTRAINT_UNIQUE:
            return "SQLITE_CONSTRAINT_UNIQUE";
        case SQLITE_CONSTRAINT_PRIMARYKEY:
            return "SQLITE_CONSTRAINT_PRIMARYKEY";
        case SQLITE_CONSTRAINT_ROWID:
            return "SQLITE_CONSTRAINT_ROWID";
        case SQLITE_CONSTRAINT_NOTNULL:
            return "SQLITE_CONSTRAINT_NOTNULL";
        case SQLITE_CONSTRAINT_FOREIGNKEY:
            return "SQLITE_CONSTRAINT_FOREIGNKEY";
        case SQLITE_CONSTRAINT_CHECK:
            return "SQLITE_CONSTRAINT_CHECK";
        default:
            return "SQLITE_CONSTRAINT";
    }
}

std::string system_reason(sqlite3* connection) {
    const int number = connection == nullptr ? 0 : sqlite3_system_errno(connection);
    return number == 0 ? std::string{} : fmt::format(" ({})", std::strerror(number));
}

}  // namespace

Error sqlite_error(int code, std::string_view attempted, const std::string& path, sqlite3* connection) {
    const std::string reason = connection == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(connection);
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return error(
                ErrorKind::unavailable,
                fmt::format("{}: another program holds the lock on {}; look for a second koppla or an "
                            "open sqlite3 on this file, and try again when it is done",
                            attempted, path),
                "SQLITE_BUSY");
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return error(ErrorKind::corrupt,
                         fmt::format("{}: {} is damaged or no SQLite database ({}); put it aside and restore "
                                     "it from a backup",
                                     attempted, path, reason),
                         "SQLITE_CORRUPT");
        case SQLITE_FULL:
            return error(
                ErrorKind::unavailable,
                fmt::format("{}: no room left on the disk for {}; make room and try again", attempted, path),
                "SQLITE_FULL");
        case SQLITE_IOERR:
            return error(ErrorKind::unavailable,
                         fmt::format("{}: the disk failed on {}: {}{}", attempted, path, reason,
                                     system_reason(connection)),
                         "SQLITE_IOERR");
        case SQLITE_CONSTRAINT:
            return error(ErrorKind::conflict, fmt::format("{}: {}", attempted, reason),
                         std::string{constraint_name(code)});
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
        case SQLITE_AUTH:
        case SQLITE_READONLY:
            return error(
                ErrorKind::denied,
                fmt::format("{}: no access to {}: {}{}; check the owner and the mode of the file and "
                            "its folder",
                            attempted, path, reason, system_reason(connection)),
                "SQLITE_CANTOPEN");
        case SQLITE_INTERRUPT:
            return error(ErrorKind::cancelled, fmt::format("{}: stopped on request", attempted));
        case SQLITE_NOMEM:
            return error(ErrorKind::unavailable, fmt::format("{}: out of memory", attempted), "SQLITE_NOMEM");
        default:
            return error(ErrorKind::invalid, fmt::format("{}: {}", attempted, reason));
    }
}

}  // namespace koppla::db
