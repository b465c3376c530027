#include "transfer/window.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace koppla {

using nlohmann::json;

std::string position_option(std::string_view account, std::string_view object) {
    return fmt::format("LASTIMPORT_{}_{}", account, object);
}

bool is_position_option(std::string_view name) {
    return name.starts_with("LASTIMPORT_");
}

std::string scope_json(const ImportPosition& position) {
    json document{{"object", position.object}, {"index_field", position.index_field},
                  {"fields", position.fields}, {"filter", position.filter},
                  {"server", position.server}, {"conversions", position.conversions}};
    if (!position.feed_mark.empty()) document["feed_mark"] = position.feed_mark;
    return document.dump();
}

Result<ImportPosition> position_from(std::string_view value, std::string_view scope) {
    ImportPosition position{.at = TRY(parse_instant(value))};
    if (scope.empty()) return position;
    try {
        const json document = json::parse(scope);
        position.object = document.at("object");
        position.index_field = document.at("index_field");
        position.fields = document.at("fields").get<std::vector<std::string>>();
        position.filter = document.at("filter");
        position.server = document.value("server", "");
        position.conversions = document.value("conversions", "");
        position.feed_mark = document.value("feed_mark", "");
    } catch (const json::exception& e) {
        return error(ErrorKind::corrupt,
                     fmt::format("what the option records of its import can't be read: {}", e.what()));
    }
    return position;
}

std::string difference(const ImportPosition& saved, const ImportPosition& wanted) {
    if (saved.object.empty()) return {};  // set by hand: an instant, no question
    std::vector<std::string> words;
    if (!saved.server.empty() && saved.server != wanted.server)
        words.push_back(
            fmt::format("it was of {}, and the account leads to {}", saved.server, wanted.server));
    if (saved.index_field != wanted.index_field) {
        words.push_back(
            fmt::format("the index field was {} and is {}", saved.index_field, wanted.index_field));
    }
    if (saved.filter != wanted.filter) {
        words.push_back(fmt::format("the filter was '{}' and is '{}'", saved.filter, wanted.filter));
    }
    if (saved.conversions != wanted.conversions) {
        words.push_back(
            fmt::format("the conversions were '{}' and are '{}'", saved.conversions, wanted.conversions));
    }
    std::vector<std::string> added;
    std::ranges::copy_if(wanted.fields, std::back_inserter(added), [&](const std::string& field) {
        return std::ranges::find(saved.fields, field) == saved.fields.end();
    });
    if (!added.empty()) words.push_back(fmt::format("it did not read {}", fmt::join(added, ", ")));
    std::vector<std::string> left_out;
    std::ranges::copy_if(saved.fields, std::back_inserter(left_out), [&](const std::string& field) {
        return std::ranges::find(wanted.fields, field) == wanted.fields.end();
    });
    if (!left_out.empty()) words.push_back(fmt::format("it read {} too", fmt::join(left_out, ", ")));
    return fmt::format("{}", fmt::join(words, "; "));
}

ImportWindow next_window(std::optional<Instant> position, Instant crm_now,
                         std::chrono::milliseconds safety_lag, std::optional<Instant> latest_date_covered) {
    Instant next = std::chrono::floor<std::chrono::seconds>(crm_now - safety_lag);
    if (latest_date_covered) next = std::min(next, *latest_date_covered);
    if (!position) return {.from = {}, .until = {}, .next = next};
    return {.from = position, .until = std::max(crm_now, *position), .next = std::max(next, *position)};
}

}  // namespace koppla
