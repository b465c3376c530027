#pragma once

#include "app/program.h"
#include "crm/account_type.h"
#include "http/curl_client.h"
#include "platform/accounts.h"
#include "transfer/site.h"

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
    /// Begins a login by a person; `invalid` where the account logs in by itself. The connection outlives it.
    [[nodiscard]] Result<PersonLogin> log_in_by_person(const Call& call);
    /// What a person should know of the account's way of logging in, a sentence each.
    [[nodiscard]] std::vector<std::string> notices() const;
    /// Where the account leads, as it is set.
    [[nodiscard]] std::string server() const;
    [[nodiscard]] std::chrono::milliseconds safety_lag() const { return safety_lag_; }
    [[nodiscard]] const AccountType& type() const { return *type_; }
    /// Where transfers of this account with the store work.
    [[nodiscard]] TransferSite site(const Store& store);

  private:
    explicit Connection(const Clock& clock) : clock_{clock} {}
    [[nodiscard]] ConnectorParts parts() const;

    const Clock& clock_;
    const AccountType* type_ = nullptr;
    Account account_;
    Secrets secrets_;
    std::chrono::milliseconds safety_lag_{};
    std::unique_ptr<TokenStore> tokens_;
    std::unique_ptr<http::Client> client_;
    std::unique_ptr<CrmConnector> connector_;
};

}  // namespace koppla
