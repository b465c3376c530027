#include "crm/oauth.h"

#include "crm/refusal.h"

#include <algorithm>

#include <fmt/format.h>
#include <simdjson.h>

namespace koppla {

namespace {

constexpr std::chrono::milliseconds login_time_max{60'000};
constexpr std::size_t answer_bytes_max = std::size_t{256} << 10;

/// Beyond this a refused signed login is signed once more by the other side's clock.
constexpr std::chrono::seconds clock_difference_max{30};

/// The other side's clock minus ours, by the date of its answer.
std::optional<std::chrono::seconds> clock_difference(const http::Response& answer, Instant ours) {
    const auto date = answer.headers.find("Date");
    if (!date) return std::nullopt;
    const auto theirs = parse_http_date(*date);
    if (!theirs) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::seconds>(*theirs - ours);
}

}  // namespace

Result<http::Response> post_login(http::Client& client, http::Request request, std::string_view attempted,
                                  const Call& call) {
    request.method = "POST";
    auto answer = http::send_text(client, request, call.within(login_time_max), answer_bytes_max);
    if (!answer) return answer.error().with_context(attempted);
    return answer;
}

Result<http::Response> post_login_form(http::Client& client, const std::string& url, const FormFields& fields,
                                       std::string_view attempted, const Call& call) {
    return post_login(
        client,
        {.target = url,
         .headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}},
         .body = http::form_body(fields)},
        attempted, call);
}

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string text_in(const std::string& json, std::string_view name) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    std::string_view value;
    if (parser.parse(json).get(root) != simdjson::SUCCESS || root[name].get(value) != simdjson::SUCCESS)
        return {};
    return std::string{value};
}

Result<Credentials> tokens_in(const std::string& body, std::string_view attempted) {
    const auto refuse = [&](std::string_view what) {
        return error(ErrorKind::corrupt,
                     fmt::format("{} failed: its answer {}; look at 'server'", attempted, what));
    };
    if (is_web_page(body)) return web_page_error(attempted);
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (parser.parse(body).get(root) != simdjson::SUCCESS) return refuse("is not JSON");
    Credentials credentials{.access_token = Secret{text_in(body, "access_token")},
                            .refresh_token = Secret{text_in(body, "refresh_token")},
                            .instance_url = {},
                            .identity = {}};
    if (credentials.access_token.is_empty()) return refuse("holds no access_token");
    if (!is_token(credentials.access_token.reveal())) {
        return refuse("holds an access_token that no header can carry");
    }
    return credentials;
}

Result<SignedAnswer> send_signed(const Clock& clock,
                                 const std::function<Result<http::Response>(Instant)>& send) {
    const Instant ours = clock.now();
    http::Response answer = TRY(send(ours));
    const auto difference = clock_difference(answer, ours);
    const bool is_refused = answer.status == 400 || answer.status == 401;
    const bool is_clock_wrong = difference && std::chrono::abs(*difference) > clock_difference_max;
    if (!is_refused || !is_clock_wrong) return SignedAnswer{.response = std::move(answer)};
    return SignedAnswer{.response = TRY(send(ours + *difference)),
                        .about_clock = fmt::format(
                            "; besides, this machine's clock is {} s {} the other side's, so set it",
                            std::abs(difference->count()), difference->count() > 0 ? "behind" : "ahead of")};
}

}  // namespace koppla
