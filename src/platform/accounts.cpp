#include "platform/accounts.h"

#include "platform/rows.h"

#include <algorithm>

#include <fmt/format.h>

namespace koppla {

namespace {

constexpr std::size_t name_bytes_max = 40;

Result<void> check_name(std::string_view name) {
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto is_allowed = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; };
    if (!name.empty() && name.size() <= name_bytes_max && is_letter(name.front()) &&
        std::all_of(name.begin(), name.end(), is_allowed)) {
        return {};
    }
    return error(
        ErrorKind::invalid,
        fmt::format("'{}' can't name an account: a name begins with a letter and has at most {} small "
                    "letters, digits and underscores, because the local tables' names begin with it",
                    name.substr(0, 100), name_bytes_max));
}

std::string context_of(std::string_view account, std::string_view setting) {
    return fmt::format("account/{}/{}", account, setting);
}

}  // namespace

Result<void> Accounts::create(const Account& account) {
    TRY(check_name(account.name));
    const auto created = transaction_.execute(
        "insert into koppla_account (name, type, label, comment) values ($1, $2, $3, $4)",
        {std::string_view{account.name}, std::string_view{account.type}, std::string_view{account.label},
         std::string_view{account.comment}});
    if (!created && created.error().kind == ErrorKind::conflict) {
        return error(ErrorKind::conflict,
                     fmt::format("there is an account '{0}' already; change it with `koppla "
                                 "account edit {0}` or choose another name",
                                 account.name));
    }
    TRY(Result<std::int64_t>{created});
    return put_settings(account);
}

Result<Account> Accounts::find(std::string_view name) {
    auto account =
        TRY(read_first(transaction_, "select name, type, label, comment from koppla_account where name = $1",
                       {name}, [](const db::Cursor& row) -> Result<Account> {
                           return Account{.name = text_at(row, 0),
                                          .type = text_at(row, 1),
                                          .label = text_at(row, 2),
                                          .comment = text_at(row, 3)};
                       }));
    if (!account) {
        return error(ErrorKind::not_found,
                     fmt::format("there is no account '{}'; `koppla account list` shows those there are",
                                 name.substr(0, 100)));
    }
    auto settings =
        TRY(transaction_.query("select name, value from koppla_account_setting where account = $1", {name}));
    while (TRY(settings->next())) account->settings.emplace(settings->text(0), settings->text(1));
    account->secret_names = TRY(read_all(
        transaction_, "select setting from koppla_account_secret where account = $1 order by setting", {name},
        [](const db::Cursor& row) -> Result<std::string> { return text_at(row, 0); }));
    return std::move(*account);
}

Result<std::vector<Account>> Accounts::list() {
    const auto names =
        TRY(read_all(transaction_, "select name from koppla_account order by name", {},
                     [](const db::Cursor& row) -> Result<std::string> { return text_at(row, 0); }));
    std::vector<Account> accounts;
    accounts.reserve(names.size());
    for (const std::string& name : names) accounts.push_back(TRY(find(name)));
    return accounts;
}

Result<void> Accounts::update(const Account& account) {
    TRY(check_there(account.name));
    TRY(transaction_.execute("update koppla_account set type = $2, label = $3, comment = $4 where name = $1",
                             {std::string_view{account.name}, std::string_view{account.type},
                              std::string_view{account.label}, std::string_view{account.comment}}));
    TRY(transaction_.execute("delete from koppla_account_setting where account = $1",
                             {std::string_view{account.name}}));
    return put_settings(account);
}

Result<void> Accounts::remove(std::string_view name) {
    TRY(check_there(name));
    TRY(transaction_.execute("delete from koppla_account where name = $1", {name}));
    return {};
}

Result<void> Accounts::set_secret(std::string_view account, std::string_view setting, const Secret& secret) {
    TRY(check_there(account));
    const std::string sealed = vault_.seal(context_of(account, setting), secret);
    TRY(
        transaction_.execute("insert into koppla_account_secret (account, setting, key_id, sealed)"
                             " values ($1, $2, $3, $4) on conflict (account, setting)"
                             " do update set key_id = excluded.key_id, sealed = excluded.sealed",
                             {account, setting, std::string_view{vault_.key_id()}, bytes_of(sealed)}));
    return {};
}

Result<Secret> Accounts::secret(std::string_view account, std::string_view setting) {
    const std::string context = context_of(account, setting);
    auto secret = TRY(read_first(
        transaction_, "select sealed from koppla_account_secret where account = $1 and setting = $2",
        {account, setting}, [&](const db::Cursor& row) { return vault_.unseal(context, bytes_at(row, 0)); }));
    if (secret) return std::move(*secret);
    TRY(check_there(account));
    return error(ErrorKind::not_found,
                 fmt::format("account '{0}' has no {1} yet; give it with `koppla account edit {0}`", account,
                             setting));
}

Result<std::map<std::string, Secret, std::less<>>> Accounts::secrets(std::string_view account) {
    const Account found = TRY(find(account));
    std::map<std::string, Secret, std::less<>> secrets;
    for (const std::string& setting : found.secret_names)
        secrets.emplace(setting, TRY(secret(account, setting)));
    return secrets;
}

Result<void> Accounts::remove_secret(std::string_view account, std::string_view setting) {
    const auto removed = TRY(transaction_.execute(
        "delete from koppla_account_secret where account = $1 and setting = $2", {account, setting}));
    if (removed > 0) return {};
    TRY(check_there(account));
    return error(ErrorKind::not_found, fmt::format("account '{}' has no {}", account, setting));
}

Result<void> Accounts::put_settings(const Account& account) {
    for (const auto& [name, value] : account.settings) {
        TRY(transaction_.execute(
            "insert into koppla_account_setting (account, name, value) values ($1, $2, $3)",
            {std::string_view{account.name}, std::string_view{name}, std::string_view{value}}));
    }
    return {};
}

Result<void> Accounts::check_there(std::string_view name) {
    TRY(find(name));
    return {};
}

}  // namespace koppla
