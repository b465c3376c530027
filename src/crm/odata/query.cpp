#include "crm/odata/query.h"

#include "base/ascii.h"
#include "crm/odata/filter.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla::odata {

namespace {

using model::FieldSchema;
using model::Kind;

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const auto end = std::min(text.find_first_of(separators), text.size());
        if (end > 0) words.push_back(text.substr(0, end));
        text.remove_prefix(std::min(text.size(), end + 1));
    }
    return words;
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n,") == std::string_view::npos;
}

/// "lastname desc, createdon": checked word by word.
Result<std::string> order_of(const ReadRequest& request, Dialect dialect) {
    std::vector<std::string> terms;
    for (const std::string_view term : split(request.order_by, ",")) {
        const auto words = split(term, " \t\r\n");
        if (words.empty()) continue;
        const std::string direction = words.size() > 1 ? lower(words[1]) : "asc";
        if (words.size() > 2 || (direction != "asc" && direction != "desc")) {
            return request.refused(
                fmt::format("'{}' can't be ordered by; behind a field stands asc or desc", term));
        }
        const FieldSchema* const field = TRY(request.field(words[0]));
        if (!field->is_sortable)
            return request.refused(fmt::format("{} can't order by field '{}'", name(dialect), field->name));
        terms.push_back(fmt::format("{} {}", wire_name(*field), direction));
    }
    return fmt::format("{}", fmt::join(terms, ","));
}

Result<std::string> default_order(const ReadRequest& request) {
    std::vector<std::string> terms;
    if (!request.index_field.empty() && (request.from || request.until)) {
        const FieldSchema* const index = TRY(request.field(request.index_field));
        if (index->is_sortable) terms.push_back(wire_name(*index) + " asc");
    }
    if (const FieldSchema* const key = request.object->find(request.object->key); key != nullptr)
        terms.push_back(wire_name(*key) + " asc");
    return fmt::format("{}", fmt::join(terms, ","));
}

Result<std::string> edge(const ReadRequest& request, std::string_view comparison, Instant at,
                         Dialect dialect) {
    const FieldSchema* const index = TRY(request.field(request.index_field));
    if (!index->is_filterable) {
        return request.refused(fmt::format("{} can't filter by field '{}', so it can't be the index",
                                           name(dialect), index->name));
    }
    if (index->type.kind == Kind::instant)
        return fmt::format("{} {} {}", wire_name(*index), comparison, instant_literal(at));
    if (index->type.kind == Kind::date)
        return fmt::format("{} {} {}", wire_name(*index), comparison, format_instant(at).substr(0, 10));
    return request.refused(fmt::format(
        "field '{}' is neither a point in time nor a date, so it can't be the index", index->name));
}

/// Of a stamp in seconds the second in which the window begins is read whole: a change of its last
/// milliseconds bears its beginning.
Instant window_begin(Instant from, QueryOptions::StampUnit unit) {
    return unit == QueryOptions::StampUnit::seconds ? Instant{std::chrono::floor<std::chrono::seconds>(from)}
                                                    : from;
}

Result<std::string> condition(const ReadRequest& request, const QueryOptions& options) {
    std::vector<std::string> terms;
    if (!is_blank(request.filter)) {
        if (auto fits = check_condition(request.filter); !fits) return request.refused(fits.error().message);
        terms.push_back(fmt::format("({})", request.filter));
    }
    if (request.from) {
        terms.push_back(
            TRY(edge(request, "ge", window_begin(*request.from, options.stamp_unit), options.dialect)));
    }
    if (request.until) terms.push_back(TRY(edge(request, "le", *request.until, options.dialect)));
    if (!options.condition.empty()) terms.push_back(fmt::format("({})", options.condition));
    return fmt::format("{}", fmt::join(terms, " and "));
}

/// "contacts?$select=fullname,_ownerid_value".
Result<std::string> selection(const ReadRequest& request) {
    if (request.object == nullptr) return error(ErrorKind::invalid, "a read needs the schema of an object");
    const model::ObjectSchema& object = *request.object;
    const std::string& set = object.wire_name.empty() ? object.name : object.wire_name;
    if (!is_identifier(set)) return request.refused("its name can't stand in a query; run the wizard again");
    if (request.fields.empty()) return request.refused("no field was asked for");
    std::vector<std::string_view> members;
    for (const std::string& name : request.fields) {
        const FieldSchema* const field = TRY(request.field(name));
        if (field->remote_type == removal_type) continue;
        const std::string_view member = annotated(wire_name(*field));
        if (!is_identifier(member))
            return request.refused(fmt::format("field '{}' can't stand in a query", field->name));
        if (std::ranges::find(members, member) == members.end()) members.push_back(member);
    }
    if (members.empty()) return request.refused("no field was asked for that the CRM has");
    return fmt::format("{}?$select={}", query_encode(set),
                       query_encode(fmt::format("{}", fmt::join(members, ","))));
}

