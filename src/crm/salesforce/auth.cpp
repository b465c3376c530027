#include "crm/salesforce/auth.h"

#include "crm/salesforce/errors.h"
#include "crm/salesforce/tuning.h"
#include "http/curl/destination.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

namespace koppla::salesforce {

namespace {

constexpr std::size_t token_answer_bytes_max = std::size_t{256} << 10;

std::string without_slash(std::string_view url) {
    while (url.ends_with('/')) url.remove_suffix(1);
    return std::string{url};
}

std::string token_request(const AccountSettings& account) {
    std::vector<std::pair<std::string, std::string>> fields = {{"client_id", account.client_id}};
    if (!account.client_secret.is_empty())
        fields.emplace_back("client_secret", account.client_secret.reveal());
    if (account.flow == Flow::client_credentials) {
        fields.emplace_back("grant_type", "client_credentials");
    } else {
        fields.emplace_back("grant_type", "password");
        fields.emplace_back("username", account.username);
        fields.emplace_back("password", account.password.reveal() + account.security_token.reveal());
    }
    return http::form_body(fields);
}

Result<Credentials> credentials_in(const std::string& body, const std::string& server) {
    const auto refuse = [&](std::string_view what) {
        return error(ErrorKind::corrupt,
                     fmt::format("logging in at {} failed: its answer {}; look at 'server'", server, what));
    };
    if (is_web_page(body)) return web_page_error(fmt::format("logging in at {}", server));
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (parser.parse(body).get(root) != simdjson::SUCCESS) return refuse("is not JSON");
    const auto text = [&](std::string_view name) {
        std::string_view value;
        return root[name].get(value) == simdjson::SUCCESS ? std::string{value} : std::string{};
    };
    Credentials credentials{.access_token = Secret{text("access_token")},
                            .refresh_token = Secret{text("refresh_token")},
                            .instance_url = without_slash(text("instance_url")),
                            .identity = text("id")};
    const std::string& token = credentials.access_token.reveal();
    if (token.empty()) return refuse("holds no access_token");
    if (!std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7f'; })) {
        return refuse("holds an access_token that no header can carry");
    }
    if (credentials.instance_url.empty()) return refuse("holds no instance_url");
    return credentials;
}

}  // namespace

Result<Credentials> Auth::credentials(const Call& call) {
    const std::scoped_lock lock{mutex_};
    if (current_) return *current_;
    std::optional<Credentials> stored = TRY(tokens_.current(call));
    if (stored && check_instance(*stored)) {
        current_ = std::move(stored);
        return *current_;
    }
    return log_in(call);
}

Result<Credentials> Auth::renew(const Credentials& refused, const Call& call) {
    const std::scoped_lock lock{mutex_};
    if (current_ && current_->access_token != refused.access_token) return *current_;
    if (call.is_over()) return call.cancelled("logging in");
    std::optional<Credentials> stored = TRY(tokens_.current(call));
    if (stored && stored->access_token != refused.access_token && check_instance(*stored)) {
        current_ = std::move(stored);
        return *current_;
    }
    return log_in(call);
}

Result<Credentials> Auth::log_in(const Call& call) {
    const http::Request request{
        .method = "POST",
        .target = account_.server + "/services/oauth2/token",
        .headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}},
        .body = token_request(account_)};
    auto answer =
        http::send_text(client_, request, call.within(tuning::login_time_max), token_answer_bytes_max);
    if (!answer) return answer.error().with_context(fmt::format("logging in at {}", account_.server));
    if (answer->status < 200 || answer->status > 299) return login_error_of(*answer, account_.server);

    Credentials fresh = TRY(credentials_in(answer->body, account_.server));
    TRY(check_instance(fresh));
    TRY(tokens_.replace(fresh, call));
    current_ = fresh;
    return fresh;
}

Result<void> Auth::check_instance(const Credentials& credentials) const {
    const auto url = http::parse_url(credentials.instance_url);
    const auto refuse = [&](std::string_view why) {
        return error(
            ErrorKind::denied,
            fmt::format("logging in at {} worked, but it sends us on to {}, {}; nothing was sent there",
                        account_.server, shown(credentials.instance_url), why));
    };
    if (!url || url->path_and_query != "/") return refuse("which is no address of a server");
    if (url->scheme != "https") return refuse("which is not https");
    const auto is_covered = [&](const std::string& pattern) { return http::covers(pattern, *url); };
    if (std::ranges::none_of(account_.allowed_hosts, is_covered)) {
        return refuse(
            fmt::format("which is not among the hosts that this account allows ({}); if it is right, add "
                        "it to 'allowed-hosts'",
                        fmt::join(account_.allowed_hosts, ", ")));
    }
    return {};
}

}  // namespace koppla::salesforce
