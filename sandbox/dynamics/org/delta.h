#pragma once

#include "base/clock.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace koppla::sandbox::dynamics {

/// How far a reader of changes has come: everything up to `version`, known at `issued`.
struct DeltaToken {
    std::int64_t version = 0;
    Instant issued{};
};

/// "918273!11/20/2026 08:10:44", as the service writes it; nothing for text of another shape.
std::string token_text(const DeltaToken& token);
std::optional<DeltaToken> read_token(std::string_view text);

/// The table that deletions are kept in: table_name, id, version, time (milliseconds since 1970), with an
/// index on (table_name, version).
inline constexpr std::string_view deleted_sql = "\"dynamics_deleted\"";

}  // namespace koppla::sandbox::dynamics
