#include "crm/salesforce/browser.h"

#include "crm/salesforce/errors.h"
#include "crm/salesforce/login.h"
#include "crm/signing.h"

#include <fmt/format.h>

namespace koppla::salesforce {

namespace {

constexpr std::size_t random_bytes = 32;

std::string query_of(std::string_view address) {
    const auto question = address.find('?');
    if (question == std::string_view::npos) return {};
    const std::string_view query = address.substr(question + 1);
    return std::string{query.substr(0, query.find_first_of("# \t\r\n"))};
}

class CodeLogin final : public BrowserLogin {
  public:
    CodeLogin(AccountSettings account, ConnectorParts parts, std::string state, std::string verifier)
        : account_{std::move(account)},
          parts_{std::move(parts)},
          state_{std::move(state)},
          verifier_{std::move(verifier)},
          address_{account_.server + "/services/oauth2/authorize?" +
                   http::form_body({{"response_type", "code"},
                                    {"client_id", account_.client_id},
                                    {"redirect_uri", account_.callback},
                                    {"scope", "api refresh_token"},
                                    {"state", state_},
                                    {"code_challenge", base64url(sha256(verifier_.reveal()))},
                                    {"code_challenge_method", "S256"}})} {}

    [[nodiscard]] const std::string& address() const override { return address_; }
    [[nodiscard]] const std::string& callback() const override { return account_.callback; }
    [[nodiscard]] bool is_answer(std::string_view address) const override {
        return http::form_value(query_of(address), "state") == state_;
    }
    Result<std::vector<std::string>> finish(std::string_view address, const Call& call) override;

  private:
    const AccountSettings account_;
    const ConnectorParts parts_;
    const std::string state_;
    const Secret verifier_;
    const std::string address_;
};

Result<std::vector<std::string>> CodeLogin::finish(std::string_view address, const Call& call) {
    const std::string attempted = fmt::format("logging in at {}", account_.server);
    if (!is_answer(address)) {
        return error(
            ErrorKind::denied,
            fmt::format("{} failed: that answer is not of this login (its state differs); begin anew, and "
                        "paste the whole address that the browser ends at",
                        attempted));
    }
    const std::string query = query_of(address);
    if (const auto refusal = http::form_value(query, "error")) {
        const std::string words = http::form_value(query, "error_description").value_or("");
        return error(ErrorKind::denied,
                     fmt::format("{} failed: {} ({}); look at the app's settings and at who may use it",
                                 attempted, shown(words), shown(*refusal)),
                     shown(*refusal));
    }
    const auto code = http::form_value(query, "code");
    if (!code || code->empty()) {
        return error(ErrorKind::invalid, fmt::format("{} failed: the answer holds no code", attempted));
    }
    const LoginSite site{.account = account_, .client = parts_.client, .clock = parts_.clock};
    const auto renewal = TRY(parts_.tokens.begin_renewal(call));
    const Credentials fresh = TRY(redeem(site, {.code = *code, .verifier = verifier_}, call));
    TRY(check_instance(account_, fresh));
    TRY(renewal->store(fresh));
    std::vector<std::string> notices;
    if (fresh.refresh_token.is_empty()) {
        notices.emplace_back(
            "Salesforce gave no refresh token, so this login ends with its session; give the app the scope "
            "'Perform requests at any time (refresh_token, offline_access)' and log in again.");
    }
    return notices;
}

}  // namespace

Result<std::unique_ptr<BrowserLogin>> log_in_by_browser(ConnectorParts parts) {
    AccountSettings account = TRY(account_settings(parts.settings, parts.secrets));
    account.name = parts.account;
    if (account.flow != Flow::browser) {
        return error(
            ErrorKind::invalid,
            fmt::format("the account {0} logs in by itself, so nobody has to; see whether it works with: "
                        "koppla account test {0}, or let a person log in with: koppla account edit {0} "
                        "--auth browser",
                        account.name));
    }
    std::string state = TRY(random_text(random_bytes));
    std::string verifier = TRY(random_text(random_bytes));
    return std::unique_ptr<BrowserLogin>{std::make_unique<CodeLogin>(std::move(account), std::move(parts),
                                                                     std::move(state), std::move(verifier))};
}

}  // namespace koppla::salesforce
