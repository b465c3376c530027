#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace koppla::db {

/// Where a PostgreSQL store lies, as a URL says it; never with a password.
struct PostgresAddress {
    std::string user;      ///< empty: the operating system's
    std::string host;      ///< a name, an address, or the folder of a socket; empty: the machine's own socket
    std::string port;      ///< empty: 5432
    std::string database;  ///< empty: the user's name
    std::string schema = "koppla";
    std::string
        ssl_mode;  ///< as libpq has it; verify-full where the server is another machine and none was named
    std::string ssl_root_certificate, ssl_certificate, ssl_key;  ///< files, or empty
    bool operator==(const PostgresAddress&) const = default;

    /// For a person: "postgres://anna@db.example.com/crm, schema koppla".
    [[nodiscard]] std::string text() const;
};

/// postgres://user@host:port/database?schema=koppla&sslmode=…&sslrootcert=…&sslcert=…&sslkey=…; the folder of
/// a socket stands in `host` with its slashes as %2F, or in ?host=. `invalid` for anything else, and for a
/// password, which would be seen in every list of processes.
Result<PostgresAddress> parse_postgres_address(std::string_view text);

/// Whether a host's name or address leads to this machine, and so over no network.
bool is_this_machine(std::string_view host);

}  // namespace koppla::db
