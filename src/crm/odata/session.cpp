#include "crm/odata/session.h"

#include "crm/refusal.h"
#include "crm/settings_view.h"

#include <fmt/format.h>

namespace koppla::odata {

namespace {

/// An answer that is kept whole: a page of 5,000 records, or the metadata of an environment (40 MB).
constexpr std::size_t answer_bytes_max = std::size_t{128} << 20;

bool is_success(int status) {
    return (status >= 200 && status <= 299) || status == 304;
}

}  // namespace

Result<std::string> Session::address(std::string_view path) const {
    const bool is_whole =
        path.find("://") != std::string_view::npos && path.find("://") < path.find_first_of("/?#");
    const auto ours = http::parse_url(parts_.root);
    if (!is_whole && path.starts_with('/') && ours) return origin_of(*ours) + std::string{path};
    if (!is_whole) return fmt::format("{}/{}", parts_.root, path);
    const auto url = http::parse_url(path);
    if (ours && url && origin_of(*ours) == origin_of(*url)) return std::string{path};
    return error(ErrorKind::denied,
                 fmt::format("the service's answer leads to {}, which is not {}; nothing was sent there. A "
                             "proxy may have changed the answer, or 'server' is not the service's own name",
                             shown(path), ours ? origin_of(*ours) : parts_.root),
                 "OTHER_HOST");
}

Result<http::Response> Session::answer_to(const Ask& ask, http::BodySink& sink, const Call& call) {
    auto target = address(ask.path);
    if (!target) return target.error().with_context(fmt::format("{} failed", ask.attempted));
    http::Request request{
        .method = ask.method, .target = std::move(*target), .headers = parts_.headers, .body = ask.body};
    if (!ask.body.empty()) request.headers.set("Content-Type", "application/json; charset=utf-8");
    for (const auto& [name, value] : ask.headers) request.headers.set(name, value);
    const SendWith send_with = [&](const http::Headers& authorization) -> Result<http::Response> {
        for (const auto& [name, value] : authorization) request.headers.set(name, value);
        auto response = parts_.client.send(request, sink, call);
        if (!response) return response.error().with_context(fmt::format("{} failed", ask.attempted));
        return response;
    };
    return parts_.sender.send(send_with, call);
}

Result<http::Response> Session::send(const Ask& ask, http::BodySink& sink, const Call& call) {
    http::Response response = TRY(answer_to(ask, sink, call));
    if (is_success(response.status)) return response;
    return refusal_of(response, ask.attempted);
}

Error Session::refusal_of(const http::Response& response, std::string_view attempted) const {
    return is_web_page(response.body) ? web_page_error(attempted) : parts_.error_of(response, attempted);
}

Result<http::Response> Session::exchange(const Ask& ask, const Call& call) {
    http::BodyText body{answer_bytes_max};
    http::Response response = TRY(answer_to(ask, body, call));
    if (!body.text.empty()) response.body = std::move(body.text);
    return response;
}

Result<http::Response> Session::send_text(const Ask& ask, const Call& call) {
    http::BodyText body{answer_bytes_max};
    http::Response response = TRY(send(ask, body, call));
    response.body = std::move(body.text);
    return response;
}

}  // namespace koppla::odata
