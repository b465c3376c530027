#include "sandbox/control.h"

#include "sandbox/faults/switches.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <span>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

constexpr std::int64_t clock_offset_max = 10LL * 366 * 86'400;

Answer refused(const Error& error) {
    return api_error(400, error.symbol.empty() ? "INVALID" : error.symbol, error.message);
}

Result<std::int64_t> number(const nlohmann::json& body, const char* name, std::int64_t fallback) {
    const auto found = body.find(name);
    if (found == body.end()) return fallback;
    if (!found->is_number_integer() || found->get<std::int64_t>() < 0)
        return error(ErrorKind::invalid, "'" + std::string{name} + "' has to be a whole number, 0 or more");
    return found->get<std::int64_t>();
}

/// An empty body is an empty object.
Result<nlohmann::json> settings(const Ask& ask) {
    return ask.request.body.empty() ? Result<nlohmann::json>{nlohmann::json::object()}
                                    : parse_object(ask.request.body);
}

Json entry_json(const JournalEntry& entry) {
    return Json{{"number", entry.number},
                {"time", format_instant(entry.time)},
                {"method", entry.method},
                {"path", entry.target},
                {"status", entry.status},
                {"request_bytes", entry.request_bytes},
                {"response_bytes", entry.response_bytes},
                {"microseconds", entry.microseconds},
                {"charged", entry.cost == JournalEntry::Cost::charged},
                {"calls", entry.cost == JournalEntry::Cost::charged ? entry.calls : 0},
                {"subrequests", entry.subrequests}};
}

Answer read_journal(Services& services, const Ask& ask) {
    const auto text = ask.parameter("from").value_or("1");
    std::int64_t from = 1;
    std::from_chars(text.data(), text.data() + text.size(), from);
    auto list = Json::array();
    for (const auto& entry : services.journal.since(from)) list.push_back(entry_json(entry));
    return json_answer(200, Json{{"requests", list}});
}

Answer clear_journal(Services& services, const Ask&) {
    services.journal.clear();
    return empty_answer(204);
}

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

