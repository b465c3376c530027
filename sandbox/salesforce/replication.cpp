#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

constexpr std::chrono::days updated_span_max{30};
constexpr std::chrono::days deleted_span_max{15};
constexpr std::int64_t ids_max = 600'000;

/// What was asked for: whole minutes, both ends. [Salesforce: REST, sObject Get Deleted]
struct Span {
    Instant start;
    Instant end;
};

/// What the service is able to tell: whole minutes up to now.
Instant this_minute(const Services& services) {
    return Instant{std::chrono::floor<std::chrono::minutes>(services.clock.now())};
}

Error bad_date(std::string message) {
    return error(ErrorKind::invalid, std::move(message), "INVALID_REPLICATION_DATE");
}

Result<Instant> read_minute(const Ask& ask, const char* name) {
    const auto text = ask.parameter(name);
    if (!text)
        return error(ErrorKind::invalid, fmt::format("The parameter '{}' is required", name),
                     "MISSING_ARGUMENT");
    const auto instant = parse_instant(*text);
    if (!instant) return bad_date(fmt::format("'{}' is not a date that can be read: {}", name, *text));
    return Instant{std::chrono::floor<std::chrono::minutes>(*instant)};
}

Result<Span> read_span(const Services& services, const Ask& ask, std::chrono::days span_max) {
    const Span span{.start = TRY(read_minute(ask, "start")), .end = TRY(read_minute(ask, "end"))};
    if (span.end - span.start <= std::chrono::minutes{1})
        return bad_date("startDate before endDate by more than one minute is needed");
    const auto now = this_minute(services);
    if (span.start < now - span_max)
        return bad_date(fmt::format("startDate cannot be more than {} days ago", span_max.count()));
    if (span.start > now) return bad_date("startDate cannot be in the future");
    return span;
}

/// The object of the path, if its changes are kept track of.
Result<const Object*> replicated(const Services& services, const Ask& ask) {
    const auto* object = services.org.find(ask.parts.at(0));
    if (object == nullptr)
        return error(ErrorKind::not_found, "The requested resource does not exist", "NOT_FOUND");
    const auto entry = nlohmann::json::parse(object->global_json(), nullptr, false);
    if (!entry.value("replicateable", true))
        return error(ErrorKind::invalid, "entity type " + object->name() + " is not replicateable",
                     "INVALID_TYPE");
    return object;
}

Result<std::string> stamp_of(const Object& object) {
    for (const auto* name : {"SystemModstamp", "LastModifiedDate", "CreatedDate"})
        if (object.has(name)) return std::string{name};
    return error(ErrorKind::invalid, object.name() + " has no time of its last change", "INVALID_TYPE");
}

Result<Json> changed_rows(Services& services, const Object& object, const Span& span, Rows rows) {
    const auto stamp = TRY(stamp_of(object));
    const auto soql =
        fmt::format("SELECT Id, {0} FROM {1} WHERE {0} >= {2} AND {0} < {3}{4} ORDER BY {0}, Id", stamp,
                    object.name(), format_instant(span.start), format_instant(span.end),
                    rows == Rows::all ? " AND IsDeleted = true" : "");
    const auto selection = TRY(services.org.select(soql, SelectOptions{.rows = rows, .base = ""}));
    if (selection->total() > ids_max)
        return error(ErrorKind::invalid, "The results contain too many ids: ask for a shorter span",
                     "EXCEEDED_ID_LIMIT");
    std::string text{"["};
    TRY(selection->append_json(text, 0, selection->record_count()));
    auto records = Json::array();
    for (const auto& record : Json::parse(text + "]"))
        records.push_back(Json{{"id", record["Id"]}, {"deletedDate", record[stamp]}});
    return records;
}

/// Up to when nothing can come any more: not beyond a write that is made but can't be seen yet. Asked before
/// the rows are read: a write that is seen in between may be missing there.
Result<std::string> covered(Services& services, const Object& object, const Span& span) {
    auto until = std::min(span.end, this_minute(services));
    if (const auto pending = TRY(services.org.oldest_pending(object)))
        until = std::min(until, Instant{std::chrono::floor<std::chrono::minutes>(*pending)});
    return wire_instant(until.time_since_epoch().count());
}

Result<Json> list_updated(Services& services, const Ask& ask) {
    const auto* object = TRY(replicated(services, ask));
    const auto span = TRY(read_span(services, ask, updated_span_max));
    const auto until = TRY(covered(services, *object, span));
    auto ids = Json::array();
    for (const auto& record : TRY(changed_rows(services, *object, span, Rows::live)))
        ids.push_back(record["id"]);
    return Json{{"ids", ids}, {"latestDateCovered", until}};
}

Result<Json> list_deleted(Services& services, const Ask& ask) {
    const auto* object = TRY(replicated(services, ask));
    const auto span = TRY(read_span(services, ask, deleted_span_max));
    const auto earliest = this_minute(services) - deleted_span_max;
    const auto until = TRY(covered(services, *object, span));
    auto records = Json::array();
    if (object->has("IsDeleted")) records = TRY(changed_rows(services, *object, span, Rows::all));
    return Json{{"deletedRecords", records},
                {"earliestDateAvailable", wire_instant(earliest.time_since_epoch().count())},
                {"latestDateCovered", until}};
}

}  // namespace

Answer updated(Services& services, const Ask& ask) {
    const auto list = list_updated(services, ask);
    return list ? json_answer(200, *list) : org_error(list.error());
}

Answer deleted(Services& services, const Ask& ask) {
    const auto list = list_deleted(services, ask);
    return list ? json_answer(200, *list) : org_error(list.error());
}

}  // namespace koppla::sandbox
