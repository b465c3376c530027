#include "crm/dynamics/person.h"

#include "crm/code_login.h"
#include "crm/dynamics/authority.h"
#include "crm/dynamics/errors.h"
#include "crm/dynamics/login.h"
#include "crm/refusal.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include <fmt/format.h>
#include <simdjson.h>

namespace koppla::dynamics {

namespace {

using std::chrono::seconds;

constexpr std::string_view without_refresh_token =
    "Microsoft gave no refresh token, so this login ends within the hour; let the app registration allow "
    "offline_access (API permissions > Microsoft Graph), and log in again.";

/// [RFC 8628, 3.2 and 3.5]
constexpr seconds interval_default{5};
constexpr seconds interval_step{5};
constexpr seconds interval_longest{60};
constexpr seconds code_time_longest{3600};

struct DeviceCode {
    Secret device_code;
    std::string user_code, address;
    seconds interval{}, lasts{};
};

Result<DeviceCode> read_device_code(const http::Response& answer, std::string_view attempted) {
    if (answer.status < 200 || answer.status > 299) return login_error_of(answer, attempted);
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    const bool is_json = parser.parse(answer.body).get(root) == simdjson::SUCCESS;
    const auto number = [&](std::string_view name, seconds otherwise, seconds most) {
        std::int64_t value = 0;
        const bool is_there = is_json && root[name].get(value) == simdjson::SUCCESS && value > 0;
        return is_there ? std::min(seconds{std::min(value, std::int64_t{most.count()})}, most) : otherwise;
    };
    DeviceCode code{.device_code = Secret{text_in(answer.body, "device_code")},
                    .user_code = shown(text_in(answer.body, "user_code")),
                    .address = text_in(answer.body, "verification_uri"),
                    .interval = number("interval", interval_default, interval_longest),
                    .lasts = number("expires_in", seconds{900}, code_time_longest)};
    if (code.address.empty()) code.address = text_in(answer.body, "verification_url");
    const auto url = http::parse_url(code.address);
    if (!code.device_code.is_empty() && !code.user_code.empty() && url && url->scheme == "https") return code;
    return error(
        ErrorKind::corrupt,
        fmt::format("{} failed: its answer holds no code for a device; look at 'authority'", attempted));
}

class CodeOnDevice final : public DeviceLogin {
  public:
    CodeOnDevice(AccountSettings account, const ConnectorParts& parts, std::string endpoint, DeviceCode code)
        : account_{std::move(account)},
          client_{parts.client},
          tokens_{parts.tokens},
          clock_{parts.clock},
          endpoint_{std::move(endpoint)},
          code_{std::move(code)} {}

    [[nodiscard]] const std::string& address() const override { return code_.address; }
    [[nodiscard]] const std::string& code() const override { return code_.user_code; }
    Result<std::vector<std::string>> finish(const Call& call) override;

  private:
    Result<Credentials> poll(const Call& call);

    const AccountSettings account_;
    http::Client& client_;
    TokenStore& tokens_;
    const Clock& clock_;
    const std::string endpoint_;
    const DeviceCode code_;
};

/// Asks until the person has done it. A connection that breaks meanwhile is one more reason to ask again.
Result<Credentials> CodeOnDevice::poll(const Call& call) {
    const auto until = clock_.steady() + code_.lasts;
    seconds interval = code_.interval;
    while (clock_.steady() < until) {
        TRY(clock_.wait(interval, call));
        const auto answer = ask_for_token(account_, client_, endpoint_,
                                          {{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                                           {"device_code", code_.device_code.reveal()}},
                                          call);
        if (!answer) {
            const ErrorKind kind = answer.error().kind;
            if (kind != ErrorKind::unavailable && kind != ErrorKind::in_doubt) return answer.error();
            continue;
        }
        const std::string state = oauth_error_of(*answer);
        if (state == "authorization_pending") continue;
        if (state != "slow_down") return read_token(account_, *answer);
        interval = std::min(interval + interval_step, interval_longest);
    }
    return error(
        ErrorKind::expired,
        fmt::format("logging in at {} failed: the code was not entered in time; begin the login anew",
                    account_.authority));
}

Result<std::vector<std::string>> CodeOnDevice::finish(const Call& call) {
    const Credentials fresh = TRY(poll(call));
    // A person takes minutes: others aren't kept from renewing for so long.
    const auto renewal = TRY(tokens_.begin_renewal(call));
    TRY(renewal->store(fresh));
    std::vector<std::string> notices;
    if (fresh.refresh_token.is_empty()) notices.emplace_back(without_refresh_token);
    return notices;
}

Result<PersonLogin> begin_device(AccountSettings account, const ConnectorParts& parts, const Call& call) {
    const std::string attempted = fmt::format("logging in at {}", account.authority);
    const Authority authority{account, parts.client};
    const std::string endpoint = TRY(authority.endpoint("devicecode", call));
    std::string token_endpoint = TRY(authority.endpoint("token", call));
    const http::Response answer = TRY(
        post_login_form(parts.client, endpoint,
                        {{"client_id", account.client_id}, {"scope", scope_of(account)}}, attempted, call));
    DeviceCode code = TRY(read_device_code(answer, attempted));
    return PersonLogin{std::make_unique<CodeOnDevice>(std::move(account), parts, std::move(token_endpoint),
                                                      std::move(code))};
}

Result<PersonLogin> begin_browser(AccountSettings account, const ConnectorParts& parts, const Call& call) {
    const Authority authority{account, parts.client};
    std::string token_endpoint = TRY(authority.endpoint("token", call));
    CodeFlow flow{.authorize_url = TRY(authority.endpoint("authorize", call)),
                  .fields = {{"client_id", account.client_id},
                             {"scope", scope_of(account)},
                             {"response_mode", "query"},
                             {"prompt", "select_account"}},
                  .callback = account.callback,
                  .server = account.authority,
                  .redeem = {},
                  .without_refresh_token = without_refresh_token};
    flow.redeem = [account = std::move(account), endpoint = std::move(token_endpoint),
                   &client = parts.client](const Code& code, const Call& until) -> Result<Credentials> {
        const http::Response answer = TRY(ask_for_token(account, client, endpoint,
                                                        {{"grant_type", "authorization_code"},
                                                         {"code", code.code},
                                                         {"redirect_uri", account.callback},
                                                         {"code_verifier", code.verifier.reveal()}},
                                                        until));
        return read_token(account, answer);
    };
    return PersonLogin{TRY(begin_code_login(std::move(flow), parts.tokens))};
}

}  // namespace

Result<PersonLogin> log_in_by_person(const ConnectorParts& parts, const Call& call) {
    AccountSettings account = TRY(account_settings(parts.settings, parts.secrets));
    account.name = parts.account;
    if (account.flow == Flow::device) return begin_device(std::move(account), parts, call);
    if (account.flow == Flow::browser) return begin_browser(std::move(account), parts, call);
    return error(
        ErrorKind::invalid,
        fmt::format("the account {0} logs in by itself, so nobody has to; see whether it works with: koppla "
                    "account test {0}, or let a person log in with: koppla account edit {0} --auth device",
                    account.name));
}

}  // namespace koppla::dynamics
