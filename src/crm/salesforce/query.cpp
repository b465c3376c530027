#include "crm/salesforce/query.h"

#include "base/ascii.h"
#include "crm/salesforce/tuning.h"
#include "http/message.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla::salesforce {

namespace {

using model::FieldSchema;
using model::Kind;

/// A dotted path to a field of a parent, or a field.
bool is_path(std::string_view text) {
    while (true) {
        const auto dot = std::min(text.find('.'), text.size());
        if (!is_identifier(text.substr(0, dot))) return false;
        if (dot == text.size()) return true;
        text.remove_prefix(dot + 1);
    }
}

/// The filter stands within parentheses of ours: it may not close them, nor leave a quote open.
Result<void> check_filter(const ReadRequest& request) {
    std::size_t depth = 0;
    const std::string& filter = request.filter;
    for (std::size_t i = 0; i < filter.size(); ++i) {
        if (filter[i] == '\'') {
            for (++i; i < filter.size() && filter[i] != '\''; ++i) {
                if (filter[i] == '\\') ++i;
            }
            if (i >= filter.size()) {
                return request.refused(
                    fmt::format("the filter opens a quote that it doesn't close: {}", filter));
            }
        } else if (filter[i] == '(') {
            ++depth;
        } else if (filter[i] == ')' && depth-- == 0) {
            return request.refused(
                fmt::format("the filter closes a parenthesis that it didn't open: {}", filter));
        } else if (static_cast<unsigned char>(filter[i]) < 0x20 && filter[i] != '\t' && filter[i] != '\n' &&
                   filter[i] != '\r') {
            return request.refused("the filter holds a control character");
        }
    }
    if (depth != 0) {
        return request.refused(
            fmt::format("the filter opens a parenthesis that it doesn't close: {}", filter));
    }
    return {};
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const auto end = std::min(text.find_first_of(separators), text.size());
        if (end > 0) words.push_back(text.substr(0, end));
        text.remove_prefix(std::min(text.size(), end + 1));
    }
    return words;
}

std::string upper(std::string_view text) {
    std::string result{text};
    for (char& c : result) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return result;
}

/// "Name DESC NULLS LAST, Id": checked word by word, because a LIMIT behind it would be obeyed too.
Result<std::string> order_of(const ReadRequest& request) {
    std::vector<std::string> terms;
    for (const std::string_view term : split(request.order_by, ",")) {
        const auto words = split(term, " \t\r\n");
        if (words.empty() || !is_path(words[0])) {
            return request.refused(
                fmt::format("'{}' can't be ordered by; write: Name DESC, CreatedDate", term));
        }
        if (words[0].find('.') == std::string_view::npos) {
            const FieldSchema* field = TRY(request.field(words[0]));
            if (!field->is_sortable) {
                return request.refused(fmt::format("Salesforce can't order by field '{}'", field->name));
            }
        }
        const std::string rest = upper(fmt::format("{}", fmt::join(words.begin() + 1, words.end(), " ")));
        constexpr std::array<std::string_view, 9> directions = {"",
                                                                "ASC",
                                                                "DESC",
                                                                "NULLS FIRST",
                                                                "NULLS LAST",
                                                                "ASC NULLS FIRST",
                                                                "ASC NULLS LAST",
                                                                "DESC NULLS FIRST",
                                                                "DESC NULLS LAST"};
        if (std::ranges::find(directions, rest) == directions.end()) {
            return request.refused(
                fmt::format("'{}' can't be ordered by; behind a field stands ASC or DESC, and "
                            "NULLS FIRST or NULLS LAST",
                            term));
        }
        terms.push_back(rest.empty() ? std::string{words[0]} : fmt::format("{} {}", words[0], rest));
    }
    return fmt::format("{}", fmt::join(terms, ", "));
}

Result<std::string> default_order(const ReadRequest& request) {
    std::vector<std::string> terms;
    if (!request.index_field.empty()) {
        const FieldSchema* index = TRY(request.field(request.index_field));
        if (index->is_sortable) terms.push_back(index->name + " ASC");
    }
    if (!request.object->key.empty()) terms.push_back(request.object->key + " ASC");
    return fmt::format("{}", fmt::join(terms, ", "));
}

Result<std::string> edge(const ReadRequest& request, std::string_view comparison, Instant at) {
    const FieldSchema* index = TRY(request.field(request.index_field));
    if (!index->is_filterable) {
        return request.refused(
            fmt::format("Salesforce can't filter by field '{}', so it can't be the index", index->name));
    }
    if (index->type.kind == Kind::instant) {
        return fmt::format("{} {} {}", index->name, comparison, format_instant(at));
    }
    if (index->type.kind == Kind::date) {
        return fmt::format("{} {} {}", index->name, comparison, format_instant(at).substr(0, 10));
    }
    return request.refused(fmt::format(
        "field '{}' is neither a point in time nor a date, so it can't be the index", index->name));
}

