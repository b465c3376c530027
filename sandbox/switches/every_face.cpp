#include "sandbox/switches/every_face.h"

#include "sandbox/faults/switches.h"
#include "sandbox/web/answer.h"
#include "sandbox/web/json.h"

#include <array>
#include <charconv>
#include <cstdlib>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

constexpr std::int64_t clock_offset_max = 10LL * 366 * 86'400;

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
                {"in_flight", entry.in_flight},
                {"subrequests", entry.subrequests}};
}

Answer read_journal(Surface& surface, const Ask& ask) {
    const auto text = ask.parameter("from").value_or("1");
    std::int64_t from = 1;
    std::from_chars(text.data(), text.data() + text.size(), from);
    auto list = Json::array();
    for (const auto& entry : surface.journal.since(from)) list.push_back(entry_json(entry));
    return json_answer(200, Json{{"requests", list}});
}

Answer clear_journal(Surface& surface, const Ask&) {
    surface.journal.clear();
    return empty_answer(204);
}

/// {"offset_seconds":-600}, from the machine's.
Result<Answer> set_clock(Surface& surface, const Ask& ask) {
    const auto body = TRY(settings(ask));
    const auto offset = body.value("offset_seconds", nlohmann::json(0));
    if (!offset.is_number_integer() || std::abs(offset.get<std::int64_t>()) > clock_offset_max)
        return error(ErrorKind::invalid, "'offset_seconds' has to be a whole number, at most ten years");
    surface.clock.shift(std::chrono::seconds{offset.get<std::int64_t>()});
    return json_answer(200, Json{{"offset_seconds", offset}, {"now", format_instant(surface.clock.now())}});
}

using Common = RouteTo<Surface>;
constexpr std::array table{
    Common{"GET", "/sandbox/journal", read_journal},
    Common{"DELETE", "/sandbox/journal", clear_journal},
    Common{"POST", "/sandbox/clock", checked<Surface, set_clock>},
    Common{"GET", "/sandbox/faults", get_faults},
    Common{"POST", "/sandbox/faults", checked<Surface, post_faults>},
    Common{"DELETE", "/sandbox/faults", delete_faults},
};

}  // namespace

std::span<const RouteTo<Surface>> switches_of_every_face() {
    return table;
}

Result<nlohmann::json> settings(const Ask& ask) {
    if (ask.request.body.empty()) return nlohmann::json::object();
    auto body = TRY(parse_json(ask.request.body));
    if (!body.is_object()) return error(ErrorKind::invalid, "The body has to be a JSON object");
    return body;
}

Result<std::int64_t> number(const nlohmann::json& body, const char* name, std::int64_t fallback) {
    const auto found = body.find(name);
    if (found == body.end()) return fallback;
    if (!found->is_number_integer() || found->get<std::int64_t>() < 0)
        return error(ErrorKind::invalid, "'" + std::string{name} + "' has to be a whole number, 0 or more");
    return found->get<std::int64_t>();
}

Answer refused(const Error& error) {
    return json_answer(400,
                       Json::array({Json{{"message", error.message},
                                         {"errorCode", error.symbol.empty() ? "INVALID" : error.symbol}}}));
}

}  // namespace koppla::sandbox
