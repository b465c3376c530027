#include "sandbox/control.h"

#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"
#include "sandbox/switches/every_face.h"
#include "sandbox/switches/switches.h"

#include <array>
#include <charconv>
#include <span>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

Result<Answer> set_late(Services& services, const Ask& ask) {
    const auto body = TRY(settings(ask));
    const LateWrites late{.max_delay = std::chrono::milliseconds{TRY(number(body, "max_ms", 0))},
                          .seed = static_cast<std::uint64_t>(TRY(number(body, "seed", 1)))};
    services.org.set_late(late);
    return json_answer(200, Json{{"max_ms", late.max_delay.count()}, {"seed", late.seed}});
}

Result<Answer> apply_late(Services& services, const Ask&) {
    const auto pending = TRY(services.org.pending());
    TRY(services.org.apply_pending());
    return json_answer(200, Json{{"applied", pending}});
}

Result<Answer> make_changes(Services& services, const Ask& ask) {
    const auto body = TRY(settings(ask));
    const auto name = body.find("object");
    const auto* object =
        TRY(object_named(services, name != body.end() && name->is_string() ? name->get<std::string>() : ""));
    const ChangeCounts counts{.updates = TRY(number(body, "update", 0)),
                              .deletes = TRY(number(body, "delete", 0)),
                              .inserts = TRY(number(body, "insert", 0))};
    const auto changed = TRY(services.org.change(*object, counts));
    return json_answer(200, Json{{"object", object->name()},
                                 {"updated", changed.updated},
                                 {"deleted", changed.deleted},
                                 {"inserted", changed.inserted}});
}

Answer expire_sessions(Services& services, const Ask&) {
    return json_answer(200, Json{{"expired", services.sessions.expire()}});
}

Result<Answer> set_session(Services& services, const Ask& ask) {
    const auto body = TRY(settings(ask));
    const auto seconds = TRY(number(body, "lifetime_seconds", 7'200));
    services.sessions.set_lifetime(std::chrono::seconds{seconds});
    return json_answer(200, Json{{"lifetime_seconds", seconds}});
}

Answer expire_locators(Services& services, const Ask&) {
    services.cursors.expire();
    return empty_answer(204);
}

Result<Answer> set_limits(Services& services, const Ask& ask) {
    const auto body = TRY(settings(ask));
    const auto now = services.allowance.figures();
    const Allowance::Figures figures{.used = TRY(number(body, "used", now.used)),
                                     .daily_max = TRY(number(body, "daily_max", now.daily_max))};
    services.allowance.set(figures);
    return json_answer(200, Json{{"used", figures.used}, {"daily_max", figures.daily_max}});
}

/// Of what has pages: query jobs' results, or queries' cursors.
template <auto Services::*paged>
Result<Answer> set_page_rows(Services& services, const Ask& ask) {
    const auto body = TRY(settings(ask));
    const auto rows = TRY(number(body, "page_rows", 0));
    (services.*paged).set_page_rows(rows);
    return json_answer(200, Json{{"page_rows", rows}});
}

/// But for contents, which CSV can't hold.
std::string all_fields(const Object& object) {
    std::string list;
    for (const auto& field : object.fields())
        if (!field.is_compound() && field.type != "base64") list += (list.empty() ? "" : ",") + field.name;
    return list;
}

/// Rows as they are visible now, deleted ones too; `Sandbox-Pending` says how many writes are still to come.
Result<Answer> read_rows(Services& services, const Ask& ask) {
    const auto* object = TRY(object_named(services, ask.parameter("object").value_or("")));
    const auto fields = ask.parameter("fields").value_or(all_fields(*object));
    const auto pending = TRY(services.org.pending());
    const auto source = TRY(services.org.export_csv(
        "SELECT " + fields + " FROM " + object->name() + " ORDER BY Id", ExportOptions{.rows = Rows::all}));
    auto text = source->header();
    while (TRY(source->next(text, 1'000)) > 0) continue;
    auto answer = text_answer(200, std::move(text), "text/csv; charset=UTF-8");
    answer.response.headers.add("Sandbox-Pending", std::to_string(pending));
    return answer;
}

Result<Answer> read_state(Services& services, const Ask&) {
    auto rows = Json::object();
    for (const auto& object : services.org.objects())
        rows[object.name()] = TRY(services.org.row_count(object));
    const auto pending = TRY(services.org.pending());
    const auto calls = services.allowance.figures();
    return json_answer(200, Json{{"rows", rows},
                                 {"pending", pending},
                                 {"misfits", services.org.misfits()},
                                 {"calls", {{"used", calls.used}, {"daily_max", calls.daily_max}}}});
}

constexpr std::array table{
    Route{"GET", "/sandbox/state", checked<Services, read_state>},
    Route{"GET", "/sandbox/rows", checked<Services, read_rows>},
    Route{"POST", "/sandbox/change", checked<Services, make_changes>},
    Route{"POST", "/sandbox/late", checked<Services, set_late>},
    Route{"POST", "/sandbox/late/apply", checked<Services, apply_late>},
    Route{"POST", "/sandbox/session", checked<Services, set_session>},
    Route{"POST", "/sandbox/session/expire", expire_sessions},
    Route{"POST", "/sandbox/locators/expire", expire_locators},
    Route{"POST", "/sandbox/limits", checked<Services, set_limits>},
    Route{"POST", "/sandbox/bulk", checked<Services, set_page_rows<&Services::jobs>>},
    Route{"POST", "/sandbox/query", checked<Services, set_page_rows<&Services::cursors>>},
    Route{"POST", "/sandbox/auth", checked<Services, set_auth>},
    Route{"GET", "/sandbox/locks", get_locks},
    Route{"POST", "/sandbox/locks", checked<Services, set_locks>},
    Route{"GET", "/sandbox/rules", get_rules},
    Route{"POST", "/sandbox/rules", checked<Services, set_rules>},
    Route{"DELETE", "/sandbox/rules", checked<Services, clear_rules>},
    Route{"POST", "/sandbox/bin/purge", checked<Services, purge_bin>},
    Route{"POST", "/sandbox/bin/undelete", checked<Services, undelete_rows>},
    Route{"POST", "/sandbox/merge", checked<Services, merge_records>},
    Route{"POST", "/sandbox/hide", checked<Services, hide>},
    Route{"DELETE", "/sandbox/hide", checked<Services, reveal>},
};

}  // namespace

std::span<const Route> control_routes() {
    return table;
}

}  // namespace koppla::sandbox
