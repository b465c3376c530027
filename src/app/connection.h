#pragma once

#include "app/program.h"
#include "crm/account_type.h"
#include "http/curl_client.h"
#include "platform/accounts.h"

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace koppla {

/// Every type of CRM there is. A new one is a line here.
std::span<const AccountType* const> account_types();
Result<const AccountType*> account_type(std::string_view name);

/// A connector to one account's CRM, with the client and the token store that it works by.
class Connection {
  public:
    /// `not_found` for an account that isn't there.
    static Result<std::unique_ptr<Connection>> open(const Store& store, std::string_view account,
                                                    const Clock& clock, const Call& call);

    [[nodiscard]] CrmConnector& connector() { return *connector_; }
    [[nodiscard]] const Account& account() const { return account_; }
    [[nodiscard]] std::chrono::milliseconds safety_lag() const { return safety_lag_; }

  private:
    Connection() = default;

    Account account_;
    std::chrono::milliseconds safety_lag_{};
    std::unique_ptr<TokenStore> tokens_;
    std::unique_ptr<http::Client> client_;
    std::unique_ptr<CrmConnector> connector_;
};

}  // namespace koppla
