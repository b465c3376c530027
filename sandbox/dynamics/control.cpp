#include "sandbox/dynamics/control.h"

#include "sandbox/dynamics/org/state.h"
#include "sandbox/dynamics/switches/access.h"
#include "sandbox/dynamics/switches/write_rules.h"
#include "sandbox/dynamics/table_text.h"
#include "sandbox/switches/every_face.h"
#include "sandbox/web/answer.h"

#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

/// A table as the org sees it now, kept alive with its catalog.
struct Named {
    std::shared_ptr<const Catalog> catalog;
    const Table* table = nullptr;
};
Result<Named> table_named(const Services& services, const std::string& name) {
    Named named{.catalog = services.org.catalog()};
    named.table = named.catalog->find(name);
    if (named.table == nullptr)
        return error(ErrorKind::invalid, fmt::format("The Dynamics org has no table '{}'", name));
    return named;
}

std::string text_of(const nlohmann::json& body, const char* name) {
    const auto found = body.find(name);
    return found != body.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::string table_in(const nlohmann::json& body) {
    const auto object = text_of(body, "object");
    return object.empty() ? text_of(body, "table") : object;
}

std::string table_in(const sandbox::Ask& ask) {
    return ask.parameter("object").value_or(ask.parameter("table").value_or(""));
}

Result<Answer> read_rows(Services& services, const sandbox::Ask& ask) {
    const auto named = TRY(table_named(services, table_in(ask)));
    const auto pending = TRY(services.org.pending());
    const auto transaction = TRY(services.org.read());
    auto text = TRY(table_csv(*transaction, *named.table, ask.parameter("fields").value_or("")));
    auto answer = text_answer(200, std::move(text), "text/csv; charset=UTF-8");
    answer.response.headers.add("Sandbox-Pending", std::to_string(pending));
    return answer;
}

/// Ids of a table's deleted rows, as long as their tombstones are kept.
Result<Answer> read_deleted(Services& services, const sandbox::Ask& ask) {
    const auto named = TRY(table_named(services, table_in(ask)));
    const auto transaction = TRY(services.org.read());
    const auto cursor = TRY(transaction->query(
        fmt::format("SELECT id FROM {} WHERE table_name = $1 ORDER BY version", deleted_sql),
        {std::string_view{named.table->name()}}));
    auto ids = Json::array();
    while (TRY(cursor->next())) ids.push_back(std::string{cursor->text(0)});
    return json_answer(200, Json{{"object", named.table->name()}, {"deleted", ids}});
}

Result<Answer> read_state(Services& services, const sandbox::Ask&) {
    auto rows = Json::object();
    const auto catalog = services.org.catalog();
    for (const Table& table : catalog->tables()) rows[table.name()] = TRY(services.org.row_count(table));
    const auto pending = TRY(services.org.pending());
    const auto transaction = TRY(services.org.read());
    return json_answer(200, Json{{"rows", rows},
                                 {"pending", pending},
                                 {"misfits", services.org.misfits()},
                                 {"version", TRY(services.org.current_version(*transaction))},
                                 {"safe_version", TRY(services.org.safe_version(*transaction))},
                                 {"metadata_version", catalog->version()}});
}

Result<Answer> make_changes(Services& services, const sandbox::Ask& ask) {
    const auto body = TRY(settings(ask));
    const auto named = TRY(table_named(services, table_in(body)));
    const ChangeCounts counts{.updates = TRY(number(body, "update", 0)),
                              .deletes = TRY(number(body, "delete", 0)),
                              .inserts = TRY(number(body, "insert", 0))};
    const auto changed = TRY(services.org.change(*named.table, counts));
    return json_answer(200, Json{{"object", named.table->name()},
                                 {"updated", changed.updated},
                                 {"deleted", changed.deleted},
                                 {"inserted", changed.inserted}});
}

Result<Answer> set_late(Services& services, const sandbox::Ask& ask) {
    const auto body = TRY(settings(ask));
    const LateWrites late{.max_delay = std::chrono::milliseconds{TRY(number(body, "max_ms", 0))},
                          .seed = static_cast<std::uint64_t>(TRY(number(body, "seed", 1)))};
    services.org.set_late(late);
    return json_answer(200, Json{{"max_ms", late.max_delay.count()}, {"seed", late.seed}});
}

Result<Answer> apply_late(Services& services, const sandbox::Ask&) {
    const auto pending = TRY(services.org.pending());
    TRY(services.org.apply_pending());
    return json_answer(200, Json{{"applied", pending}});
}

/// {"object":"contact"}, with "fields":["telephone1"], or with "ids":["…"].
Result<Answer> hide(Services& services, const sandbox::Ask& ask) {
    const auto body = TRY(settings(ask));
    const auto named = TRY(table_named(services, table_in(body)));
    const auto list = [&](const char* name) {
        std::vector<std::string> texts;
        for (const auto& one : body.value(name, nlohmann::json::array()))
            texts.push_back(one.is_string() ? one.get<std::string>() : one.dump());
        return texts;
    };
    if (body.contains("ids")) {
        const auto ids = list("ids");
        TRY(services.org.hide_rows(*named.table, ids));
        return json_answer(200, Json{{"object", named.table->name()}, {"rows", ids.size()}});
    }
    const auto fields = list("fields");
    TRY(services.org.hide(*named.table, fields));
    return json_answer(200, Json{{"object", named.table->name()}, {"fields", fields}});
}

Result<Answer> reveal(Services& services, const sandbox::Ask&) {
    TRY(services.org.reveal());
    return empty_answer(204);
}

/// {"retention_days":7}: how long delta tokens hold.
Result<Answer> set_retention(Services& services, const sandbox::Ask& ask) {
    const auto body = TRY(settings(ask));
    const auto days = TRY(number(body, "retention_days", 7));
    services.org.set_retention(std::chrono::hours{24 * days});
    return json_answer(200, Json{{"retention_days", days}});
}

/// Voids every delta token of before; with "tombstones":true forgets what was deleted, too.
Result<Answer> expire_deltas(Services& services, const sandbox::Ask& ask) {
    const auto body = TRY(settings(ask));
    if (body.value("tombstones", nlohmann::json(false)) == true)
        TRY(services.org.purge_tombstones());
    else
        TRY(services.org.expire_tokens());
    return empty_answer(204);
}

using Switch = RouteTo<Services>;
constexpr std::array own{
    Switch{"GET", "/sandbox/state", checked<Services, read_state>},
    Switch{"GET", "/sandbox/rows", checked<Services, read_rows>},
    Switch{"GET", "/sandbox/deleted", checked<Services, read_deleted>},
    Switch{"POST", "/sandbox/change", checked<Services, make_changes>},
    Switch{"POST", "/sandbox/late", checked<Services, set_late>},
    Switch{"POST", "/sandbox/late/apply", checked<Services, apply_late>},
    Switch{"POST", "/sandbox/hide", checked<Services, hide>},
    Switch{"DELETE", "/sandbox/hide", checked<Services, reveal>},
    Switch{"POST", "/sandbox/deltas", checked<Services, set_retention>},
    Switch{"POST", "/sandbox/deltas/expire", checked<Services, expire_deltas>},
};

}  // namespace

std::span<const RouteTo<Services>> control_routes() {
    static const auto all = [] {
        std::vector<Switch> routes{own.begin(), own.end()};
        for (const auto& route : access_switches()) routes.push_back(route);
        for (const auto& route : write_rule_switches()) routes.push_back(route);
        return routes;
    }();
    return all;
}

}  // namespace koppla::sandbox::dynamics
