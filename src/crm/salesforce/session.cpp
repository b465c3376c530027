#include "crm/salesforce/session.h"

#include "crm/salesforce/errors.h"
#include "crm/salesforce/tuning.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

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
        if (second.ec != std::errc{}) return {};
        return std::pair{used, allowed};
    }
    return std::nullopt;
}

/// A refused token is not charged to the org, nor what never reached it; an answer that we refused is.
bool has_been_served(const Result<http::Response>& response) {
    if (response) return response->status != 401;
    const ErrorKind kind = response.error().kind;
    return kind != ErrorKind::unavailable && kind != ErrorKind::invalid && kind != ErrorKind::denied;
}

bool is_success(int status) {
    return (status >= 200 && status <= 299) || status == 304;
}

}  // namespace

Result<http::Response> Session::send_as(const Credentials& credentials, const Ask& ask, http::BodySink& sink,
                                        const Call& call) {
    http::Request request{.method = ask.method,
                          .target = credentials.instance_url + ask.path,
                          .headers = ask.headers,
                          .body = ask.body};
    request.headers.set("Authorization", "Bearer " + credentials.access_token.reveal());
    request.headers.set("Sforce-Call-Options", "client=koppla/" KOPPLA_VERSION);
    if (!ask.body.empty()) request.headers.set("Content-Type", "application/json; charset=UTF-8");
    auto response = client_.send(request, sink, call);
    if (ask.metering == Metering::charged && has_been_served(response)) {
        const std::scoped_lock lock{usage_mutex_};
        ++usage_.charged_calls;
    }
    if (!response) return response.error().with_context(fmt::format("{} failed", ask.attempted));
    note(*response);
    return response;
}

Result<http::Response> Session::send(const Ask& ask, http::BodySink& sink, const Call& call) {
    Credentials credentials = TRY(auth_.credentials(call));
    http::Response response = TRY(send_as(credentials, ask, sink, call));
    if (response.status == 401) {
        credentials = TRY(auth_.renew(credentials, call));
        response = TRY(send_as(credentials, ask, sink, call));
        if (response.status == 401) {
            Error refusal = error_of(response, ask.attempted);
            refusal.kind = ErrorKind::denied;
            refusal.message +=
                "; it was refused again after a new login, so look at the user's session settings";
            return refusal;
        }
    }
    if (!is_success(response.status)) return error_of(response, ask.attempted);
    return response;
}

Result<http::Response> Session::send_text(const Ask& ask, const Call& call) {
    http::BodyText body{tuning::answer_bytes_max};
    http::Response response = TRY(send(ask, body, call));
    if (is_web_page(body.text)) return web_page_error(ask.attempted);
    response.body = std::move(body.text);
    return response;
}

Result<std::vector<int>> Session::offered_versions(const Call& call) {
    const std::string attempted = "asking for the API versions";
    const http::Response response = TRY(
        send_text(Ask{.path = "/services/data", .attempted = attempted, .metering = Metering::free}, call));
    simdjson::dom::parser parser;
    simdjson::dom::array versions;
    std::vector<int> offered;
    if (parser.parse(response.body).get(versions) == simdjson::SUCCESS) {
        for (const simdjson::dom::element each : versions) {
            std::string_view text;
            int number = 0;
            if (each["version"].get(text) != simdjson::SUCCESS) continue;
            if (std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{}) {
                offered.push_back(number);
            }
        }
    }
    if (offered.empty()) {
        return error(ErrorKind::corrupt,
                     fmt::format("{} failed: {} answered with something else; look at 'server'", attempted,
                                 account_.server));
    }
    return offered;
}

Result<std::string> Session::api_version(const Call& call) {
    const std::scoped_lock lock{version_mutex_};
    if (!version_.empty()) return version_;
    const std::vector<int> offered = TRY(offered_versions(call));
    const auto [oldest, newest] = std::ranges::minmax(offered);
    if (account_.api_version.empty()) {
        const int chosen = std::min(newest, tuning::version_max);
        if (chosen < tuning::version_min) {
            return error(
                ErrorKind::unsupported,
                fmt::format("{} offers API versions up to {}.0; {}.0 is the first that has what is needed",
                            account_.server, newest, tuning::version_min));
        }
        version_ = fmt::format("{}.0", chosen);
        return version_;
    }
    int wanted = 0;
    std::from_chars(account_.api_version.data(), account_.api_version.data() + account_.api_version.size(),
                    wanted);
    if (std::ranges::find(offered, wanted) == offered.end()) {
        return error(
            ErrorKind::unsupported,
            fmt::format("{} does not offer API version {}, which setting 'api-version' asks for: it offers "
                        "{}.0 to {}.0; {}, so set it to latest",
                        account_.server, account_.api_version, oldest, newest,
                        wanted < oldest ? "that one is retired" : "it doesn't know that one"));
    }
    version_ = account_.api_version;
    return version_;
}

Result<std::string> Session::data_path(const Call& call) {
    return "/services/data/v" + TRY(api_version(call));
}

std::size_t Session::url_bytes(std::string_view path) const {
    return account_.server.size() + path.size();
}

void Session::note(const http::Response& response) {
    const auto header = response.headers.find("Sforce-Limit-Info");
    const auto counts = header ? api_usage(*header) : std::nullopt;
    if (!counts) return;
    const std::scoped_lock lock{usage_mutex_};
    usage_.allowance_used = counts->first;
    usage_.allowance_max = counts->second;
}

Usage Session::usage() const {
    const std::scoped_lock lock{usage_mutex_};
    return usage_;
}

}  // namespace koppla::salesforce
