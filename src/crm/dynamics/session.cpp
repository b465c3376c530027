#include "crm/dynamics/session.h"

#include "crm/auth.h"
#include "crm/dynamics/errors.h"
#include "crm/dynamics/login.h"
#include "crm/dynamics/throttle.h"
#include "crm/oauth.h"
#include "http/retrying.h"

#include <chrono>

#include <fmt/format.h>
#include <simdjson.h>

namespace koppla::dynamics {

namespace {

/// A pause that the environment asks for is kept whole: it is what its window takes to become free.
constexpr http::RetryPolicy retries{.attempts_max = 8, .pause_longest = std::chrono::minutes{10}};
constexpr http::RetryPolicy login_retries{};

/// Sends as who is logged in.
class LoggedIn final : public odata::Sender {
  public:
    explicit LoggedIn(Auth& auth) : auth_{auth} {}
    Result<http::Response> send(const odata::SendWith& send, const Call& call) override {
        return auth_.send(
            [&](const Credentials& credentials) {
                return send({{"Authorization", "Bearer " + credentials.access_token.reveal()}});
            },
            call);
    }

  private:
    Auth& auth_;
};

http::Headers headers_of_every_request() {
    return {{"Accept", "application/json"},
            {"OData-MaxVersion", "4.0"},
            {"OData-Version", "4.0"},
            {"User-Agent", "koppla/" KOPPLA_VERSION}};
}

/// A text of the only record of an answer.
std::string first_text_in(const std::string& body, std::string_view name) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    std::string_view text;
    if (parser.parse(body).get(root) != simdjson::SUCCESS ||
        root["value"].at(0)[name].get(text) != simdjson::SUCCESS)
        return {};
    return std::string{text};
}

}  // namespace

struct Session::Parts {
    Parts(AccountSettings settings, ConnectorParts parts)
        : account{std::move(settings)},
          clock{parts.clock},
          throttle{parts.client, parts.clock, account.requests_in_flight, parts.tell},
          retrying{throttle, parts.clock, retries, parts.tell},
          login_client{parts.client, parts.clock, login_retries, parts.tell},
          login{account, login_client, parts.client, parts.clock},
          auth{login, parts.tokens, {.server = account.server, .account = account.name}},
          sender{auth},
          web_api{{.root = account.root(),
                   .headers = headers_of_every_request(),
                   .client = retrying,
                   .sender = sender,
                   .error_of = error_of}} {}

    const AccountSettings account;
    const Clock& clock;
    Throttle throttle;
    http::Retrying retrying;
    http::Retrying login_client;
    EntraLogin login;
    Auth auth;
    LoggedIn sender;
    odata::Session web_api;
};

Session::Session(AccountSettings account, ConnectorParts parts)
    : parts_{std::make_unique<Parts>(std::move(account), std::move(parts))} {}

Session::~Session() = default;

const AccountSettings& Session::account() const {
    return parts_->account;
}

odata::Session& Session::web_api() {
    return parts_->web_api;
}

Usage Session::usage() const {
    return parts_->throttle.usage();
}

int Session::requests_in_flight() const {
    return parts_->throttle.in_flight_max();
}

Result<Instant> Session::now(const Call& call) {
    const std::string& server = parts_->account.server;
    const http::Response answer = TRY(
        parts_->web_api.send_text({.path = "RetrieveVersion()", .attempted = "asking for the time"}, call));
    const auto date = answer.headers.find("Date");
    if (!date) {
        return error(ErrorKind::corrupt,
                     fmt::format("asking {} for the time failed: its answer has no date", server));
    }
    auto instant = parse_http_date(*date);
    if (!instant) return instant.error().with_context(fmt::format("asking {} for the time", server));
    return *instant;
}

Result<Identity> Session::check(const Call& call) {
    odata::Session& api = parts_->web_api;
    const Clock& clock = parts_->clock;
    Identity identity;
    const http::Response who =
        TRY(api.send_text({.path = "WhoAmI", .attempted = "asking who logged in"}, call));
    const std::string user_id = text_in(who.body, "UserId");
    if (user_id.empty()) {
        return error(ErrorKind::corrupt,
                     fmt::format("asking who logged in failed: {} answered with something "
                                 "else; look at 'server'",
                                 parts_->account.server));
    }
    identity.organization_id = text_in(who.body, "OrganizationId");

    const auto sent = clock.steady();
    const Instant sent_at = clock.now();
    const Instant theirs = TRY(now(call));
    identity.round_trip = std::chrono::duration_cast<std::chrono::milliseconds>(clock.steady() - sent);
    // The header is cut to seconds and was written half a round trip ago: within half a second of the truth.
    identity.clock_difference = theirs + std::chrono::milliseconds{500} - (sent_at + identity.round_trip / 2);

    // Names are for people; the login is proved, so a missing privilege hides no more than them.
    const auto named = [&](const std::string& path, std::string_view name) -> Result<std::string> {
        const auto answer = api.send_text({.path = path, .attempted = "asking who logged in"}, call);
        if (answer) return name == "name" ? first_text_in(answer->body, name) : text_in(answer->body, name);
        const ErrorKind kind = answer.error().kind;
        if (kind == ErrorKind::denied || kind == ErrorKind::not_found) return std::string{};
        return answer.error();
    };
    identity.organization = TRY(named("organizations?$select=name", "name"));
    identity.user = TRY(named(fmt::format("systemusers({})?$select=fullname", user_id), "fullname"));
    if (identity.user.empty()) identity.user = user_id;
    identity.server = parts_->account.server;
    identity.api_version = parts_->account.api_version;
    return identity;
}

}  // namespace koppla::dynamics
