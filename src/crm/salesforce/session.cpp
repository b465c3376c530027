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

bool is_success(int status) {
    return (status >= 200 && status <= 299) || status == 304;
}

}  // namespace

Result<http::Response> Session::send_as(const Credentials& credentials, const Ask& ask, http::BodySink& sink,
                                        const Call& call) {
    http::Request request{.method = ask.method,
                          .target = credentials.instance_url + ask.path,
                          .headers = ask.headers,
                          .body = ask.body,
                          .source = ask.source};
    request.headers.set("Authorization", "Bearer " + credentials.access_token.reveal());
    request.headers.set("Sforce-Call-Options", "client=koppla/" KOPPLA_VERSION);
    if (ask.source != nullptr || !ask.body.empty())
        request.headers.set("Content-Type", std::string{ask.content_type});
    auto response = client_.send(request, sink, call);
    if (!response) return response.error().with_context(fmt::format("{} failed", ask.attempted));
    return response;
}

Result<http::Response> Session::send(const Ask& ask, http::BodySink& sink, const Call& call) {
    http::Response response = TRY(auth_.send(
        [&](const Credentials& credentials) { return send_as(credentials, ask, sink, call); }, call));
    if (response.status == 401) {
        Error refusal = error_of(response, ask.attempted);
        refusal.kind = ErrorKind::denied;
        refusal.message += "; it was refused again after a new login, so look at the user's session settings";
        return refusal;
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
    const http::Response response =
        TRY(send_text(Ask{.path = "/services/data", .attempted = attempted}, call));
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

}  // namespace koppla::salesforce
