#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

constexpr std::int64_t batch_min = 200;
constexpr std::int64_t batch_max = 2'000;

/// "batchSize=500" of Sforce-Query-Options, forced into its bounds. [Salesforce: Query Options Header]
std::int64_t wanted_size(const Ask& ask) {
    const auto header = ask.request.headers.find("Sforce-Query-Options").value_or("");
    const auto name = header.find("batchSize=");
    if (name == std::string_view::npos) return batch_max;
    const auto digits = header.substr(name + 10);
    std::int64_t size = batch_max;
    std::from_chars(digits.data(), digits.data() + digits.size(), size);
    return std::clamp(size, batch_min, batch_max);
}

/// A server may send fewer than it is asked for.
std::int64_t batch_size(const Services& services, const Ask& ask) {
    const auto most = services.cursors.page_rows();
    return most > 0 ? std::min(most, wanted_size(ask)) : wanted_size(ask);
}

Answer print_page(const Page& page, const Ask& ask) {
    const auto& selection = *page.selection;
    const auto count = std::min(page.size, selection.record_count() - page.from);
    const auto next = page.from + count;
    const bool is_last = next >= selection.record_count();
    std::string text =
        R"({"totalSize":)" + std::to_string(selection.total()) + R"(,"done":)" + (is_last ? "true" : "false");
    if (!is_last)
        text += R"(,"nextRecordsUrl":")" + ask.base() + "/query/" + Cursors::locator(page, next) + '"';
    text += R"(,"records":[)";
    if (auto printed = selection.append_json(text, page.from, count); !printed)
        return org_error(printed.error());
    text += "]}";
    return text_answer(200, std::move(text));
}

Json column_metadata(std::span<const std::string_view> path) {
    auto joined = Json::array();
    if (path.size() > 1) joined.push_back(column_metadata(path.subspan(1)));
    return {{"aggregate", false},
            {"apexType", nullptr},
            {"booleanType", false},
            {"columnName", path[0]},
            {"custom", path[0].ends_with("__c")},
            {"displayName", path[0]},
            {"foreignKeyName", nullptr},
            {"insertable", true},
            {"joinColumns", joined},
            {"numberType", false},
            {"textType", true},
            {"updatable", true}};
}

/// What `sf data query` asks for after a query: a column a selected field, parents nested.
Answer print_columns(const Selection& selection) {
    auto columns = Json::array();
    for (const auto& column : selection.columns()) {
        std::vector<std::string_view> path;
        std::string_view rest = column.name;
        for (auto dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
            path.push_back(rest.substr(0, dot));
            rest.remove_prefix(dot + 1);
        }
        path.push_back(rest);
        columns.push_back(column_metadata(path));
        if (column.is_aggregate) columns.back()["aggregate"] = true;
    }
    return json_answer(200, Json{{"columnMetadata", columns},
                                 {"entityName", nullptr},
                                 {"groupBy", false},
                                 {"idSelected", true},
                                 {"keyPrefix", nullptr}});
}

Answer first_page(Services& services, const Ask& ask, Rows rows) {
    const auto soql = ask.parameter("q");
    if (!soql) return api_error(400, "MALFORMED_QUERY", "A query string has to be specified");
    auto selected = services.org.select(*soql, SelectOptions{.rows = rows, .base = ask.base()});
    if (!selected) return org_error(selected.error());
    std::shared_ptr<const Selection> selection = std::move(*selected);
    if (ask.parameter("columns") == "true") return print_columns(*selection);
    const auto size = batch_size(services, ask);
    if (selection->record_count() <= size)
        return print_page(Page{.selection = std::move(selection), .cursor_id = {}, .from = 0, .size = size},
                          ask);
    return print_page(services.cursors.keep(std::move(selection), size), ask);
}

}  // namespace

Answer query(Services& services, const Ask& ask) {
    return first_page(services, ask, Rows::live);
}

Answer query_all(Services& services, const Ask& ask) {
    return first_page(services, ask, Rows::all);
}

Answer query_more(Services& services, const Ask& ask) {
    const auto page = services.cursors.find(ask.parts.at(0));
    if (!page) return api_error(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
    return print_page(*page, ask);
}

}  // namespace koppla::sandbox
