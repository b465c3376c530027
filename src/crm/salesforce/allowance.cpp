#include "crm/salesforce/allowance.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace koppla::salesforce {

namespace {

/// "api-usage=18/15000" of "api-usage=25/5000; per-app-api-usage=17/250(appName=x)".
std::optional<std::pair<std::int64_t, std::int64_t>> api_usage(std::string_view header) {
    constexpr std::string_view label = "api-usage=";
    while (!header.empty()) {
        const auto end = std::min(header.find_first_of(";,"), header.size());
        std::string_view item = header.substr(0, end);
        header.remove_prefix(std::min(header.size(), end + 1));
        item.remove_prefix(std::min(item.find_first_not_of(' '), item.size()));
        if (!item.starts_with(label)) continue;
        item.remove_prefix(label.size());
        std::int64_t used = 0;
        std::int64_t allowed = 0;
        const auto first = std::from_chars(item.data(), item.data() + item.size(), used);
        if (first.ec != std::errc{} || first.ptr == item.data() + item.size() || *first.ptr != '/') return {};
        const auto second = std::from_chars(first.ptr + 1, item.data() + item.size(), allowed);
        constexpr std::int64_t calls_max = 1'000'000'000'000;
        if (second.ec != std::errc{} || used < 0 || allowed <= 0 || std::max(used, allowed) > calls_max)
            return {};
        return std::pair{used, allowed};
    }
    return std::nullopt;
}

bool is_charged(const http::Request& request) {
    const auto url = http::parse_url(request.target);
    return url && url->path_and_query.starts_with("/services/data/v");
}

/// A refused token is not charged to the org, nor what never reached it; an answer that we refused is.
bool has_been_served(const Result<http::Response>& response) {
    if (response) return response->status != 401;
    const ErrorKind kind = response.error().kind;
    return kind != ErrorKind::unavailable && kind != ErrorKind::invalid && kind != ErrorKind::denied;
}

}  // namespace

Result<http::Response> Allowance::send(const http::Request& request, http::BodySink& sink, const Call& call) {
    if (!is_charged(request)) return client_.send(request, sink, call);
    TRY(forecast(1, fmt::format("{} {}", request.method, http::parse_url(request.target)->host)));
    auto response = client_.send(request, sink, call);
    if (has_been_served(response)) {
        usage_.with([](Usage& usage) {
            ++usage.charged_calls;
            if (usage.allowance_used) ++*usage.allowance_used;
        });
    }
    if (response) note(*response);
    return response;
}

Usage Allowance::usage() const {
    return usage_.with([](const Usage& usage) { return usage; });
}

Result<void> Allowance::forecast(std::int64_t calls, const std::string& attempted) const {
    const Usage known = usage();
    if (!known.allowance_used || !known.allowance_max) return {};
    const std::int64_t ours = *known.allowance_max * share_percent_ / 100;
    if (*known.allowance_used + calls <= ours) return {};
    return error(
        ErrorKind::throttled,
        fmt::format("{} failed: it takes {} more API calls, and of the org's {} in 24 hours {} are used; "
                    "setting 'allowance-share' stops at {}% ({}): try again later, narrow the request, or "
                    "raise the setting",
                    attempted, calls, *known.allowance_max, *known.allowance_used, share_percent_, ours),
        "ALLOWANCE_SHARE");
}

void Allowance::note(const http::Response& response) {
    const auto header = response.headers.find("Sforce-Limit-Info");
    const auto counts = header ? api_usage(*header) : std::nullopt;
    if (!counts) return;
    usage_.with([&](Usage& usage) {
        usage.allowance_used = counts->first;
        usage.allowance_max = counts->second;
    });
}

}  // namespace koppla::salesforce