Result<void> check_request(const ReadRequest& request) {
    if (request.row_limit && *request.row_limit <= 0)
        return request.refused("the limit has to be at least 1");
    if ((request.from || request.until) && request.index_field.empty())
        return request.refused("a window of time needs an index field");
    return {};
}

}  // namespace

Result<void> check_condition(std::string_view condition) {
    std::size_t depth = 0;
    const auto refuse = [&](std::string_view why) {
        return error(ErrorKind::invalid, fmt::format("the filter {}: {}", why, condition));
    };
    char quote = '\0';
    for (std::size_t i = 0; i < condition.size(); ++i) {
        const char c = condition[i];
        if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r')
            return error(ErrorKind::invalid, "the filter holds a control character");
        if (quote != '\0') {
            // A doubled quote closes and opens again; in a list of JSON texts a backslash keeps one.
            if (quote == '"' && c == '\\')
                ++i;
            else if (c == quote)
                quote = '\0';
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (c == '(') {
            ++depth;
        } else if (c == ')' && depth-- == 0) {
            return refuse("closes a parenthesis that it didn't open");
        }
    }
    if (quote != '\0') return refuse("opens a quote that it doesn't close");
    if (depth != 0) return refuse("opens a parenthesis that it doesn't close");
    return {};
}

bool is_identifier(std::string_view name) {
    return !name.empty() && name.size() <= 300 && !is_digit(name.front()) &&
           std::ranges::all_of(name, [](char c) {
               return is_letter(c) || is_digit(c) || c == '_' || (static_cast<unsigned char>(c) & 0x80U) != 0;
           });
}

std::string query_encode(std::string_view text) {
    constexpr std::string_view plain = "-._~,()*$/:@!;=";
    std::string encoded;
    for (const char c : text) {
        if (is_letter(c) || is_digit(c) || plain.find(c) != std::string_view::npos) {
            encoded += c;
        } else {
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return encoded;
}

Result<std::string> query_path(const ReadRequest& request, const QueryOptions& options) {
    std::string path = TRY(selection(request));
    TRY(check_request(request));
    if (const std::string filter = TRY(condition(request, options)); !filter.empty())
        path += "&$filter=" + query_encode(filter);
    const std::string order =
        is_blank(request.order_by) ? TRY(default_order(request)) : TRY(order_of(request, options.dialect));
    if (!order.empty()) path += "&$orderby=" + query_encode(order);
    return path;
}

Result<std::string> feed_path(const ReadRequest& request, const QueryOptions& options) {
    std::string path = TRY(selection(request));
    if (!is_blank(request.filter) || !is_blank(request.order_by) || request.row_limit) {
        return request.refused(
            fmt::format("the feed of changes that {} keeps takes neither filter nor order "
                        "nor limit",
                        name(options.dialect)));
    }
    return path;
}

std::string Position::text() const {
    switch (stage) {
        case Stage::rows:
            return "rows";
        case Stage::window:
            return fmt::format("window {} {}", from ? format_instant(*from) : "-",
                               to ? format_instant(*to) : "-");
        case Stage::page:
            return "page " + link;
        case Stage::done:
            break;
    }
    return link.empty() ? "done" : "done " + link;
}

Result<Position> Position::of(std::string_view text) {
    const auto refuse = [&] {
        return error(ErrorKind::corrupt,
                     fmt::format("'{}' is not a position of an OData read", text.substr(0, 80)));
    };
    if (text == "rows") return Position{};
    if (text == "done") return Position{.stage = Stage::done};
    const auto words = split(text, " ");
    if (words.size() == 2 && (words[0] == "page" || words[0] == "done")) {
        return Position{.stage = words[0] == "page" ? Stage::page : Stage::done,
                        .link = std::string{words[1]}};
    }
    if (words.size() != 3 || words[0] != "window") return refuse();
    Position position{.stage = Stage::window};
    const auto read = [&](std::string_view word, std::optional<Instant>& at) {
        if (word == "-") return true;
        const auto instant = parse_instant(word);
        if (instant) at = *instant;
        return instant.has_value();
    };
    if (!read(words[1], position.from) || !read(words[2], position.to)) return refuse();
    return position;
}

}  // namespace koppla::odata
