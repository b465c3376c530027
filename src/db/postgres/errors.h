#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace koppla::db::postgres {

/// What the server said, in its own parts. [PostgreSQL: Error and Notice Message Fields]
struct ServerMessage {
    std::string state;  ///< SQLSTATE, or empty: the connection itself failed
    std::string text;
    std::string detail, hint;
};

/// As an error for a person. `attempted` says what was done; `place` which store it was done to.
Error server_error(const ServerMessage& message, std::string_view attempted, std::string_view place);

}  // namespace koppla::db::postgres
