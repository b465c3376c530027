#pragma once

#include "base/result.h"
#include "sandbox/route.h"
#include "sandbox/surface.h"

#include <cstdint>
#include <span>

#include <nlohmann/json_fwd.hpp>

namespace koppla::sandbox {

/// The switches for tests under /sandbox/ that every face has: journal, clock and faults. No session, no
/// cost, not in the journal.
std::span<const RouteTo<Surface>> switches_of_every_face();

/// A switch's body; an empty one is an empty object.
Result<nlohmann::json> settings(const Ask& ask);
/// A whole number of it, 0 or more.
Result<std::int64_t> number(const nlohmann::json& body, const char* name, std::int64_t fallback);
/// [{"message":…,"errorCode":…}], with 400.
Answer refused(const Error& error);

/// The handler for a table, from one whose errors become 400.
template <class Services, Result<Answer> (*handle)(Services&, const Ask&)>
Answer checked(Services& services, const Ask& ask) {
    auto answer = handle(services, ask);
    return answer ? std::move(*answer) : refused(answer.error());
}

}  // namespace koppla::sandbox
