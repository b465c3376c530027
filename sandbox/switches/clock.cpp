#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"
#include "sandbox/switches/switches.h"

#include <cstdlib>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

constexpr std::int64_t clock_offset_max = 10LL * 366 * 86'400;

}  // namespace

Result<Answer> set_clock(Services& services, const Ask& ask) {
    const auto body = TRY(settings(ask));
    const auto offset = body.value("offset_seconds", nlohmann::json(0));
    if (!offset.is_number_integer() || std::abs(offset.get<std::int64_t>()) > clock_offset_max)
        return error(ErrorKind::invalid, "'offset_seconds' has to be a whole number, at most ten years");
    services.clock.shift(std::chrono::seconds{offset.get<std::int64_t>()});
    return json_answer(200, Json{{"offset_seconds", offset}, {"now", format_instant(services.clock.now())}});
}

}  // namespace koppla::sandbox
