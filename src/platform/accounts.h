#pragma once

#include "base/secret.h"
#include "db/database.h"
#include "model/option_spec.h"
#include "platform/vault.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace koppla {

/// An external account as it is remembered. Its secrets are named here, never held.
struct Account {
    std::string name;  ///< [a-z][a-z0-9_]{0,39}: it begins the names of local tables
    std::string type;
    std::string label{};
    std::string comment{};
    model::Settings settings{};
    std::vector<std::string> secret_names{};  ///< read only: `set_secret` adds to them
    bool operator==(const Account&) const = default;
};

/// The accounts of a store, within one transaction. `not_found` for a name that isn't there.
class Accounts final {
  public:
    Accounts(db::Transaction& transaction, const Vault& vault) : transaction_{transaction}, vault_{vault} {}

    /// `invalid` for a name that can't be one, `conflict` for one that is taken.
    Result<void> create(const Account& account);
    Result<Account> find(std::string_view name);
    Result<std::vector<Account>> list();
    /// Everything but the name and the secrets.
    Result<void> update(const Account& account);
    /// With its secrets, recorded schema and enumerations. Imported tables stay, and so do its runs.
    Result<void> remove(std::string_view name);

    Result<void> set_secret(std::string_view account, std::string_view setting, const Secret& secret);
    Result<Secret> secret(std::string_view account, std::string_view setting);
    Result<std::map<std::string, Secret, std::less<>>> secrets(std::string_view account);
    Result<void> remove_secret(std::string_view account, std::string_view setting);

  private:
    Result<void> put_settings(const Account& account);
    Result<void> check_there(std::string_view name);

    db::Transaction& transaction_;
    const Vault& vault_;
};

}  // namespace koppla
