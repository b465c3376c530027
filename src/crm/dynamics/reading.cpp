#include "crm/dynamics/reading.h"

#include "crm/codec/json_member.h"
#include "crm/dynamics/tuning.h"
#include "crm/odata/filter.h"
#include "crm/odata/pages.h"
#include "crm/odata/query.h"
#include "crm/odata/tuning.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla::dynamics {

namespace {

using odata::Position;
using Stage = Position::Stage;

constexpr std::string_view created = "createdon";

/// modifiedon and createdon have whole seconds.
odata::QueryOptions query_options(std::string condition = {}) {
    return {.dialect = odata::Dialect::dataverse,
            .condition = std::move(condition),
            .stamp_unit = odata::QueryOptions::StampUnit::seconds};
}

int page_rows(const Session& session, const ReadRequest& request) {
    int rows = odata::tuning::page_rows(request.fields.size());
    if (const int most = session.account().page_size; most > 0) rows = std::min(rows, most);
    if (request.row_limit) rows = static_cast<int>(std::min<std::int64_t>(rows, *request.row_limit));
    return rows;
}

/// What is told beside the request's fields, each kind once: "a.b,c.d".
std::string annotations(const ReadRequest& request) {
    std::set<std::string_view> kinds;
    for (const std::string& name : request.fields) {
        const model::FieldSchema* const field = request.object->find(name);
        if (field == nullptr || !odata::is_annotation(*field)) continue;
        kinds.insert(std::string_view{field->wire_name}.substr(field->wire_name.find('@') + 1));
    }
    return fmt::format("{}", fmt::join(kinds, ","));
}

/// A token stands in a query as it came: percent-encoded, and nothing that would end it.
bool is_token(std::string_view text) {
    return !text.empty() && text.size() <= 2'000 &&
           text.find_first_of("&# ?\r\n\"<>") == std::string_view::npos;
}

Result<std::string> token_of(const std::string& delta_link) {
    constexpr std::string_view option = "$deltatoken=";
    std::string_view query{delta_link};
    query.remove_prefix(std::min(query.size(), query.find('?')));
    std::string lowered{query};
    if (const auto encoded = lowered.find("%24deltatoken="); encoded != std::string::npos)
        lowered.replace(encoded, 3, "$");
    const auto at = lowered.find(option);
    if (at != std::string::npos) {
        const std::string token =
            lowered.substr(at + option.size(), lowered.find('&', at) - at - option.size());
        if (is_token(token)) return token;
    }
    return error(ErrorKind::corrupt, "the link at the end of the feed of changes holds no $deltatoken");
}

/// The query of a part's beginning.
Result<std::string> path_of(const ReadRequest& request, const Position& position) {
    if (request.by_feed) {
        std::string path = TRY(odata::feed_path(request, query_options()));
        if (request.feed_mark.empty()) return path;
        if (!is_token(request.feed_mark)) {
            return error(
                ErrorKind::expired,
                fmt::format("{}: the mark of its feed of changes is none of Dynamics'", request.object->name),
                "FEED_EXPIRED");
        }
        return fmt::format("{}&$deltatoken={}", path, request.feed_mark);
    }
    std::string condition;
    if (position.stage == Stage::window) {
        if (position.from)
            condition = fmt::format("{} ge {}", created, odata::instant_literal(*position.from));
        if (position.from && position.to) condition += " and ";
        if (position.to) condition += fmt::format("{} lt {}", created, odata::instant_literal(*position.to));
        // Whatever has no date goes with the first stretch.
        if (!position.from) condition += fmt::format(" or {} eq null", created);
    }
    return odata::query_path(request, query_options(std::move(condition)));
}

Result<void> check_url(const Session& session, const ReadRequest& request, std::string_view path) {
    const std::size_t bytes = session.account().root().size() + 1 + path.size();
    if (bytes <= odata::tuning::url_bytes_max) return {};
    return error(
        ErrorKind::invalid,
        fmt::format("{}: the query makes a URL of {} bytes, and Dynamics takes {}; use fewer fields or "
                    "a shorter filter",
                    request.object->name, bytes, odata::tuning::url_bytes_max));
}

/// Dynamics counts at night: good enough to plan by. Nothing where it doesn't count.
std::optional<std::int64_t> record_count(Session& session, const ReadRequest& request, const Call& call) {
    const std::string& table = request.object->name;
    const odata::Ask ask{.path = fmt::format("RetrieveTotalRecordCount(EntityNames=%5B'{}'%5D)", table),
                         .attempted = fmt::format("counting {}", table)};
    const auto response = session.web_api().send_text(ask, call);
    if (!response) return std::nullopt;
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    std::int64_t count = 0;
    if (parser.parse(response->body).get(root) != simdjson::SUCCESS ||
        root["EntityRecordCountCollection"]["Values"].at(0).get(count) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    return count;
}

/// When the first or the last record was created.
std::optional<Instant> created_at_edge(Session& session, const ReadRequest& request,
                                       std::string_view direction, const Call& call) {
    const model::ObjectSchema& object = *request.object;
    const odata::Ask ask{.path = fmt::format("{}?$select={}&$filter={}&$orderby={}", object.wire_name,
                                             created, odata::query_encode(fmt::format("{} ne null", created)),
                                             odata::query_encode(fmt::format("{} {}", created, direction))),
                         .headers = {{"Prefer", odata::prefer({.page_rows = 1})}},
                         .attempted = fmt::format("looking at the dates of {}", object.name)};
    const auto response = session.web_api().send_text(ask, call);
    if (!response) return std::nullopt;
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    std::string_view text;
    if (parser.parse(response->body).get(root) != simdjson::SUCCESS ||
        root["value"].at(0)[created].get(text) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    const auto instant = parse_instant(text);
    return instant ? std::optional{*instant} : std::nullopt;
}

/// So many stretches of equal length; the first has no beginning and the last no end.
std::vector<Part> stretches(Instant first, Instant last, int count) {
    std::vector<Part> parts;
    std::optional<Instant> from;
    for (int i = 1; i <= count; ++i) {
        std::optional<Instant> to;
        if (i < count)
            to = Instant{std::chrono::floor<std::chrono::seconds>(first + (last - first) / count * i)};
        parts.push_back({.position = Position{.stage = Stage::window, .from = from, .to = to}.text()});
        from = to;
    }
    return parts;
}

/// What makes all there is of a table worth to be cut; nothing where one lane is as good.
std::optional<ReadPlan> cut_plan(Session& session, const ReadRequest& request, const Call& call) {
    const bool is_all = !request.from && !request.until && request.filter.empty() &&
                        request.order_by.empty() && !request.row_limit;
    const model::FieldSchema* const date = is_all ? request.object->find(created) : nullptr;
    const int lanes = std::min(tuning::lanes_max, session.requests_in_flight());
    if (date == nullptr || date->type.kind != model::Kind::instant || !date->is_filterable || lanes < 2)
        return std::nullopt;
    const auto count = record_count(session, request, call);
    if (!count || *count < tuning::partition_rows_min) return std::nullopt;
    const auto first = created_at_edge(session, request, "asc", call);
    const auto last = created_at_edge(session, request, "desc", call);
    const int parts = lanes * tuning::parts_a_lane;
    if (!first || !last || *last - *first < std::chrono::seconds{parts}) return std::nullopt;
    const int rows = page_rows(session, request);
    return ReadPlan{
        .parts = stretches(*first, *last, parts),
        .calls_expected = static_cast<int>(*count / rows) + parts + 3,
        .lanes_max = lanes,
        .why = fmt::format("page by page, up to {} rows a page, in {} stretches of createdon, {} at a "
                           "time: Dynamics counts some {} records",
                           rows, parts, lanes, *count)};
}

/// A feed that can't be gone on with from a mark or a page's link, in whatever words.
Error told_expired(Error failure, const ReadRequest& request, const Position& position) {
    constexpr std::array<std::string_view, 4> symbols = {"0x80044352", "HTTP 410", "HTTP 404", "0x80040203"};
    if (!request.by_feed || (request.feed_mark.empty() && position.stage != Stage::page)) return failure;
    const bool is_over =
        failure.kind == ErrorKind::expired || std::ranges::find(symbols, failure.symbol) != symbols.end();
    if (!is_over || failure.symbol == "FEED_EXPIRED") return failure;
    failure.kind = ErrorKind::expired;
    failure.symbol = "FEED_EXPIRED";
    return failure;
}

}  // namespace

Result<ReadPlan> read_plan(Session& session, const ReadRequest& request, const Call& call) {
    if (request.path == ReadPath::bulk) {
        return error(
            ErrorKind::unsupported,
            fmt::format("{}: Dynamics has no interface for reading in bulk; records come page by page",
                        request.object->name));
    }
    const Position beginning{};
    const std::string path = TRY(path_of(request, beginning));
    TRY(check_url(session, request, path));
    if (!request.by_feed) {
        if (auto plan = cut_plan(session, request, call)) return std::move(*plan);
        if (call.is_over()) return call.cancelled("planning the import");
    }
    std::string why = fmt::format("page by page, up to {} rows a page", page_rows(session, request));
    if (request.by_feed) {
        why += request.feed_mark.empty() ? ", as the beginning of the feed of changes"
                                         : ", by the feed of changes: what changed and what was deleted";
    }
    return ReadPlan{
        .parts = {Part{.position = beginning.text()}}, .calls_expected = 1, .why = std::move(why)};
}

Result<PartEnd> read_part(Session& session, const ReadRequest& request, const Part& part, BatchSink& sink,
                          const Call& call) {
    const Position position = TRY(Position::of(part.position));
    if (position.stage == Stage::done) return PartEnd{.feed_mark = position.link};
    // A stored position says nothing of the request: what it asks for is checked whatever comes next.
    std::string path = TRY(path_of(request, position));
    TRY(check_url(session, request, path));
    const odata::Preferences preferences{.page_rows = page_rows(session, request),
                                         .annotations = annotations(request),
                                         .is_feed = request.by_feed};
    const odata::Paging paging{.first = std::move(path),
                               .headers = {{"Prefer", odata::prefer(preferences)}},
                               .page = position.stage == Stage::page ? position.link : std::string{},
                               .rows = part.rows,
                               .bytes_max = odata::tuning::page_bytes_max,
                               .mark_of = token_of};
    auto end = odata::read_pages(session.web_api(), request, paging, sink, call);
    if (!end) return told_expired(end.error(), request, position);
    return end;
}

}  // namespace koppla::dynamics
