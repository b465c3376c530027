#include "sandbox/dynamics/switches/access.h"

#include "sandbox/switches/every_face.h"
#include "sandbox/web/answer.h"

#include <array>

#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Answer read_auth(Services& services, const sandbox::Ask&) {
    return json_answer(200, settings_json(services.authority.settings()));
}

Result<Answer> set_auth(Services& services, const sandbox::Ask& ask) {
    const auto body = TRY(settings(ask));
    const auto next = TRY(changed(services.authority.settings(), body));
    services.authority.set(next);
    return json_answer(200, settings_json(next));
}

/// {"user_code":"…","decision":"allow"}: what a person would do on the page.
Result<Answer> decide_device(Services& services, const sandbox::Ask& ask) {
    const auto body = TRY(settings(ask));
    const bool is_allowed = body.value("decision", "allow") == "allow";
    const bool is_known = services.authority.grants.decide(
        body.value("user_code", ""),
        is_allowed ? entra::DeviceCode::Decision::allowed : entra::DeviceCode::Decision::denied);
    if (!is_known) return error(ErrorKind::invalid, "No device waits with that 'user_code'");
    return empty_answer(204);
}

Answer expire_sessions(Services& services, const sandbox::Ask&) {
    return json_answer(200, Json{{"expired", services.authority.grants.expire_tokens()}});
}

Answer expire_refresh_tokens(Services& services, const sandbox::Ask&) {
    return json_answer(200, Json{{"expired", services.authority.grants.expire_refresh_tokens()}});
}

Answer read_limits(Services& services, const sandbox::Ask&) {
    const auto limits = services.protection.limits();
    const auto figures = services.protection.figures();
    return json_answer(200, Json{{"requests", limits.requests},
                                 {"window_ms", limits.window.count()},
                                 {"execution_ms", limits.execution.count()},
                                 {"concurrent", limits.concurrent},
                                 {"dop_hint", limits.dop_hint},
                                 {"in_flight_max", figures.in_flight_max},
                                 {"refused",
                                  {{"requests", figures.refused_requests},
                                   {"time", figures.refused_time},
                                   {"concurrent", figures.refused_concurrent}}}});
}

/// {"requests":60,"window_ms":3000,"concurrent":5}; counting begins again.
Result<Answer> set_limits(Services& services, const sandbox::Ask& ask) {
    const auto body = TRY(settings(ask));
    const auto now = services.protection.limits();
    Limits limits{.requests = TRY(number(body, "requests", now.requests)),
                  .execution = milliseconds{TRY(number(body, "execution_ms", now.execution.count()))},
                  .concurrent = TRY(number(body, "concurrent", now.concurrent)),
                  .window = milliseconds{TRY(number(body, "window_ms", now.window.count()))},
                  .dop_hint = TRY(number(body, "dop_hint", now.dop_hint)),
                  .retry_after = now.retry_after};
    if (body.contains("retry_after_seconds"))
        limits.retry_after = seconds{TRY(number(body, "retry_after_seconds", 0))};
    services.protection.set(limits);
    services.protection.clear();
    return read_limits(services, ask);
}

Answer reset_limits(Services& services, const sandbox::Ask& ask) {
    services.protection.set(Limits{});
    services.protection.clear();
    return read_limits(services, ask);
}

Result<Answer> set_page_rows(Services& services, const sandbox::Ask& ask) {
    const auto body = TRY(settings(ask));
    const auto rows = TRY(number(body, "page_rows", 5'000));
    if (rows < 1) return error(ErrorKind::invalid, "'page_rows' has to be 1 or more");
    services.page_rows_max = rows;
    return json_answer(200, Json{{"page_rows", rows}});
}

using Switch = RouteTo<Services>;
constexpr std::array table{
    Switch{"GET", "/sandbox/auth", read_auth},
    Switch{"POST", "/sandbox/auth", checked<Services, set_auth>},
    Switch{"POST", "/sandbox/device", checked<Services, decide_device>},
    Switch{"POST", "/sandbox/session/expire", expire_sessions},
    Switch{"POST", "/sandbox/refresh/expire", expire_refresh_tokens},
    Switch{"GET", "/sandbox/limits", read_limits},
    Switch{"POST", "/sandbox/limits", checked<Services, set_limits>},
    Switch{"DELETE", "/sandbox/limits", reset_limits},
    Switch{"POST", "/sandbox/query", checked<Services, set_page_rows>},
};

}  // namespace

std::span<const RouteTo<Services>> access_switches() {
    return table;
}

}  // namespace koppla::sandbox::dynamics
