#pragma once

#include "base/secret.h"
#include "db/postgres/address.h"
#include "db/postgres/errors.h"

#include <chrono>
#include <string>
#include <string_view>

struct pg_conn;

namespace koppla::db::postgres {

/// How to reach a server.
struct Server {
    PostgresAddress address;
    Secret password;  ///< empty: libpq's own ways, ~/.pgpass among them
    std::chrono::milliseconds open_wait{10'000};
};

/// A connection that is begun; libpq's own, to be finished by the caller.
pg_conn* start(const Server& server);

/// What libpq says when it isn't let in: "… failed: FATAL:  28P01: password authentication failed …", in
/// whatever language; without a code where no server answered.
ServerMessage refusal_in(std::string_view said);

/// libpq's own messages end with a line's end, or have several lines.
std::string one_line(std::string_view text);

}  // namespace koppla::db::postgres