Result<std::string> condition(const ReadRequest& request) {
    std::vector<std::string> terms;
    if (request.filter.find_first_not_of(" \t\r\n") != std::string::npos) {
        TRY(check_filter(request));
        terms.push_back(fmt::format("({})", request.filter));
    }
    if (request.from) terms.push_back(TRY(edge(request, ">=", *request.from)));
    if (request.until) terms.push_back(TRY(edge(request, "<=", *request.until)));
    return terms.empty() ? std::string{} : fmt::format(" WHERE {}", fmt::join(terms, " AND "));
}

Result<void> check_object(const ReadRequest& request) {
    if (request.object == nullptr || !is_identifier(request.object->name)) {
        return error(ErrorKind::invalid, "a read needs the schema of an object");
    }
    if ((request.from || request.until) && request.index_field.empty()) {
        return request.refused("a window of time needs an index field");
    }
    return {};
}

}  // namespace

bool is_identifier(std::string_view name) {
    return !name.empty() && name.size() <= 255 && is_letter(name.front()) &&
           std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

Result<std::string> soql(const ReadRequest& request, ReadPath path) {
    TRY(check_object(request));
    if (request.fields.empty()) return request.refused("no field was asked for");
    std::vector<std::string_view> fields;
    for (const std::string& name : request.fields) {
        TRY(request.field(name));
        if (!is_path(name)) return request.refused(fmt::format("'{}' can't stand in a query", name));
        fields.emplace_back(name);
    }
    std::string statement = fmt::format("SELECT {} FROM {}{}", fmt::join(fields, ","), request.object->name,
                                        TRY(condition(request)));
    std::string order;
    if (request.order_by.find_first_not_of(" \t\r\n,") != std::string::npos) {
        order = TRY(order_of(request));
    } else if (path != ReadPath::bulk) {
        order = TRY(default_order(request));
    }
    if (!order.empty()) statement += " ORDER BY " + order;
    if (request.row_limit) {
        if (*request.row_limit <= 0) return request.refused("the limit has to be at least 1");
        statement += fmt::format(" LIMIT {}", *request.row_limit);
    }
    if (statement.size() > tuning::soql_bytes_max) {
        return request.refused(
            fmt::format("the query would have {} characters, and Salesforce takes {}; use fewer "
                        "fields or a shorter filter",
                        statement.size(), tuning::soql_bytes_max));
    }
    return statement;
}

std::string query_path(std::string_view resource, std::string_view statement) {
    std::string path = fmt::format("{}?q=", resource);
    constexpr std::string_view plain = "-._~,()*";
    for (const char c : statement) {
        const bool is_plain = is_letter(c) || is_digit(c) || plain.find(c) != std::string_view::npos;
        if (c == ' ') {
            path += '+';
        } else if (is_plain) {
            path += c;
        } else {
            path += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return path;
}

bool is_job_id(std::string_view text) {
    return !text.empty() && text.size() <= 40 &&
           std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c); });
}

bool is_api_path(std::string_view path) {
    constexpr std::string_view marks = "/-._~?=&%";
    return path.starts_with("/services/data/v") && path.size() <= 2'000 &&
           path.find("/..") == std::string_view::npos && std::ranges::all_of(path, [&](char c) {
               return is_letter(c) || is_digit(c) || marks.find(c) != std::string_view::npos;
           });
}

std::string Position::text() const {
    switch (stage) {
        case Stage::automatic:
            return "automatic";
        case Stage::pages:
            return "pages";
        case Stage::page:
            return "page " + next_path;
        case Stage::job_wanted:
            return may_switch ? "bulk automatic" : "bulk";
        case Stage::job:
            return fmt::format("job {} {} {} {}", version, job, rows_skipped, http::percent_encode(locator));
        case Stage::done:
            break;
    }
    return "done";
}

Result<Position> Position::of(std::string_view text) {
    const auto refuse = [&] {
        return error(ErrorKind::corrupt,
                     fmt::format("'{}' is not a position of a Salesforce read", text.substr(0, 80)));
    };
    if (text == "automatic") return Position{.stage = Stage::automatic, .may_switch = true};
    if (text == "pages") return Position{.stage = Stage::pages};
    if (text == "bulk") return Position{.stage = Stage::job_wanted};
    if (text == "bulk automatic") return Position{.stage = Stage::job_wanted, .may_switch = true};
    if (text == "done") return Position{.stage = Stage::done};
    const auto words = split(text, " ");
    if (words.size() == 2 && words[0] == "page" && is_api_path(words[1])) {
        return Position{.stage = Stage::page, .next_path = std::string{words[1]}};
    }
    if ((words.size() == 4 || words.size() == 5) && words[0] == "job" && is_job_id(words[2])) {
        Position position{
            .stage = Stage::job, .version = std::string{words[1]}, .job = std::string{words[2]}};
        const auto [end, fault] =
            std::from_chars(words[3].data(), words[3].data() + words[3].size(), position.rows_skipped);
        const bool is_version = std::ranges::all_of(words[1], [](char c) { return is_digit(c) || c == '.'; });
        if (fault != std::errc{} || end != words[3].data() + words[3].size() || position.rows_skipped < 0 ||
            !is_version) {
            return refuse();
        }
        if (words.size() == 5) position.locator = http::percent_decode(words[4]);
        return position;
    }
    return refuse();
}

}  // namespace koppla::salesforce
