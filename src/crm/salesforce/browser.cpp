#include "crm/salesforce/browser.h"

#include "crm/code_login.h"
#include "crm/salesforce/login.h"

#include <fmt/format.h>

namespace koppla::salesforce {

namespace {

constexpr std::string_view without_refresh_token =
    "Salesforce gave no refresh token, so this login ends with its session; give the app the scope "
    "'Perform requests at any time (refresh_token, offline_access)' and log in again.";

}  // namespace

Result<PersonLogin> log_in_by_person(const ConnectorParts& parts, const Call& /*call*/) {
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
    CodeFlow flow{.authorize_url = account.server + "/services/oauth2/authorize",
                  .fields = {{"client_id", account.client_id}, {"scope", "api refresh_token"}},
                  .callback = account.callback,
                  .server = account.server,
                  .redeem = {},
                  .without_refresh_token = without_refresh_token};
    TokenStore& tokens = parts.tokens;
    flow.redeem = [account = std::move(account), &client = parts.client, &clock = parts.clock](
                      const Code& code, const Call& call) -> Result<Credentials> {
        Credentials fresh = TRY(redeem({.account = account, .client = client, .clock = clock}, code, call));
        TRY(check_instance(account, fresh));
        return fresh;
    };
    return PersonLogin{TRY(begin_code_login(std::move(flow), tokens))};
}

}  // namespace koppla::salesforce