Result<const Object*> object_named(const Services& services, const std::string& name) {
    const auto* object = services.org.find(name);
    if (object == nullptr) return error(ErrorKind::invalid, "The org has no object '" + name + "'");
    return object;
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

std::string all_fields(const Object& object) {
    std::string list;
    for (const auto& field : object.fields())
        if (!field.is_compound()) list += (list.empty() ? "" : ",") + field.name;
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
    const auto calls = services.allowance.figures();
    return json_answer(200, Json{{"rows", rows},
                                 {"pending", TRY(services.org.pending())},
                                 {"misfits", services.org.misfits()},
                                 {"calls", {{"used", calls.used}, {"daily_max", calls.daily_max}}}});
}

Result<Answer> set_clock(Services& services, const Ask& ask) {
    const auto body = TRY(settings(ask));
    const auto offset = body.value("offset_seconds", nlohmann::json(0));
    if (!offset.is_number_integer() || std::abs(offset.get<std::int64_t>()) > clock_offset_max)
        return error(ErrorKind::invalid, "'offset_seconds' has to be a whole number, at most ten years");
    services.clock.shift(std::chrono::seconds{offset.get<std::int64_t>()});
    return json_answer(200, Json{{"offset_seconds", offset}, {"now", format_instant(services.clock.now())}});
}

/// One of the words, as a setting of the app.
template <class Choice>
Result<void> choose(const nlohmann::json& body, const char* name, std::span<const std::string_view> words,
                    Choice& choice) {
    const auto found = body.find(name);
    if (found == body.end()) return {};
    const auto word = found->is_string() ? found->get<std::string>() : found->dump();
    const auto known = std::ranges::find(words, word);
    if (known == words.end())
        return error(ErrorKind::invalid, "'" + std::string{name} + "' can't be '" + word + "'");
    choice = static_cast<Choice>(known - words.begin());
    return {};
}

Result<Answer> set_auth(Services& services, const Ask& ask) {
    static constexpr std::array<std::string_view, 3> consents{"ask", "given", "refused"};
    static constexpr std::array<std::string_view, 2> rotations{"none", "each_time"};
    static constexpr std::array<std::string_view, 2> approvals{"given", "missing"};
    static constexpr std::array<std::string_view, 2> flows{"allowed", "blocked"};
    const auto body = TRY(settings(ask));
    auto app = services.logins.settings();
    TRY(choose(body, "consent", consents, app.consent));
    TRY(choose(body, "rotation", rotations, app.rotation));
    TRY(choose(body, "approval", approvals, app.approval));
    TRY(choose(body, "password_flow", flows, app.password_flow));
    if (const auto pem = body.find("certificate"); pem != body.end())
        app.certificate_pem = pem->is_string() ? pem->get<std::string>() : std::string{};
    if (const auto list = body.find("redirect_uris"); list != body.end()) {
        app.redirect_uris.clear();
        for (const auto& uri : *list)
            app.redirect_uris.push_back(uri.is_string() ? uri.get<std::string>() : "");
    }
    services.logins.set(app);
    return json_answer(200, Json{{"consent", consents.at(static_cast<std::size_t>(app.consent))},
                                 {"rotation", rotations.at(static_cast<std::size_t>(app.rotation))},
                                 {"approval", approvals.at(static_cast<std::size_t>(app.approval))},
                                 {"password_flow", flows.at(static_cast<std::size_t>(app.password_flow))},
                                 {"redirect_uris", app.redirect_uris},
                                 {"certificate", app.certificate_pem}});
}

Result<Answer> hide(Services& services, const Ask& ask) {
    const auto body = TRY(settings(ask));
    const auto* object = TRY(object_named(services, body.value("object", "")));
    if (const auto where = body.find("where"); where != body.end() && where->is_string()) {
        const auto rows = TRY(services.org.hide_rows(*object, where->get<std::string>()));
        return json_answer(200, Json{{"object", object->name()}, {"rows", rows}});
    }
    std::vector<std::string> fields;
    for (const auto& field : body.value("fields", nlohmann::json::array()))
        fields.push_back(field.is_string() ? field.get<std::string>() : field.dump());
    TRY(services.org.hide(*object, fields));
    return json_answer(200, Json{{"object", object->name()}, {"fields", fields}});
}

Result<Answer> reveal(Services& services, const Ask&) {
    TRY(services.org.reveal());
    return empty_answer(204);
}

/// The handler for the table, from one whose errors become 400.
template <Result<Answer> (*handle)(Services&, const Ask&)>
Answer checked(Services& services, const Ask& ask) {
    auto answer = handle(services, ask);
    return answer ? std::move(*answer) : refused(answer.error());
}

constexpr std::array table{
    Route{"GET", "/sandbox/journal", read_journal},
    Route{"DELETE", "/sandbox/journal", clear_journal},
    Route{"GET", "/sandbox/state", checked<read_state>},
    Route{"GET", "/sandbox/rows", checked<read_rows>},
    Route{"POST", "/sandbox/change", checked<make_changes>},
    Route{"POST", "/sandbox/late", checked<set_late>},
    Route{"POST", "/sandbox/late/apply", checked<apply_late>},
    Route{"POST", "/sandbox/session", checked<set_session>},
    Route{"POST", "/sandbox/session/expire", expire_sessions},
    Route{"POST", "/sandbox/locators/expire", expire_locators},
    Route{"POST", "/sandbox/limits", checked<set_limits>},
    Route{"POST", "/sandbox/bulk", checked<set_page_rows<&Services::jobs>>},
    Route{"POST", "/sandbox/query", checked<set_page_rows<&Services::cursors>>},
    Route{"POST", "/sandbox/auth", checked<set_auth>},
    Route{"POST", "/sandbox/clock", checked<set_clock>},
    Route{"POST", "/sandbox/hide", checked<hide>},
    Route{"DELETE", "/sandbox/hide", checked<reveal>},
    Route{"GET", "/sandbox/faults", get_faults},
    Route{"POST", "/sandbox/faults", checked<post_faults>},
    Route{"DELETE", "/sandbox/faults", delete_faults},
};

}  // namespace

std::span<const Route> control_routes() {
    return table;
}

}  // namespace koppla::sandbox
