#pragma once

#include "base/secret.h"
#include "db/database.h"
#include "db/postgres/address.h"

#include <chrono>
#include <memory>

namespace koppla::db {

struct PostgresOptions {
    /// `existing` refuses (not_found) where the schema isn't there.
    enum class Create { existing, if_missing };

    PostgresAddress address;
    Secret password{};  ///< empty: libpq's own ways, ~/.pgpass among them
    Create create = Create::existing;
    std::chrono::milliseconds open_wait{10'000};
};

/// A schema of a PostgreSQL database, version 13 or later, in UTF-8. One writer at a time by an advisory
/// lock, `write_own` beside it, readers that see the state of their `begin`; after a failed statement only
/// the end of the transaction is left, unless it was an `attempt`.
///
/// A server that was restarted between two transactions isn't noticed; one that goes away within one makes it
/// `unavailable`, within a commit `in_doubt`. Errors: SQLSTATE as a table in errors.cpp, its condition's name
/// as symbol. Staging lies in unlogged tables koppla_staging_…, which a crash of the server empties.
Result<std::unique_ptr<Database>> open_postgres(const PostgresOptions& options, const Call& call);

}  // namespace koppla::db
