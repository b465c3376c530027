#include "sandbox/odata/options.h"

#include "http/message.h"
#include "sandbox/odata/failure.h"
#include "sandbox/odata/syntax/parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::odata {
namespace {

struct Parameter {
    std::string name;
    std::string value;
    std::string_view raw;
};

std::vector<Parameter> parameters_of(std::string_view query) {
    std::vector<Parameter> list;
    while (!query.empty()) {
        const auto raw = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(raw.size() + 1, query.size()));
        const auto equals = std::min(raw.find('='), raw.size());
        if (!raw.empty())
            list.push_back(
                Parameter{.name = http::percent_decode(raw.substr(0, equals)),
                          .value = http::percent_decode(raw.substr(std::min(equals + 1, raw.size()))),
                          .raw = raw});
    }
    return list;
}

constexpr std::array known{"$select", "$filter", "$orderby",   "$expand",    "$top",
                           "$count",  "$apply",  "$skiptoken", "$deltatoken"};

Result<std::int64_t> top(const std::string& text) {
    std::int64_t rows = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), rows);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || rows < 0)
        return bad_query(
            fmt::format("Invalid value '{}' for $top query option found. The $top query option "
                        "requires a non-negative integer value.",
                        text));
    return rows;
}

Result<Options::Count> count(const std::string& text) {
    if (text == "true") return Options::Count::asked;
    if (text == "false") return Options::Count::none;
    return bad_query(fmt::format(
        "Invalid value '{}' for $count query option found. Valid values are 'true, false'.", text));
}

Result<void> read(Options& options, const Parameter& parameter, const Aliases& aliases) {
    const auto& [name, value, raw] = parameter;
    if (name == "$select" && !value.empty()) options.select = TRY(parse_select(value));
    if (name == "$filter") options.filter = TRY(parse_filter(value, aliases));
    if (name == "$orderby") options.order = TRY(parse_order(value, aliases));
    if (name == "$expand") options.expand = TRY(parse_expand(value));
    if (name == "$top") options.top = TRY(top(value));
    if (name == "$count") options.count = TRY(count(value));
    if (name == "$apply") options.apply = TRY(parse_apply(value, aliases));
    if (name == "$skiptoken") options.skip_token = value;
    if (name == "$deltatoken") options.delta_token = value;
    return {};
}

}  // namespace

Result<Options> Options::of(std::string_view query) {
    const auto parameters = parameters_of(query);
    Aliases aliases;
    for (const auto& one : parameters)
        if (one.name.starts_with('@')) aliases.insert_or_assign(one.name, one.value);
    Options options;
    for (const auto& one : parameters) {
        const bool is_token = one.name == "$skiptoken" || one.name == "$deltatoken";
        if (!is_token) options.repeated += (options.repeated.empty() ? "" : "&") + std::string{one.raw};
        if (!one.name.starts_with('$')) continue;
        if (std::ranges::find(known, one.name) == known.end())
            return bad_query(fmt::format("The query parameter {} is not supported", one.name));
        if (options.has(one.name))
            return bad_query(
                fmt::format("Query option '{}' was specified more than once, but it must be "
                            "specified at most once.",
                            one.name));
        options.given.push_back(one.name);
        TRY(read(options, one, aliases));
    }
    return options;
}

bool Options::has(std::string_view name) const {
    return std::ranges::find(given, name) != given.end();
}

}  // namespace koppla::sandbox::odata
